import type { Faults } from '../../faults.js';
import { webAddress } from '../../validation/address.rules.js';
import { mediaServerColumns, type MediaServerSettings } from '../contact-center/media-server.rules.js';
import { twoFactorColumns, type TwoFactorChoice } from '../two-factor/two-factor.rules.js';
import type { Tenant } from './tenant.entity.js';

/** What a caller wants changed: absent is unchanged, null is cleared where the field can be empty. */
export interface TenantChanges {
  settings?: SettingsChanges | null;
}

export interface SettingsChanges {
  twoFactor: TwoFactorChoice;
  mediaServer?: MediaServerSettings | null;
  otpManagerUrl?: string | null;
}

/** Where the address of the OTP manager stands. */
export const otpManagerPath = ['patch', 'settings', 'otpManagerUrl'] as const;

/**
 * The columns that a patch sets on a tenant as it is now, noting every fault. Pure, so that it can be asked once before
 * the outside is probed, and again on the locked row.
 */
export function planPatch(faults: Faults, changes: TenantChanges, current: Tenant): Partial<Tenant> {
  if (changes.settings === null) faults.add('INVALID', ['patch', 'settings'], 'Settings cannot be cleared.');
  return changes.settings ? settingsColumns(faults, changes.settings, current) : {};
}

function settingsColumns(faults: Faults, settings: SettingsChanges, current: Tenant): Partial<Tenant> {
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

function otpManagerAfter(faults: Faults, { otpManagerUrl }: SettingsChanges, current: Tenant): string | null {
  if (otpManagerUrl === undefined) return current.otpManagerUrl ?? null;
  if (otpManagerUrl === null || otpManagerUrl.trim() === '') return null;
  return webAddress(faults, otpManagerPath, otpManagerUrl, ['http', 'https']);
}
