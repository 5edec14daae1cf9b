import {
  clientCredentialsGrant,
  genericGrantRequest,
  refreshTokenGrant,
  tokenRevocation,
  type Configuration,
} from 'openid-client';
import pLimit from 'p-limit';

import type { Outbound } from '../guarded-fetch.js';
import { KeycloakFault } from './keycloak-fault.js';
import type { RealmAddress } from './realm-address.js';
import { detailOf, tokenEndpoint, tokenErrorOf, type ClientCredentials, type TokenError } from './token-endpoint.js';

export interface TokenSet {
  readonly accessToken: string;
  /** undefined for a service account. */
  readonly refreshToken: string | undefined;
  /** Seconds; undefined where the session does not end by itself. */
  readonly refreshExpiresInSeconds: number | undefined;
  readonly scope: readonly string[];
}

export interface UserCredentials {
  readonly username: string;
  readonly password: string;
  readonly oneTimeCode?: string;
}

/** Logging in to the operators' realm. Each throws a KeycloakFault. */
export interface PlatformLogin {
  /** INVALID_CREDENTIALS, ACCOUNT_NOT_READY, UNAVAILABLE after so many milliseconds at the latest */
  user(credentials: UserCredentials, withinMs?: number): Promise<TokenSet>;
  /** INVALID_CREDENTIALS, UNAVAILABLE after so many milliseconds at the latest */
  client(credentials: ClientCredentials, withinMs?: number): Promise<TokenSet>;
  /** SESSION_EXPIRED, UNAVAILABLE */
  refresh(refreshToken: string): Promise<TokenSet>;
  /** Ends the session; a token that opens none is no fault. UNAVAILABLE */
  logout(refreshToken: string): Promise<void>;
}

/** Keycloak hashes passwords: a few logins at a time keep it answering, and a short queue keeps callers from piling up. */
const maxInFlight = 8;
const maxWaiting = 100;
const timeoutMs = 4_000;
/** From asking to answer, the wait for a turn included. */
export const loginWithinMs = 4_800;
/** With less time than this left a call is not begun. */
const leastMs = 1_500;

type Answer = Awaited<ReturnType<typeof clientCredentialsGrant>>;
type Work<T> = (endpoint: Configuration) => Promise<T>;
type Translate = (error: TokenError) => KeycloakFault['kind'] | undefined;

/** @param client the confidential login client (`KEYCLOAK_CLIENT_ID`) */
export function createPlatformLogin(options: {
  readonly outbound: Outbound;
  readonly address: RealmAddress;
  readonly client: ClientCredentials;
}): PlatformLogin {
  const { outbound, address, client } = options;
  const limit = pLimit(maxInFlight);
  const call = async <T>(
    caller: ClientCredentials,
    work: Work<T>,
    translate: Translate,
    withinMs = loginWithinMs,
  ): Promise<T> => {
    if (limit.pendingCount >= maxWaiting) throw new KeycloakFault('UNAVAILABLE', 'too many calls are waiting');
    const deadline = Date.now() + withinMs;
    return await limit(async () => {
      const left = deadline - Date.now();
      if (left < leastMs) throw new KeycloakFault('UNAVAILABLE', 'the calls before took too long');
      const endpoint = tokenEndpoint(outbound, address, caller, Math.min(timeoutMs, left));
      return await work(endpoint).catch((error: unknown) => fail(tokenErrorOf(error), translate));
    });
  };
  return {
    user: async ({ username, password, oneTimeCode }, withinMs) => {
      const parameters = { username, password, ...(oneTimeCode !== undefined && { totp: oneTimeCode }) };
      return tokenSet(await call(client, (at) => genericGrantRequest(at, 'password', parameters), userFault, withinMs));
    },
    client: async (credentials, withinMs) => {
      const translate: Translate = ({ error }) => (isClientRefused(error) ? 'INVALID_CREDENTIALS' : undefined);
      return tokenSet(await call(credentials, clientCredentialsGrant, translate, withinMs));
    },
    refresh: async (refreshToken) =>
      tokenSet(await call(client, (at) => refreshTokenGrant(at, refreshToken), sessionFault)),
    logout: async (refreshToken) => {
      await call(client, (at) => tokenRevocation(at, refreshToken), sessionFault).catch((error: unknown) => {
        if (!(error instanceof KeycloakFault) || error.kind !== 'SESSION_EXPIRED') throw error;
      });
    },
  };
}

function fail(error: TokenError, translate: Translate): never {
  const kind = translate(error) ?? 'UNAVAILABLE';
  throw new KeycloakFault(kind, detailOf(error));
}

/** Keycloak says one and the same for every wrong part; only with the right password does it tell more. */
function userFault({ error, description }: TokenError): KeycloakFault['kind'] | undefined {
  if (error !== 'invalid_grant') return undefined;
  return description.startsWith('Account ') ? 'ACCOUNT_NOT_READY' : 'INVALID_CREDENTIALS';
}

/** Any 400 is about the token; what is about our own client has a code of its own. */
function sessionFault({ status, error }: TokenError): KeycloakFault['kind'] | undefined {
  return status === 400 && !isClientRefused(error) ? 'SESSION_EXPIRED' : undefined;
}

function isClientRefused(error: string): boolean {
  return error === 'invalid_client' || error === 'unauthorized_client';
}

function tokenSet(answer: Answer): TokenSet {
  const { access_token: accessToken, refresh_token: refreshToken, scope = '' } = answer;
  const seconds = Number(answer['refresh_expires_in'] ?? 0);
  return {
    accessToken,
    refreshToken,
    refreshExpiresInSeconds: refreshToken !== undefined && seconds > 0 ? seconds : undefined,
    scope: scope.split(' ').filter((name) => name !== ''),
  };
}
