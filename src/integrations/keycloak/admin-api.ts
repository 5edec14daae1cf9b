import { clientCredentialsGrant } from 'openid-client';
import pLimit from 'p-limit';

import { OutboundFault, type Outbound } from '../guarded-fetch.js';
import { KeycloakFault } from './keycloak-fault.js';
import type { RealmAddress } from './realm-address.js';
import { detailOf, tokenEndpoint, tokenErrorOf, type ClientCredentials } from './token-endpoint.js';

export interface AdminAnswer {
  /** HTTP status; 0 where no answer came in time. */
  readonly status: number;
  /** The parsed body; undefined where there is none or it is no JSON. */
  readonly body: unknown;
}

export interface AdminCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/admin/realms`, beginning with a slash, or empty. */
  readonly path: string;
  readonly body?: unknown;
  /** Milliseconds. */
  readonly timeoutMs?: number;
}

/** Keycloak's Admin API with the provisioning account. A missing answer is an answer too: the outcome is unknown. */
export type AdminApi = (call: AdminCall) => Promise<AdminAnswer>;

const defaultTimeoutMs = 3_000;
const maxInFlight = 4;
/** A token is used until so long before it expires. */
const spareMs = 10_000;

/**
 * @param url base address of the operators' Keycloak
 * @param address its realm in which the provisioning account lives
 * @returns calls that throw KeycloakFault UNAVAILABLE where no admin token can be had, or it is not let in
 */
export function createAdminApi(options: {
  readonly outbound: Outbound;
  readonly url: string;
  readonly address: RealmAddress;
  readonly client: ClientCredentials;
}): AdminApi {
  const { outbound, url, address, client } = options;
  const limit = pLimit(maxInFlight);
  const token = cachedToken(outbound, address, client);
  const attempt = async (call: AdminCall): Promise<AdminAnswer> =>
    await send(outbound, `${url}/admin/realms${call.path}`, call, await token.get());
  return async (call) =>
    await limit(async () => {
      const first = await attempt(call);
      if (first.status !== 401) return first;
      token.drop();
      const second = await attempt(call);
      if (second.status === 401) throw new KeycloakFault('UNAVAILABLE', 'the admin token is refused');
      return second;
    });
}

async function send(outbound: Outbound, url: string, call: AdminCall, token: string): Promise<AdminAnswer> {
  const { method, body, timeoutMs = defaultTimeoutMs } = call;
  try {
    const answer = await outbound.request(url, {
      purpose: 'platform',
      method,
      headers: { authorization: `Bearer ${token}`, accept: 'application/json', 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      timeoutMs,
    });
    return { status: answer.status, body: parsed(answer.body) };
  } catch (error) {
    if (error instanceof OutboundFault) return { status: 0, body: undefined };
    throw error;
  }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The admin token, asked for once however many wait, and again shortly before it expires. */
function cachedToken(
  outbound: Outbound,
  address: RealmAddress,
  client: ClientCredentials,
): { get(): Promise<string>; drop(): void } {
  const configuration = tokenEndpoint(outbound, address, client, defaultTimeoutMs);
  let current: { readonly token: Promise<string>; expiresAt: number } | undefined;
  const fetchToken = async (entry: { expiresAt: number }): Promise<string> => {
    try {
      const answer = await clientCredentialsGrant(configuration);
      entry.expiresAt = Date.now() + (answer.expires_in ?? 0) * 1_000 - spareMs;
      return answer.access_token;
    } catch (error) {
      entry.expiresAt = 0;
      throw new KeycloakFault('UNAVAILABLE', `no admin token: ${detailOf(tokenErrorOf(error))}`);
    }
  };
  return {
    drop: () => (current = undefined),
    async get() {
      if (current === undefined || current.expiresAt <= Date.now()) {
        const entry = { expiresAt: Infinity };
        current = Object.assign(entry, { token: fetchToken(entry) });
      }
      return await current.token;
    },
  };
}
