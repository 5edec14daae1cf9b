import { randomBytes, randomUUID } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify, SignJWT, type JWTHeaderParameters, type JWTPayload } from 'jose';
import type { TokenLie } from './faults.js';
import { keyObjects, newKey } from './keys.js';
import { hardcodedClaims, mappedAudiences } from './mappers.js';
import type { Client, Realm, RealmKey, Session, User } from './model.js';
import { rolesInToken } from './roles.js';

/** Seconds that a session and its refresh token live without being refreshed. */
export const sessionIdleSeconds = 1800;

export const nowSeconds = (): number => Math.floor(Date.now() / 1000);

export interface TokenSubject {
  realm: Realm;
  client: Client;
  user: User;
  /** Missing for a service account. */
  session?: Session;
  /** The scope that was asked for beyond the default one, `openid` or nothing. */
  scope: string;
  issuer: string;
}

/** Seconds that an access token of this client lives. */
export const lifespan = (realm: Realm, client: Client): number =>
  Number(client.attributes['access.token.lifespan'] ?? realm.accessTokenLifespan);

const isLightweight = (client: Client): boolean =>
  client.attributes['client.use.lightweight.access.token.enabled'] === 'true';

export const shownScope = (scope: string): string => (scope ? `${scope} profile email` : 'profile email');

/** An access token as Keycloak signs it, or one that is wrong in the way that a test asked for. */
export async function accessToken(subject: TokenSubject, grant: 'ro' | 'rt' | 'cc', lie?: TokenLie): Promise<string> {
  const { realm, client } = subject;
  const kind = `${subject.session ? 'on' : 'tr'}${isLightweight(client) ? 'l' : 'r'}t${grant}`;
  const issued = { iat: nowSeconds(), exp: nowSeconds() + lifespan(realm, client), jti: `${kind}:${randomUUID()}` };
  const claims = isLightweight(client) ? lightClaims(subject) : fullClaims(subject);
  const [signingKey] = realm.signingKeys;
  if (!signingKey) throw new Error(`The realm ${realm.realm} has no key`);
  const key = lie === 'other-key' ? { ...(await newKey()), kid: signingKey.kid } : signingKey;
  return sign({ ...claims, ...issued, ...lieClaims(lie) }, key);
}

/** Signs claims with a realm's key: `{ alg: RS256, typ: JWT, kid }`; a header marked critical need not be known. */
export function sign(
  claims: JWTPayload,
  key: RealmKey,
  header: JWTHeaderParameters = { alg: 'RS256' },
): Promise<string> {
  const crit = Object.fromEntries((header.crit ?? []).map((name) => [name, true]));
  return new SignJWT(claims)
    .setProtectedHeader({ typ: 'JWT', kid: key.kid, ...header })
    .sign(keyObjects(key).privateKey, { crit });
}

function lieClaims(lie: TokenLie | undefined): JWTPayload {
  switch (lie) {
    case 'wrong-issuer':
      return { iss: 'http://127.0.0.1:1/realms/elsewhere' };
    case 'wrong-audience':
      return { aud: 'somebody-else' };
    case 'wrong-typ':
      return { typ: 'ID' };
    case 'wrong-azp':
      return { azp: 'another-client', client_id: 'another-client' };
    case 'expired':
      return { iat: nowSeconds() - 7200, exp: nowSeconds() - 3600 };
    case 'oversize':
      return { padding: randomBytes(8192).toString('base64url') };
    case 'no-sub':
      return { sub: undefined };
    case 'with-sid':
      return { sid: 'of-some-session' };
    default:
      return {};
  }
}

function lightClaims({ client, user, session, scope, issuer }: TokenSubject): JWTPayload {
  const who = session ? { sid: session.id } : { sub: user.id };
  return { iss: issuer, ...who, typ: 'Bearer', azp: client.clientId, scope: shownScope(scope) };
}

function fullClaims(subject: TokenSubject): JWTPayload {
  const { realm, client, user, session, scope, issuer } = subject;
  const { realm: realmRoles, clients: clientRoles } = rolesInToken(realm, client, user);
  const audiences = [...mappedAudiences(client), ...Object.keys(clientRoles).filter((id) => id !== client.clientId)];
  const aud = [...new Set(audiences)];
  return {
    iss: issuer,
    ...(aud.length > 0 && { aud: aud.length === 1 ? aud[0] : aud }),
    sub: user.id,
    typ: 'Bearer',
    azp: client.clientId,
    ...(session && { sid: session.id }),
    acr: '1',
    ...(realmRoles.length > 0 && { realm_access: { roles: realmRoles } }),
    ...(Object.keys(clientRoles).length > 0 && {
      resource_access: Object.fromEntries(Object.entries(clientRoles).map(([id, roles]) => [id, { roles }])),
    }),
    scope: shownScope(scope),
    ...profile(user),
    ...(!session && { client_id: client.clientId, clientHost: '127.0.0.1', clientAddress: '127.0.0.1' }),
    ...hardcodedClaims(client),
  };
}

function profile({ username, firstName, lastName, email, emailVerified }: User): JWTPayload {
  const name = [firstName, lastName].filter(Boolean).join(' ');
  return {
    email_verified: emailVerified,
    preferred_username: username,
    ...(name && { name, given_name: firstName, family_name: lastName }),
    ...(email && { email }),
  };
}

/** An ID token for `scope=openid`: same key as access tokens, told apart by `typ` alone. */
export async function idToken(subject: TokenSubject): Promise<string> {
  const { realm, client, user, session, issuer } = subject;
  const [key] = realm.signingKeys;
  if (!key) throw new Error(`The realm ${realm.realm} has no key`);
  const times = { iat: nowSeconds(), exp: nowSeconds() + lifespan(realm, client), jti: randomUUID() };
  const who = { iss: issuer, aud: client.clientId, sub: user.id, typ: 'ID', azp: client.clientId };
  return sign({ ...who, ...times, ...(session && { sid: session.id }), acr: '1', ...profile(user) }, key);
}

/** A refresh token: HS512 under a secret that only the realm knows. */
export async function refreshToken(subject: TokenSubject, session: Session): Promise<string> {
  const { realm, client, user, issuer } = subject;
  const who = { iss: issuer, aud: issuer, sub: user.id, typ: 'Refresh', azp: client.clientId, sid: session.id };
  const times = { iat: nowSeconds(), exp: nowSeconds() + sessionIdleSeconds, jti: randomUUID() };
  return new SignJWT({ ...who, ...times, scope: session.scope, prov: 'default' })
    .setProtectedHeader({ alg: 'HS512', typ: 'JWT', kid: realm.hmac.kid })
    .sign(Buffer.from(realm.hmac.secret, 'base64url'));
}

/** The claims of a token that this realm signed and that is still in time, of any issuer where none is given; undefined for anything else. */
export async function readToken(realm: Realm, token: string, issuer?: string): Promise<JWTPayload | undefined> {
  try {
    const { kid, alg } = decodeProtectedHeader(token);
    const key = realm.signingKeys.find((one) => one.kid === kid);
    if (alg === 'HS512') {
      return (await jwtVerify(token, Buffer.from(realm.hmac.secret, 'base64url'), { issuer, algorithms: ['HS512'] }))
        .payload;
    }
    return key && (await jwtVerify(token, keyObjects(key).publicKey, { issuer, algorithms: ['RS256'] })).payload;
  } catch {
    return undefined;
  }
}
