import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import pLimit from 'p-limit';

import type { AppServices } from '../../context.js';
import { inTransaction } from '../../database/transaction.js';
import { withoutDeadline } from '../../integrations/deadline.js';
import { KeycloakFault } from '../../integrations/keycloak/keycloak-fault.js';
import type { RealmAdmin } from '../../integrations/keycloak/realm-admin.js';
import { lockRealm } from './realm-locks.service.js';
import { wantsRealmEnabled } from '../tenant/lifecycle.rules.js';
import { Tenant } from '../tenant/tenant.entity.js';

/** Each holds a connection while Keycloak is waited for: the other connections are for what needs only the database. */
const fewAtATime = pLimit(3);
/** Calls whose turn has not come yet, by tenant: they will see whatever its status is by then. */
const waiting = new Map<string, Promise<void>>();

/**
 * Makes Keycloak follow: enables or disables the realm of a tenant as its status wants it, and notes the outcome. Runs
 * one at a time for a tenant, over all replicas; a status that changed meanwhile is followed in the same call.
 *
 * @param id the tenant's UUID
 * @throws whatever Keycloak's failure was, after it was noted
 */
export async function syncRealm(app: AppServices, id: string): Promise<void> {
  const turn =
    waiting.get(id) ??
    fewAtATime(async () => {
      waiting.delete(id);
      await withoutDeadline(() => followUntilDone(app, id));
    });
  waiting.set(id, turn);
  await turn;
}

async function followUntilDone(app: AppServices, id: string): Promise<void> {
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
  await lockRealm(em, id);
  const tenant = await em.findOne(Tenant, { id });
  if (tenant === null || tenant.realmSyncState === 'IN_SYNC') return true;
  const enabled = wantsRealmEnabled(tenant.status);
  const isUnderItsName = await setEnabled(admin, tenant, enabled);
  await em.refresh(tenant, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (isUnderItsName) Object.assign(tenant, { realmMissingSince: null, realmRenamedTo: null });
  else if (wasLookedFor(tenant)) tenant.realmMissingSince = null;
  tenant.realmState = enabled ? 'ENABLED' : 'DISABLED';
  if (wantsRealmEnabled(tenant.status) !== enabled) return false;
  tenant.realmSyncState = 'IN_SYNC';
  tenant.realmSyncSince = app.now();
  tenant.realmSyncError = null;
  return true;
}

/** Keycloak has something else in the realm's place. */
class RealmMismatch extends Error {}

/** Keycloak has no realm of ours where it should be, nor under the name that it was last found with. */
class RealmMissing extends RealmMismatch {
  constructor(
    message: string,
    readonly renamedTo: string | null | undefined,
  ) {
    super(message);
  }
}

/**
 * A realm that was renamed goes on issuing tokens, so it is disabled under whatever name it was found; it is enabled
 * under its own alone, which an operator gives back to it.
 *
 * @returns whether the realm has its name
 * @throws RealmMissing
 */
async function setEnabled(admin: RealmAdmin, tenant: Tenant, enabled: boolean): Promise<boolean> {
  const { id, realm, realmRenamedTo } = tenant;
  const ownership = await admin.setEnabled(realm, id, enabled);
  if (ownership === 'OURS') return true;
  if (typeof realmRenamedTo === 'string') {
    const found = enabled ? await admin.find(realmRenamedTo, id) : await admin.setEnabled(realmRenamedTo, id, false);
    if (found === 'OURS' && !enabled) return false;
    if (found === 'OURS')
      throw new RealmMismatch(`The realm "${realm}" was renamed to "${realmRenamedTo}" in Keycloak.`);
  } else if (ownership === 'MISSING' && !enabled && wasLookedFor(tenant)) {
    return false; // a realm that is gone issues nothing: that is what a disabled one is for
  }
  throw new RealmMissing(
    ownership === 'MISSING'
      ? `Keycloak has no realm "${realm}".`
      : `The realm "${realm}" in Keycloak is not the one that Tenantry made for this tenant, or is hidden from Tenantry.`,
    realmRenamedTo,
  );
}

/** Whether all of Keycloak was searched for the realm since there was something to do, and since it was last missed. */
function wasLookedFor({ realmLookedForAt, realmSyncSince, realmMissingSince }: Tenant): boolean {
  const missedSince = realmMissingSince ?? realmSyncSince;
  return !!realmLookedForAt && realmLookedForAt >= realmSyncSince && realmLookedForAt >= missedSince;
}

async function noteFailure(app: AppServices, id: string, error: unknown): Promise<void> {
  // Only what is about the realm is shown: a driver's message may hold a statement.
  const isAboutRealm = error instanceof RealmMismatch || error instanceof KeycloakFault;
  const text = isAboutRealm ? error.message : 'Internal error';
  const isToBeSought = await inTransaction(app.db.platform, async (em) => {
    const tenant = await em.findOne(Tenant, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (tenant === null || tenant.realmSyncState === 'IN_SYNC') return false;
    if (tenant.realmSyncState !== 'FAILED') tenant.realmSyncSince = app.now();
    tenant.realmSyncState = 'FAILED';
    tenant.realmSyncError = text.slice(0, 500);
    if (!(error instanceof RealmMissing) || (tenant.realmMissingSince && !tenant.realmRenamedTo)) return false;
    if (tenant.realmRenamedTo !== error.renamedTo) return false; // it was found meanwhile
    Object.assign(tenant, { realmMissingSince: app.now(), realmRenamedTo: null });
    return true;
  });
  if (isToBeSought) app.jobs.lookForRealms();
}

/** UUIDs of the tenants whose realm has still to be seen to, however that came to be forgotten. */
export async function tenantsOutOfSync(app: AppServices): Promise<string[]> {
  const em = app.db.platform.em.fork();
  const tenants = await em.find(Tenant, { realmSyncState: { $ne: 'IN_SYNC' } }, { fields: ['id'] });
  return tenants.map(({ id }) => id);
}
