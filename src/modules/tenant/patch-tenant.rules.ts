import type { Faults } from '../../faults.js';
import { webAddress } from '../../validation/address.rules.js';
import { checkJsonObject, type JsonObject } from '../../validation/json-object.rules.js';
import { optionalText, requiredText, textLimits } from '../../validation/text.rules.js';
import { mergeBranding, type BrandingChanges, type BrandingColumns } from '../branding/branding.rules.js';
import {
  mediaServerColumns,
  type MediaServerColumns,
  type MediaServerSettings,
} from '../contact-center/media-server.rules.js';
import type { ProviderSettings } from '../provider/provider.rules.js';
import { twoFactorColumns, type TwoFactorChoice, type TwoFactorColumns } from '../two-factor/two-factor.rules.js';
import { mergeContacts, type ContactsChanges, type ContactsColumns } from './contacts.rules.js';
import { mergeRegion, type RegionChanges, type RegionColumns } from './region.rules.js';
import { mergeSubscription, type SubscriptionChanges, type SubscriptionColumns } from './subscription.rules.js';

/** What a caller wants changed: absent is unchanged, null is cleared where the field can be empty. */
export interface TenantChanges {
  settings?: SettingsChanges | null;
  profile?: ProfileChanges | null;
}

export interface SettingsChanges {
  twoFactor: TwoFactorChoice;
  mediaServer?: MediaServerSettings | null;
  otpManagerUrl?: string | null;
}

export interface ProfileChanges {
  name?: string | null;
  description?: string | null;
  region?: RegionChanges | null;
  contacts?: ContactsChanges | null;
  subscription?: SubscriptionChanges | null;
  branding?: BrandingChanges | null;
  providers?: ProviderSettings[] | null;
  metadata?: JsonObject | null;
}

/** The columns that a patch may set. */
export type PatchableColumns = {
  name: string;
  description: string | null;
  otpManagerUrl: string | null;
  metadata: JsonObject;
} & TwoFactorColumns &
  MediaServerColumns &
  RegionColumns &
  ContactsColumns &
  SubscriptionColumns &
  BrandingColumns;

/** Where the address of the OTP manager stands. */
export const otpManagerPath = ['patch', 'settings', 'otpManagerUrl'] as const;

/**
 * The columns that a patch sets on a tenant as it is now, noting every fault. Pure, so that it can be asked once before
 * the outside is probed, and again on the locked row.
 */
export function planPatch(
  faults: Faults,
  changes: TenantChanges,
  current: PatchableColumns,
): Partial<PatchableColumns> {
  const { settings, profile } = changes;
  if (settings === null) faults.add('INVALID', ['patch', 'settings'], 'Settings cannot be cleared.');
  if (profile === null) faults.add('INVALID', ['patch', 'profile'], 'The profile cannot be cleared as a whole.');
  return {
    ...(settings && settingsColumns(faults, settings, current)),
    ...(profile && profileColumns(faults, profile, current)),
  };
}

/** Whether there is nothing in a patch, however deep its groups go. A list or a JSON object is something. */
export function holdsNothing(patch: TenantChanges & { logo?: unknown }): boolean {
  const { settings, logo, profile } = patch;
  if (settings !== undefined || logo !== undefined || profile === null) return false;
  const { region, contacts, subscription, branding, ...leaves } = profile ?? {};
  const isUnsaid = Object.values(leaves).every((value: unknown) => value === undefined);
  return isUnsaid && [region, contacts, subscription, branding].every(isEmpty);
}

function isEmpty(group: object | null | undefined): boolean {
  if (group === undefined) return true;
  if (group === null) return false;
  return Object.values(group).every((value: unknown) => value === undefined || (isGroup(value) && isEmpty(value)));
}

/** Contacts and colours stand in groups of their own; dates, files and lists are values. */
function isGroup(value: unknown): value is object {
  return value instanceof Object && !(value instanceof Date) && !Array.isArray(value) && !('bytes' in value);
}

function profileColumns(faults: Faults, profile: ProfileChanges, current: PatchableColumns): Partial<PatchableColumns> {
  const at = (field: keyof ProfileChanges): string[] => ['patch', 'profile', field];
  const { name, description, metadata } = profile;
  if (name === null) faults.add('INVALID', at('name'), 'Cannot be empty.');
  if (metadata) checkJsonObject(faults, at('metadata'), metadata, { secretsAllowed: false });
  return {
    ...(typeof name === 'string' && { name: requiredText(faults, at('name'), name, textLimits.name) }),
    ...(description !== undefined && {
      description: optionalText(faults, at('description'), description, textLimits.description),
    }),
    ...(metadata !== undefined && { metadata: metadata ?? {} }),
    ...mergeRegion(faults, at('region'), profile.region, current),
    ...mergeContacts(faults, at('contacts'), profile.contacts, current),
    ...mergeBranding(faults, at('branding'), profile.branding, current),
    ...(profile.subscription !== undefined &&
      mergeSubscription(faults, at('subscription'), profile.subscription, current)),
  };
}

function settingsColumns(
  faults: Faults,
  settings: SettingsChanges,
  current: PatchableColumns,
): Partial<PatchableColumns> {
  const at = (field: string): string[] => ['patch', 'settings', field];
  const otpManagerUrl = otpManagerAfter(faults, settings, current);
  if (settings.twoFactor.enabled && otpManagerUrl === null) {
    faults.add('REQUIRED', otpManagerPath, 'Two-factor authentication needs the address of an OTP manager.');
  }
  return {
    otpManagerUrl,
    ...twoFactorColumns(faults, at('twoFactor'), settings.twoFactor),
    ...(settings.mediaServer !== undefined && mediaServerColumns(faults, at('mediaServer'), settings.mediaServer)),
  };
}

function otpManagerAfter(faults: Faults, { otpManagerUrl }: SettingsChanges, current: PatchableColumns): string | null {
  if (otpManagerUrl === undefined) return current.otpManagerUrl ?? null;
  if (otpManagerUrl === null || otpManagerUrl.trim() === '') return null;
  return webAddress(faults, otpManagerPath, otpManagerUrl, ['http', 'https']);
}
