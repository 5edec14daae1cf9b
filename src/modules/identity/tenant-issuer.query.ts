import type { MikroORM } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

import type { FindTenantByIssuer, IssuerTenant } from './tenant-bearer.service.js';

/** Looks a tenant up by the exact issuer of its realm: one query on a unique index. */
export function tenantByIssuer(orm: MikroORM): FindTenantByIssuer {
  return async (issuer) => {
    if (issuer.includes('\u0000') || issuer.length > 4_096) return undefined;
    const query = sql<Omit<IssuerTenant, 'tokensNotBefore'> & { notBefore: number }>`
      select id, status, issuer, server_url as "serverUrl", realm, realm_origin as "realmOrigin",
        client_id as "clientId", extract(epoch from tokens_not_before)::float8 as "notBefore",
        quarantined_at is not null as "isQuarantined"
      from tenantry.tenant where issuer = ${issuer}`;
    const { rows } = await query.execute(orm.em.getKysely());
    const [row] = rows;
    return row && { ...row, tokensNotBefore: new Date(row.notBefore * 1_000) };
  };
}
