import type { EntityManager } from '@mikro-orm/postgresql';

import { StartupError } from '../startup-error.js';
import type { KeyRing } from './key-ring.js';
import { open, seal, sealedUnder } from './seal.js';
import { SealedValue } from './sealed-value.entity.js';

const plaintext = 'tenantry';
const canaries = { name: { $like: 'canary/%' } };
export const otherThanCanaries = { $not: canaries };

/**
 * Tells a wrong `SECRETS_KEY` at the start, before anything is sealed under it beside what was sealed under the right
 * one. The first start with a key leaves a value under it; a key's value goes when nothing else is sealed under it any
 * more. So from the first start with a new key until the end of the rotation, no start does with one of the two alone.
 *
 * @throws StartupError where there is a value that neither the present nor the previous key opens
 */
export async function checkCanary(em: EntityManager, ring: KeyRing): Promise<void> {
  const known = await em.find(SealedValue, canaries);
  const opened = await Promise.all(known.map((canary) => opens(ring, canary)));
  if (!opened.every(Boolean)) throw new StartupError(opened.some(Boolean) ? keyMissing : keyWrong);
  if (known.some(({ value }) => sealedUnder(value) === ring.current.kid)) return;
  const name = `canary/${ring.current.kid}`;
  await em.insert(SealedValue, { name, value: await seal(ring, 'service', name, plaintext) });
}

/** To be called once nothing is left that is sealed under another key than the current one. */
export async function dropOtherCanaries(em: EntityManager, ring: KeyRing): Promise<void> {
  await em.nativeDelete(SealedValue, { $and: [canaries, { name: { $ne: `canary/${ring.current.kid}` } }] });
}

async function opens(ring: KeyRing, { name, value }: SealedValue): Promise<boolean> {
  return (await open(ring, 'service', name, value).catch(() => undefined)) === plaintext;
}

const keyWrong =
  'SECRETS_KEY is not the key that the secrets in this database are encrypted under. ' +
  'Give that key, or, where it is being replaced, give it as SECRETS_KEY_PREVIOUS.';

const keyMissing =
  'Some of the secrets in this database are encrypted under another key than SECRETS_KEY. Give the other one as ' +
  'SECRETS_KEY_PREVIOUS, until "npm run secrets:rotate" has said that it is not needed any more.';
