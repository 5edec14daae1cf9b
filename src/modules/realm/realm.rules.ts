import type { Faults } from '../../faults.js';
import { hasForbiddenCharacter } from '../../validation/text.rules.js';
import { isDnsLabel } from '../tenant/tenant-names.rules.js';

/** How a tenant came by its realm, and how far Keycloak has followed. */

export const realmOrigins = ['ADOPTED', 'PROVISIONED'] as const;
export type RealmOrigin = (typeof realmOrigins)[number];

export const realmStates = ['ENABLED', 'DISABLED', 'UNMANAGED'] as const;
export type RealmState = (typeof realmStates)[number];

export const realmSyncStates = ['IN_SYNC', 'PENDING', 'FAILED'] as const;
export type RealmSyncState = (typeof realmSyncStates)[number];

export const noRealmAccount = 'Tenantry has no account that may change realms (KEYCLOAK_ADMIN_CLIENT_ID).';

const adoptableRealm = /^(?!\.+$)[A-Za-z0-9._-]{1,255}$/;
const maxScopes = 50;
/** RFC 6749, appendix A.4: scope-token. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/;

/** Checks the name of a realm that is there already. */
export function checkAdoptedRealm(faults: Faults, path: readonly string[], realm: string): void {
  if (!adoptableRealm.test(realm)) {
    faults.add('INVALID', path, 'Must be 1 to 255 letters, digits, dots, hyphens and underscores, not dots alone.');
  }
}

/** Checks the name of a realm that is to be made. */
export function checkProvisionedRealm(faults: Faults, path: readonly string[], realm: string): void {
  if (!isDnsLabel(realm) || realm === 'master') {
    faults.add('INVALID', path, 'Must have the form of a tenantId, and must not be "master".');
  }
}

/** Checks what issueTenantToken may ask for; each scope once, in the order given. */
export function checkScope(faults: Faults, path: readonly string[], scope: readonly string[]): string[] {
  if (scope.length > maxScopes) faults.add('INVALID', path, `Must hold at most ${maxScopes} scopes.`);
  scope.slice(0, maxScopes).forEach((entry, index) => {
    if (hasForbiddenCharacter(entry) || !scopeToken.test(entry)) {
      faults.add('INVALID', [...path, String(index)], 'Must be a scope token (RFC 6749): printable, without spaces.');
    }
  });
  return [...new Set(scope)];
}
