import pLimit from 'p-limit';

import type { RequestContext } from '../../context.js';
import { RequestFault, userFault } from '../../errors.js';
import { Faults } from '../../faults.js';
import { KeycloakFault } from '../../integrations/keycloak/keycloak-fault.js';
import { realmAddress } from '../../integrations/keycloak/realm-address.js';
import { secretText } from '../../validation/text.rules.js';
import { changeTenant, type Changed, type ChangeTarget } from '../tenant/change-tenant.service.js';
import { sealClientSecret } from './sealed-client-secret.service.js';
import { checkChangeable, loadTenant } from '../tenant/find-tenant.service.js';
import { proveRealm, type RealmPart } from './realm-adoption.service.js';
import type { RealmOrigin } from './realm.rules.js';
import type { Tenant } from '../tenant/tenant.entity.js';

/** Each holds a connection while Keycloak is waited for: the other connections are for what needs only the database. */
const twoAtATime = pLimit(2);
const maxWaiting = 20;

/**
 * Stores another secret for the client of an adopted realm, once a grant has shown that it works.
 *
 * @throws UserFault NOT_FOUND, TENANT_DELETED, VERSION_CONFLICT; INVALID for a realm that Tenantry made; REALM_*
 */
export async function setTenantClientSecret(
  ctx: RequestContext,
  target: ChangeTarget,
  clientSecret: string,
): Promise<Changed> {
  const tenant = await loadTenant(ctx, ctx.app.db.platform.em.fork(), target.tenant);
  checkChangeable(tenant, target.expectedVersion);
  checkOrigin(tenant, 'ADOPTED', 'Tenantry keeps the secret of a realm that it made: use rotateTenantClientSecret.');
  const faults = new Faults();
  secretText(faults, ['clientSecret'], clientSecret);
  faults.throwIfAny();
  const address = realmAddress(ctx.app.config.keycloak, tenant.realm, tenant.serverUrl);
  const pathOf = (part: RealmPart): string[] => [part === 'client' ? 'clientSecret' : 'tenant'];
  await proveRealm(ctx.app, faults, pathOf, address, { clientId: tenant.clientId, clientSecret });
  faults.throwIfAny();
  return changeTenant(ctx, target, 'SECRET_CHANGED', (record) => storeClientSecret(ctx, record.tenant, clientSecret));
}

/**
 * Has Keycloak make a new secret for the client of a realm that Tenantry made. The old one stops working at once, so
 * the tenant stays locked until the new one is stored; what a crash in between loses is read again when it is needed.
 *
 * @throws UserFault NOT_FOUND, TENANT_DELETED, VERSION_CONFLICT; INVALID for an adopted realm; REALM_NOT_FOUND;
 *   IDENTITY_PROVIDER_UNAVAILABLE
 * @throws RequestFault RATE_LIMITED
 */
export async function rotateTenantClientSecret(ctx: RequestContext, target: ChangeTarget): Promise<Changed> {
  if (twoAtATime.pendingCount >= maxWaiting) {
    throw new RequestFault('RATE_LIMITED', 'Too many secrets are waiting to be rotated; try again in a minute.');
  }
  return twoAtATime(() =>
    changeTenant(ctx, target, 'SECRET_CHANGED', async ({ tenant }) => {
      checkOrigin(tenant, 'PROVISIONED', 'The secret of an adopted realm is changed there: use setTenantClientSecret.');
      await storeClientSecret(ctx, tenant, await regenerate(ctx, tenant));
    }),
  );
}

function checkOrigin(tenant: Tenant, origin: RealmOrigin, message: string): void {
  if (tenant.realmOrigin !== origin) userFault('INVALID', ['tenant'], message);
}

/** Keeps a secret for the tenant's client; the one that is kept already is left as it is. */
export async function storeClientSecret(ctx: RequestContext, tenant: Tenant, secret: string): Promise<void> {
  const sealed = await sealClientSecret(ctx.app.keyRing, tenant, secret);
  if (sealed === tenant.clientSecret) return;
  tenant.clientSecret = sealed;
  tenant.clientSecretVersion += 1;
}

async function regenerate(ctx: RequestContext, tenant: Tenant): Promise<string> {
  const { realmAdmin } = ctx.app;
  if (realmAdmin === undefined) {
    return userFault(
      'PROVISIONING_NOT_CONFIGURED',
      ['tenant'],
      'Tenantry has no account that may change realms (KEYCLOAK_ADMIN_CLIENT_ID).',
    );
  }
  try {
    const secret = await realmAdmin.regenerateClientSecret(tenant.realm, tenant.id, tenant.clientId);
    return secret ?? userFault('REALM_NOT_FOUND', ['tenant'], 'Keycloak no longer has the realm, or the client in it.');
  } catch (error) {
    if (!(error instanceof KeycloakFault)) throw error;
    return userFault('IDENTITY_PROVIDER_UNAVAILABLE', ['tenant'], 'Keycloak did not answer in time; try again.');
  }
}
