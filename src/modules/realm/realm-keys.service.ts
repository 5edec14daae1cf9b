import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';

import type { AppServices } from '../../context.js';
import { inTransaction } from '../../database/transaction.js';
import { KeycloakFault } from '../../integrations/keycloak/keycloak-fault.js';
import { recordAudit, systemActor } from '../audit/audit.service.js';
import { RealmKey } from './realm-key.entity.js';
import { Tenant } from '../tenant/tenant.entity.js';

/**
 * How a realm's present signing keys stand to those it was last seen with. EXCHANGED: it shares none with them. TAKEN:
 * one of them is that of another registered realm.
 */
export type KeysVerdict = 'SAME' | 'ROTATED' | 'EXCHANGED' | 'TAKEN';

/** @param thumbprints RFC 7638, of the keys that the realm shows now; at least one */
export async function judgeKeys(
  em: EntityManager,
  tenant: string,
  thumbprints: readonly string[],
): Promise<KeysVerdict> {
  const rows = await em.find(
    RealmKey,
    { $or: [{ tenant }, { thumbprint: { $in: [...thumbprints] } }] },
    { disableIdentityMap: true },
  );
  if (rows.some((row) => row.tenant !== tenant)) return 'TAKEN';
  const known = new Set(rows.map(({ thumbprint }) => thumbprint));
  const shared = thumbprints.filter((thumbprint) => known.has(thumbprint)).length;
  if (known.size > 0 && shared === 0) return 'EXCHANGED';
  return shared === known.size && shared === thumbprints.length ? 'SAME' : 'ROTATED';
}

/** Remembers these as the keys that the tenant's realm was last seen with, in place of the ones before. */
export async function replaceKeys(
  em: EntityManager,
  tenant: string,
  thumbprints: readonly string[],
  seenAt: Date,
): Promise<void> {
  await em.nativeDelete(RealmKey, { tenant, thumbprint: { $nin: [...thumbprints] } });
  const kept = await em.find(RealmKey, { tenant }, { disableIdentityMap: true });
  for (const thumbprint of thumbprints) {
    if (kept.some((key) => key.thumbprint === thumbprint)) continue;
    em.persist(em.create(RealmKey, { thumbprint, tenant, seenAt }));
  }
}

/**
 * Decides on keys that were just fetched for an issuer, before anything is verified with them. A rotation, which keeps
 * one key at least, is followed. An exchange of all of them puts the tenant into quarantine until an operator confirms
 * the new ones: the realm may be another one by now. Only a realm that is ours by its id needs no confirmation.
 *
 * @throws KeycloakFault REALM_TOKENS_UNUSABLE in quarantine; UNAVAILABLE where a realm's id cannot be compared
 */
export async function admitKeys(app: AppServices, issuer: string, thumbprints: readonly string[]): Promise<void> {
  if (thumbprints.length === 0 || issuer === app.platformRealm.issuer) return;
  const em = app.db.platform.em.fork();
  const tenant = await em.findOne(Tenant, { issuer });
  // Keys of a realm that is about to be adopted are registered with its tenant.
  if (tenant === null || tenant.status === 'DELETED') return;
  if (tenant.quarantinedAt === null) {
    const verdict = await judgeKeys(em, tenant.id, thumbprints);
    if (verdict === 'SAME') return;
    const isOurs = verdict === 'EXCHANGED' && (await isOursById(app, tenant));
    if (await settle(app, tenant.id, thumbprints, isOurs)) return;
  }
  throw new KeycloakFault('REALM_TOKENS_UNUSABLE', 'its keys were exchanged');
}

async function isOursById({ realmAdmin }: AppServices, { realmOrigin, realm, id }: Tenant): Promise<boolean> {
  if (realmOrigin !== 'PROVISIONED' || realmAdmin === undefined) return false;
  return (await realmAdmin.find(realm, id)) === 'OURS';
}

/** Follows or quarantines, by what is there once the tenant's row is locked; whether the keys may be used. */
async function settle(app: AppServices, id: string, thumbprints: readonly string[], isOurs: boolean): Promise<boolean> {
  return await inTransaction(app.db.platform, async (em) => {
    const tenant = await em.findOneOrFail(Tenant, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (tenant.quarantinedAt !== null) return false;
    const at = app.now();
    const verdict = await judgeKeys(em, id, thumbprints);
    if (verdict === 'SAME' || verdict === 'ROTATED' || (verdict === 'EXCHANGED' && isOurs)) {
      await replaceKeys(em, id, thumbprints, at);
      // Tokens at hand are signed with keys that nobody can check any more.
      if (verdict === 'EXCHANGED') tenant.clientSecretVersion += 1;
      return true;
    }
    tenant.quarantinedAt = at;
    const changes = { 'keycloak.quarantinedSince': { old: null, new: at.toISOString() } };
    recordAudit(em, { at, actor: systemActor(app), action: 'PATCHED', tenant, changes });
    const { tenantId, issuer } = tenant;
    app.log.warn(
      { tenantId, issuer },
      'the realm shows other keys than before: quarantined until an operator confirms',
    );
    return false;
  });
}
