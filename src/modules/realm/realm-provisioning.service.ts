import { randomBytes } from 'node:crypto';

import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import pLimit from 'p-limit';

import type { AppServices, RequestContext } from '../../context.js';
import { violatedUnique } from '../../database/conflicts.js';
import { inTransaction } from '../../database/transaction.js';
import { RequestFault, userFault } from '../../errors.js';
import { within } from '../../integrations/deadline.js';
import { KeycloakFault } from '../../integrations/keycloak/keycloak-fault.js';
import { realmAddress } from '../../integrations/keycloak/realm-address.js';
import type { RealmAdmin } from '../../integrations/keycloak/realm-admin.js';
import { coreClientId } from '../../integrations/keycloak/realm-document.js';
import { actorOf } from '../audit/audit.service.js';
import { realmPaths } from '../tenant/create-tenant.rules.js';
import { insertTenant, type RealmInHand, type SettledPlan } from '../tenant/insert-tenant.service.js';
import { refuseNamesInUse, withTakenAsFault } from '../tenant/taken-names.service.js';
import { removeLeft } from './left-intents.service.js';
import { RealmIntent } from './realm-intent.entity.js';
import { isLockWait, lockRealmCreation } from './realm-locks.service.js';

/** Of all the creates of this process one waits for its turn among the replicas, so that few connections do. */
const oneAtATime = pLimit(1);
const maxWaiting = 20;
/** From its turn to the answer, in milliseconds. */
const withinMs = 5_000;
/** When Keycloak was last seen to be out: whoever waited already then is not kept waiting for the next time-out. */
let outageSeenAt = 0;
/** tenantIds whose realm is being made, or waits for it, in this process: who comes later has lost the race. */
const underWay = new Set<string>();
const beingOnboarded = ['TAKEN', ['input', 'tenantId'], 'This tenantId is being onboarded by another call.'] as const;

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
  const makeBoth = async (): Promise<string> => {
    const id = await withTakenAsFault(() => commitIntent(ctx, admin, plan));
    return await withTakenAsFault(() => fulfilIntent(ctx, admin, { ...plan, id }));
  };
  return oneAtATime(async () => {
    if (asked < outageSeenAt) return unavailable();
    return await within(withinMs, makeBoth).catch((error: unknown) => asUnavailable(ctx, plan, error));
  }).finally(() => underWay.delete(plan.tenantId));
}

/** Reserves names and UUID, or takes over what the same caller left unfinished for this tenantId. */
async function commitIntent(ctx: RequestContext, admin: RealmAdmin, plan: ProvisioningPlan): Promise<string> {
  return inTransaction(ctx.app.db.platform, async (em) => {
    const left = await lockIntent(em, { tenantId: plan.tenantId });
    if (left === 'busy' || (left && !isCallersOwn(ctx, left))) return userFault(...beingOnboarded);
    const { tenantId, code, realm } = plan;
    const isAgain = left?.realm === realm.realm;
    // Its realm may be there, half made or with another secret: a fresh start is simpler than a repair.
    if (isAgain) await removeRealm(em, admin, left);
    else if (left) await releaseNames(em, left);
    // How long it has been left is told by the service's clock.
    const wanted = { tenantId, code, realm: realm.realm, createdAt: ctx.app.now(), missingSince: null };
    // The id stays: Keycloak may still be at work on what it was asked for then, and what comes of that is this tenant's.
    const intent = isAgain
      ? em.assign(left, wanted)
      : em.create(RealmIntent, { id: plan.id, ...wanted, ...callerOf(ctx) });
    await em.persist(intent).flush();
    // Only now: whoever had reserved one of these names until a moment ago has a tenant by now.
    await refuseNamesInUse(em, { tenantId, code, issuer: realmAddress(ctx.app.config.keycloak, realm.realm).issuer });
    return intent.id;
  });
}

async function removeRealm(em: EntityManager, admin: RealmAdmin, { realm, id }: RealmIntent): Promise<void> {
  await lockRealmCreation(em);
  await admin.remove(realm, id);
}

/** What was left stays an intent of its own: a realm to be removed, also where Keycloak makes it only later. */
async function releaseNames(em: EntityManager, left: RealmIntent): Promise<void> {
  em.assign(left, { tenantId: null, code: null });
  await em.flush(); // before others take them
}

function callerOf(ctx: RequestContext): { callerIssuer: string; callerSubject: string } {
  const { subject, issuer } = actorOf(ctx);
  return { callerIssuer: issuer, callerSubject: subject };
}

function isCallersOwn(ctx: RequestContext, { callerIssuer, callerSubject }: RealmIntent): boolean {
  const caller = callerOf(ctx);
  return callerSubject === caller.callerSubject && callerIssuer === caller.callerIssuer;
}

/**
 * Lets whoever sent a create that was interrupted go on with a realm to adopt; for others its names stay reserved. What
 * was left is removed in the background, so the realm to adopt must be another one.
 *
 * @param em in the transaction that makes the tenant
 * @throws UserFault TAKEN
 */
export async function takeOverNames(
  ctx: RequestContext,
  em: EntityManager,
  tenantId: string,
  adopted: { readonly issuer: string },
): Promise<void> {
  const left = await lockIntent(em, { tenantId });
  if (left === null) return;
  const isSameRealm = left !== 'busy' && realmAddress(ctx.app.config.keycloak, left.realm).issuer === adopted.issuer;
  if (left === 'busy' || !isCallersOwn(ctx, left) || isSameRealm) return userFault(...beingOnboarded);
  await releaseNames(em, left);
}

/** Holds the intent and the creation lock while Keycloak works, then commits tenant and end of intent together. */
async function fulfilIntent(ctx: RequestContext, admin: RealmAdmin, plan: ProvisioningPlan): Promise<string> {
  const outcome = await inTransaction(ctx.app.db.platform, async (em) => {
    const intent = await lockIntent(em, { id: plan.id, tenantId: plan.tenantId });
    if (intent === 'busy' || intent === null) return userFault(...beingOnboarded);
    await lockRealmCreation(em);
    const realm = await makeRealm(ctx.app, admin, plan);
    if (realm === 'TAKEN')
      em.remove(intent); // nothing was made, so the reservation ends at once
    // Most likely somebody else's; what was made of an earlier try of ours would show so for a moment, too.
    else if (realm === 'HIDDEN') await releaseNames(em, intent);
    if (realm === 'TAKEN' || realm === 'HIDDEN') return undefined;
    await insertTenant(ctx, em, plan, realm);
    em.remove(intent);
    return plan.id;
  }).catch(async (error: unknown) => {
    // Somebody who adopted a realm meanwhile was faster: what was made for this tenant goes at once, or a little later.
    if (violatedUnique(error) !== undefined) await removeLeft(ctx.app, admin, plan.id).catch(() => undefined);
    throw error;
  });
  return outcome ?? userFault('REALM_TAKEN', realmPaths.provision, realmOfOthers);
}

const realmOfOthers = 'Keycloak has a realm of this name that Tenantry did not make.';

async function makeRealm(
  app: AppServices,
  admin: RealmAdmin,
  plan: ProvisioningPlan,
): Promise<RealmInHand | 'TAKEN' | 'HIDDEN'> {
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
  if (typeof made === 'string') return made;
  const { serverUrl, issuer } = address;
  app.keySets.forget(issuer); // those of a realm that was removed since
  const keys = await app.keySets.thumbprints(address);
  return { serverUrl, issuer, clientId: coreClientId, clientSecret: made.clientSecret, keys };
}

/** The intent, locked; 'busy' where a running create holds it. */
async function lockIntent(
  em: EntityManager,
  where: { id?: string; tenantId: string },
): Promise<RealmIntent | 'busy' | null> {
  if ((await em.count(RealmIntent, where)) === 0) return null;
  const intent = await em.findOne(RealmIntent, where, { lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE });
  return intent ?? 'busy';
}

function asUnavailable(ctx: RequestContext, { tenantId }: ProvisioningPlan, error: unknown): never {
  if (!(error instanceof KeycloakFault)) throw error;
  ctx.log.warn({ tenantId, reason: error.message }, 'no realm was made');
  if (!isLockWait(error)) outageSeenAt = Date.now();
  return unavailable();
}

function unavailable(): never {
  return userFault(
    'IDENTITY_PROVIDER_UNAVAILABLE',
    realmPaths.provision,
    'Keycloak did not make the realm in time. Send the same create again; the names stay reserved for you for two minutes.',
  );
}
