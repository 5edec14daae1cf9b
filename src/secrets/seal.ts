import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';

import { deriveKey, type KeyRing, type RingKey } from './key-ring.js';

/** A sealed value that cannot be opened here: another key, another place, or altered. Holds nothing of the value. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

/**
 * Encrypts a secret for the one place where it is to be stored: a JWE (RFC 7516, `dir` with A256GCM) under a key of
 * the tenant's own. Tenant and field stand in the authenticated header, so that a ciphertext moved to another row or
 * column does not open.
 *
 * @param scope the tenant's UUID, or `service`
 * @param field row and column, e.g. `tenant.client_secret` or `campaign/<id>.password`
 */
export async function seal(ring: KeyRing, scope: string, field: string, plaintext: string): Promise<string> {
  return await new CompactEncrypt(new TextEncoder().encode(plaintext))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: ring.current.kid, tid: scope, fld: field })
    .encrypt(scopeKey(ring.current, scope));
}

/**
 * Decrypts what `seal` made for the same scope and field.
 *
 * @throws SealError where key, tenant, field or ciphertext do not match
 */
export async function open(ring: KeyRing, scope: string, field: string, sealed: string): Promise<string> {
  const key = [ring.current, ring.previous].find((candidate) => candidate?.kid === sealedUnder(sealed));
  if (!key) throw new SealError(`${field} is sealed under a key that is not at hand`);
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(sealed, scopeKey(key, scope), {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    if (protectedHeader['tid'] !== scope || protectedHeader['fld'] !== field || protectedHeader.zip !== undefined) {
      throw new SealError(`${field} holds a value that was sealed for another place`);
    }
    return new TextDecoder().decode(plaintext);
  } catch (error) {
    if (error instanceof SealError) throw error;
    throw new SealError(`${field} holds a value that does not open`, { cause: error });
  }
}

/**
 * Seals a value anew under the current key, for the tenant and field that it names itself: one that was moved to
 * another place opens there as little as before.
 *
 * @throws SealError where neither key opens it
 */
export async function reseal(ring: KeyRing, sealed: string): Promise<string> {
  const { tid, fld } = headerOf(sealed);
  if (typeof tid !== 'string' || typeof fld !== 'string') throw new SealError('a value names no place');
  return await seal(ring, tid, fld, await open(ring, tid, fld, sealed));
}

/** The `kid` of the key that a value was sealed under; undefined where it is no JWE. */
export function sealedUnder(sealed: string): string | undefined {
  return headerOf(sealed).kid;
}

/** Nothing of it is believed yet. */
function headerOf(sealed: string): { kid?: string; tid?: unknown; fld?: unknown } {
  try {
    return decodeProtectedHeader(sealed);
  } catch {
    return {};
  }
}

function scopeKey({ key }: RingKey, scope: string): Uint8Array {
  return deriveKey(key, scope, 'tenantry/seal');
}
