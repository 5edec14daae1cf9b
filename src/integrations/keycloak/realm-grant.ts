import { clientCredentialsGrant } from 'openid-client';

import type { Outbound } from '../guarded-fetch.js';
import { KeycloakFault, type KeycloakFaultKind } from './keycloak-fault.js';
import type { RealmAddress } from './realm-address.js';
import { detailOf, tokenEndpoint, tokenErrorOf, type ClientCredentials, type TokenError } from './token-endpoint.js';

export interface RealmToken {
  readonly accessToken: string;
  readonly scope: readonly string[];
}

const timeoutMs = 3_000;

/**
 * A client_credentials grant in a tenant's realm: what proves an adopted realm, and what tenants' tokens come from.
 * The answer is not believed here: the token has to be verified.
 *
 * @param scope what to ask for; nothing where it is empty
 * @throws KeycloakFault REALM_NOT_FOUND, REALM_DISABLED, REALM_REFUSED_CLIENT, REALM_TOKENS_UNUSABLE, INVALID_SCOPE,
 *   ADDRESS_NOT_ALLOWED, UNAVAILABLE
 */
export async function grantRealmToken(
  outbound: Outbound,
  address: RealmAddress,
  client: ClientCredentials,
  scope: readonly string[],
): Promise<RealmToken> {
  const parameters: Record<string, string> = scope.length > 0 ? { scope: scope.join(' ') } : {};
  try {
    const answer = await clientCredentialsGrant(tokenEndpoint(outbound, address, client, timeoutMs), parameters);
    return {
      accessToken: answer.access_token,
      scope: (answer.scope ?? '').split(' ').filter((name) => name !== ''),
    };
  } catch (error) {
    const found = tokenErrorOf(error);
    throw new KeycloakFault(kindOf(found, scope), detailOf(found));
  }
}

function kindOf({ status, error, isRefused }: TokenError, scope: readonly string[]): KeycloakFaultKind {
  if (isRefused) return 'ADDRESS_NOT_ALLOWED';
  if (status === 404) return 'REALM_NOT_FOUND';
  if (status === 403) return 'REALM_DISABLED';
  if (error === 'invalid_scope' && scope.length > 0) return 'INVALID_SCOPE';
  if (status === 400 || status === 401) return 'REALM_REFUSED_CLIENT';
  return status === 200 ? 'REALM_TOKENS_UNUSABLE' : 'UNAVAILABLE';
}
