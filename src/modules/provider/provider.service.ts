import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';

import type { KeyRing } from '../../secrets/key-ring.js';
import { openMap, sealMap, type SealedPlace } from '../../secrets/sealed-map.js';
import type { SecretValues } from '../../validation/secret-values.rules.js';
import type { TenantRecord } from '../tenant/tenant-record.service.js';
import { Provider } from './provider.entity.js';
import { providerKey, type CheckedProvider } from './provider.rules.js';

/** The secrets of a tenant's providers in clear, by key. */
export async function openProviders(ring: KeyRing, providers: readonly Provider[]): Promise<Map<string, SecretValues>> {
  const opened = providers.map(async (provider): Promise<[string, SecretValues]> => {
    return [providerKey(provider), await openMap(ring, placeOf(provider), provider.secrets)];
  });
  return new Map(await Promise.all(opened));
}

/** Makes the record's providers those of the list, in its order. One keeps its row as long as kind and name are there. */
export async function replaceProviders(
  ring: KeyRing,
  em: EntityManager,
  record: TenantRecord,
  list: readonly CheckedProvider[],
): Promise<void> {
  const before = new Map(record.providers.map((provider) => [providerKey(provider), provider]));
  record.providers = [];
  for (const [position, { secrets, ...columns }] of list.entries()) {
    const provider = before.get(providerKey(columns)) ?? newProvider(em, record.tenant.id, columns);
    before.delete(providerKey(columns));
    const sealed = await sealMap(ring, placeOf(provider), secrets, provider.secrets);
    em.assign(provider, { ...columns, position, secrets: sealed });
    record.providers.push(provider);
  }
  for (const removed of before.values()) em.remove(removed);
}

function newProvider(em: EntityManager, tenant: string, { kind, name }: CheckedProviderKey): Provider {
  const columns = { id: uuidv7(), tenant, kind, name, position: 0, isPrimary: false, settings: {}, secrets: {} };
  const provider = em.create(Provider, columns);
  em.persist(provider);
  return provider;
}

type CheckedProviderKey = Pick<CheckedProvider, 'kind' | 'name'>;

/** Where a provider's secrets are sealed for. */
function placeOf({ id, tenant }: Provider): SealedPlace {
  return { scope: tenant, field: `provider/${id}.secrets` };
}
