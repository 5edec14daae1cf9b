import {
  allowInsecureRequests,
  ClientError,
  ClientSecretPost,
  Configuration,
  customFetch,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
  type CustomFetch,
} from 'openid-client';

import { OutboundFault, type Outbound } from '../guarded-fetch.js';
import type { RealmAddress } from './realm-address.js';

export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** What a token endpoint answered in place of a token. */
export interface TokenError {
  /** HTTP status; undefined where no answer came. */
  readonly status: number | undefined;
  /** OAuth error code, or Keycloak's own text. */
  readonly error: string;
  readonly description: string;
  /** The guard refused the address: nothing was sent. */
  readonly isRefused: boolean;
}

/** The largest answer of a token endpoint that is read, in bytes: room for two tokens. */
const maxBytes = 64 * 1024;

/**
 * An openid-client configuration for one client of one realm, whose calls go out through the guard.
 *
 * @param timeoutMs for each call as a whole
 */
export function tokenEndpoint(
  outbound: Outbound,
  address: RealmAddress,
  client: ClientCredentials,
  timeoutMs: number,
): Configuration {
  const { issuer, tokenUrl, revocationUrl, purpose } = address;
  const server = { issuer, token_endpoint: tokenUrl, revocation_endpoint: revocationUrl };
  const configuration = new Configuration(server, client.clientId, {}, ClientSecretPost(client.clientSecret));
  configuration[customFetch] = throughGuard(outbound, purpose, timeoutMs);
  // Where plain http may be spoken is for the allow-list to say, and for the operator's own setting.
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so only to make it stand out
  if (tokenUrl.startsWith('http:')) allowInsecureRequests(configuration);
  return configuration;
}

function throughGuard(outbound: Outbound, purpose: RealmAddress['purpose'], timeoutMs: number): CustomFetch {
  return async (url, { method, headers, body }) => {
    const answer = await outbound.request(url, {
      purpose,
      method: method === 'POST' ? 'POST' : 'GET',
      headers,
      body: body instanceof URLSearchParams ? body.toString() : undefined,
      timeoutMs,
      maxBytes,
    });
    const type = answer.headers['content-type'];
    const content = [204, 205, 304].includes(answer.status) ? null : new Uint8Array(answer.body);
    return new Response(content, {
      status: answer.status,
      headers: typeof type === 'string' ? { 'content-type': type } : {},
    });
  };
}

const knownCodes = [
  ...['invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client', 'unsupported_grant_type'],
  ...['invalid_scope', 'access_denied', 'invalid_token', 'server_error', 'temporarily_unavailable'],
  ...['REFUSED', 'TIMED_OUT', 'TOO_LARGE', 'FAILED', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON'],
];

/** For messages and logs. A hostile server may put the secret that it was sent into any text: only known codes go in. */
export function detailOf({ status, error }: TokenError): string {
  return `HTTP ${status ?? 'none'}, ${knownCodes.includes(error) ? error : 'other'}`;
}

/** Reads what openid-client threw; rethrows what is no answer of Keycloak's and no failure to reach it. */
export function tokenErrorOf(error: unknown): TokenError {
  if (error instanceof ResponseBodyError) {
    const { status, error: code, error_description: description = '' } = error;
    return { status, error: code, description, isRefused: false };
  }
  if (error instanceof WWWAuthenticateChallengeError) {
    return { status: error.status, error: 'invalid_client', description: '', isRefused: false };
  }
  if (error instanceof ClientError) {
    const { cause } = error;
    if (cause instanceof OutboundFault) {
      return { status: undefined, error: cause.kind, description: '', isRefused: cause.kind === 'REFUSED' };
    }
    // Everything else that it reports is an answer which does not have the form of the standard.
    const status = cause instanceof Response ? cause.status : 200;
    return { status, error: error.code ?? 'unreadable answer', description: '', isRefused: false };
  }
  throw error;
}
