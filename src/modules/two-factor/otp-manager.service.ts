import type { AppServices } from '../../context.js';
import type { Faults } from '../../faults.js';

/** Notes a fault where the operator's allow-list has no place for the address of an OTP manager. */
export async function checkOtpManagerAddress(
  app: AppServices,
  faults: Faults,
  path: readonly string[],
  url: string,
): Promise<void> {
  if ((await app.outbound.check(url, 'otp-manager')) === undefined) return;
  faults.add(
    'ADDRESS_NOT_ALLOWED',
    path,
    'The address is neither public https nor on the allow-list; an operator can add its host to OUTBOUND_ALLOW.',
  );
}

/** Notes a fault where the OTP manager does not answer. */
export async function probeOtpManager(
  app: AppServices,
  faults: Faults,
  path: readonly string[],
  url: string,
): Promise<void> {
  if ((await app.otpManager.probe(url)) === 'reachable') return;
  faults.add(
    'OTP_MANAGER_UNREACHABLE',
    path,
    'The OTP manager did not answer within 3 seconds, or answered with a server error.',
  );
}
