import { hkdfSync } from 'node:crypto';

/** One 32-byte secrets key and the short name by which sealed values refer to it. */
export interface RingKey {
  readonly kid: string;
  readonly key: Uint8Array;
}

/** The keys that may open sealed values; only the current one seals. */
export interface KeyRing {
  readonly current: RingKey;
  /** Accepted for opening until everything is sealed under the current one. */
  readonly previous?: RingKey;
  /**
   * A 32-byte key for one purpose, derived from the current key: learning one of them tells nothing about the others.
   *
   * @param label names the purpose, e.g. `cursor`
   */
  derive(label: string): Uint8Array;
}

/**
 * Makes the ring from `SECRETS_KEY` and, while a rotation is under way, `SECRETS_KEY_PREVIOUS`.
 *
 * @param key 32 bytes
 * @param previous 32 bytes
 * @throws RangeError where a key has another length
 */
export function makeKeyRing(key: Uint8Array, previous?: Uint8Array): KeyRing {
  return Object.freeze({
    current: ringKey(key),
    ...(previous && { previous: ringKey(previous) }),
    derive: (label: string) => deriveKey(key, '', `tenantry/${label}`),
  });
}

/** HKDF-SHA-256 (RFC 5869) to 32 bytes. */
export function deriveKey(key: Uint8Array, salt: string, info: string, bytes = 32): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, salt, info, bytes));
}

/** The name is derived from the key, so that no setting can give two keys one name. */
function ringKey(key: Uint8Array): RingKey {
  if (key.length !== 32) throw new RangeError(`a secrets key has 32 bytes, not ${key.length}`);
  return Object.freeze({ kid: Buffer.from(deriveKey(key, '', 'tenantry/kid', 9)).toString('base64url'), key });
}
