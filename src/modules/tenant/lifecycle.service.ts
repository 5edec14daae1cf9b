import type { EntityManager } from '@mikro-orm/postgresql';

import type { RequestContext } from '../../context.js';
import { inTransaction } from '../../database/transaction.js';
import { UserFault } from '../../errors.js';
import { Faults } from '../../faults.js';
import { optionalText, requiredText, textLimits } from '../../validation/text.rules.js';
import { auditChanges, type AuditChanges } from '../audit/audit.rules.js';
import { actorOf, recordAudit } from '../audit/audit.service.js';
import { noRealmAccount } from '../realm/realm.rules.js';
import { touch, type Changed, type ChangeTarget } from './change-tenant.service.js';
import { lockTenant } from './find-tenant.service.js';
import {
  isOperational,
  statusAfter,
  wantsRealmEnabled,
  type TenantStatus,
  type TenantTransition,
} from './lifecycle.rules.js';
import { activatedSubscription, type SubscriptionSettings } from './subscription.rules.js';
import type { Tenant } from './tenant.entity.js';
import { auditViewOf, loadRecord, type TenantRecord } from './tenant-record.service.js';

export interface TransitionDetails {
  readonly reason?: string | null;
  /** With ACTIVATE alone. */
  readonly subscription?: SubscriptionSettings | null;
}

/**
 * Moves a tenant through its life: one transition, or for DELETE the legal path, in one transaction. Keycloak is not
 * waited for: what it still has to do is committed with the change and done afterwards.
 *
 * @throws UserFault NOT_FOUND, TENANT_DELETED, VERSION_CONFLICT, INVALID_TRANSITION, then REQUIRED and INVALID
 */
export async function changeStatus(
  ctx: RequestContext,
  target: ChangeTarget,
  transition: TenantTransition,
  details: TransitionDetails,
): Promise<Changed> {
  const changed = await inTransaction(ctx.app.db.platform, async (em) => {
    const tenant = await lockTenant(ctx, em, target.tenant, target.expectedVersion);
    const steps = stepsOf(tenant, transition);
    const record = await loadRecord(em, tenant);
    const before = auditViewOf(record);
    const reason = applyRules(tenant, transition, details);
    const wasOperational = isOperational(tenant.status);
    if (transition === 'DELETE') eraseSecrets(record);
    const changes = auditChanges(before, auditViewOf(record));
    walk(ctx, em, record, steps, { reason, changes });
    return { shownTenant: tenant.id, tokensValidUntil: wasOperational ? tokensValidUntil(tenant, ctx.now()) : null };
  });
  ctx.app.jobs.syncRealm(changed.shownTenant);
  return changed;
}

/** @throws UserFault INVALID_TRANSITION */
function stepsOf(tenant: Tenant, transition: TenantTransition): TenantStatus[] {
  const next = statusAfter(tenant.status, transition, tenant.isTrial);
  if (next === undefined) {
    const message = `${transition} is not possible from ${tenant.status}.`;
    throw new UserFault([{ code: 'INVALID_TRANSITION', path: ['tenant'], message }], tenant.id);
  }
  return next === 'DELETED' && tenant.status !== 'INACTIVE' ? ['INACTIVE', next] : [next];
}

/** Checks the reason, which a suspension requires, and the subscription; applies the latter. */
function applyRules(tenant: Tenant, transition: TenantTransition, details: TransitionDetails): string | null {
  const faults = new Faults();
  const reason =
    transition === 'SUSPEND'
      ? requiredText(faults, ['reason'], details.reason ?? '', textLimits.reason)
      : optionalText(faults, ['reason'], details.reason, textLimits.reason);
  if (transition === 'ACTIVATE') {
    Object.assign(tenant, activatedSubscription(faults, ['subscription'], tenant, details.subscription));
  }
  faults.throwIfAny();
  return reason;
}

/** Takes the steps one by one, each with its entry in the trail; the version is raised once. */
function walk(
  ctx: RequestContext,
  em: EntityManager,
  record: TenantRecord,
  steps: readonly TenantStatus[],
  { reason, changes }: { reason: string | null; changes: AuditChanges },
): void {
  const { tenant } = record;
  const at = ctx.now();
  for (const toStatus of steps) {
    const isLast = toStatus === steps.at(-1);
    recordAudit(em, {
      at,
      actor: actorOf(ctx),
      action: toStatus === 'DELETED' ? 'DELETED' : 'TRANSITIONED',
      tenant,
      fromStatus: tenant.status,
      toStatus,
      reason,
      changes: isLast ? changes : {},
    });
    enter(ctx, tenant, toStatus, at);
  }
  tenant.statusReason = reason;
  touch(record, at);
}

/** Puts a tenant into a status, with what hangs on it: its tokens and its realm. */
function enter({ app }: RequestContext, tenant: Tenant, status: TenantStatus, at: Date): void {
  if (isOperational(tenant.status) !== isOperational(status)) tenant.tokensNotBefore = nextWholeSecond(at);
  tenant.status = status;
  tenant.statusChangedAt = at;
  if (status === 'DELETED') tenant.deletedAt = at;
  if (tenant.realmOrigin !== 'PROVISIONED') return;
  const isAsLeft = tenant.realmState === 'ENABLED' && tenant.realmSyncState === 'IN_SYNC';
  // A realm that has to be disabled is disabled again each time: somebody may have enabled it in Keycloak meanwhile.
  if (wantsRealmEnabled(status) && isAsLeft) return;
  const canFollow = app.realmAdmin !== undefined;
  tenant.realmSyncState = canFollow ? 'PENDING' : 'FAILED';
  tenant.realmSyncSince = at;
  tenant.realmSyncError = canFollow ? null : noRealmAccount;
}

/** `iat` has no fractions: a token of this very second cannot be told from one issued before. */
export function nextWholeSecond(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1_000) * 1_000 + 1_000);
}

function eraseSecrets({ tenant, campaigns, providers }: TenantRecord): void {
  tenant.clientSecret = null;
  for (const campaign of campaigns) Object.assign(campaign, { password: null, secrets: {} });
  for (const provider of providers) provider.secrets = {};
}

/** Until when handed-out tokens can be valid for those who check them offline; null where unknown, or none is left. */
function tokensValidUntil(tenant: Tenant, now: Date): Date | null {
  const until = tenant.realmOrigin === 'ADOPTED' || isOperational(tenant.status) ? null : tenant.tokensIssuedUntil;
  return until && until > now ? until : null;
}
