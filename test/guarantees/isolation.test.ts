import { randomUUID } from 'node:crypto';

import { MikroORM } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { codeOf } from '../../src/database/conflicts.js';
import { connectDatabases, type Databases } from '../../src/database/databases.js';
import { createTestDatabase, executeSql, type TestDatabase } from '../support/database.js';
import { insertRow, insertTenant } from '../support/rows.js';

const denied = '42501';

let database: TestDatabase;
let databases: Databases;
let ours: string;
let theirs: string;

beforeAll(async () => {
  database = await createTestDatabase();
  databases = connectDatabases(database);
  for (const sha256 of ['aa', 'bb']) {
    await insertRow(database.ownerUrl, 'logo', { sha256, content_type: 'image/png', byte_size: 1, data: '\\x00' });
  }
  ours = await insertTenant(database.ownerUrl, 'ours', { logo: 'aa' });
  theirs = await insertTenant(database.ownerUrl, 'theirs', { favicon: 'bb' });
  for (const tenant of [ours, theirs]) {
    await insertRow(database.ownerUrl, 'campaign', {
      id: randomUUID(),
      tenant,
      name: 'voice',
      position: 0,
      is_enabled: true,
    });
    await insertRow(database.ownerUrl, 'provider', {
      id: randomUUID(),
      tenant,
      kind: 'KYC',
      name: 'p',
      position: 0,
      is_primary: true,
    });
    await insertRow(database.platformUrl, 'audit_entry', auditEntry(tenant));
  }
});

afterAll(async () => {
  await databases.close();
  await database.drop();
});

function auditEntry(tenant: string): Record<string, unknown> {
  return {
    id: randomUUID(),
    at: 'now',
    actor_name: 'a',
    actor_subject: 's',
    actor_issuer: 'i',
    action: 'CREATED',
    tenant,
  };
}

/** Runs statements in one transaction of the tenant's login, and answers the last one's rows. */
async function asTenant(tenant: string | undefined, ...statements: string[]): Promise<unknown[]> {
  return await databases.tenant.em.fork().transactional(async (em) => {
    if (tenant !== undefined) await em.execute(`select set_config('app.tenant_id', ?, true)`, [tenant]);
    let rows: unknown[] = [];
    for (const statement of statements) rows = await em.execute<object[]>(statement);
    return rows;
  });
}

async function codeFrom(work: Promise<unknown>): Promise<string | undefined> {
  return await work.then(
    () => 'none',
    (error: unknown) => codeOf(error),
  );
}

describe("the tenant's login", () => {
  it.each(['tenant', 'campaign', 'provider', 'logo'])('sees no row of %s without a tenant', async (table) => {
    expect(await asTenant(undefined, `select * from tenantry.${table}`)).toEqual([]);
    expect(await asTenant('', `select * from tenantry.${table}`)).toEqual([]);
  });

  it('sees its own tenant alone, however it asks', async () => {
    expect(await asTenant(ours, 'select tenant_id from tenantry.tenant')).toEqual([{ tenant_id: 'ours' }]);
    expect(await asTenant(ours, `select * from tenantry.tenant where id = '${theirs}'`)).toEqual([]);
    expect(await asTenant(ours, 'select count(*)::int as n from tenantry.tenant')).toEqual([{ n: 1 }]);
    expect(await asTenant(ours, 'select tenant from tenantry.campaign')).toEqual([{ tenant: ours }]);
    expect(await asTenant(ours, 'select tenant from tenantry.provider')).toEqual([{ tenant: ours }]);
    expect(await asTenant(ours, 'select sha256 from tenantry.logo')).toEqual([{ sha256: 'aa' }]);
  });

  it('leaves no tenant behind on the connection', async () => {
    await asTenant(ours, 'select 1');
    for (let time = 0; time < 12; time++)
      expect(await asTenant(undefined, 'select * from tenantry.tenant')).toEqual([]);
  });

  it.each(['audit_entry', 'sealed_value', 'realm_intent', 'realm_key', 'mikro_orm_migrations'])(
    'cannot read %s at all',
    async (table) => {
      expect(await codeFrom(asTenant(ours, `select * from tenantry.${table}`))).toBe(denied);
    },
  );

  it.each([
    'update tenantry.tenant set name = name',
    'update tenantry.campaign set tenant = tenant',
    'delete from tenantry.tenant',
    'delete from tenantry.campaign',
    'truncate tenantry.tenant cascade',
    `insert into tenantry.logo (sha256, content_type, byte_size, data) values ('cc', 'x', 1, '')`,
    'select * from tenantry.tenant for update',
    'create table tenantry.mine (id int)',
    'create temporary table mine (id int)',
    'create schema mine',
    `create function tenantry.leak() returns int language sql as 'select 1'`,
    'alter table tenantry.tenant no force row level security',
    'drop policy tenant_own on tenantry.tenant',
  ])('cannot change anything: %s', async (statement) => {
    expect(await codeFrom(asTenant(ours, statement))).toBe(denied);
  });

  it('learns nothing of others from unique constraints and foreign keys', async () => {
    const probe = `insert into tenantry.tenant (id, tenant_id) values ('${randomUUID()}', 'theirs')`;
    expect(await codeFrom(asTenant(ours, probe))).toBe(denied);
    expect(
      await codeFrom(
        asTenant(ours, `insert into tenantry.campaign (id, tenant) values ('${randomUUID()}', '${theirs}')`),
      ),
    ).toBe(denied);
  });

  it('is not followed by functions that a planner could run before the policy', async () => {
    const leak = `select * from tenantry.tenant where 1 / (case when tenant_id = 'theirs' then 0 else 1 end) = 1`;
    expect(await asTenant(ours, leak)).toHaveLength(1);
  });

  /**
   * A limit that is known: who holds this login's password, or could run SQL of his own through it, may name any
   * tenant. The policy guards against a forgotten or wrong condition in the service's own statements. What no setting
   * opens is everything else: other tables, writing, and seeing more than one tenant in a statement.
   */
  it('sees another tenant where the setting names it, and never two at once', async () => {
    const both = `with other as (select set_config('app.tenant_id', '${theirs}', true)) select tenant_id from tenantry.tenant, other`;
    expect((await asTenant(ours, both)).length).toBeLessThanOrEqual(1);
    expect(await asTenant(theirs, 'select tenant_id from tenantry.tenant')).toEqual([{ tenant_id: 'theirs' }]);
  });
});

describe("the platform's login", () => {
  it('works on every tenant', async () => {
    const rows = await databases.platform.em
      .fork()
      .execute<object[]>('select tenant_id from tenantry.tenant order by 1');
    expect(rows).toEqual([{ tenant_id: 'ours' }, { tenant_id: 'theirs' }]);
  });

  it.each([
    `update tenantry.audit_entry set reason = 'nothing happened'`,
    'delete from tenantry.audit_entry',
    'truncate tenantry.audit_entry',
    'alter table tenantry.audit_entry disable row level security',
    'alter table tenantry.audit_entry disable trigger all',
    'drop table tenantry.audit_entry',
    `update tenantry.logo set data = ''`,
    'select * from tenantry.sealed_value',
    'select * from tenantry.mikro_orm_migrations',
    'create table tenantry.mine (id int)',
    'create temporary table mine (id int)',
    'truncate tenantry.tenant cascade',
    `copy tenantry.tenant to program 'cat'`,
    `select pg_read_file('/etc/passwd')`,
  ])('cannot: %s', async (statement) => {
    expect(await codeFrom(databases.platform.em.fork().execute(statement))).toBe(denied);
  });
});

describe.each(['platform', 'tenant'] as const)('the %s login', (kind) => {
  it('can become nobody else', async () => {
    const [owner] = await executeSql<{ name: string }>(database.ownerUrl, 'select current_user as name');
    const roles = [
      owner?.name ?? '',
      'pg_read_all_data',
      'pg_write_all_data',
      `${database.name}_${kind === 'tenant' ? 'platform' : 'tenant'}`,
    ];
    for (const role of roles) {
      const em = databases[kind].em.fork();
      expect(await codeFrom(em.execute(`set role "${role}"`))).toBe(denied);
      expect(await codeFrom(em.execute(`select set_config('role', ?, false)`, [role]))).toBe(denied);
      expect(await codeFrom(em.execute(`set session authorization "${role}"`))).toBe(denied);
    }
    const em = databases[kind].em.fork();
    await em.execute(`select set_config('role', 'none', false)`);
    expect(await em.execute('select current_user as name')).toEqual([{ name: `${database.name}_${kind}` }]);
    expect(await codeFrom(em.execute(`alter role "${database.name}_${kind}" superuser`))).toBe(denied);
    expect(await codeFrom(em.execute(`create role mine`))).toBe(denied);
  });

  it('does not see more with row security switched off', async () => {
    const rows = databases[kind].em.fork().transactional(async (em) => {
      await em.execute('set local row_security = off');
      return await em.execute<object[]>('select * from tenantry.campaign');
    });
    // The platform's policy applies as well, so its query is refused like the tenant's.
    expect(await codeFrom(rows)).toBe(denied);
  });

  it('cannot enter another database of the server', async () => {
    const other = await createTestDatabase();
    const address = new URL(kind === 'tenant' ? database.tenantUrl : database.platformUrl);
    address.pathname = `/${other.name}`;
    const orm = new MikroORM({ ...databases[kind].config.getAll(), driverOptions: { connectionString: address.href } });
    expect(await codeFrom(orm.em.getConnection().execute('select 1'))).toBe(denied);
    await orm.close();
    await other.drop();
  });

  it('gives up on a statement that runs too long', async () => {
    const [row] = await databases[kind].em
      .fork()
      .execute<{ statement: string; lock: string }[]>(
        `select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock`,
      );
    expect(row).toEqual({ statement: '10s', lock: '5s' });
  });
});
