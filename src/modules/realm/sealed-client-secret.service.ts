import type { KeyRing } from '../../secrets/key-ring.js';
import { open } from '../../secrets/seal.js';
import { sealOne } from '../../secrets/sealed-map.js';
import type { Tenant } from '../tenant/tenant.entity.js';

const field = 'tenant.client_secret';

/** The secret of the tenant's client in clear; undefined for a deleted tenant, whose secrets are erased. */
export async function openClientSecret(
  ring: KeyRing,
  { id, clientSecret }: Pick<Tenant, 'id' | 'clientSecret'>,
): Promise<string | undefined> {
  return typeof clientSecret === 'string' ? await open(ring, id, field, clientSecret) : undefined;
}

/** The ciphertext to store for a secret; the stored one where it holds the same. */
export async function sealClientSecret(
  ring: KeyRing,
  tenant: Pick<Tenant, 'id'> & Partial<Pick<Tenant, 'clientSecret'>>,
  secret: string,
): Promise<string> {
  return (await sealOne(ring, { scope: tenant.id, field }, secret, tenant.clientSecret)) ?? '';
}
