import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';

import type { AppServices } from '../../context.js';
import { inTransaction } from '../../database/transaction.js';
import { KeycloakFault } from '../../integrations/keycloak/keycloak-fault.js';
import type { RealmAdmin } from '../../integrations/keycloak/realm-admin.js';
import { wantsRealmEnabled } from './lifecycle.rules.js';
import { Tenant } from './tenant.entity.js';

/**
 * Makes Keycloak follow: enables or disables the realm of a tenant as its status wants it, and notes the outcome. Runs
 * one at a time for a tenant, over all replicas; a status that changed meanwhile is followed in the same call.
 *
 * @param id the tenant's UUID
 * @throws whatever Keycloak's failure was, after it was noted
 */
export async function syncRealm(app: AppServices, id: string): Promise<void> {
  const { realmAdmin } = app;
  if (realmAdmin === undefined) return;
  try {
    while (!(await inTransaction(app.db.platform, (em) => follow(app, realmAdmin, em, id))));
  } catch (error) {
    await noteFailure(app, id, error);
    throw error;
  }
}

/** One step; true where nothing is left to do. The tenant's row is not locked while Keycloak is waited for. */
async function follow(app: AppServices, admin: RealmAdmin, em: EntityManager, id: string): Promise<boolean> {
  await em.execute('select pg_advisory_xact_lock(hashtextextended(?, 1))', [id]);
  const tenant = await em.findOne(Tenant, { id });
  if (tenant === null || tenant.realmSyncState === 'IN_SYNC') return true;
  const enabled = wantsRealmEnabled(tenant.status);
  await setEnabled(admin, tenant, enabled);
  await em.refresh(tenant, { lockMode: LockMode.PESSIMISTIC_WRITE });
  tenant.realmState = enabled ? 'ENABLED' : 'DISABLED';
  if (wantsRealmEnabled(tenant.status) !== enabled) return false;
  tenant.realmSyncState = 'IN_SYNC';
  tenant.realmSyncSince = app.now();
  tenant.realmSyncError = null;
  return true;
}

/** Keycloak has something else in the realm's place. */
class RealmMismatch extends Error {}

async function setEnabled(admin: RealmAdmin, { id, realm }: Tenant, enabled: boolean): Promise<void> {
  const ownership = await admin.setEnabled(realm, id, enabled);
  // A realm that is gone issues nothing: that is what a disabled one is for.
  if (ownership === 'OURS' || (ownership === 'MISSING' && !enabled)) return;
  throw new RealmMismatch(
    ownership === 'MISSING'
      ? `Keycloak has no realm "${realm}".`
      : `The realm "${realm}" in Keycloak is not the one that Tenantry made for this tenant.`,
  );
}

async function noteFailure(app: AppServices, id: string, error: unknown): Promise<void> {
  // Only what is about the realm is shown: a driver's message may hold a statement.
  const isAboutRealm = error instanceof RealmMismatch || error instanceof KeycloakFault;
  const text = isAboutRealm ? error.message : 'Internal error';
  await inTransaction(app.db.platform, async (em) => {
    const tenant = await em.findOne(Tenant, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (tenant === null || tenant.realmSyncState === 'IN_SYNC') return;
    if (tenant.realmSyncState !== 'FAILED') tenant.realmSyncSince = app.now();
    tenant.realmSyncState = 'FAILED';
    tenant.realmSyncError = text.slice(0, 500);
  });
}

/** UUIDs of the tenants whose realm has still to be seen to, however that came to be forgotten. */
export async function tenantsOutOfSync(app: AppServices): Promise<string[]> {
  const em = app.db.platform.em.fork();
  const tenants = await em.find(Tenant, { realmSyncState: { $ne: 'IN_SYNC' } }, { fields: ['id'] });
  return tenants.map(({ id }) => id);
}
