import type { EntityManager } from '@mikro-orm/postgresql';

import { StartupError } from '../startup-error.js';
import { jobSchemaName, tableAccess } from './isolation.js';
import { schemaName, withConnection } from './orm.js';
import type { Login } from './roles.js';

/**
 * Proves, from the catalogue and through the logins themselves, that row-level security binds them.
 *
 * @param owner sees the catalogue
 * @throws StartupError with everything for which the isolation would not hold
 */
export async function verifyIsolation(owner: EntityManager, logins: readonly Login[]): Promise<void> {
  const problems = await relationProblems(owner);
  for (const login of logins) {
    const own = await connectionProblems(owner, login);
    const role = await roleProblems(owner, login);
    problems.push(...[...own, ...role].map((problem) => `the ${login.kind} login "${login.role}" ${problem}`));
    problems.push(...(await privilegeProblems(owner, login)));
  }
  if (problems.length === 0) return;
  throw new StartupError(
    `Tenants' data would not be isolated in this database:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
  );
}

/** Whether the address leads to the same database, as the role for which everything was stamped. */
async function connectionProblems(owner: EntityManager, login: Login): Promise<string[]> {
  const place = `pg_postmaster_start_time()::text || (select oid from pg_database where datname = current_database()) as place`;
  const [here] = await owner.execute<{ place: string }[]>(`select ${place}`);
  try {
    const [there] = await withConnection(login.url, (connection) =>
      connection.execute<{ name: string; place: string }[]>(`select session_user as name, ${place}`),
    );
    return [
      ...(there?.name === login.role ? [] : [`is "${there?.name ?? ''}" once connected`]),
      ...(there?.place === here?.place ? [] : ['leads to another database than DATABASE_URL']),
    ];
  } catch (error) {
    return [`cannot connect: ${error instanceof Error ? error.message : String(error)}`];
  }
}

async function roleProblems(owner: EntityManager, { role }: Login): Promise<string[]> {
  const rows = await owner.execute<{ problem: string }[]>(
    `with r as (select * from pg_roles where rolname = ?), d as (select * from pg_database where datname = current_database())
     select 'is a superuser' as problem from r where rolsuper
     union all select 'bypasses row-level security' from r where rolbypassrls
     union all select 'may create roles' from r where rolcreaterole
     union all select 'may replicate' from r where rolreplication
     union all select format('is a member of %I', g.rolname) from r
       join pg_auth_members m on m.member = r.oid join pg_roles g on g.oid = m.roleid
     union all select 'owns the database' from r join d on d.datdba = r.oid
     union all select format('owns %s', pg_describe_object(s.classid, s.objid, s.objsubid)) from r, d, pg_shdepend s
       where s.refclassid = 'pg_authid'::regclass and s.refobjid = r.oid and s.deptype = 'o' and s.dbid = d.oid
     union all select format('may create in the schema %I', n.nspname) from r, pg_namespace n
       where n.nspname = any(?::text[]) and has_schema_privilege(r.oid, n.oid, 'CREATE')
     union all select 'may create schemas in the database' from r, d where has_database_privilege(r.oid, d.oid, 'CREATE')
     union all select 'may create temporary tables' from r, d where has_database_privilege(r.oid, d.oid, 'TEMP')`,
    [role, `{${schemaName},${jobSchemaName}}`],
  );
  return rows.map(({ problem }) => problem);
}

async function relationProblems(owner: EntityManager): Promise<string[]> {
  const rows = await owner.execute<{ problem: string }[]>(
    `with c as (select c.* from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = ?)
     select format('the table %I does not force row-level security', relname) as problem from c
       where relkind in ('r', 'p') and not (relrowsecurity and relforcerowsecurity)
     union all select format('the table %I has no policy', relname) from c
       where relkind in ('r', 'p') and not exists (select from pg_policy p where p.polrelid = c.oid)
     union all select format('the view %I is not security_invoker', relname) from c
       where relkind = 'v' and not coalesce(reloptions, '{}') && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1']
     union all select format('%I is a materialised view or a foreign table, which have no row-level security', relname) from c
       where relkind in ('m', 'f')
     union all select format('the function %s runs with its owner''s rights', p.oid::regprocedure) from pg_proc p
       join pg_namespace n on n.oid = p.pronamespace where n.nspname = ? and p.prosecdef`,
    [schemaName, schemaName],
  );
  return rows.map(({ problem }) => problem);
}

/** What the login may really do, by whatever way it came by the right, against the table of access. */
async function privilegeProblems(owner: EntityManager, { kind, role }: Login): Promise<string[]> {
  const rows = await owner.execute<{ table: string; privileges: string[] }[]>(
    `select c.relname as table, array(
         select p from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
         where has_table_privilege(r.oid, c.oid, p)
            or p in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') and has_any_column_privilege(r.oid, c.oid, p)) as privileges
       from pg_class c join pg_namespace n on n.oid = c.relnamespace, pg_roles r
      where n.nspname = ? and r.rolname = ? and c.relkind in ('r', 'p', 'v', 'm', 'f')`,
    [schemaName, role],
  );
  const problems = rows.flatMap(({ table, privileges }) => {
    const { platform = [], tenantReads } = tableAccess[table] ?? {};
    const wanted: readonly string[] = kind === 'platform' ? platform : tenantReads === undefined ? [] : ['SELECT'];
    const superfluous = privileges.filter((privilege) => !wanted.includes(privilege));
    const missing = wanted.filter((privilege) => !privileges.includes(privilege));
    return [
      ...superfluous.map((privilege) => `the ${kind} login has ${privilege} on ${table}`),
      ...missing.map((privilege) => `the ${kind} login lacks ${privilege} on ${table}`),
    ];
  });
  if (kind === 'platform') return problems;
  const jobs = await owner.execute(
    `select from pg_namespace n, pg_roles r where n.nspname = ? and r.rolname = ? and has_schema_privilege(r.oid, n.oid, 'USAGE')`,
    [jobSchemaName, role],
  );
  return jobs.length > 0 ? [...problems, `the tenant login may use the schema ${jobSchemaName}`] : problems;
}
