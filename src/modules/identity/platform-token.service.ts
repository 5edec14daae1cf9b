import { createHash } from 'node:crypto';

import { jwtVerify, type JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';

import { tokenAlgorithms, type KeySets } from '../../integrations/keycloak/key-sets.js';
import type { RealmAddress } from '../../integrations/keycloak/realm-address.js';
import { permissionsOf, roleByClientRole, type Role } from './permission.rules.js';
import { throwRefusal, TokenRefusal } from './token-refusal.rules.js';
import type { Viewer } from './viewer.rules.js';

export interface PlatformToken {
  readonly viewer: Viewer;
  /** A person's session; else a service account. */
  readonly isSession: boolean;
  /** Clients that the token carries roles of. */
  readonly clients: readonly string[];
  readonly expiresAt: Date;
}

export interface PlatformTokens {
  readonly issuer: string;
  /**
   * Checks an access token of the operators' realm.
   *
   * @throws TokenRefusal where it is none of ours
   * @throws KeycloakFault UNAVAILABLE where the realm's keys cannot be had
   */
  verify(token: string): Promise<PlatformToken>;
}

/** Tokens live 120 s: this many accepted ones are remembered, by digest. */
const maxRemembered = 10_000;

/** @param clientId the audience that tokens must carry, and whose client roles count */
export function createPlatformTokens(options: {
  readonly keySets: KeySets;
  readonly address: RealmAddress;
  readonly clientId: string;
}): PlatformTokens {
  const { keySets, address, clientId } = options;
  const accepted = new LRUCache<string, PlatformToken>({ max: maxRemembered });
  const keyFor = keySets.keyFor(address);
  return {
    issuer: address.issuer,
    async verify(token) {
      const digest = createHash('sha256').update(token).digest('base64');
      const known = accepted.get(digest);
      if (known && known.expiresAt.getTime() > Date.now()) return known;
      const { payload } = await jwtVerify(token, keyFor, {
        algorithms: tokenAlgorithms,
        issuer: address.issuer,
        audience: clientId,
        requiredClaims: ['exp', 'iat', 'sub'],
      }).catch(throwRefusal);
      const read = readClaims(payload, address.issuer, clientId);
      accepted.set(digest, read, { ttl: Math.max(read.expiresAt.getTime() - Date.now(), 1) });
      return read;
    },
  };
}

function readClaims(claims: JWTPayload, issuer: string, clientId: string): PlatformToken {
  const { sub, exp = 0, typ, cnf, sid, azp } = claims;
  if (typ !== 'Bearer') throw new TokenRefusal('it is no access token');
  if (cnf !== undefined) throw new TokenRefusal('it is bound to a key');
  // OpenID Connect Core 1.0, section 2: at most 255 characters.
  if (typeof sub !== 'string' || sub === '' || sub.length > 255) throw new TokenRefusal('it names no subject');
  const isSession = sid !== undefined;
  if (isSession && azp !== clientId) throw new TokenRefusal('the session is another client’s');
  const roles = rolesOf(claims, clientId);
  return {
    viewer: {
      subject: sub,
      issuer,
      ...namesOf(claims, isSession),
      roles,
      permissions: permissionsOf(roles),
      tenant: null,
    },
    isSession,
    clients: Object.keys(asObject(claims['resource_access'])),
    expiresAt: new Date(exp * 1_000),
  };
}

/** The client roles of the login client; realm roles and other clients' mean nothing here. */
function rolesOf(claims: JWTPayload, clientId: string): Role[] {
  const access = asObject(claims['resource_access']);
  const { roles } = asObject(Object.hasOwn(access, clientId) ? access[clientId] : undefined);
  if (!Array.isArray(roles)) return [];
  return Object.entries(roleByClientRole).flatMap(([name, role]) => (roles.includes(name) ? [role] : []));
}

function namesOf(claims: JWTPayload, isSession: boolean): Pick<Viewer, 'username' | 'name'> {
  const { preferred_username: username, client_id: client, azp, sub = '' } = claims;
  if (isSession) return { username: text(username) ?? null, name: text(username) ?? sub };
  return { username: null, name: text(client) ?? text(azp) ?? sub };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
