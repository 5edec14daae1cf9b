import { randomBytes } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { invalidGrant } from './answers.js';
import type { Client, Realm, Session, User } from './model.js';
import { nowSeconds, readToken, sessionIdleSeconds } from './tokens.js';

export function openSession(realm: Realm, client: Client, user: User, scope: string): Session {
  forgetTheDead(realm);
  const id = randomBytes(18).toString('base64url');
  const session = { id, userId: user.id, client: client.id, scope, lastRefresh: nowSeconds() };
  realm.sessions.push(session);
  return session;
}

/** The session of that id, where it has not ended. */
export function liveSession(realm: Realm, id: unknown): Session | undefined {
  const session = realm.sessions.find((one) => one.id === id);
  return session && session.lastRefresh + sessionIdleSeconds > nowSeconds() ? session : undefined;
}

/**
 * The claims of a refresh token, whether or not its session still lives.
 * @throws Refusal 400 `invalid_grant` for anything that is not one of this issuer's
 */
export async function refreshClaims(realm: Realm, token: string, issuer: string): Promise<JWTPayload> {
  const claims = await readToken(realm, token);
  if (claims?.['typ'] !== 'Refresh') throw invalidGrant('Invalid refresh token');
  if (claims.iss !== issuer) throw invalidGrant(`Invalid token issuer. Expected '${issuer}'`);
  return claims;
}

export function endSessions(realm: Realm, ended: (session: Session) => boolean): void {
  realm.sessions = realm.sessions.filter((session) => !ended(session));
}

/** Notes an access token as revoked until it would have expired anyway. */
export function revokeAccessToken(realm: Realm, jti: string, exp: number): void {
  forgetTheDead(realm);
  realm.revoked[jti] = exp;
}

function forgetTheDead(realm: Realm): void {
  const now = nowSeconds();
  endSessions(realm, (session) => session.lastRefresh + sessionIdleSeconds <= now);
  realm.revoked = Object.fromEntries(Object.entries(realm.revoked).filter(([, exp]) => exp > now));
}
