import { CompactEncrypt, decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';

import { makeKeyRing } from '../../src/secrets/key-ring.js';
import { open, seal, SealError } from '../../src/secrets/seal.js';

const first = new Uint8Array(32).fill(1);
const second = new Uint8Array(32).fill(2);
const ring = makeKeyRing(first);
const tenant = '019a0000-0000-7000-8000-000000000001';
const field = 'tenant.client_secret';

describe('a sealed secret', () => {
  it('opens for the tenant and field that it was sealed for', async () => {
    expect(await open(ring, tenant, field, await seal(ring, tenant, field, 'pässword ✓'))).toBe('pässword ✓');
    expect(await open(ring, tenant, field, await seal(ring, tenant, field, ''))).toBe('');
  });

  it('never looks the same twice', async () => {
    expect(await seal(ring, tenant, field, 'same')).not.toBe(await seal(ring, tenant, field, 'same'));
  });

  it.each([
    ['another tenant', '019a0000-0000-7000-8000-000000000002', field],
    ['another field', tenant, 'campaign/1.password'],
    ['the service', 'service', field],
  ])('does not open for %s', async (_what, scope, fieldName) => {
    await expect(open(ring, scope, fieldName, await seal(ring, tenant, field, 'secret'))).rejects.toThrow(SealError);
  });

  it('does not open when its header, ciphertext or tag was altered', async () => {
    const sealed = await seal(ring, tenant, field, 'secret');
    const parts = sealed.split('.');
    const otherHeader = Buffer.from(
      JSON.stringify({ ...decodeProtectedHeader(sealed), fld: 'provider/1.secrets' }),
    ).toString('base64url');
    await expect(open(ring, tenant, 'provider/1.secrets', [otherHeader, ...parts.slice(1)].join('.'))).rejects.toThrow(
      SealError,
    );
    for (const index of [2, 3, 4]) {
      const altered = parts.map((part, at) =>
        at === index ? (part.startsWith('A') ? 'B' : 'A') + part.slice(1) : part,
      );
      await expect(open(ring, tenant, field, altered.join('.'))).rejects.toThrow(SealError);
    }
  });

  it.each(['', 'plain text', 'a.b.c.d.e', '{}'])('refuses what is no sealed value: %j', async (value) => {
    await expect(open(ring, tenant, field, value)).rejects.toThrow(SealError);
  });

  it('refuses other algorithms under the same key', async () => {
    const other = await new CompactEncrypt(new Uint8Array(1))
      .setProtectedHeader({ alg: 'A256KW', enc: 'A256GCM', kid: ring.current.kid, tid: tenant, fld: field })
      .encrypt(first);
    await expect(open(ring, tenant, field, other)).rejects.toThrow(SealError);
  });

  it('opens under the previous key, and is sealed under the present one', async () => {
    const old = await seal(ring, tenant, field, 'secret');
    const rotating = makeKeyRing(second, first);
    expect(await open(rotating, tenant, field, old)).toBe('secret');
    expect(decodeProtectedHeader(await seal(rotating, tenant, field, 'secret')).kid).toBe(
      makeKeyRing(second).current.kid,
    );
    await expect(open(makeKeyRing(second), tenant, field, old)).rejects.toThrow(SealError);
  });

  it('tells nothing of the value when it does not open', async () => {
    const error = await open(ring, tenant, 'other', await seal(ring, tenant, field, 'hunter2')).catch(String);
    expect(error).not.toContain('hunter2');
  });
});

describe('a key ring', () => {
  it('derives a key of its own for each purpose', () => {
    expect(ring.derive('cursor')).toHaveLength(32);
    expect(ring.derive('cursor')).toEqual(makeKeyRing(first).derive('cursor'));
    expect(ring.derive('cursor')).not.toEqual(ring.derive('other'));
    expect(ring.derive('cursor')).not.toEqual(makeKeyRing(second).derive('cursor'));
  });

  it('takes keys of 32 bytes only', () => {
    expect(() => makeKeyRing(new Uint8Array(31))).toThrow(RangeError);
  });
});
