import type { Faults } from '../../faults.js';
import { optionalText, requiredText, textLimits, wholeNumber } from '../../validation/text.rules.js';

export const twoFactorChannels = ['SMS', 'EMAIL'] as const;
export type TwoFactorChannel = (typeof twoFactorChannels)[number];

/** What a caller gives: exactly one of the two members, which the schema sees to. */
export interface TwoFactorChoice {
  enabled?: {
    channelType: TwoFactorChannel;
    serviceIdentifier: string;
    otpExpirySeconds: number;
    retryLimit: number;
  } | null;
  disabled?: { reason?: string | null } | null;
}

/** The columns of a tenant that hold its 2FA configuration. */
export interface TwoFactorColumns {
  twoFactorEnabled: boolean;
  twoFactorChannel: TwoFactorChannel | null;
  twoFactorServiceIdentifier: string | null;
  otpExpirySeconds: number | null;
  retryLimit: number | null;
  twoFactorDisabledReason: string | null;
}

const maxOtpExpirySeconds = 3_600;
const maxRetryLimit = 10;

/** Checks the 2FA configuration; disabled 2FA keeps no channel, identifier, expiry or limit. */
export function twoFactorColumns(faults: Faults, path: readonly string[], choice: TwoFactorChoice): TwoFactorColumns {
  const { enabled } = choice;
  if (enabled === undefined || enabled === null) {
    const reason = optionalText(faults, [...path, 'disabled', 'reason'], choice.disabled?.reason, textLimits.reason);
    return {
      twoFactorEnabled: false,
      twoFactorChannel: null,
      twoFactorServiceIdentifier: null,
      otpExpirySeconds: null,
      retryLimit: null,
      twoFactorDisabledReason: reason,
    };
  }
  const at = (field: string): string[] => [...path, 'enabled', field];
  return {
    twoFactorEnabled: true,
    twoFactorChannel: enabled.channelType,
    twoFactorServiceIdentifier: requiredText(
      faults,
      at('serviceIdentifier'),
      enabled.serviceIdentifier,
      textLimits.identifier,
    ),
    otpExpirySeconds: wholeNumber(faults, at('otpExpirySeconds'), enabled.otpExpirySeconds, {
      min: 1,
      max: maxOtpExpirySeconds,
      unit: 'seconds',
    }),
    retryLimit: wholeNumber(faults, at('retryLimit'), enabled.retryLimit, { min: 1, max: maxRetryLimit }),
    twoFactorDisabledReason: null,
  };
}
