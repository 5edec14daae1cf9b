import { calculateJwkThumbprint, jwtVerify, type CryptoKey, type JWTPayload } from 'jose';

import { tokenAlgorithms, type KeySets, type KeySource } from '../../integrations/keycloak/key-sets.js';
import { throwRefusal, TokenRefusal } from './token-refusal.rules.js';

/** The realm that a token is to be from. */
export interface ExpectedRealm {
  readonly source: KeySource;
  /** The tenant's client. */
  readonly clientId: string;
  /** Demanded of realms that Tenantry made, which put it in. */
  readonly audience?: string;
}

/** What is believed of a tenant's token once it is verified. Times are seconds since the epoch. */
export interface TenantClaims {
  readonly subject: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** RFC 7638, of the key that it is signed with: whoever issued it has that key, and does not only show it. */
  readonly keyThumbprint: string;
}

/** Longer tokens are refused, in bytes. */
const maxTokenBytes = 8_192;
/** A realm's clock may be ahead by this. */
const clockSkewSeconds = 5;
const latest = Date.UTC(9999, 0) / 1_000;

/**
 * Verifies a token of a tenant's realm. Its mappers can forge every claim but `iss`, `typ`, `iat` and `exp`, so the tenant
 * follows from the issuer alone; the rest only tells tokens of the tenant's client from others.
 *
 * @throws TokenRefusal
 * @throws KeycloakFault UNAVAILABLE where the realm's keys cannot be had, REALM_TOKENS_UNUSABLE where they were exchanged
 */
export async function verifyTenantToken(
  keySets: Pick<KeySets, 'keyFor'>,
  token: string,
  expected: ExpectedRealm,
): Promise<TenantClaims> {
  if (Buffer.byteLength(token) > maxTokenBytes) throw new TokenRefusal('it is too long');
  const { payload, key } = await jwtVerify(token, keySets.keyFor(expected.source), {
    algorithms: tokenAlgorithms,
    issuer: expected.source.issuer,
    audience: expected.audience,
    requiredClaims: ['exp', 'iat', 'sub'],
  }).catch(throwRefusal);
  return { ...readClaims(payload, expected.clientId), keyThumbprint: await calculateJwkThumbprint(key as CryptoKey) };
}

function readClaims(claims: JWTPayload, clientId: string): Omit<TenantClaims, 'keyThumbprint'> {
  const { sub, iat = 0, exp = 0, typ, azp, cnf, sid } = claims;
  if (typ !== 'Bearer') throw new TokenRefusal('it is no access token');
  if (cnf !== undefined) throw new TokenRefusal('it is bound to a key');
  if (sid !== undefined) throw new TokenRefusal('it is of a session, as an end user’s are');
  // OpenID Connect Core 1.0, section 2: at most 255 characters.
  if (typeof sub !== 'string' || sub === '' || sub.length > 255) throw new TokenRefusal('it names no subject');
  if (azp !== clientId) throw new TokenRefusal('it is another client’s');
  if (!(exp < latest)) throw new TokenRefusal('it lives too long');
  if (iat > Date.now() / 1_000 + clockSkewSeconds) throw new TokenRefusal('it is from the future');
  return { subject: sub, issuedAt: Math.floor(iat), expiresAt: Math.floor(exp) };
}
