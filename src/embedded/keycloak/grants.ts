import { invalidGrant, oauthRefusal } from './answers.js';
import type { TokenLie } from './faults.js';
import type { Client, Realm, User } from './model.js';
import { passwordMatches } from './passwords.js';
import { liveSession, openSession, refreshClaims } from './sessions.js';
import { serviceAccount, userForLogin, type Store } from './store.js';
import {
  accessToken,
  idToken,
  lifespan,
  nowSeconds,
  refreshToken,
  sessionIdleSeconds,
  shownScope,
  type TokenSubject,
} from './tokens.js';
import { matchingStep } from './totp.js';

export interface GrantRequest {
  store: Store;
  realm: Realm;
  client: Client;
  form: URLSearchParams;
  issuer: string;
  lie?: TokenLie;
}

type TokenAnswer = Record<string, unknown>;

/** The grants of the token endpoint by `grant_type`. */
export const grants: Readonly<Record<string, (request: GrantRequest) => Promise<TokenAnswer>>> = {
  client_credentials: clientCredentials,
  password,
  refresh_token: refresh,
};

const wrongCredentials = (): Error => invalidGrant('Invalid user credentials');

async function clientCredentials({ store, realm, client, form, issuer, lie }: GrantRequest): Promise<TokenAnswer> {
  const user = client.serviceAccountsEnabled ? serviceAccount(realm, client) : undefined;
  if (!user) {
    throw oauthRefusal(401, 'unauthorized_client', 'Client not enabled to retrieve service account');
  }
  const subject = { realm, client, user, scope: askedScope(form), issuer };
  if (client.attributes['client_credentials.use_refresh_token'] === 'true') {
    const session = openSession(realm, client, user, subject.scope);
    await store.save();
    return withRefresh({ ...subject, session }, 'cc', lie);
  }
  return { ...(await answer(subject, 'cc', lie)), refresh_expires_in: 0 };
}

async function password({ store, realm, client, form, issuer, lie }: GrantRequest): Promise<TokenAnswer> {
  if (!client.directAccessGrantsEnabled) {
    throw oauthRefusal(400, 'unauthorized_client', 'Client not allowed for direct access grants');
  }
  const scope = askedScope(form);
  const username = form.get('username');
  if (!username) throw oauthRefusal(401, 'invalid_request', 'Missing parameter: username');
  const user = userForLogin(realm, username);
  if (!user?.password || !(await passwordMatches(user.password, form.get('password') ?? ''))) throw wrongCredentials();
  if (!user.enabled) throw invalidGrant('Account disabled');
  useOneTimeCode(user, form.get('totp') ?? '');
  if (needsSetup(realm, user)) throw invalidGrant('Account is not fully set up');
  const session = openSession(realm, client, user, scope);
  await store.save();
  return withRefresh({ realm, client, user, session, scope, issuer }, 'ro', lie);
}

/** Checks the code of a user who has a second factor; each code works once. */
function useOneTimeCode(user: User, code: string): void {
  if (!user.totp) return;
  const step = matchingStep(user.totp.secret, code, nowSeconds());
  if (step === undefined || user.totp.usedSteps.includes(step)) throw wrongCredentials();
  user.totp.usedSteps = [...user.totp.usedSteps.filter((used) => used > step - 4), step];
}

/** Keycloak wants pending actions done first, and a profile with an address and both names. */
function needsSetup(realm: Realm, user: User): boolean {
  const isAdministrator = realm.roles.some((role) => role.name === 'admin' && user.roles.includes(role.id));
  const hasProfile = Boolean(user.email && user.firstName && user.lastName);
  return user.requiredActions.length > 0 || !(hasProfile || isAdministrator);
}

async function refresh({ store, realm, client, form, issuer, lie }: GrantRequest): Promise<TokenAnswer> {
  const token = form.get('refresh_token');
  if (token === null) throw oauthRefusal(400, 'invalid_request', 'No refresh token');
  const claims = await refreshClaims(realm, token, issuer);
  if (claims['azp'] !== client.clientId) {
    throw invalidGrant("Invalid refresh token. Token client and authorized client don't match");
  }
  const session = liveSession(realm, claims['sid']);
  const user = realm.users.find((one) => one.id === session?.userId);
  if (!session || !user) throw invalidGrant('Session not active');
  if (!user.enabled) throw invalidGrant('User disabled');
  session.lastRefresh = nowSeconds();
  await store.save();
  return withRefresh({ realm, client, user, session, scope: session.scope, issuer }, 'rt', lie);
}

const knownScopes = new Set(['openid', 'profile', 'email', 'roles', 'web-origins', 'acr', 'basic']);

/** `openid` or nothing; the rest of what may be asked for is granted anyway. */
function askedScope(form: URLSearchParams): string {
  const asked = (form.get('scope') ?? '').split(' ').filter(Boolean);
  if (asked.some((scope) => !knownScopes.has(scope))) {
    throw oauthRefusal(400, 'invalid_scope', `Invalid scopes: ${asked.join(' ')}`);
  }
  return asked.includes('openid') ? 'openid' : '';
}

async function withRefresh(subject: TokenSubject, grant: 'ro' | 'rt' | 'cc', lie?: TokenLie): Promise<TokenAnswer> {
  const { session } = subject;
  if (!session) throw new Error('A refresh token needs a session');
  return {
    ...(await answer(subject, grant, lie)),
    refresh_expires_in: sessionIdleSeconds,
    refresh_token: await refreshToken(subject, session),
    session_state: session.id,
  };
}

async function answer(subject: TokenSubject, grant: 'ro' | 'rt' | 'cc', lie?: TokenLie): Promise<TokenAnswer> {
  return {
    access_token: await accessToken(subject, grant, lie),
    expires_in: lifespan(subject.realm, subject.client),
    token_type: 'Bearer',
    ...(subject.scope === 'openid' && { id_token: await idToken(subject) }),
    'not-before-policy': 0,
    scope: shownScope(subject.scope),
  };
}
