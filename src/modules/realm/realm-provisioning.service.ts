import { randomBytes } from 'node:crypto';

import { LockMode, type FilterQuery } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import pLimit from 'p-limit';

import type { AppServices, RequestContext } from '../../context.js';
import { violatedUnique } from '../../database/conflicts.js';
import { inTransaction } from '../../database/transaction.js';
import { RequestFault, userFault } from '../../errors.js';
import { KeycloakFault } from '../../integrations/keycloak/keycloak-fault.js';
import { realmAddress } from '../../integrations/keycloak/realm-address.js';
import type { RealmAdmin } from '../../integrations/keycloak/realm-admin.js';
import { coreClientId } from '../../integrations/keycloak/realm-document.js';
import { actorOf } from '../audit/audit.service.js';
import { realmPaths } from '../tenant/create-tenant.rules.js';
import { insertTenant, type RealmInHand, type SettledPlan } from '../tenant/insert-tenant.service.js';
import { refuseNamesInUse, withTakenAsFault } from '../tenant/taken-names.service.js';
import { RealmIntent } from './realm-intent.entity.js';

/** Of all the creates of this process one waits for its turn among the replicas, so that few connections do. */
const oneAtATime = pLimit(1);
const maxWaiting = 20;
/** When Keycloak was last seen to be out: whoever waited already then is not kept waiting for the next time-out. */
let outageSeenAt = 0;
/** tenantIds whose realm is being made, or waits for it, in this process: who comes later has lost the race. */
const underWay = new Set<string>();
const beingOnboarded = ['TAKEN', ['input', 'tenantId'], 'This tenantId is being onboarded by another call.'] as const;
const creationLock = 'tenantry.realm-creation';

type ProvisioningPlan = SettledPlan & {
  readonly realm: { readonly origin: 'PROVISIONED'; readonly displayName: string | null };
};

/**
 * Makes the tenant and its realm so that none of the two is ever left without the other: an intent is committed first,
 * the realm made disabled under the tenant's own UUID, then the tenant committed and the intent closed in one go. What
 * a crash leaves is an intent, which a background job clears away together with its realm.
 *
 * @throws UserFault TAKEN, REALM_TAKEN, IDENTITY_PROVIDER_UNAVAILABLE
 */
export async function provisionTenant(ctx: RequestContext, admin: RealmAdmin, plan: ProvisioningPlan): Promise<string> {
  if (underWay.has(plan.tenantId)) return userFault(...beingOnboarded);
  if (oneAtATime.pendingCount >= maxWaiting) {
    throw new RequestFault('RATE_LIMITED', 'Too many realms are waiting to be made; try again in a minute.');
  }
  const asked = Date.now();
  underWay.add(plan.tenantId);
  return oneAtATime(async () => {
    if (asked < outageSeenAt) return unavailable();
    const id = await withTakenAsFault(() => commitIntent(ctx, admin, plan));
    return await withTakenAsFault(() => fulfilIntent(ctx, admin, { ...plan, id }));
  }).finally(() => underWay.delete(plan.tenantId));
}

/** Reserves names and UUID, or takes over what the same caller left unfinished for this tenantId. */
async function commitIntent(ctx: RequestContext, admin: RealmAdmin, plan: ProvisioningPlan): Promise<string> {
  return inTransaction(ctx.app.db.platform, async (em) => {
    const left = await lockIntent(em, { tenantId: plan.tenantId });
    if (left === 'busy' || (left && !isCallersOwn(ctx, left))) return userFault(...beingOnboarded);
    const { tenantId, code, realm } = plan;
    // How long it has been left is told by the service's clock.
    const wanted = { tenantId, code, realm: realm.realm, createdAt: ctx.app.now() };
    if (left === null) {
      const { subject, issuer } = actorOf(ctx);
      em.persist(em.create(RealmIntent, { id: plan.id, ...wanted, callerIssuer: issuer, callerSubject: subject }));
    } else {
      // Its realm may be there, half made or with another secret: a fresh start is simpler than a repair. The id stays:
      // Keycloak may still be at work on what it was asked for then, and what comes of that has to be this tenant's.
      await oneRealmAtATime(em);
      await admin.remove(left.realm, left.id);
      em.assign(left, wanted);
    }
    await em.flush();
    // Only now: whoever had reserved one of these names until a moment ago has a tenant by now.
    await refuseNamesInUse(em, { tenantId, code, issuer: realmAddress(ctx.app.config.keycloak, realm.realm).issuer });
    return left?.id ?? plan.id;
  }).catch(asUnavailable);
}

function isCallersOwn(ctx: RequestContext, { callerIssuer, callerSubject }: RealmIntent): boolean {
  const { subject, issuer } = actorOf(ctx);
  return callerSubject === subject && callerIssuer === issuer;
}

/**
 * Whether what an interrupted create left keeps its tenantId from this caller: not from the one who sent that create, who
 * may go on with a realm to adopt. The background job sees to what was left, so this must be another realm.
 *
 * @param em in the transaction that makes the tenant
 */
export async function isReserved(
  ctx: RequestContext,
  em: EntityManager,
  tenantId: string,
  adopted: { readonly issuer: string },
): Promise<boolean> {
  const left = await lockIntent(em, { tenantId });
  if (left === null) return false;
  const isBusy = left === 'busy' || !isCallersOwn(ctx, left);
  return isBusy || realmAddress(ctx.app.config.keycloak, left.realm).issuer === adopted.issuer;
}

/** Holds the intent and the creation lock while Keycloak works, then commits tenant and end of intent together. */
async function fulfilIntent(ctx: RequestContext, admin: RealmAdmin, plan: ProvisioningPlan): Promise<string> {
  return inTransaction(ctx.app.db.platform, async (em) => {
    const intent = await lockIntent(em, { id: plan.id });
    if (intent === 'busy' || intent === null) {
      return userFault(...beingOnboarded);
    }
    await oneRealmAtATime(em);
    const realm = await makeRealm(ctx.app, admin, plan);
    if (realm === 'TAKEN') return realm;
    await insertTenant(ctx, em, plan, realm);
    em.remove(intent);
    return plan.id;
  })
    .then(async (outcome) => (outcome === 'TAKEN' ? await giveUp(ctx.app, plan.id) : outcome))
    .catch(async (error: unknown) => {
      // Somebody who adopted a realm meanwhile was faster: what was made for this tenant goes at once.
      if (violatedUnique(error) !== undefined) await discard(ctx.app, admin, { id: plan.id }).catch(() => undefined);
      return asUnavailable(error);
    });
}

/** Keycloak must not make or remove realms in parallel: waits until other replicas are through with theirs. */
async function oneRealmAtATime(em: EntityManager): Promise<void> {
  await em.execute(`set local lock_timeout = '60s'; set local statement_timeout = '60s'`);
  await em.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [creationLock]);
}

async function makeRealm(app: AppServices, admin: RealmAdmin, plan: ProvisioningPlan): Promise<RealmInHand | 'TAKEN'> {
  const { keycloak } = app.config;
  const address = realmAddress(keycloak, plan.realm.realm);
  const made = await admin.create({
    id: plan.id,
    realm: plan.realm.realm,
    displayName: plan.realm.displayName ?? plan.columns.name,
    tenantId: plan.tenantId,
    audience: keycloak.clientId,
    clientId: coreClientId,
    clientSecret: randomBytes(32).toString('base64url'),
  });
  if (made === 'TAKEN') return made;
  const { serverUrl, issuer } = address;
  const keys = await app.keySets.thumbprints(address);
  return { serverUrl, issuer, clientId: coreClientId, clientSecret: made.clientSecret, keys };
}

/** The name belongs to a realm that is not ours: nothing was made, so the reservation ends at once. */
async function giveUp(app: AppServices, id: string): Promise<never> {
  await inTransaction(app.db.platform, (em) => em.nativeDelete(RealmIntent, { id }));
  return userFault(
    'REALM_TAKEN',
    realmPaths.provision,
    'Keycloak has a realm of this name that Tenantry did not make.',
  );
}

/** The intent, locked; 'busy' where a running create holds it. */
async function lockIntent(
  em: EntityManager,
  where: { id: string } | { tenantId: string },
): Promise<RealmIntent | 'busy' | null> {
  if ((await em.count(RealmIntent, where)) === 0) return null;
  const intent = await em.findOne(RealmIntent, where, { lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE });
  return intent ?? 'busy';
}

function asUnavailable(error: unknown): never {
  if (!(error instanceof KeycloakFault)) throw error;
  outageSeenAt = Date.now();
  return unavailable();
}

function unavailable(): never {
  return userFault(
    'IDENTITY_PROVIDER_UNAVAILABLE',
    realmPaths.provision,
    'Keycloak did not make the realm in time. Send the same create again; the names stay reserved for you for two minutes.',
  );
}

const leftAfterMs = 120_000;

/**
 * Clears away what interrupted creates left: unlocked for more than two minutes, realm and intent. Never finishes them,
 * and removes a realm only where its id is that of the intent.
 */
export async function removeLeftIntents(app: AppServices): Promise<void> {
  const { realmAdmin } = app;
  if (realmAdmin === undefined) return;
  const before = new Date(app.now().getTime() - leftAfterMs);
  while (await discard(app, realmAdmin, { createdAt: { $lt: before } }));
}

/** Removes an intent that nobody holds, the oldest one, with its realm; false where there is none. */
async function discard(app: AppServices, admin: RealmAdmin, where: FilterQuery<RealmIntent>): Promise<boolean> {
  return await inTransaction(app.db.platform, async (em) => {
    const intent = await em.findOne(RealmIntent, where, {
      lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE,
      orderBy: { createdAt: 'asc' },
    });
    if (intent === null) return false;
    await oneRealmAtATime(em);
    await admin.remove(intent.realm, intent.id);
    em.remove(intent);
    app.log.info({ tenantId: intent.tenantId, realm: intent.realm }, 'removed what a create left');
    return true;
  });
}
