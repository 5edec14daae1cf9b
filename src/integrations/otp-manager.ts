import type { Outbound } from './guarded-fetch.js';

export interface OtpManager {
  /**
   * One GET at the address, no redirect followed, 3 s in all. Any answer below 500 counts: which paths there are is
   * the OTP manager's own affair.
   */
  probe(url: string): Promise<'reachable' | 'unreachable'>;
}

/** @param outbound the way out; an address that it refuses is unreachable */
export function createOtpManager(outbound: Outbound): OtpManager {
  return {
    async probe(url) {
      try {
        const { status } = await outbound.request(url, { purpose: 'otp-manager', method: 'GET', discardBody: true });
        return status < 500 ? 'reachable' : 'unreachable';
      } catch {
        return 'unreachable';
      }
    },
  };
}
