import { randomUUID } from 'node:crypto';

import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { violatedUnique } from '../../src/database/conflicts.js';
import { connectDatabases, type Databases } from '../../src/database/databases.js';
import { inTransaction } from '../../src/database/transaction.js';
import { RealmIntent } from '../../src/modules/realm/realm-intent.entity.js';
import { isDatabaseOutage } from '../../src/graphql/outage.js';
import { createTestDatabase, executeSql, type TestDatabase } from '../support/database.js';
import { insertTenant } from '../support/rows.js';

let database: TestDatabase;
let databases: Databases;

beforeAll(async () => {
  database = await createTestDatabase();
  databases = connectDatabases(database);
});

afterAll(async () => {
  await databases.close();
  await database.drop();
});

function intent(code: string) {
  return {
    id: randomUUID(),
    tenantId: randomUUID(),
    code,
    realm: randomUUID(),
    callerIssuer: 'i',
    callerSubject: 's',
    createdAt: new Date(),
  };
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('a transaction', () => {
  it('leaves nothing behind when its work fails', async () => {
    const failure = new Error('enough');
    const work = inTransaction(databases.platform, async (em) => {
      await em.insert(RealmIntent, intent('GONE'));
      throw failure;
    });
    expect(await errorOf(work)).toBe(failure);
    expect(await databases.platform.em.fork().count(RealmIntent, { code: 'GONE' })).toBe(0);
  });

  it('is tried again, with nothing left over, after a deadlock', async () => {
    const ids = [await insertTenant(database.ownerUrl, 'one'), await insertTenant(database.ownerUrl, 'two')] as const;
    let tries = 0;
    const touch = (first: string, second: string) =>
      inTransaction(databases.platform, async (em) => {
        tries++;
        await em.execute('update tenantry.tenant set version = version + 1 where id = ?', [first]);
        await em.execute('select pg_sleep(0.2)');
        await em.execute('update tenantry.tenant set version = version + 1 where id = ?', [second]);
      });
    await Promise.all([touch(ids[0], ids[1]), touch(ids[1], ids[0])]);
    expect(tries).toBeGreaterThan(2);
    expect(await executeSql(database.ownerUrl, 'select version from tenantry.tenant')).toEqual([
      { version: 3 },
      { version: 3 },
    ]);
  });
});

describe('a conflict', () => {
  it('is named by its constraint, through the ORM and beside it', async () => {
    await inTransaction(databases.platform, (em) => em.insert(RealmIntent, intent('TAKEN')));
    const inserted = inTransaction(databases.platform, (em) => em.insert(RealmIntent, intent('TAKEN')));
    expect(violatedUnique(await errorOf(inserted))).toBe('realm_intent_code_unique');
    const flushed = inTransaction(databases.platform, async (em) => {
      em.create(RealmIntent, intent('TAKEN'));
      await em.flush();
    });
    expect(violatedUnique(await errorOf(flushed))).toBe('realm_intent_code_unique');
    const { id, tenantId, realm } = intent('');
    const statement = sql`insert into tenantry.realm_intent values (${id}, ${tenantId}, 'TAKEN', ${realm}, 'i', 's', now())`;
    const plain = inTransaction(databases.platform, (em) => statement.execute(em.getKysely()));
    expect(violatedUnique(await errorOf(plain))).toBe('realm_intent_code_unique');
  });
});

describe('a database', () => {
  it('that is away, or takes too long, is told from a fault of the statement', async () => {
    const nobody = connectDatabases({
      platformUrl: 'postgres://a:b@127.0.0.1:1/x',
      tenantUrl: 'postgres://a:b@127.0.0.1:1/x',
    });
    expect(isDatabaseOutage(await errorOf(nobody.platform.em.fork().execute('select 1')))).toBe(true);
    expect(isDatabaseOutage(await errorOf(inTransaction(nobody.platform, (em) => em.execute('select 1'))))).toBe(true);
    await nobody.close();
    const slow = inTransaction(databases.platform, async (em) => {
      await em.execute(`set local statement_timeout = '50ms'`);
      await em.execute('select pg_sleep(1)');
    });
    expect(isDatabaseOutage(await errorOf(slow))).toBe(true);
    expect(isDatabaseOutage(await errorOf(databases.platform.em.fork().execute('select 1 / 0')))).toBe(false);
    expect(await databases.platform.em.fork().execute('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('that breaks every connection in mid-transaction is worked with again', async () => {
    const breaking = Array.from({ length: 25 }, () =>
      errorOf(inTransaction(databases.platform, (em) => em.execute('select pg_terminate_backend(pg_backend_pid())'))),
    );
    expect((await Promise.all(breaking)).every((error) => isDatabaseOutage(error))).toBe(true);
    const one = await inTransaction(databases.platform, (em) => em.execute('select 1 as one'));
    expect(one).toEqual([{ one: 1 }]);
  });
});
