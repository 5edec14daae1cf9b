import { sql } from 'kysely';

import type { RequestContext } from '../../context.js';
import { tenantNamedBy, visibleTo, type TenantKey } from '../tenant/find-tenant.service.js';
import type { TenantStatus } from '../tenant/lifecycle.rules.js';
import type { RealmOrigin, RealmSyncState } from '../realm/realm.rules.js';

/** What issuing a token needs to know of a tenant, in one row. */
export interface TokenTenant {
  /** UUID */
  readonly id: string;
  readonly tenantId: string;
  readonly domain: string;
  readonly status: TenantStatus;
  readonly issuer: string;
  readonly serverUrl: string;
  readonly realm: string;
  readonly realmOrigin: RealmOrigin;
  readonly realmSyncState: RealmSyncState;
  readonly clientId: string;
  /** JWE; null once the tenant is deleted. */
  readonly clientSecret: string | null;
  readonly clientSecretVersion: number;
  /** What may be asked for. */
  readonly scope: readonly string[];
  /** Seconds since the epoch: tokens with an earlier `iat` are not to be handed out. */
  readonly tokensNotBefore: number;
  /** Its realm shows other keys than before, and no operator has confirmed them yet. */
  readonly isQuarantined: boolean;
}

/** The tenant that a key names, where this request may see it: one query on a unique index. */
export async function findTokenTenant(ctx: RequestContext, key: TenantKey): Promise<TokenTenant | undefined> {
  const query = sql<TokenTenant>`
    select t.id, t.tenant_id as "tenantId", t.domain, t.status, t.issuer, t.server_url as "serverUrl", t.realm,
      t.realm_origin as "realmOrigin", t.realm_sync_state as "realmSyncState", t.client_id as "clientId",
      t.client_secret as "clientSecret", t.client_secret_version as "clientSecretVersion", t.scope,
      extract(epoch from t.tokens_not_before)::float8 as "tokensNotBefore", t.quarantined_at is not null as "isQuarantined"
    from tenantry.tenant t where ${tenantNamedBy(key)} and ${visibleTo(ctx)}`;
  const { rows } = await query.execute(ctx.app.db.platform.em.getKysely());
  return rows[0];
}
