import { createHmac } from 'node:crypto';

const stepSeconds = 30;

/** The 30-second step of RFC 6238 that `seconds` since 1970 falls into. */
export const totpStep = (seconds: number): number => Math.floor(seconds / stepSeconds);

/** The six-digit code of RFC 6238 (SHA-1) for one step; the secret's characters are its bytes, as in Keycloak. */
export function totpCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac('sha1', secret).update(counter).digest();
  const offset = digest.readUInt8(digest.length - 1) & 0x0f;
  return String((digest.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}

/** The step that a code stands for, one to either side of now allowed; undefined where it fits none. */
export function matchingStep(secret: string, code: string, seconds: number): number | undefined {
  const now = totpStep(seconds);
  return [now, now - 1, now + 1].find((step) => totpCode(secret, step) === code);
}
