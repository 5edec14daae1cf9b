import type { EntityManager } from '@mikro-orm/postgresql';

import type { RequestContext } from '../../context.js';
import { violatedUnique } from '../../database/conflicts.js';
import { UserFault, userFault } from '../../errors.js';
import { within } from '../../integrations/deadline.js';
import { realmAddress } from '../../integrations/keycloak/realm-address.js';
import { grantRealmToken } from '../../integrations/keycloak/realm-grant.js';
import { verifyTenantToken } from '../identity/tenant-claims.service.js';
import { changeTenant, type Changed } from '../tenant/change-tenant.service.js';
import { openClientSecret } from './sealed-client-secret.service.js';
import { nextWholeSecond } from '../tenant/lifecycle.service.js';
import { areKeysTaken, realmFaultOf } from './realm-adoption.service.js';
import { admitKeys, judgeKeys, replaceKeys } from './realm-keys.service.js';
import type { Tenant } from '../tenant/tenant.entity.js';

/** How long the grant may take, in milliseconds. */
const proveWithinMs = 4_800;

/**
 * Checks a realm that Tenantry does not change by a grant, as when it was adopted, and takes it out of quarantine: at
 * once where it shows a key again that it was known by, else only where the operator accepts its new ones.
 *
 * @throws UserFault REALM_TOKENS_UNUSABLE at acceptNewKeys; REALM_TAKEN; whatever the grant says, at tenant
 */
export async function confirmRealm(ctx: RequestContext, tenant: Tenant, acceptNewKeys: boolean): Promise<Changed> {
  const { app } = ctx;
  const keys = await within(proveWithinMs, () => proveWithPresentKeys(ctx, tenant, acceptNewKeys)).catch(asUserFault);
  const changed = await changeTenant(ctx, { tenant: { id: tenant.id } }, 'PATCHED', async (record, em) => {
    await confirmKeys(ctx, em, record.tenant, keys);
  }).catch(asKeysTaken);
  app.keySets.forget(tenant.issuer);
  return changed;
}

/**
 * Registers the keys as the realm's own, and ends its quarantine. No token from before is accepted afterwards: whoever
 * had the realm meanwhile may have issued it.
 */
export async function confirmKeys(
  ctx: RequestContext,
  em: EntityManager,
  tenant: Tenant,
  thumbprints: readonly string[],
): Promise<void> {
  const isExchange = (await judgeKeys(em, tenant, thumbprints)).verdict === 'EXCHANGED';
  await replaceKeys(em, tenant.id, thumbprints, ctx.now());
  if (isExchange) tenant.clientSecretVersion += 1; // tokens at hand are signed with keys that nobody can check any more
  if (tenant.quarantinedAt === null) return;
  tenant.quarantinedAt = null;
  tenant.tokensNotBefore = nextWholeSecond(ctx.now());
}

/** @returns thumbprint of the key that the realm signs with */
async function proveWithPresentKeys(
  { app }: RequestContext,
  tenant: Tenant,
  acceptNewKeys: boolean,
): Promise<readonly string[]> {
  const { id, clientId, issuer } = tenant;
  const source = { ...realmAddress(app.config.keycloak, tenant.realm, tenant.serverUrl), issuer };
  const clientSecret = (await openClientSecret(app.keyRing, tenant)) ?? '';
  const { accessToken } = await grantRealmToken(app.outbound, source, { clientId, clientSecret }, []);
  const { thumbprints, keyFor } = await app.keySets.offered(source);
  const audience = tenant.realmOrigin === 'PROVISIONED' ? app.config.keycloak.clientId : undefined;
  const { keyThumbprint } = await verifyTenantToken({ keyFor: () => keyFor }, accessToken, {
    source,
    clientId,
    audience,
  });
  const em = app.db.platform.em.fork();
  if (await areKeysTaken(app, em, [keyThumbprint], id)) {
    keysAreTaken();
  }
  if (!acceptNewKeys && (await judgeKeys(em, tenant, thumbprints)).verdict === 'EXCHANGED') {
    await admitKeys(app, issuer, thumbprints).catch(() => undefined); // into quarantine, where it is not there yet
    const message = 'The realm shares no signing key with the ones it was known by: make sure of it, and accept them.';
    userFault('REALM_TOKENS_UNUSABLE', ['acceptNewKeys'], message);
  }
  return [keyThumbprint];
}

/** Where the keys were registered elsewhere between looking and writing: the unique constraint has the last word. */
export function asKeysTaken(error: unknown): never {
  if (violatedUnique(error) === 'realm_key_pkey') keysAreTaken();
  throw error;
}

export function keysAreTaken(): never {
  return userFault('REALM_TAKEN', ['tenant'], 'A signing key of the realm is that of another registered realm.');
}

function asUserFault(error: unknown): never {
  const fault = error instanceof UserFault ? undefined : realmFaultOf(error);
  if (fault === undefined) throw error;
  return userFault(fault.code, ['tenant'], fault.message);
}
