import { withConnection } from '../../src/database/orm.js';
import { prepareDatabase } from '../../src/database/prepare.js';
import { makeKeyRing } from '../../src/secrets/key-ring.js';

export interface BenchDatabase {
  readonly ownerUrl: string;
  readonly platformUrl: string;
  readonly tenantUrl: string;
}

/** Spread over statuses, tiers, countries, five years of creation and two of expiry, some of it past. */
const generated = `insert into tenantry.tenant (id, tenant_id, code, name, description, domain, status, status_changed_at,
    realm_origin, server_url, realm, issuer, client_id, scope, realm_state, realm_sync_state, realm_sync_since,
    tokens_not_before, two_factor_enabled, country, timezone, currency, language, subscription_tier,
    subscription_starts_at, subscription_ends_at, is_trial, metadata, created_at, updated_at)
  select gen_random_uuid(), 'tenant-' || n, 'C' || lpad(n::text, 9, '0'), 'Tenant number ' || n, 'Made for measuring',
    'tenant-' || n || '.example.com',
    (array['ACTIVE','ACTIVE','ACTIVE','ACTIVE','ACTIVE','TRIAL','SUSPENDED','MAINTENANCE','INACTIVE','DELETED'])
      [n % 10 + 1]::tenantry.tenant_status,
    at, 'ADOPTED', 'https://keycloak.example.com', 'realm-' || n, 'https://keycloak.example.com/realms/realm-' || n,
    'cx-core', '{}', 'UNMANAGED', 'IN_SYNC', at, at, false,
    (array['ES','DE','FR','PT','IT'])[n % 5 + 1], 'Europe/Madrid', 'EUR', 'es-ES',
    (array['TRIAL','BASIC','STANDARD','PREMIUM','ENTERPRISE'])[n % 5 + 1], at,
    case when n % 3 = 0 then now() + (n % 730 - 100) * interval '1 day' end, n % 5 = 0, '{"segment":"retail"}', at, at
  from generate_series(1, ?::int) n, lateral (select now() - (n % 1826) * interval '1 day' - n * interval '1 ms' as at) x`;

/** A migrated database of so many tenants. */
export async function makeDatabase(
  clusterUrl: string,
  secretsKey: Uint8Array,
  tenants: number,
): Promise<BenchDatabase> {
  const name = `bench_${tenants}`;
  await withConnection(clusterUrl, (connection) => connection.execute(`create database ${name}`));
  const address = new URL(clusterUrl);
  address.pathname = `/${name}`;
  const ownerUrl = address.href;
  const urls = await prepareDatabase({ ownerUrl, keyRing: makeKeyRing(secretsKey) });
  await withConnection(ownerUrl, async (connection) => {
    await connection.execute('set statement_timeout = 0');
    await connection.execute(generated, [tenants]);
    await connection.execute('vacuum analyze');
  });
  return { ownerUrl, ...urls };
}
