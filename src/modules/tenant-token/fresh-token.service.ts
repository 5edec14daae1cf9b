import { setTimeout as sleep } from 'node:timers/promises';

import { sql } from 'kysely';

import type { AppServices } from '../../context.js';
import { inTime, timeLeft } from '../../integrations/deadline.js';
import { KeycloakFault } from '../../integrations/keycloak/keycloak-fault.js';
import { realmAddress } from '../../integrations/keycloak/realm-address.js';
import { grantRealmToken } from '../../integrations/keycloak/realm-grant.js';
import { verifyTenantToken } from '../identity/tenant-claims.service.js';
import { TokenRefusal } from '../identity/token-refusal.rules.js';
import { isOperational, tenantStatuses } from '../tenant/lifecycle.rules.js';
import { noteProvenKey } from '../realm/realm-keys.service.js';
import { noteMissingRealm } from '../realm/realm-search.service.js';
import { syncRealm } from '../realm/realm-sync.service.js';
import { currentSecret, secretFromKeycloak } from './realm-secret.service.js';
import type { IssuedToken } from './token-cache.service.js';
import type { TokenTenant } from './token-tenant.query.js';

const maxLifeSeconds = 3_600;
/** How long a realm's clock may lag behind the moment that its tenant came back into service. */
const waitForClockMs = 2_000;
const betweenTriesMs = 250;
/** How long a token is waited for whose realm has first to be enabled. */
const enableWithinMs = 3_500;

/**
 * Has the tenant's realm issue a token, verifies it, and notes until when it is valid, all while the tenant stays in
 * service: the note is written only if it still is, after Keycloak answered.
 *
 * @returns undefined where the tenant's row has changed meanwhile, so that it has to be read again
 * @throws KeycloakFault
 */
export async function freshToken(
  app: AppServices,
  tenant: TokenTenant,
  scope: readonly string[],
): Promise<IssuedToken | undefined> {
  if (tenant.realmSyncState !== 'IN_SYNC') await enableFirst(app, tenant);
  const token = await lateEnough(tenant, async () => await grantWithCurrentSecret(app, tenant, scope)).catch(
    async (error: unknown) => {
      if (error instanceof KeycloakFault && error.kind === 'REALM_NOT_FOUND') await noteMissingRealm(app, tenant.id);
      throw error;
    },
  );
  return (await noteIssued(app, tenant, token)) ? token : undefined;
}

/** Enabling the realm is still to come: it is done now rather than later, and goes on where it takes long. */
async function enableFirst(app: AppServices, { id }: TokenTenant): Promise<void> {
  const enabled = syncRealm(app, id).then(
    () => true,
    () => false,
  );
  if (await inTime(enabled, Math.min(enableWithinMs, timeLeft()))) return;
  throw new KeycloakFault('UNAVAILABLE', 'the realm could not be enabled');
}

/** Repeats for a short while until `iat`, which has no fractions, is not before the tenant's last stop. */
async function lateEnough(tenant: TokenTenant, issue: () => Promise<IssuedToken>): Promise<IssuedToken> {
  const deadline = Date.now() + Math.min(waitForClockMs, timeLeft());
  await sleep(Math.min(Math.max(tenant.tokensNotBefore * 1_000 - Date.now(), 0), waitForClockMs));
  for (;;) {
    const token = await issue();
    if (token.issuedAt >= tenant.tokensNotBefore) return token;
    if (Date.now() >= deadline) throw new KeycloakFault('UNAVAILABLE', "the realm's clock lags behind");
    await sleep(betweenTriesMs);
  }
}

async function grantWithCurrentSecret(
  app: AppServices,
  tenant: TokenTenant,
  scope: readonly string[],
): Promise<IssuedToken> {
  const secret = await currentSecret(app, tenant);
  try {
    return await grant(app, tenant, secret, scope);
  } catch (error) {
    if (!(error instanceof KeycloakFault) || error.kind !== 'REALM_REFUSED_CLIENT') throw error;
    const renewed = await secretFromKeycloak(app, tenant, secret);
    if (renewed === undefined) throw error;
    return await grant(app, tenant, renewed, scope);
  }
}

async function grant(
  app: AppServices,
  tenant: TokenTenant,
  clientSecret: string,
  scope: readonly string[],
): Promise<IssuedToken> {
  const { clientId, realmOrigin } = tenant;
  const { keycloak } = app.config;
  const source = { ...realmAddress(keycloak, tenant.realm, tenant.serverUrl), issuer: tenant.issuer };
  const audience = realmOrigin === 'PROVISIONED' ? keycloak.clientId : undefined;
  const { accessToken, scope: granted } = await grantRealmToken(
    app.outbound,
    source,
    { clientId, clientSecret },
    scope,
  );
  const {
    issuedAt,
    expiresAt: validUntil,
    keyThumbprint,
  } = await verifyTenantToken(app.keySets, accessToken, {
    source,
    clientId,
    audience,
  }).catch(asUnusable);
  await noteProvenKey(app, tenant, keyThumbprint);
  return {
    accessToken,
    scope: granted,
    issuedAt,
    expiresAt: Math.min(validUntil, issuedAt + maxLifeSeconds),
    validUntil,
  };
}

function asUnusable(error: unknown): never {
  if (!(error instanceof TokenRefusal)) throw error;
  throw new KeycloakFault('REALM_TOKENS_UNUSABLE', error.message, { cause: error });
}

/** Whoever stops the tenant locks its row too: either we see the stop here, or it sees our token's expiry. */
async function noteIssued(app: AppServices, { id }: TokenTenant, token: IssuedToken): Promise<boolean> {
  const statuses = sql.join(tenantStatuses.filter(isOperational).map((status) => sql.lit(status)));
  const update = sql`
    update tenantry.tenant
    set tokens_issued_until = greatest(tokens_issued_until, to_timestamp(${token.validUntil}))
    where id = ${id} and status in (${statuses}) and quarantined_at is null and tokens_not_before <= to_timestamp(${token.issuedAt})
    returning id`;
  const { rows } = await update.execute(app.db.platform.em.getKysely());
  return rows.length === 1;
}
