import { randomUUID } from 'node:crypto';

import { executeSql } from './database.js';

/** A whole row of the table `tenant`, but for what the columns say. */
export function tenantRow(tenantId: string, columns: Record<string, unknown> = {}) {
  return {
    id: randomUUID(),
    tenant_id: tenantId,
    code: tenantId.toUpperCase().slice(0, 10),
    name: tenantId,
    domain: `${tenantId}.example.com`,
    status: 'ACTIVE',
    status_changed_at: 'now',
    realm_origin: 'ADOPTED',
    server_url: 'https://keycloak.example.com',
    realm: tenantId,
    issuer: `https://keycloak.example.com/realms/${tenantId}`,
    client_id: 'cx-core',
    scope: '{}',
    realm_state: 'UNMANAGED',
    realm_sync_state: 'IN_SYNC',
    realm_sync_since: 'now',
    tokens_not_before: 'now',
    two_factor_enabled: false,
    subscription_tier: 'STANDARD',
    subscription_starts_at: 'now',
    is_trial: false,
    created_at: 'now',
    updated_at: 'now',
    ...columns,
  };
}

/** Puts in a tenant by bare SQL, for tests of what lies below the API. */
export async function insertTenant(
  url: string,
  tenantId: string,
  columns: Record<string, unknown> = {},
): Promise<string> {
  const row = tenantRow(tenantId, columns);
  await insertRow(url, 'tenant', row);
  return row.id;
}

/** Puts in many tenants at once; all rows have the same columns. */
export async function insertTenants(url: string, rows: readonly Record<string, unknown>[]): Promise<void> {
  const names = Object.keys(rows[0] ?? {}).join(', ');
  await executeSql(
    url,
    `insert into tenantry.tenant (${names}) select ${names}
     from jsonb_populate_recordset(null::tenantry.tenant, ?::text::jsonb)`,
    [JSON.stringify(rows)],
  );
}

/** Puts one row into a table of the schema. */
export async function insertRow(url: string, table: string, row: Record<string, unknown>): Promise<void> {
  const names = Object.keys(row);
  await executeSql(
    url,
    `insert into tenantry.${table} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`,
    Object.values(row),
  );
}
