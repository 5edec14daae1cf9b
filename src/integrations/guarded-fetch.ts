import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

import pLimit from 'p-limit';
import { Agent, buildConnector, request as undiciRequest, type Dispatcher } from 'undici';

import { inTime, timeLeft } from './deadline.js';
import {
  isListedByName,
  isPublicShape,
  refusalOf,
  target,
  targetOf,
  type AllowEntry,
  type OutboundPurpose,
  type Refusal,
  type Target,
} from './outbound.rules.js';

export interface OutboundRequest {
  readonly purpose: OutboundPurpose;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For all of it: name, connection, answer. Milliseconds; 3,000 unless given, and what is left of a deadline at most. */
  readonly timeoutMs?: number;
  /** The largest answer that is read. Bytes; 256 KiB unless given. */
  readonly maxBytes?: number;
  /** Where the status alone is of interest: the connection is dropped without reading the answer. */
  readonly discardBody?: boolean;
}

export interface OutboundResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** The only way out of the process over HTTP. */
export interface Outbound {
  /** One call; redirects are answers like others. @throws OutboundFault */
  request(url: string, init: OutboundRequest): Promise<OutboundResponse>;
  /** Whether the address may be called, as far as can be told now; each call is checked again when it connects. */
  check(url: string, purpose: OutboundPurpose): Promise<Refusal | undefined>;
  close(): Promise<void>;
}

export type OutboundFaultKind = 'REFUSED' | 'TIMED_OUT' | 'TOO_LARGE' | 'FAILED';

/** A call that was not made, or got no whole answer. */
export class OutboundFault extends Error {
  override readonly name = 'OutboundFault';

  constructor(
    readonly kind: OutboundFaultKind,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`outgoing call ${kind}: ${detail}`, options);
  }
}

const defaultTimeoutMs = 3_000;
const defaultMaxBytes = 256 * 1024;

/**
 * Makes the way out. Each purpose has connections of its own, so that none is reused past the check of another; no
 * redirect is followed, and no proxy is taken from the environment.
 *
 * @param allow the operator's list
 */
export function createOutbound({ allow }: { readonly allow: readonly AllowEntry[] }): Outbound {
  const agents: Readonly<Record<OutboundPurpose, Agent>> = {
    platform: makeAgent(buildConnector({ allowH2: false, timeout: defaultTimeoutMs })),
    keycloak: makeAgent(guardedConnector(allow, 'keycloak')),
    'otp-manager': makeAgent(guardedConnector(allow, 'otp-manager')),
  };
  return {
    check: (url, purpose) => check(allow, url, purpose),
    async request(url, init) {
      const goal = targetOf(url);
      if (typeof goal === 'string') throw new OutboundFault('REFUSED', goal);
      return await send(agents[init.purpose], url, init);
    },
    async close() {
      await Promise.all(Object.values(agents).map((agent) => agent.destroy()));
    },
  };
}

function makeAgent(connect: buildConnector.connector): Agent {
  return new Agent({ connect, allowH2: false, connections: 32, pipelining: 1, maxHeaderSize: 16_384 });
}

async function send(agent: Agent, url: string, init: OutboundRequest): Promise<OutboundResponse> {
  const { method, headers, body, maxBytes = defaultMaxBytes } = init;
  const timeoutMs = Math.floor(Math.min(init.timeoutMs ?? defaultTimeoutMs, timeLeft()));
  if (timeoutMs < 1) throw new OutboundFault('TIMED_OUT', 'no time was left');
  try {
    const call = undiciRequest(url, {
      dispatcher: agent,
      method,
      body,
      headers: { 'user-agent': 'tenantry', ...headers, 'accept-encoding': 'identity' },
      signal: AbortSignal.timeout(timeoutMs),
    });
    // The signal alone does not end a call whose host's name is still being looked up.
    const answer = await inTime(call, timeoutMs);
    if (answer === undefined) throw new OutboundFault('TIMED_OUT', `${timeoutMs} ms`);
    const content = init.discardBody ? discard(answer.body) : await readBody(answer.body, maxBytes);
    return { status: answer.statusCode, headers: answer.headers, body: content };
  } catch (error) {
    throw asFault(error, timeoutMs);
  }
}

function discard(body: Dispatcher.ResponseData['body']): Buffer {
  body.on('error', () => undefined); // the drop itself
  body.destroy();
  return Buffer.alloc(0);
}

async function readBody(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop destroys the stream, and the connection with it.
    if (size > maxBytes) throw new OutboundFault('TOO_LARGE', `more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function asFault(error: unknown, timeoutMs: number): OutboundFault {
  if (error instanceof OutboundFault) return error;
  const { name, code } = error as { name: string; code?: string | number };
  const what = typeof code === 'string' ? code : name;
  return /timeout/i.test(what)
    ? new OutboundFault('TIMED_OUT', `${timeoutMs} ms`)
    : new OutboundFault('FAILED', what, { cause: error });
}

async function check(
  allow: readonly AllowEntry[],
  url: string,
  purpose: OutboundPurpose,
): Promise<Refusal | undefined> {
  const goal = targetOf(url);
  if (typeof goal === 'string') return goal;
  if (purpose === 'platform') return undefined;
  const withinMs = Math.min(defaultTimeoutMs, timeLeft());
  const addresses = (await inTime(addressesOf(goal.host), withinMs).catch(() => [])) ?? [];
  if (addresses.length > 0) return firstRefusal(allow, goal, addresses, purpose);
  return isListedByName(allow, goal) || isPublicShape(goal, purpose) ? undefined : 'NOT_LISTED';
}

function firstRefusal(
  allow: readonly AllowEntry[],
  goal: Target,
  addresses: readonly LookupAddress[],
  purpose: OutboundPurpose,
): Refusal | undefined {
  return addresses.map(({ address }) => refusalOf(allow, goal, address, purpose)).find((refusal) => refusal);
}

/** Names under way: one that takes long is asked for once, and so holds up no more than one of the few at a time. */
const lookups = new Map<string, Promise<LookupAddress[]>>();
/**
 * Of the threads that look names up some are left for what Tenantry itself needs: half of Node's threads can be at it,
 * which makes eight of the sixteen that `npm start` and the image set (UV_THREADPOOL_SIZE), and only two where nobody did.
 */
const fewAtATime = pLimit(4);

/** The host itself where it is an address (no lookup hook ever sees those), else every DNS answer. */
async function addressesOf(host: string): Promise<LookupAddress[]> {
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family }];
  const lookup = lookups.get(host) ?? fewAtATime(() => lookUp(host)).finally(() => lookups.delete(host));
  lookups.set(host, lookup);
  return await lookup;
}

async function lookUp(host: string): Promise<LookupAddress[]> {
  return await new Promise((resolve, reject) => {
    dnsLookup(host, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });
}

/** Asks DNS once a connection, checks every answer, and connects to nothing but those answers. */
function guardedConnector(allow: readonly AllowEntry[], purpose: OutboundPurpose): buildConnector.connector {
  return (options, callback) => {
    const goal = target(options.protocol, options.hostname, options.port);
    addressesOf(goal.host).then(
      (addresses) => {
        const refusal = firstRefusal(allow, goal, addresses, purpose);
        if (refusal) callback(new OutboundFault('REFUSED', refusal), null);
        else
          buildConnector({ allowH2: false, timeout: defaultTimeoutMs, lookup: answering(addresses) })(
            options,
            callback,
          );
      },
      (error: unknown) => {
        callback(error as Error, null);
      },
    );
  };
}

function answering(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, { all }, callback) => {
    const [first] = addresses;
    if (first === undefined) callback(new Error('no address'), '');
    else if (all) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
}
