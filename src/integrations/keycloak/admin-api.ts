import { clientCredentialsGrant } from 'openid-client';
import pLimit from 'p-limit';

import { inTime, timeLeft, withoutDeadline } from '../deadline.js';
import { OutboundFault, type Outbound } from '../guarded-fetch.js';
import { KeycloakFault } from './keycloak-fault.js';
import { administratorsRealm, realmAddress, type PlatformKeycloak, type RealmAddress } from './realm-address.js';
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
  /** For all of it: waiting for a turn, an admin token where none is at hand, the answer. Milliseconds; 3,000 unless given. */
  readonly timeoutMs?: number;
  /** The largest answer that is read. Bytes; 256 KiB unless given. */
  readonly maxBytes?: number;
}

/** Keycloak's Admin API with the provisioning account. A missing answer is an answer too: the outcome is unknown. */
export type AdminApi = (call: AdminCall) => Promise<AdminAnswer>;

const defaultTimeoutMs = 3_000;
const maxInFlight = 4;
/** A token is used until so long before it expires. */
const spareMs = 10_000;

/**
 * @param platform the operators' Keycloak, where the provisioning account is one of the realm `master`
 * @returns calls that throw KeycloakFault UNAVAILABLE where no admin token can be had, or it is not let in
 */
export function createAdminApi(options: {
  readonly outbound: Outbound;
  readonly platform: PlatformKeycloak;
  readonly client: ClientCredentials;
}): AdminApi {
  const { outbound, platform, client } = options;
  const limit = pLimit(maxInFlight);
  const token = cachedToken(outbound, realmAddress(platform, administratorsRealm), client);
  const attempt = async (call: AdminCall, deadline: number): Promise<AdminAnswer> => {
    const bearer = await inTime(token.get(), deadline - Date.now());
    if (bearer === undefined || Date.now() >= deadline) return noAnswer;
    return await send(outbound, `${platform.url}/admin/realms${call.path}`, call, bearer, deadline - Date.now());
  };
  return async (call) => {
    const timeoutMs = Math.min(call.timeoutMs ?? defaultTimeoutMs, timeLeft());
    const deadline = Date.now() + timeoutMs;
    const answer = limit(async () => {
      const first = await attempt(call, deadline);
      if (first.status !== 401) return first;
      token.drop();
      const second = await attempt(call, deadline);
      if (second.status === 401) throw new KeycloakFault('UNAVAILABLE', 'the admin token is refused');
      return second;
    });
    return (await inTime(answer, timeoutMs)) ?? noAnswer;
  };
}

const noAnswer: AdminAnswer = { status: 0, body: undefined };

async function send(
  outbound: Outbound,
  url: string,
  { method, body, maxBytes }: AdminCall,
  token: string,
  timeoutMs: number,
): Promise<AdminAnswer> {
  try {
    const answer = await outbound.request(url, {
      purpose: 'platform',
      method,
      headers: { authorization: `Bearer ${token}`, accept: 'application/json', 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      timeoutMs,
      ...(maxBytes !== undefined && { maxBytes }),
    });
    return { status: answer.status, body: parsed(answer.body) };
  } catch (error) {
    if (error instanceof OutboundFault) return noAnswer;
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
        current = Object.assign(entry, { token: withoutDeadline(() => fetchToken(entry)) });
      }
      return await current.token;
    },
  };
}
