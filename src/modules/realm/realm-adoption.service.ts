import type { EntityManager } from '@mikro-orm/postgresql';

import type { AppServices } from '../../context.js';
import { RequestFault, type UserErrorCode } from '../../errors.js';
import type { Faults } from '../../faults.js';
import { KeycloakFault, type KeycloakFaultKind } from '../../integrations/keycloak/keycloak-fault.js';
import type { RealmAddress } from '../../integrations/keycloak/realm-address.js';
import { grantRealmToken } from '../../integrations/keycloak/realm-grant.js';
import { verifyTenantToken } from '../identity/tenant-claims.service.js';
import { TokenRefusal } from '../identity/token-refusal.rules.js';
import { RealmKey } from './realm-key.entity.js';

export interface RealmCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** What can be wrong with a realm: its server as a whole, that server's address, the realm, or the client in it. */
export type RealmPart = 'server' | 'serverUrl' | 'realm' | 'client';

export interface RealmFault {
  readonly code: UserErrorCode;
  readonly part: RealmPart;
  readonly message: string;
}

const realmFaults: Partial<Record<KeycloakFaultKind, RealmFault>> = {
  REALM_NOT_FOUND: { code: 'REALM_NOT_FOUND', part: 'realm', message: 'There is no such realm at that server.' },
  REALM_DISABLED: { code: 'REALM_DISABLED', part: 'realm', message: 'The realm is disabled in Keycloak.' },
  REALM_REFUSED_CLIENT: {
    code: 'REALM_REFUSED_CLIENT',
    part: 'client',
    message: 'The realm refused the client: unknown, wrong secret, or without a service account.',
  },
  REALM_TOKENS_UNUSABLE: {
    code: 'REALM_TOKENS_UNUSABLE',
    part: 'realm',
    message:
      "The realm's token fails the checks: issuer, client, signature, type, subject, session (sid), expiry or size.",
  },
  ADDRESS_NOT_ALLOWED: {
    code: 'ADDRESS_NOT_ALLOWED',
    part: 'serverUrl',
    message: 'The address is outside the allow-list (OUTBOUND_ALLOW).',
  },
  UNAVAILABLE: {
    code: 'IDENTITY_PROVIDER_UNAVAILABLE',
    part: 'server',
    message: 'The realm did not answer in time; try again.',
  },
};

/**
 * Proves that a realm and a client in it can be used, by one client_credentials grant whose token is verified. What is
 * wrong is noted at the argument that `pathOf` gives for the part at fault.
 *
 * @returns thumbprint of the key that the realm signs with, or undefined where a fault was noted
 */
export async function proveRealm(
  app: AppServices,
  faults: Faults,
  pathOf: (part: RealmPart) => readonly string[],
  address: RealmAddress,
  credentials: RealmCredentials,
): Promise<readonly string[] | undefined> {
  try {
    const { accessToken } = await grantRealmToken(app.outbound, address, credentials, []);
    const expected = { source: address, clientId: credentials.clientId };
    const { keyThumbprint } = await verifyTenantToken(app.keySets, accessToken, expected);
    return [keyThumbprint];
  } catch (error) {
    const fault = realmFaultOf(error);
    if (fault === undefined) throw error;
    faults.add(fault.code, pathOf(fault.part), fault.message);
    return undefined;
  }
}

/** What a realm that cannot be used has done wrong; undefined where the error is about something else. */
export function realmFaultOf(error: unknown): RealmFault | undefined {
  if (error instanceof TokenRefusal) return realmFaults.REALM_TOKENS_UNUSABLE;
  return error instanceof KeycloakFault ? realmFaults[error.kind] : undefined;
}

/**
 * Whether one of these signing keys belongs to another registered realm, or to the operators' own.
 *
 * @param except UUID of the tenant whose realm has them, where it is registered already
 */
export async function areKeysTaken(
  app: AppServices,
  em: EntityManager,
  thumbprints: readonly string[],
  except?: string,
): Promise<boolean> {
  const platformKeys = await app.keySets.thumbprints(app.platformRealm).catch((error: unknown) => {
    throw new RequestFault(
      'SERVICE_UNAVAILABLE',
      "The operators' Keycloak does not answer; try again.",
      {},
      { cause: error },
    );
  });
  if (thumbprints.some((thumbprint) => platformKeys.includes(thumbprint))) return true;
  const others = except === undefined ? {} : { tenant: { $ne: except } };
  return (await em.count(RealmKey, { thumbprint: { $in: [...thumbprints] }, ...others })) > 0;
}

/** Remembers a realm's signing keys as this tenant's. */
export function registerKeys(em: EntityManager, tenant: string, thumbprints: readonly string[], seenAt: Date): void {
  for (const thumbprint of thumbprints) em.persist(em.create(RealmKey, { thumbprint, tenant, seenAt }));
}
