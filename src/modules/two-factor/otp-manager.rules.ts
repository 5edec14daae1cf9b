/** What decides whether the OTP manager has to be asked before a change is stored. */
export interface OtpState {
  readonly twoFactorEnabled: boolean;
  readonly otpManagerUrl?: string | null;
}

/**
 * The address to probe before going from one state to another: when 2FA is on afterwards, and was off, or the address
 * is another one. A new tenant comes from nothing.
 */
export function addressToProbe(before: OtpState | undefined, after: OtpState): string | undefined {
  if (!after.twoFactorEnabled || typeof after.otpManagerUrl !== 'string') return undefined;
  const isKnownGood = before?.twoFactorEnabled === true && before.otpManagerUrl === after.otpManagerUrl;
  return isKnownGood ? undefined : after.otpManagerUrl;
}
