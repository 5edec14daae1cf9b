import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  errors,
  importJWK,
  type CryptoKey,
  type JWK,
  type JWTVerifyGetKey,
} from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';

import { inTime, withoutDeadline } from '../deadline.js';
import type { Outbound } from '../guarded-fetch.js';
import { KeycloakFault } from './keycloak-fault.js';
import type { RealmAddress } from './realm-address.js';

/** Signature algorithms that tokens may use, at the platform's realm and at tenants'. */
export const tokenAlgorithms = ['RS256', 'ES256', 'PS256'];

export type KeySource = Pick<RealmAddress, 'issuer' | 'certsUrl' | 'purpose'>;

/** Issuers' signing keys, fetched when they are needed, kept per issuer. */
export interface KeySets {
  /** For jose.jwtVerify. @throws KeycloakFault UNAVAILABLE where the keys were never had and do not come */
  keyFor(source: KeySource): JWTVerifyGetKey;
  /** RFC 7638 thumbprints of the signing keys, as far as they are known, else fetched. @throws KeycloakFault UNAVAILABLE */
  thumbprints(source: KeySource): Promise<readonly string[]>;
  /** The keys as the issuer shows them now, neither admitted nor kept: for looking at them. @throws KeycloakFault UNAVAILABLE */
  offered(source: KeySource): Promise<OfferedKeys>;
  /** Has the keys fetched and admitted anew when they are next needed. */
  forget(issuer: string): void;
  /** Whether keys of this issuer are at hand. */
  has(issuer: string): boolean;
  /** Whether the issuer gives its keys out, as of a few seconds ago at most. */
  answers(source: KeySource): Promise<boolean>;
}

export interface OfferedKeys {
  readonly thumbprints: readonly string[];
  readonly keyFor: JWTVerifyGetKey;
}

/**
 * Which of the keys that were just fetched a realm may have. Where it throws none is used, and those at hand stay.
 *
 * @param thumbprints RFC 7638, of the signing keys
 */
export type AdmitKeys = (source: KeySource, thumbprints: readonly string[]) => Promise<readonly string[]>;

const timeoutMs = 2_000;
const maxBytes = 256 * 1024;
const maxKeys = 50;
const maxWaiting = 50;
const betweenTriesMs = 30_000;
/** The operators' own Keycloak may just be starting: without any keys it is asked again soon. */
const betweenFirstTriesMs = 1_000;
/** How old the word on whether an issuer answers may be. */
const betweenLooksMs = 3_000;
/** After which keys are fetched anew although they fit, so that withdrawn ones go. */
const staleAfterMs = 10 * 60_000;

/**
 * Key sets are hostile: a tenant's administrator may own the whole Keycloak server. They are read through the guard, up
 * to a size; only public parts of sound signing keys are taken; an issuer's waiters are counted, and tries are spaced.
 *
 * @param maxIssuers how many issuers' keys are kept; the least recently used go first
 */
export function createKeySets(options: {
  readonly outbound: Outbound;
  readonly admit?: AdmitKeys;
  readonly now?: () => number;
  readonly maxIssuers?: number;
}): KeySets {
  const { outbound, admit = async (_source, thumbprints) => thumbprints, now = Date.now, maxIssuers = 2_000 } = options;
  const sets = new LRUCache<string, KeySet>({ max: maxIssuers });
  const setOf = (source: KeySource): KeySet => {
    const known = sets.get(source.issuer) ?? new KeySet({ outbound, admit, now }, source);
    sets.set(source.issuer, known);
    return known;
  };
  return {
    has: (issuer) => sets.peek(issuer)?.isLoaded ?? false,
    answers: async (source) => await setOf(source).answers(),
    forget: (issuer) => void sets.delete(issuer),
    thumbprints: async (source) => (await setOf(source).ready()).thumbprints,
    offered: async (source) => {
      const keys = await fetchKeys(outbound, source);
      const { thumbprints, find } = loaded(keys);
      return { thumbprints, keyFor: find };
    },
    keyFor: (source) => async (header, token) => await setOf(source).find(header, token),
  };
}

interface LoadedKeys {
  readonly thumbprints: readonly string[];
  readonly find: ReturnType<typeof createLocalJWKSet>;
}

/** The keys of one issuer. */
class KeySet {
  #loaded?: LoadedKeys;
  #triedAt = -Infinity;
  #fetching?: Promise<LoadedKeys>;
  #waiting = 0;
  #answered = false;

  constructor(
    private readonly ports: { readonly outbound: Outbound; readonly admit: AdmitKeys; readonly now: () => number },
    private readonly source: KeySource,
  ) {}

  get isLoaded(): boolean {
    return this.#loaded !== undefined;
  }

  /** The keys at hand, however old while newer ones are on their way; fetched where there are none. */
  async ready(): Promise<LoadedKeys> {
    if (this.#loaded === undefined) {
      const keys = this.#mayTry ? await inTime(this.#refresh()) : undefined;
      return keys ?? fail('the keys could not be had in time, or a moment ago');
    }
    if (this.ports.now() - this.#triedAt > staleAfterMs) this.#refresh().catch(() => undefined);
    return this.#loaded;
  }

  /** A key that is not among those at hand may be a new one: they are fetched again, unless that was just done. */
  async find(...[header, token]: Parameters<JWTVerifyGetKey>): Promise<CryptoKey> {
    const { find } = await this.ready();
    try {
      return await find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !this.#mayTry) throw error;
      const renewed = await inTime(this.#refresh().catch(() => undefined));
      return await (renewed?.find ?? find)(header, token);
    }
  }

  async answers(): Promise<boolean> {
    const isDue = this.ports.now() - this.#triedAt >= (this.isLoaded ? betweenLooksMs : betweenFirstTriesMs);
    if (isDue || this.#fetching !== undefined) await this.#refresh().catch(() => undefined);
    return this.#answered;
  }

  get #mayTry(): boolean {
    if (this.#fetching !== undefined) return true;
    const isFirst = this.source.purpose === 'platform' && this.#loaded === undefined;
    return this.ports.now() - this.#triedAt >= (isFirst ? betweenFirstTriesMs : betweenTriesMs);
  }

  async #refresh(): Promise<LoadedKeys> {
    if (this.#waiting >= maxWaiting) fail('too many wait for the keys');
    this.#waiting += 1;
    this.#fetching ??= withoutDeadline(() => this.#load()).finally(() => (this.#fetching = undefined));
    return await this.#fetching.finally(() => (this.#waiting -= 1));
  }

  async #load(): Promise<LoadedKeys> {
    this.#triedAt = this.ports.now();
    this.#answered = false;
    const keys = await fetchKeys(this.ports.outbound, this.source);
    this.#answered = true;
    const admitted = await this.ports.admit(this.source, thumbprintsOf(keys));
    return (this.#loaded = loaded(keys.filter(([thumbprint]) => admitted.includes(thumbprint))));
  }
}

/** Each with its thumbprint. */
type SigningKeys = readonly (readonly [thumbprint: string, key: JWK])[];

function thumbprintsOf(keys: SigningKeys): string[] {
  return [...new Set(keys.map(([thumbprint]) => thumbprint))];
}

function loaded(keys: SigningKeys): LoadedKeys {
  return { thumbprints: thumbprintsOf(keys), find: createLocalJWKSet({ keys: keys.map(([, key]) => key) }) };
}

function fail(detail: string): never {
  throw new KeycloakFault('UNAVAILABLE', detail);
}

async function fetchKeys(outbound: Outbound, { certsUrl, purpose }: KeySource): Promise<SigningKeys> {
  try {
    const { status, body } = await outbound.request(certsUrl, { purpose, method: 'GET', timeoutMs, maxBytes });
    if (status !== 200) throw new Error(`HTTP ${status}`);
    const candidates = documentSchema.parse(JSON.parse(body.toString('utf8'))).keys;
    const keys = (await Promise.all(candidates.map(signingKey))).flat();
    return await Promise.all(keys.map(async (key) => [await calculateJwkThumbprint(key), key] as const));
  } catch (error) {
    throw new KeycloakFault('UNAVAILABLE', 'the keys of the issuer could not be read', { cause: error });
  }
}

const documentSchema = z.object({ keys: z.array(z.unknown()).max(maxKeys) });

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/);
const common = {
  kid: z.string().max(255).optional(),
  use: z.literal('sig').optional(),
};
const keySchema = z.discriminatedUnion('kty', [
  z.object({
    ...common,
    kty: z.literal('RSA'),
    alg: z.enum(['RS256', 'PS256']).optional(),
    // An exponent of at most 4 bytes: a long one makes each verification as slow as signing.
    e: base64url.max(6),
    n: base64url.refine(isSoundModulus),
  }),
  z.object({
    ...common,
    kty: z.literal('EC'),
    alg: z.literal('ES256').optional(),
    crv: z.literal('P-256'),
    x: base64url,
    y: base64url,
  }),
]);

/** The public part of a key that we would verify with; none for all others. */
async function signingKey(candidate: unknown): Promise<JWK[]> {
  const { data } = keySchema.safeParse(candidate);
  if (data === undefined) return [];
  return await importJWK(data, data.kty === 'EC' ? 'ES256' : 'RS256').then(
    () => [data],
    () => [],
  );
}

function isSoundModulus(n: string): boolean {
  const bytes = Buffer.from(n, 'base64url');
  const bits = bytes.length * 8 - Math.clz32(bytes[0] ?? 0) + 24;
  return bits >= 2_048 && bits <= 4_096;
}
