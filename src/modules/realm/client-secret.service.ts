import type { RequestContext } from '../../context.js';
import { inTransaction } from '../../database/transaction.js';
import { userFault } from '../../errors.js';
import { Faults } from '../../faults.js';
import { within } from '../../integrations/deadline.js';
import { realmAddress } from '../../integrations/keycloak/realm-address.js';
import { secretText } from '../../validation/text.rules.js';
import { changeTenant, type Changed, type ChangeTarget } from '../tenant/change-tenant.service.js';
import { sealClientSecret } from './sealed-client-secret.service.js';
import { checkChangeable, loadTenant } from '../tenant/find-tenant.service.js';
import { inKeycloakTurn } from './keycloak-turn.service.js';
import { proveRealm, type RealmPart } from './realm-adoption.service.js';
import { lockRealm } from './realm-locks.service.js';
import { noRealmAccount, type RealmOrigin } from './realm.rules.js';
import type { Tenant } from '../tenant/tenant.entity.js';

/** How long a grant that proves a secret may take, in milliseconds. */
const proveWithinMs = 4_800;

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
  const { clientId } = tenant;
  await within(proveWithinMs, () => proveRealm(ctx.app, faults, pathOf, address, { clientId, clientSecret }));
  faults.throwIfAny();
  return changeTenant(ctx, target, 'SECRET_CHANGED', (record) => storeClientSecret(ctx, record.tenant, clientSecret));
}

/**
 * Has Keycloak make a new secret for the client of a realm that Tenantry made. The old one stops working at once; what a
 * crash loses before the new one is stored is read again when it is needed. The tenant itself stays free meanwhile: it can
 * be suspended while Keycloak is waited for.
 *
 * @throws UserFault NOT_FOUND, TENANT_DELETED, VERSION_CONFLICT; INVALID for an adopted realm; REALM_NOT_FOUND;
 *   IDENTITY_PROVIDER_UNAVAILABLE
 * @throws RequestFault RATE_LIMITED
 */
export async function rotateTenantClientSecret(ctx: RequestContext, target: ChangeTarget): Promise<Changed> {
  const { platform } = ctx.app.db;
  return await inKeycloakTurn(ctx, () =>
    inTransaction(platform, async (em) => {
      const { id } = await loadTenant(ctx, em, target.tenant);
      await lockRealm(em, id);
      const tenant = await loadTenant(ctx, platform.em.fork(), { id }); // as it is now
      checkChangeable(tenant, target.expectedVersion);
      checkOrigin(tenant, 'PROVISIONED', 'The secret of an adopted realm is changed there: use setTenantClientSecret.');
      const secret = await regenerate(ctx, tenant);
      // Whatever else was changed meanwhile: the secret is another one by now.
      return await changeTenant(ctx, { tenant: { id } }, 'SECRET_CHANGED', (record) =>
        storeClientSecret(ctx, record.tenant, secret),
      );
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
    return userFault('PROVISIONING_NOT_CONFIGURED', ['tenant'], noRealmAccount);
  }
  const secret = await realmAdmin.regenerateClientSecret(tenant.realm, tenant.id, tenant.clientId);
  return secret ?? userFault('REALM_NOT_FOUND', ['tenant'], 'Keycloak no longer has the realm, or the client in it.');
}
