import type { AppServices } from '../../context.js';
import { inTransaction } from '../../database/transaction.js';
import { KeycloakFault } from '../../integrations/keycloak/keycloak-fault.js';
import { recordAudit, systemActor } from '../audit/audit.service.js';
import { openClientSecret, sealClientSecret } from '../realm/sealed-client-secret.service.js';
import { Tenant } from '../tenant/tenant.entity.js';
import type { TokenTenant } from './token-tenant.query.js';

/** @throws KeycloakFault REALM_REFUSED_CLIENT where there is no secret any more */
export async function currentSecret(app: AppServices, tenant: TokenTenant): Promise<string> {
  const secret = await openClientSecret(app.keyRing, tenant);
  if (secret === undefined) throw new KeycloakFault('REALM_REFUSED_CLIENT', 'the tenant has no client secret');
  return secret;
}

/**
 * The secret that a realm of ours has by now, where Keycloak was made to choose another: a regenerated secret stops
 * the old one at once. It is kept for the next time.
 *
 * @param used the secret that was refused
 * @returns undefined where there is no other
 * @throws KeycloakFault UNAVAILABLE
 */
export async function secretFromKeycloak(
  app: AppServices,
  tenant: TokenTenant,
  used: string,
): Promise<string | undefined> {
  if (tenant.realmOrigin !== 'PROVISIONED') return undefined;
  const found = await app.realmAdmin?.readClientSecret(tenant.realm, tenant.id, tenant.clientId);
  if (found === undefined || found === used) return undefined;
  await keepSecret(app, tenant, found);
  return found;
}

/** Nobody's mutation: the tenant's version stays, and the trail names the system. */
async function keepSecret(app: AppServices, { id, clientSecretVersion }: TokenTenant, secret: string): Promise<void> {
  await inTransaction(app.db.platform, async (em) => {
    const tenant = await em.findOne(Tenant, { id, clientSecretVersion });
    if (tenant === null) return; // whoever changed it there has stored it here
    const clientSecret = await sealClientSecret(app.keyRing, { id }, secret);
    const kept = await em.nativeUpdate(
      Tenant,
      { id, clientSecretVersion, status: { $ne: 'DELETED' } },
      { clientSecret, clientSecretVersion: clientSecretVersion + 1 },
    );
    if (kept === 0) return;
    const changes = { 'keycloak.clientSecret': { changed: true as const } };
    recordAudit(em, { at: app.now(), actor: systemActor(app), action: 'SECRET_CHANGED', tenant, changes });
  });
}
