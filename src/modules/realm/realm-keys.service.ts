import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

import type { AppServices } from '../../context.js';
import { inTransaction } from '../../database/transaction.js';
import { KeycloakFault } from '../../integrations/keycloak/keycloak-fault.js';
import { recordAudit, systemActor } from '../audit/audit.service.js';
import { RealmKey } from './realm-key.entity.js';
import { Tenant } from '../tenant/tenant.entity.js';

/** How a realm's present signing keys stand to those it is known by. EXCHANGED: it shares none with them. */
export type KeysVerdict = 'SAME' | 'ROTATED' | 'EXCHANGED';

export interface KeysJudgement {
  readonly verdict: KeysVerdict;
  /** Those that are no other registered realm's: a realm can show whatever keys it likes, and sign with its own alone. */
  readonly own: readonly string[];
}

/** @param thumbprints RFC 7638, of the keys that the realm shows now; at least one */
export async function judgeKeys(
  em: EntityManager,
  { id: tenant, realmOrigin }: Pick<Tenant, 'id' | 'realmOrigin'>,
  thumbprints: readonly string[],
): Promise<KeysJudgement> {
  const rows = await em.find(
    RealmKey,
    { $or: [{ tenant }, { thumbprint: { $in: [...thumbprints] } }] },
    { disableIdentityMap: true },
  );
  const ofOthers = new Set(rows.filter((row) => row.tenant !== tenant).map(({ thumbprint }) => thumbprint));
  const own = thumbprints.filter((thumbprint) => !ofOthers.has(thumbprint));
  const known = new Set(rows.filter((row) => row.tenant === tenant).map(({ thumbprint }) => thumbprint));
  const shared = own.filter((thumbprint) => known.has(thumbprint)).length;
  if (shared === 0 && (known.size > 0 || own.length === 0)) return { verdict: 'EXCHANGED', own };
  const nothingNew = shared === own.length || realmOrigin === 'ADOPTED'; // whose new keys have to be proven first
  return { verdict: shared === known.size && nothingNew ? 'SAME' : 'ROTATED', own };
}

/**
 * Notes a key that an adopted realm has signed a token with as one that it is known by. What it only shows is not noted:
 * it could show the key of another tenant's realm, and so take it away from that one. Nor is any in quarantine.
 */
export async function noteProvenKey(
  app: AppServices,
  { id, realmOrigin }: Pick<Tenant, 'id' | 'realmOrigin'>,
  thumbprint: string,
): Promise<void> {
  if (realmOrigin !== 'ADOPTED') return;
  await sql`insert into tenantry.realm_key (thumbprint, tenant, seen_at)
    select ${thumbprint}, id, ${app.now()}::timestamptz from tenantry.tenant where id = ${id} and quarantined_at is null
    on conflict do nothing`.execute(app.db.platform.em.getKysely());
}

async function forgetWithdrawn(em: EntityManager, tenant: string, present: readonly string[]): Promise<void> {
  await em.nativeDelete(RealmKey, { tenant, thumbprint: { $nin: [...present] } });
}

/** Remembers these as the keys that the tenant's realm was last seen with, in place of the ones before. */
export async function replaceKeys(
  em: EntityManager,
  tenant: string,
  thumbprints: readonly string[],
  seenAt: Date,
): Promise<void> {
  await forgetWithdrawn(em, tenant, thumbprints);
  const kept = await em.find(RealmKey, { tenant }, { disableIdentityMap: true });
  for (const thumbprint of thumbprints) {
    if (kept.some((key) => key.thumbprint === thumbprint)) continue;
    em.persist(em.create(RealmKey, { thumbprint, tenant, seenAt }));
  }
}

/**
 * Decides on keys that were just fetched for an issuer, before anything is verified with them: returns those that may be
 * used, which leaves out what is another registered realm's. A rotation, which keeps one key at least, is followed. An exchange of all of them puts the tenant into quarantine until an operator confirms
 * the new ones: the realm may be another one by now. Only a realm that is ours by its id needs no confirmation.
 *
 * @throws KeycloakFault REALM_TOKENS_UNUSABLE in quarantine; UNAVAILABLE where a realm's id cannot be compared
 */
export async function admitKeys(
  app: AppServices,
  issuer: string,
  thumbprints: readonly string[],
): Promise<readonly string[]> {
  if (thumbprints.length === 0 || issuer === app.platformRealm.issuer) return thumbprints;
  const em = app.db.platform.em.fork();
  const tenant = await em.findOne(Tenant, { issuer });
  // Keys of a realm that is about to be adopted are registered with its tenant.
  if (tenant === null || tenant.status === 'DELETED') return thumbprints;
  if (tenant.quarantinedAt === null) {
    const { verdict, own } = await judgeKeys(em, tenant, thumbprints);
    if (verdict === 'SAME') return own;
    const isOurs = verdict === 'EXCHANGED' && (await isOursById(app, tenant));
    if (await settle(app, tenant.id, thumbprints, isOurs)) return own;
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
    const { verdict, own } = await judgeKeys(em, tenant, thumbprints);
    if (verdict !== 'EXCHANGED' || isOurs) {
      if (tenant.realmOrigin === 'ADOPTED') await forgetWithdrawn(em, id, own);
      else await replaceKeys(em, id, own, at);
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
