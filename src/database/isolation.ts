import { createHash } from 'node:crypto';

import type { EntityManager } from '@mikro-orm/postgresql';

import { StartupError } from '../startup-error.js';
import { schemaName } from './orm.js';
import { identifier, literal } from './sql-text.js';

/** The roles that policies and grants name. */
export interface Logins {
  /** Owns the schema, migrates, reads the service's own secrets. */
  readonly owner: string;
  /** What the service works with on behalf of operators: every tenant's rows. */
  readonly platform: string;
  /** What the service reads with on behalf of one tenant: that tenant's rows alone. */
  readonly tenant: string;
}

export type Privilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';

export interface TableAccess {
  readonly platform: readonly Privilege[];
  /** The rows that a tenant may read, as a condition on them; absent: the tenant's login has no right at all. */
  readonly tenantReads?: string;
}

const everything: readonly Privilege[] = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

/** Unset, and after a transaction that set it, the setting is null or empty: then no row is the tenant's. */
const currentTenant = `nullif(current_setting('app.tenant_id', true), '')::uuid`;

/** Who may do what: the one table of it. A table of the schema that is missing here stops the start. */
export const tableAccess: Readonly<Record<string, TableAccess>> = {
  tenant: { platform: everything, tenantReads: `id = ${currentTenant}` },
  campaign: { platform: everything, tenantReads: `tenant = ${currentTenant}` },
  provider: { platform: everything, tenantReads: `tenant = ${currentTenant}` },
  logo: {
    platform: ['SELECT', 'INSERT'],
    tenantReads: `sha256 in (select unnest(array[t.logo, t.logo_dark, t.favicon]) from ${schemaName}.tenant t)`,
  },
  realm_intent: { platform: everything },
  realm_key: { platform: everything },
  idempotency_key: { platform: everything },
  /** Append-only: what was recorded stays as it is. */
  audit_entry: { platform: ['SELECT', 'INSERT'] },
  /** The owner's alone: it holds the passwords of the other two. */
  sealed_value: { platform: [] },
  mikro_orm_migrations: { platform: [] },
};

/** The schema of the job library: migrated by the owner, worked in by the platform's login. */
export const jobSchemaName = 'pgboss';

/**
 * Gives every table its policies and grants, and takes away whatever else is there. Where nothing differs from the
 * last time nothing is executed, so that a further replica's start locks no table.
 *
 * @throws StartupError where a table has no entry in `tableAccess`
 */
export async function stampIsolation(em: EntityManager, logins: Logins): Promise<void> {
  const tables = await tablesOf(em);
  const unknown = tables.filter((table) => !Object.hasOwn(tableAccess, table));
  if (unknown.length > 0) {
    throw new StartupError(`The schema ${schemaName} holds what is in no table of access: ${unknown.join(', ')}.`);
  }

  const statements = [...schemaStatements(logins), ...tables.flatMap((table) => tableStatements(table, logins))];
  const wanted = statements.join(';\n');
  const [noted] = await em.execute<{ note: string | null }[]>(
    `select obj_description(${literal(schemaName)}::regnamespace, 'pg_namespace') as note`,
  );
  if (noted?.note === fingerprint(wanted, await actualState(em))) return;

  for (const statement of [...(await removalStatements(em)), ...statements]) await em.execute(statement);
  const note = fingerprint(wanted, await actualState(em));
  await em.execute(`comment on schema ${identifier(schemaName)} is ${literal(note)}`);
}

/**
 * Lets the owner see the rows of its own tables. FORCE holds for the owner too: without this, migrations of a
 * database that was restored under another owner's name would find no row, and start from the beginning.
 */
export async function stampOwner(em: EntityManager, owner: string): Promise<void> {
  for (const table of await tablesOf(em)) {
    const known = await em.execute(
      `select from pg_policies where schemaname = ? and tablename = ? and policyname = 'owner_all' and ? = any(roles)`,
      [schemaName, table, owner],
    );
    if (known.length > 0) continue;
    await em.execute(`drop policy if exists owner_all on ${qualified(table)}`);
    await em.execute(ownerPolicy(table, owner));
  }
}

/** Lets the platform's login work in the job library's schema, in tables that it will add too; the tenant's has no right. */
export async function grantJobSchema(em: EntityManager, logins: Logins): Promise<void> {
  const schema = identifier(jobSchemaName);
  const platform = identifier(logins.platform);
  await em.execute(`revoke all on schema ${schema} from public, ${identifier(logins.tenant)}`);
  await em.execute(`grant usage on schema ${schema} to ${platform}`);
  for (const [kind, right] of Object.entries({
    tables: everything.join(', '),
    sequences: 'usage',
    functions: 'execute',
  })) {
    await em.execute(`grant ${right} on all ${kind} in schema ${schema} to ${platform}`);
    await em.execute(`alter default privileges in schema ${schema} grant ${right} on ${kind} to ${platform}`);
  }
}

async function tablesOf(em: EntityManager): Promise<string[]> {
  const rows = await em.execute<{ name: string }[]>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = ? and c.relkind in ('r', 'p', 'v', 'm', 'f') order by 1`,
    [schemaName],
  );
  return rows.map(({ name }) => name);
}

function schemaStatements(logins: Logins): string[] {
  const schema = identifier(schemaName);
  return [
    `grant usage on schema ${schema} to ${identifier(logins.platform)}, ${identifier(logins.tenant)}`,
    ownTenantFunction,
  ];
}

/**
 * Says which tenant the statement is for, and returns that tenant's row: one round trip where a transaction takes four.
 * The setting is gone with the statement. In PL/pgSQL, since the planner may reorder what is in SQL.
 *
 * What it does, whoever has the tenants' login can do by hand: with that login's password, any tenant can be named. The
 * policies are a second line behind the service, which names none but the token's; they do not keep tenants from each
 * other where that password is lost.
 */
const ownTenantFunction = `create or replace function ${schemaName}.own_tenant(wanted uuid)
  returns setof ${schemaName}.tenant language plpgsql as $$
  begin
    perform set_config('app.tenant_id', wanted::text, true);
    return query select * from ${schemaName}.tenant;
  end $$`;

function tableStatements(table: string, logins: Logins): string[] {
  const { platform, tenantReads } = tableAccess[table] ?? { platform: [] };
  const name = qualified(table);
  const statements = [
    `alter table ${name} enable row level security, force row level security`,
    ownerPolicy(table, logins.owner),
  ];
  if (platform.length > 0) {
    statements.push(
      `create policy platform_all on ${name} to ${identifier(logins.platform)} using (true) with check (true)`,
      `grant ${platform.join(', ')} on ${name} to ${identifier(logins.platform)}`,
    );
  }
  if (tenantReads !== undefined) {
    statements.push(
      `create policy tenant_own on ${name} for select to ${identifier(logins.tenant)} using (${tenantReads})`,
      `grant SELECT on ${name} to ${identifier(logins.tenant)}`,
    );
  }
  return statements;
}

function ownerPolicy(table: string, owner: string): string {
  return `create policy owner_all on ${qualified(table)} to ${identifier(owner)} using (true) with check (true)`;
}

/** Everything that stands there now, whoever it names: logins of before, or of the template of a cloned database. */
async function removalStatements(em: EntityManager): Promise<string[]> {
  const rows = await em.execute<{ statement: string }[]>(
    `select format('drop policy %I on %s', p.polname, p.polrelid::regclass) as statement
       from pg_policy p join pg_class c on c.oid = p.polrelid where c.relnamespace = ?::regnamespace
     union all
     select distinct format('revoke all on %s %s from %s', case c.relkind when 'S' then 'sequence' else 'table' end,
              c.oid::regclass, case a.grantee when 0 then 'public' else a.grantee::regrole::text end)
       from pg_class c
       left join pg_attribute t on t.attrelid = c.oid and t.attacl is not null
       cross join aclexplode(array_cat(c.relacl, t.attacl)) a
       where c.relnamespace = ?::regnamespace and a.grantee <> c.relowner
     union all
     select distinct format('revoke all on schema %I from %s', n.nspname,
              case a.grantee when 0 then 'public' else a.grantee::regrole::text end)
       from pg_namespace n cross join aclexplode(n.nspacl) a where n.nspname = ? and a.grantee <> n.nspowner`,
    [schemaName, schemaName, schemaName],
  );
  return rows.map(({ statement }) => statement);
}

/** Row security, policies, grants and functions of the schema as the catalogue has them. */
async function actualState(em: EntityManager): Promise<string> {
  const [row] = await em.execute<{ state: string }[]>(
    `select concat_ws(E'\\n', n.nspacl,
       (select string_agg(concat_ws(' ', c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relacl,
            (select string_agg(concat_ws(' ', a.attname, a.attacl), ' ' order by a.attname)
               from pg_attribute a where a.attrelid = c.oid and a.attacl is not null)), E'\\n' order by c.relname)
          from pg_class c where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')),
       (select string_agg(p::text, E'\\n' order by p.tablename, p.policyname)
          from pg_policies p where p.schemaname = n.nspname),
       (select string_agg(concat_ws(' ', p.proname, p.prosecdef, p.proacl, p.prosrc), E'\\n' order by p.proname)
          from pg_proc p join pg_language l on l.oid = p.prolang
          where p.pronamespace = n.oid and l.lanname = 'plpgsql')) as state
     from pg_namespace n where n.nspname = ?`,
    [schemaName],
  );
  return row?.state ?? '';
}

function fingerprint(wanted: string, actual: string): string {
  return `row security and grants ${createHash('sha256').update(`${wanted}\n\n${actual}`).digest('base64url')}`;
}

function qualified(table: string): string {
  return `${identifier(schemaName)}.${identifier(table)}`;
}
