import type {
  CampaignInput,
  LogoPartsFragment,
  ProviderInput,
  SubscriptionTier,
  TenantPatch,
} from '../generated/operations.js';
import { mergeProfile, twoFactorOf } from './profile.js';
import {
  isOperational,
  transitionsFrom,
  type Action,
  type Json,
  type ModelCampaign,
  type ModelProvider,
  type ModelTenant,
  type Picture,
} from './state.js';
import { changesBetween, entry } from './trail.js';

/** What has to come of a step. */
export interface Outcome {
  /** User errors as `CODE path`, in any order. */
  readonly faults: readonly string[];
  /** The tenant afterwards, or as it was. */
  readonly tenant: ModelTenant;
  /** Whether the payload shows the tenant although there are user errors. */
  readonly isShown?: boolean;
  readonly tokensValidUntil?: string | null;
}

export interface Surroundings {
  readonly now: Date;
  readonly otpManagerUrl: string;
  readonly pictures: Readonly<Record<Picture, LogoPartsFragment>>;
  /** The secret that a step gives the client of an adopted realm. */
  readonly newSecret: string;
}

type Change = Exclude<Action, { readonly kind: 'create' | 'token' }>;
export type ExpectedVersion = 'any' | 'right' | 'wrong';

/** What a mutation does to a tenant that is there, by the words of the contract. */
export function effectOf(tenant: ModelTenant, change: Change, version: ExpectedVersion, at: Surroundings): Outcome {
  const refused = (...faults: string[]): Outcome => ({ faults, tenant });
  if (tenant.status === 'DELETED') return refused('TENANT_DELETED tenant');
  if (version === 'wrong') return { ...refused('VERSION_CONFLICT expectedVersion'), isShown: true };
  if (change.kind === 'transition') return transitioned(tenant, change, at);
  const next = structuredClone(tenant);
  const faults = apply(next, change, at);
  if (faults.length > 0) return refused(...faults);
  const isSecret = change.kind === 'clientSecret' || change.kind === 'rotate';
  return { faults: [], tenant: recorded(tenant, next, isSecret ? 'SECRET_CHANGED' : 'PATCHED', at.now) };
}

/** The next version with its entry; the present one where nothing differs. */
function recorded(before: ModelTenant, after: ModelTenant, action: string, now: Date): ModelTenant {
  const changes = changesBetween(before, after);
  if (Object.keys(changes).length === 0) return before;
  const at = now.toISOString();
  return {
    ...after,
    version: before.version + 1,
    updatedAt: at,
    entries: [entry(action, at, 'admin', { changes }), ...before.entries],
  };
}

function apply(
  next: ModelTenant,
  change: Exclude<Change, { readonly kind: 'transition' }>,
  at: Surroundings,
): string[] {
  const isAdopted = next.keycloak.origin === 'ADOPTED';
  switch (change.kind) {
    case 'patch':
      return patched(next, change.patch, change.picture && at.pictures[change.picture], at);
    case 'campaigns':
      next.campaigns = campaignsAfter(change.campaigns, next.campaigns);
      return [];
    case 'dialer':
      next.dialer = change.dialer ?? null;
      return [];
    case 'clientSecret':
      if (!isAdopted) return ['INVALID tenant'];
      if (change.isNew) next.clientSecret = at.newSecret;
      return [];
    case 'rotate':
      if (isAdopted) return ['INVALID tenant'];
      next.clientSecret = `rotated at version ${next.version}`;
      return [];
  }
}

function patched(
  next: ModelTenant,
  { settings, logo, profile }: TenantPatch,
  picture: LogoPartsFragment | undefined,
  at: Surroundings,
): string[] {
  if (!settings && logo === undefined && !picture && Object.keys(profile ?? {}).length === 0)
    return ['NOTHING_TO_CHANGE patch'];
  const faults: string[] = [];
  if (picture) next.logo = picture;
  else if (logo === null) next.logo = null;
  if (settings) {
    const { twoFactor, mediaServer, otpManagerUrl } = settings;
    if (otpManagerUrl !== undefined) next.keycloak.otpManagerUrl = otpManagerUrl && at.otpManagerUrl;
    if (twoFactor.enabled && next.keycloak.otpManagerUrl === null) faults.push('REQUIRED patch.settings.otpManagerUrl');
    next.twoFactor = twoFactorOf(twoFactor);
    if (mediaServer !== undefined) next.mediaServer = mediaServer && { domainManagerUrl: null, ...mediaServer };
  }
  if (profile) faults.push(...mergeProfile(next, profile).map((fault) => fault.replace(' ', ' patch.profile.')));
  if (profile?.providers !== undefined) next.providers = providersAfter(profile.providers ?? [], next.providers);
  return faults;
}

type Transition = Extract<Action, { readonly kind: 'transition' }>;

function transitioned(
  tenant: ModelTenant,
  { action, reason = null, tier }: Transition,
  { now }: Surroundings,
): Outcome {
  if (!transitionsFrom(tenant.status).includes(action)) {
    return { faults: ['INVALID_TRANSITION tenant'], tenant, isShown: true };
  }
  const faults: string[] = [];
  const next = structuredClone(tenant);
  if (action === 'SUSPEND' && (reason ?? '').trim() === '') faults.push('INVALID reason');
  if (action === 'ACTIVATE') faults.push(...activated(next, tier));
  if (faults.length > 0) return { faults, tenant };
  if (action === 'DELETE') eraseSecrets(next);
  const at = now.toISOString();
  const steps = wayOf(next, action);
  const changes = changesBetween(tenant, next);
  let fromStatus = tenant.status;
  for (const [index, toStatus] of steps.entries()) {
    const kind = toStatus === 'DELETED' ? 'DELETED' : 'TRANSITIONED';
    const isLast = index === steps.length - 1;
    next.entries.unshift(entry(kind, at, 'admin', { fromStatus, toStatus, reason, changes: isLast ? changes : {} }));
    fromStatus = toStatus;
  }
  Object.assign(next, {
    status: fromStatus,
    statusReason: reason,
    statusChangedAt: at,
    updatedAt: at,
    version: tenant.version + 1,
  });
  if (action === 'DELETE') next.deletedAt = at;
  const isStopped = isOperational(tenant.status) && !isOperational(next.status);
  return {
    faults: [],
    tenant: next,
    tokensValidUntil: isStopped && tenant.keycloak.origin === 'PROVISIONED' ? tenant.tokensUntil : null,
  };
}

function activated(next: ModelTenant, tier: SubscriptionTier | undefined): string[] {
  if (tier === undefined && next.subscription.tier === 'TRIAL') return ['REQUIRED subscription'];
  if (tier === 'TRIAL') return ['INVALID subscription.tier'];
  next.subscription = tier
    ? { tier, startsAt: activationStart, endsAt: null, isTrial: false }
    : { ...next.subscription, isTrial: false };
  return [];
}

/** When a subscription that comes with an activation starts. */
export const activationStart = '2026-02-01T00:00:00.000Z';

function wayOf({ status, subscription }: ModelTenant, action: Transition['action']): ModelTenant['status'][] {
  switch (action) {
    case 'ACTIVATE':
    case 'COMPLETE_MAINTENANCE':
      return ['ACTIVE'];
    case 'SUSPEND':
      return ['SUSPENDED'];
    case 'REACTIVATE':
      return [subscription.isTrial ? 'TRIAL' : 'ACTIVE'];
    case 'START_MAINTENANCE':
      return ['MAINTENANCE'];
    case 'DEACTIVATE':
      return ['INACTIVE'];
    case 'DELETE':
      return status === 'INACTIVE' ? ['DELETED'] : ['INACTIVE', 'DELETED'];
  }
}

function eraseSecrets(next: ModelTenant): void {
  next.clientSecret = null;
  for (const campaign of next.campaigns) Object.assign(campaign, { password: null, secrets: {} });
  for (const provider of next.providers) provider.secrets = {};
}

function secretsAfter(kept: Json, given: Json | null | undefined): Json {
  if (given === undefined) return kept;
  return Object.fromEntries(
    Object.entries(given === null ? {} : { ...kept, ...given }).filter(([, value]) => value !== null),
  );
}

/** The list that replaces another; write-only values that are not mentioned stay with the campaign of that name. */
export function campaignsAfter(list: readonly CampaignInput[], before: readonly ModelCampaign[]): ModelCampaign[] {
  return list.map(({ name, serviceUrl = null, username = null, isEnabled = true, settings, password, secrets }) => {
    const kept = before.find((campaign) => campaign.name === name);
    return {
      ...{ name, serviceUrl, username, isEnabled, settings: settings ?? {} },
      password: password === undefined ? (kept?.password ?? null) : password,
      secrets: secretsAfter(kept?.secrets ?? {}, secrets),
    };
  });
}

/** The list that replaces another; the first of a kind is the primary one unless another one is, or it says no. */
export function providersAfter(list: readonly ProviderInput[], before: readonly ModelProvider[]): ModelProvider[] {
  return list.map(({ kind, name, isPrimary, settings, secrets }, index) => {
    const same = list.filter((provider) => provider.kind === kind);
    const isDefault = list.indexOf(same[0]!) === index && !same.some((provider) => provider.isPrimary === true);
    const kept = before.find((provider) => provider.kind === kind && provider.name === name);
    return {
      kind,
      name,
      isPrimary: isPrimary ?? isDefault,
      settings: settings ?? {},
      secrets: secretsAfter(kept?.secrets ?? {}, secrets),
    };
  });
}
