import { withConnection } from '../../src/database/orm.js';
import { eventually } from './background.js';

/**
 * Fills a database with so many tenants, and as many entries of the trail, spread as in a platform that has grown over
 * five years. The same each time, but that it ends today.
 */
export async function insertManyTenants(ownerUrl: string, count: number): Promise<void> {
  await withConnection(ownerUrl, async (connection) => {
    await connection.execute('set statement_timeout = 0');
    await connection.execute('select setseed(0.42)');
    await connection.execute('alter index tenantry.tenant_search set (fastupdate = on)'); // put in order by vacuum
    await connection.execute(tenants(count));
    await connection.execute(entries(count));
    await connection.execute('alter index tenantry.tenant_search set (fastupdate = off)');
    // Every row is looked at, so that what the planner knows, and with it the plans, is the same each time.
    await connection.execute('set default_statistics_target = 1000');
    await eventually(
      async () => {
        await connection.execute('vacuum (analyze) tenantry.tenant, tenantry.audit_entry');
        return await connection.execute<{ pages: number; visible: number }[]>(visibility);
      },
      (tables) => tables.every(({ pages, visible }) => visible === pages),
    );
  });
}

/** How many pages are known to hold nothing but rows that everybody sees: an open transaction keeps vacuum from it. */
const visibility = `select relpages as pages, relallvisible as visible from pg_class
  where oid in ('tenantry.tenant'::regclass, 'tenantry.audit_entry'::regclass)`;

/** What a random number chooses: each value up to its share of one, the last one beyond. */
function chosen(random: string, shares: Readonly<Record<string, number>>, last: string): string {
  const cases = Object.entries(shares).map(([value, upTo]) => `when ${random} < ${upTo} then '${value}'`);
  return `case ${cases.join(' ')} else '${last}' end`;
}

const status = chosen(
  'r[1]',
  { ACTIVE: 0.58, TRIAL: 0.7, SUSPENDED: 0.75, MAINTENANCE: 0.76, INACTIVE: 0.85 },
  'DELETED',
);
const tier = chosen('r[2]', { BASIC: 0.25, STANDARD: 0.75, PREMIUM: 0.97 }, 'ENTERPRISE');
/** Common ones, one in seventy, and one that hardly a tenant is in. */
const country = chosen('r[3]', { ES: 0.4, PT: 0.6, FR: 0.8, DE: 0.97, AD: 0.985, MT: 0.9999 }, 'LI');
const kind = chosen('r[4]', { Bank: 0.3, Telecom: 0.5, Insurance: 0.7, Clinic: 0.9, Airways: 0.995 }, 'Observatory');

function tenants(count: number): string {
  return `
    insert into tenantry.tenant (id, tenant_id, code, name, domain, status, status_changed_at, realm_origin, server_url,
      realm, issuer, client_id, client_secret, scope, realm_state, realm_sync_state, realm_sync_since, tokens_not_before,
      two_factor_enabled, country, timezone, currency, language, subscription_tier, subscription_starts_at,
      subscription_ends_at, is_trial, created_at, updated_at)
    select id, name, upper(lpad(to_hex(number), 8, '0')), initcap(substr(md5(name), 1, 5)) || ' ' || ${kind},
      name || '.example.com', (${status})::tenantry.tenant_status, updated, 'ADOPTED', 'https://keycloak.example.com',
      name, 'https://keycloak.example.com/realms/' || name, 'cx-core', repeat('x', 300), '{}', 'UNMANAGED', 'IN_SYNC',
      updated, updated, r[5] < 0.35, ${country}, 'Europe/Madrid', 'EUR', 'es-ES',
      case when ${status} = 'TRIAL' then 'TRIAL' else ${tier} end, created,
      case when r[6] < 0.7 then date_trunc('day', created) + interval '1 day' * (30 + floor(r[7] * 1500)) end,
      ${status} = 'TRIAL', created, updated
    from (select *, 'tenant-' || number as name, created + (now() - created) * r[8] as updated,
        (substr(md5(number::text), 1, 12) || '7' || substr(md5(number::text), 13, 3) || '8' || substr(md5(number::text), 17, 15))::uuid as id
      from (select number, now() - interval '5 years' * (1 - sqrt(number::float8 / ${count})) as created,
          array(select random() from generate_series(1, 8) where number > 0) as r
        from generate_series(1, ${count}) number offset 0) dice) tenants`;
}

const action = chosen(
  'r[1]',
  { SECRETS_READ: 0.7, TOKEN_REFUSED: 0.85, PATCHED: 0.95, TRANSITIONED: 0.99, CREATED: 0.999 },
  'DELETED',
);
const actor = chosen('r[2]', { 'cx-core': 0.8, operator: 0.95, admin: 0.9999 }, 'auditor');

function entries(count: number): string {
  return `
    insert into tenantry.audit_entry (id, at, actor_name, actor_subject, actor_issuer, action, tenant, tenant_id)
    select gen_random_uuid(), now() - interval '1 year' * (1 - number::float8 / ${count}), ${actor},
      md5(${actor}), 'https://keycloak.example.com/realms/master', ${action}, t.id, t.tenant_id
    from (select number, array(select random() from generate_series(1, 3) where number > 0) as r
      from generate_series(1, ${count}) number offset 0) dice
    join tenantry.tenant t on t.tenant_id = 'tenant-' || (1 + floor(r[3] * ${count / 50}))::int`;
}
