import type { EntityManager } from '@mikro-orm/postgresql';

import { StartupError } from '../startup-error.js';
import type { KeyRing } from './key-ring.js';
import { open, seal } from './seal.js';
import { SealedValue } from './sealed-value.entity.js';

const name = 'canary';
const plaintext = 'tenantry';

/**
 * Tells a wrong `SECRETS_KEY` at the start, before anything is sealed under it beside what was sealed under the right
 * one. The first start leaves the value by which the later ones know.
 *
 * @throws StartupError where neither the present nor the previous key opens it
 */
export async function checkCanary(em: EntityManager, ring: KeyRing): Promise<void> {
  const canary = await em.findOne(SealedValue, { name });
  if (!canary) {
    await em.insert(SealedValue, { name, value: await seal(ring, 'service', name, plaintext) });
    return;
  }
  const opened = await open(ring, 'service', name, canary.value).catch(() => undefined);
  if (opened !== plaintext) {
    throw new StartupError(
      'SECRETS_KEY is not the key that the secrets in this database are encrypted under. ' +
        'Give that key, or, where it is being replaced, give it as SECRETS_KEY_PREVIOUS.',
    );
  }
}
