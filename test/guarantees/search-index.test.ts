import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { prepareDatabase } from '../../src/database/prepare.js';
import { searchIndexName } from '../../src/database/search-index.js';
import { createBareDatabase, executeSql, testKeyRing } from '../support/database.js';

describe('the index for searching tenants', () => {
  let database: Awaited<ReturnType<typeof createBareDatabase>>;
  beforeAll(async () => (database = await createBareDatabase()));
  afterAll(() => database.drop());

  /** Prepares the database, and returns what was logged, and whether the index is there. */
  async function prepared(): Promise<{ logged: string[]; isThere: boolean }> {
    const logged: string[] = [];
    const log = { info: (_details: object, message: string) => void logged.push(message) };
    await prepareDatabase({ ownerUrl: database.ownerUrl, keyRing: testKeyRing, log });
    const indexes = await executeSql(database.ownerUrl, 'select from pg_indexes where indexname = ?', [
      searchIndexName,
    ]);
    return { logged: logged.filter((message) => message.includes('pg_trgm')), isThere: indexes.length > 0 };
  }

  it('is left out on a server without pg_trgm, and made by the first start that can', async () => {
    await executeSql(database.ownerUrl, `alter database ${database.name} set extension_control_path = '/nowhere'`);
    expect(await prepared()).toEqual({ logged: [expect.any(String)], isThere: false });
    await executeSql(database.ownerUrl, `alter database ${database.name} reset extension_control_path`);
    expect(await prepared()).toEqual({ logged: [], isThere: true });
  });

  it('is made with an extension that an administrator has put into another schema', async () => {
    await executeSql(database.ownerUrl, `drop index tenantry.${searchIndexName}`);
    await executeSql(database.ownerUrl, 'alter extension pg_trgm set schema public');
    expect(await prepared()).toEqual({ logged: [], isThere: true });
  });
});
