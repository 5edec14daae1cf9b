import { randomBytes } from 'node:crypto';

import { expect, inject, onTestFinished } from 'vitest';

import { prepareDatabase, type PrepareOptions } from '../../src/database/prepare.js';
import { StartupError } from '../../src/startup-error.js';
import { createBareDatabase, executeSql, loginUrl, testKeyRing } from './database.js';

/** Runs one statement as an administrator of the server. */
export async function asAdministrator(statement: string, url = inject('clusterUrl')): Promise<void> {
  await executeSql(url, statement);
}

/** A login of this run's own PostgreSQL, which goes with it. */
export async function makeRole(attributes: string): Promise<{ name: string; password: string }> {
  const name = `r_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  await asAdministrator(`create role ${name} login ${attributes} password '${password}'`);
  return { name, password };
}

/** A database of the present test alone; its owner is a superuser. */
export async function bareDatabase(): Promise<{ name: string; ownerUrl: string }> {
  const database = await createBareDatabase();
  onTestFinished(database.drop);
  return database;
}

/** A database of the present test alone; its owner is a login with these attributes. */
export async function ownedDatabase(attributes: string): Promise<{ name: string; owner: string; ownerUrl: string }> {
  const owner = await makeRole(attributes);
  const { name, ownerUrl, drop } = await createBareDatabase(`owner ${owner.name}`);
  onTestFinished(drop);
  return { name, owner: owner.name, ownerUrl: loginUrl(ownerUrl, owner.name, owner.password) };
}

/** What the operator is told by a start that is refused. */
export async function refusal(options: Partial<PrepareOptions> & { ownerUrl: string }): Promise<string> {
  const error: unknown = await prepareDatabase({ keyRing: testKeyRing, ...options }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StartupError);
  return error instanceof StartupError ? error.message : '';
}
