import { MikroORM } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { tableAccess } from '../../src/database/isolation.js';
import { ormOptions } from '../../src/database/orm.js';
import { searchIndexName } from '../../src/database/search-index.js';
import { createTestDatabase, executeSql, type TestDatabase } from '../support/database.js';

describe('the schema', () => {
  let database: TestDatabase;
  let orm: MikroORM;

  beforeAll(async () => {
    database = await createTestDatabase();
    orm = new MikroORM(ormOptions(database.ownerUrl, { connections: 2, statementTimeoutMs: 0, lockTimeoutMs: 0 }));
  });

  afterAll(async () => {
    await orm.close();
    await database.drop();
  });

  it('that the migrations make is the one that the entities describe', async () => {
    const difference = await orm.schema.getUpdateSchemaSQL({ wrap: false, safe: false, dropTables: true });
    // What is stamped after migrating is no part of the entities, nor is the index that not every server can have.
    const statements = difference
      .split('\n')
      .filter(
        (line) => !/^drop policy |^drop function .*"own_tenant"|mikro_orm_migrations|^comment on schema |^$/.test(line),
      )
      .filter((line) => !line.includes(searchIndexName));
    expect(statements).toEqual([]);
  });

  it('has a committed snapshot that is up to date', async () => {
    expect(await orm.migrator.checkSchema()).toBe(false);
  });

  it('forces row security on every table, and the table of access names each of them', async () => {
    const tables = await executeSql<{ name: string; forced: boolean }>(
      database.ownerUrl,
      `select relname as name, relrowsecurity and relforcerowsecurity as forced from pg_class
       where relnamespace = 'tenantry'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f') order by 1`,
    );
    expect(tables.filter(({ forced }) => !forced)).toEqual([]);
    expect(tables.map(({ name }) => name)).toEqual(Object.keys(tableAccess).sort());
  });

  it('sorts statuses in the order of the enum', async () => {
    const [row] = await executeSql<{ labels: string[] }>(
      database.ownerUrl,
      `select array_agg(s::text order by s) as labels from unnest(enum_range(null::tenantry.tenant_status)) s`,
    );
    expect(row?.labels).toEqual(['TRIAL', 'ACTIVE', 'SUSPENDED', 'MAINTENANCE', 'INACTIVE', 'DELETED']);
  });
});
