import type { FastifyRequest } from 'fastify';
import { decodeJwt } from 'jose';
import { forbidden, realmNotFound, unauthorized } from './answers.js';
import type { Realm, User } from './model.js';
import type { RouteContext } from './route-context.js';
import { rolesInToken } from './roles.js';
import { liveSession } from './sessions.js';
import { clientByClientId } from './store.js';
import { readToken } from './tokens.js';

/** Whoever calls the admin API, and what Keycloak would let them do. */
export interface Administrator {
  user: User;
  /** May make realms. */
  creates: boolean;
  /** May see and change this realm: the master administrator, or whoever made it. */
  manages(realm: Realm): boolean;
  /** Has a right of any kind, and so may learn that a realm exists. */
  isAny: boolean;
}

/**
 * The caller behind the bearer token. Rights are read from the account, within what the token's client may carry,
 * so a lightweight token works, also for realms that were made after it.
 * @throws Refusal 401 where there is no good token
 */
export async function administrator(context: RouteContext, request: FastifyRequest): Promise<Administrator> {
  const [, token] = /^bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const { home, issuer } = homeOf(context, request, token);
  const claims = await readToken(home, token ?? '', issuer);
  if (claims?.['typ'] !== 'Bearer' || Object.hasOwn(home.revoked, String(claims.jti))) throw unauthorized();
  const session = claims['sid'] === undefined ? undefined : liveSession(home, claims['sid']);
  const user = home.users.find((one) => one.id === (session?.userId ?? claims.sub));
  const client = clientByClientId(home, String(claims['azp']));
  if (!user?.enabled || !client || (claims['sid'] !== undefined && !session)) throw unauthorized();
  const roles = home.realm === 'master' ? rolesInToken(home, client, user).realm : [];
  const isAdmin = roles.includes('admin');
  const managed = home.realm === 'master' && client.fullScopeAllowed ? user.manages : [];
  return {
    user,
    creates: isAdmin || roles.includes('create-realm'),
    manages: (realm) => isAdmin || managed.includes(realm.id),
    isAny: isAdmin || roles.includes('create-realm') || managed.length > 0,
  };
}

function homeOf(context: RouteContext, request: FastifyRequest, token = ''): { home: Realm; issuer: string } {
  try {
    const issuer = decodeJwt(token).iss ?? '';
    const base = `${context.base(request)}/realms/`;
    const home = issuer.startsWith(base)
      ? context.store.realm(decodeURIComponent(issuer.slice(base.length)))
      : undefined;
    if (home) return { home, issuer };
  } catch {
    // Not even a token: refused below.
  }
  throw unauthorized();
}

/**
 * The realm that the path names, for a caller who may manage it.
 * @throws Refusal 401 without a good token, 404 where there is no such realm, 403 where it is somebody else's
 */
export async function managedRealm(context: RouteContext, request: FastifyRequest): Promise<Realm> {
  const caller = await administrator(context, request);
  const realm = context.store.realm((request.params as { realm: string }).realm);
  if (!realm) throw realmNotFound();
  if (!caller.manages(realm)) throw forbidden();
  return realm;
}
