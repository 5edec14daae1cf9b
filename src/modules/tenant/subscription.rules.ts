import type { Faults } from '../../faults.js';

export const subscriptionTiers = ['TRIAL', 'BASIC', 'STANDARD', 'PREMIUM', 'ENTERPRISE'] as const;
export type SubscriptionTier = (typeof subscriptionTiers)[number];

export interface SubscriptionSettings {
  tier: SubscriptionTier;
  startsAt: Date;
  endsAt?: Date | null;
  isTrial?: boolean | null;
}

/** The columns of a tenant that hold its subscription. */
export interface SubscriptionColumns {
  subscriptionTier: SubscriptionTier;
  subscriptionStartsAt: Date;
  subscriptionEndsAt: Date | null;
  isTrial: boolean;
}

/** What a tenant gets that names no subscription: STANDARD from now on, no trial, no end. */
export function defaultSubscription(now: Date): SubscriptionColumns {
  return { subscriptionTier: 'STANDARD', subscriptionStartsAt: now, subscriptionEndsAt: null, isTrial: false };
}

/** Checks a subscription given whole. Tier TRIAL implies a trial; other tiers may be tried too. */
export function subscriptionColumns(
  faults: Faults,
  path: readonly string[],
  subscription: SubscriptionSettings,
): SubscriptionColumns {
  const { tier, startsAt, endsAt } = subscription;
  const isTrial = subscription.isTrial ?? tier === 'TRIAL';
  if (tier === 'TRIAL' && !isTrial) faults.add('INVALID', [...path, 'isTrial'], 'Tier TRIAL is always a trial.');
  checkPeriod(faults, path, startsAt, endsAt ?? null);
  return {
    subscriptionTier: tier,
    subscriptionStartsAt: startsAt,
    subscriptionEndsAt: endsAt ?? null,
    isTrial,
  };
}

/** The end must come after the start; it may be past. */
export function checkPeriod(faults: Faults, path: readonly string[], startsAt: Date, endsAt: Date | null): void {
  if (endsAt !== null && endsAt <= startsAt) {
    faults.add('INVALID', [...path, 'endsAt'], 'Must come after startsAt.');
  }
}

/**
 * The subscription after ACTIVATE, which ends a trial. Without a new one the period stays as it is; tier TRIAL has to
 * be replaced.
 */
export function activatedSubscription(
  faults: Faults,
  path: readonly string[],
  current: { subscriptionTier: SubscriptionTier },
  given: SubscriptionSettings | null | undefined,
): Partial<SubscriptionColumns> {
  if (given === null || given === undefined) {
    if (current.subscriptionTier === 'TRIAL') faults.add('REQUIRED', path, 'Tier TRIAL ends with a new subscription.');
    return { isTrial: false };
  }
  const columns = subscriptionColumns(faults, path, given);
  if (columns.isTrial) {
    faults.add('INVALID', [...path, given.tier === 'TRIAL' ? 'tier' : 'isTrial'], 'An activated tenant is no trial.');
  }
  return columns;
}

/** Absent is unchanged; only the end can be empty. */
export interface SubscriptionChanges {
  readonly tier?: SubscriptionTier | null;
  readonly startsAt?: Date | null;
  readonly endsAt?: Date | null;
}

/** The subscription after a patch, which neither begins a trial nor ends one. */
export function mergeSubscription(
  faults: Faults,
  path: readonly string[],
  changes: SubscriptionChanges | null,
  current: SubscriptionColumns,
): Partial<SubscriptionColumns> {
  if (changes === null) {
    faults.add('INVALID', path, 'Every tenant has a subscription.');
    return {};
  }
  const { tier, startsAt, endsAt } = changes;
  if (tier === null) faults.add('INVALID', [...path, 'tier'], 'Cannot be empty.');
  if (startsAt === null) faults.add('INVALID', [...path, 'startsAt'], 'Cannot be empty.');
  if (tier === 'TRIAL' && !current.isTrial) {
    faults.add('INVALID', [...path, 'tier'], 'The tenant is past its trial.');
  }
  const merged = {
    subscriptionTier: tier ?? current.subscriptionTier,
    subscriptionStartsAt: startsAt ?? current.subscriptionStartsAt,
    subscriptionEndsAt: endsAt === undefined ? current.subscriptionEndsAt : endsAt,
  };
  checkPeriod(faults, path, merged.subscriptionStartsAt, merged.subscriptionEndsAt);
  return merged;
}
