import { isDeepStrictEqual } from 'node:util';

import type { KeyRing } from './key-ring.js';
import { open, seal } from './seal.js';

/** Where a map of secrets is stored: its tenant's UUID, and row and column, such as `campaign/<id>.secrets`. */
export interface SealedPlace {
  readonly scope: string;
  readonly field: string;
}

/** Opens each value of a map of sealed JSON values. */
export async function openMap(
  ring: KeyRing,
  { scope, field }: SealedPlace,
  sealed: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const opened = Object.entries(sealed).map(async ([name, jwe]): Promise<[string, unknown]> => {
    return [name, JSON.parse(await open(ring, scope, `${field}.${name}`, jwe))];
  });
  return Object.fromEntries(await Promise.all(opened));
}

/** Seals a map of JSON values; one that equals what is stored keeps its ciphertext, so that nothing seems changed. */
export async function sealMap(
  ring: KeyRing,
  place: SealedPlace,
  values: Readonly<Record<string, unknown>>,
  stored: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const inClear = await openMap(ring, place, stored);
  const sealed = Object.entries(values).map(async ([name, value]): Promise<[string, string]> => {
    const kept = stored[name];
    const text = JSON.stringify(value);
    if (kept !== undefined && isDeepStrictEqual(inClear[name], JSON.parse(text))) return [name, kept];
    return [name, await seal(ring, place.scope, `${place.field}.${name}`, text)];
  });
  return Object.fromEntries(await Promise.all(sealed));
}

/** Seals one secret, or keeps the stored ciphertext where it holds the same. */
export async function sealOne(
  ring: KeyRing,
  { scope, field }: SealedPlace,
  value: string | null,
  stored: string | null | undefined,
): Promise<string | null> {
  if (value === null) return null;
  if (typeof stored === 'string' && (await open(ring, scope, field, stored)) === value) return stored;
  return await seal(ring, scope, field, value);
}
