import type { AppServices } from '../../context.js';
import type { RealmCare, RealmLook } from '../../integrations/keycloak/realm-care.js';
import type { Tenant } from '../tenant/tenant.entity.js';

/** Where a realm that Tenantry made is by now, and how it looks. */
export type LocatedRealm = {
  /** Whether another realm has its name. */
  readonly isReplaced: boolean;
} & ({ readonly name: string; readonly seen: RealmLook } | { readonly name: undefined; readonly seen: undefined });

/**
 * Looks for the realm under its own name, then under the one that it was last found with; realms are not listed here.
 *
 * @throws KeycloakFault UNAVAILABLE
 */
export async function locateRealm(
  { config }: AppServices,
  care: RealmCare,
  { id, tenantId, clientId, realm, realmRenamedTo }: Tenant,
): Promise<LocatedRealm> {
  const expected = { clientId, tenantId, audience: config.keycloak.clientId };
  const seen = await care.inspect(realm, id, expected);
  if (typeof seen !== 'string') return { name: realm, seen, isReplaced: false };
  const isReplaced = seen === 'FOREIGN';
  const elsewhere = typeof realmRenamedTo === 'string' ? await care.inspect(realmRenamedTo, id, expected) : 'MISSING';
  return typeof elsewhere === 'string' || typeof realmRenamedTo !== 'string'
    ? { name: undefined, seen: undefined, isReplaced }
    : { name: realmRenamedTo, seen: elsewhere, isReplaced };
}
