import { randomBytes } from 'node:crypto';

import { inject } from 'vitest';

import { withConnection } from '../../src/database/orm.js';
import { prepareDatabase } from '../../src/database/prepare.js';
import { makeKeyRing } from '../../src/secrets/key-ring.js';

export const templateName = 'tenantry_template';

/** The secrets key of every test database. */
export const testSecretsKey = new Uint8Array(32).fill(7);
export const testKeyRing = makeKeyRing(testSecretsKey);

export interface TestDatabase {
  readonly name: string;
  readonly ownerUrl: string;
  readonly platformUrl: string;
  readonly tenantUrl: string;
  /** Ends every session in it. */
  readonly drop: () => Promise<void>;
}

/** An empty, migrated database of the test's own, with logins of its own. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { name, ownerUrl, drop } = await createBareDatabase(`template ${templateName} strategy file_copy`);
  const urls = await prepareDatabase({ ownerUrl, keyRing: testKeyRing });
  return { name, ownerUrl, ...urls, drop };
}

/** A database without anything in it, or made as the clause says. */
export async function createBareDatabase(clause = ''): Promise<Pick<TestDatabase, 'name' | 'ownerUrl' | 'drop'>> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await executeSql(inject('clusterUrl'), `create database ${name} ${clause}`);
  const drop = async (): Promise<void> => {
    await executeSql(inject('clusterUrl'), `drop database ${name} with (force)`);
    for (const kind of ['platform', 'tenant'])
      await executeSql(inject('clusterUrl'), `drop role if exists ${name}_${kind}`);
  };
  return { name, ownerUrl: databaseUrl(inject('clusterUrl'), name), drop };
}

/** Runs one statement in a session of its own. */
export async function executeSql<Row extends object>(
  url: string,
  statement: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  return await withConnection(url, (connection) => connection.execute<Row[]>(statement, values));
}

/** The same server and login, another database. */
export function databaseUrl(url: string, name: string): string {
  const address = new URL(url);
  address.pathname = `/${name}`;
  return address.href;
}

/** The same server and database, another login. */
export function loginUrl(url: string, user: string, password: string): string {
  const address = new URL(url);
  address.username = user;
  address.password = password;
  return address.href;
}
