import { LockMode } from '@mikro-orm/core';

import type { AppServices } from '../../context.js';
import { inTransaction } from '../../database/transaction.js';
import { wantsRealmEnabled } from '../tenant/lifecycle.rules.js';
import { Tenant } from '../tenant/tenant.entity.js';

/** How soon a realm that was not found is looked for again, in milliseconds. */
const againAfterMs = 60 * 60_000;
/** How soon after a search the same realm may be called missing again, however often somebody runs into it. */
const notedAgainAfterMs = 60_000;

/**
 * Notes that Keycloak has no realm of ours under a tenant's name, and has it looked for in the background. For a realm
 * that Tenantry made only: no other can be known by its id.
 *
 * @param id the tenant's UUID
 */
export async function noteMissingRealm(app: AppServices, id: string): Promise<void> {
  if (app.realmCare === undefined) return;
  const em = app.db.platform.em.fork();
  const at = app.now();
  const justBefore = new Date(at.getTime() - notedAgainAfterMs);
  const where = { id, realmOrigin: 'PROVISIONED', realmMissingSince: null } as const;
  const noted = await em.nativeUpdate(
    Tenant,
    { ...where, $or: [{ realmLookedForAt: null }, { realmLookedForAt: { $lt: justBefore } }] },
    { realmMissingSince: at },
  );
  if (noted > 0) app.jobs.lookForRealms();
}

/**
 * Looks for realms that are missing by name. Keycloak finds a realm by its id only in the list of all of them, which is
 * slow: so this is for the background, asks once for all tenants, and only where one went missing a moment ago or was
 * not found for an hour.
 */
export async function lookForMissingRealms(app: AppServices): Promise<void> {
  const { realmCare } = app;
  if (realmCare === undefined) return;
  const em = app.db.platform.em.fork();
  const missing = await em.find(Tenant, { realmMissingSince: { $ne: null } });
  const overdue = new Date(app.now().getTime() - againAfterMs);
  if (!missing.some((tenant) => isDue(tenant, overdue))) return;
  const lookedAt = app.now();
  const names = await realmCare.namesById();
  for (const { id } of missing) {
    if (await noteFound(app, id, names.get(id), lookedAt)) app.jobs.syncRealm(id);
  }
}

function isDue({ realmMissingSince, realmLookedForAt }: Tenant, overdue: Date): boolean {
  if (!realmMissingSince || !realmLookedForAt) return true;
  return realmLookedForAt < realmMissingSince || realmLookedForAt < overdue;
}

/** Whether Keycloak can, or must, follow the tenant's status again, now that this is known. */
async function noteFound(app: AppServices, id: string, name: string | undefined, lookedAt: Date): Promise<boolean> {
  return await inTransaction(app.db.platform, async (em) => {
    const tenant = await em.findOneOrFail(Tenant, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    const wantsEnabled = wantsRealmEnabled(tenant.status);
    const renamedTo = name === tenant.realm ? null : (name ?? null);
    tenant.realmLookedForAt = lookedAt;
    tenant.realmRenamedTo = renamedTo;
    // A realm that is gone is missed only as long as it is wanted, or Keycloak does not follow for another reason.
    if (name !== undefined || (!wantsEnabled && tenant.realmSyncState === 'IN_SYNC')) tenant.realmMissingSince = null;
    if (renamedTo !== null) {
      const { tenantId, realm } = tenant;
      app.log.warn({ tenantId, realm, renamedTo }, "a tenant's realm was renamed in Keycloak");
    }
    if (renamedTo !== null && !wantsEnabled && tenant.realmSyncState === 'IN_SYNC') {
      tenant.realmSyncState = 'PENDING';
      tenant.realmSyncSince = lookedAt;
    }
    return tenant.realmSyncState !== 'IN_SYNC';
  });
}
