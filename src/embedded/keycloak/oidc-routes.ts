import type { FastifyInstance, FastifyRequest } from 'fastify';
import { oauthRefusal, realmDoesNotExist, realmNotEnabled, Refusal } from './answers.js';
import { grants } from './grants.js';
import { keyObjects, keySet } from './keys.js';
import type { Client, Realm } from './model.js';
import type { RouteContext } from './route-context.js';
import { endSessions, liveSession, refreshClaims, revokeAccessToken } from './sessions.js';
import { clientByClientId } from './store.js';
import { readToken } from './tokens.js';

interface Params {
  realm: string;
}

/** What every client of a realm may call: discovery, keys, tokens, logout, revocation, introspection. */
export function oidcRoutes(app: FastifyInstance, context: RouteContext): void {
  const realmOf = (request: FastifyRequest): Realm => {
    const realm = context.store.realm((request.params as Params).realm);
    if (!realm) throw realmDoesNotExist();
    return realm;
  };
  const issuerOf = (request: FastifyRequest, realm: Realm): string => {
    const base = realm.attributes['frontendUrl'] || context.base(request);
    return `${base.replace(/\/$/, '')}/realms/${encodeURIComponent(realm.realm)}`;
  };

  app.get('/realms/:realm', async (request) => {
    const realm = realmOf(request);
    return realmInformation(realm, issuerOf(request, realm));
  });
  app.get('/realms/:realm/.well-known/openid-configuration', async (request) =>
    discovery(issuerOf(request, realmOf(request))),
  );
  app.get('/realms/:realm/protocol/openid-connect/certs', async (request) => keySet(realmOf(request)));

  const post = (path: string, answer: (call: Call) => Promise<unknown>): void => {
    const url = `/realms/:realm/protocol/openid-connect/${path}`;
    app.get(url, async () => {
      throw new Refusal(405, { error: 'HTTP 405 Method Not Allowed' });
    });
    app.post(url, async (request, reply) => {
      const realm = realmOf(request);
      const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
      const call = { context, request, realm, form, issuer: issuerOf(request, realm) };
      const body = await answer(call);
      return body === undefined ? reply.code(path === 'logout' ? 204 : 200).send() : body;
    });
  };
  post('token', token);
  post('logout', logout);
  post('revoke', revoke);
  post('token/introspect', introspect);
}

interface Call {
  context: RouteContext;
  request: FastifyRequest;
  realm: Realm;
  form: URLSearchParams;
  issuer: string;
}

/** The client that the request proves to be, by basic authentication or in the form. */
function authenticatedClient({ request, realm, form }: Call): Client {
  const refused = (error: string): Refusal => oauthRefusal(401, error, 'Invalid client or Invalid client credentials');
  const { clientId, secret } = basicCredentials(request) ?? {
    clientId: form.get('client_id'),
    secret: form.get('client_secret'),
  };
  const client = clientId ? clientByClientId(realm, clientId) : undefined;
  if (!client?.enabled || client.bearerOnly) throw refused('invalid_client');
  if (!client.publicClient && client.secret !== secret) throw refused('unauthorized_client');
  return client;
}

function basicCredentials(request: FastifyRequest): { clientId: string; secret: string } | undefined {
  const [, encoded] = /^basic (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (!encoded) return undefined;
  const [clientId = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':');
  const plain = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
  return { clientId: plain(clientId), secret: plain(secret.join(':')) };
}

async function token(call: Call): Promise<unknown> {
  const { context, request, realm, form, issuer } = call;
  if (!realm.enabled) throw realmNotEnabled();
  const grantType = form.get('grant_type');
  if (!grantType) throw oauthRefusal(400, 'invalid_request', 'Missing form parameter: grant_type');
  const client = authenticatedClient(call);
  const grant = Object.hasOwn(grants, grantType) ? grants[grantType] : undefined;
  if (!grant) throw oauthRefusal(400, 'unsupported_grant_type', 'Unsupported grant_type');
  const lie = context.faults.take(request, 'lie')?.lie;
  return grant({ store: context.store, realm, client, form, issuer, lie });
}

/** Ends the session of a refresh token, in a disabled realm too; a session that has already ended is no error. */
async function logout(call: Call): Promise<undefined> {
  authenticatedClient(call);
  const claims = await refreshClaims(call.realm, call.form.get('refresh_token') ?? '', call.issuer);
  endSessions(call.realm, (session) => session.id === claims['sid']);
  await call.context.store.save();
  return undefined;
}

/** Always 200; what cannot be revoked is named in the body. */
async function revoke(call: Call): Promise<unknown> {
  const { realm, form } = call;
  if (!realm.enabled) throw realmNotEnabled();
  const client = authenticatedClient(call);
  const given = form.get('token');
  if (!given) throw oauthRefusal(400, 'invalid_request', 'Token not provided');
  const claims = await readToken(realm, given);
  const dead = claims?.['typ'] === 'Refresh' && !liveSession(realm, claims['sid']);
  if (!claims || dead) return { error: 'invalid_token', error_description: 'Invalid token' };
  if (claims['azp'] !== client.clientId) throw oauthRefusal(400, 'invalid_request', 'Unmatching clients');
  if (claims['typ'] === 'Refresh') endSessions(realm, (session) => session.id === claims['sid']);
  else revokeAccessToken(realm, String(claims.jti), claims.exp ?? 0);
  await call.context.store.save();
  return undefined;
}

/** Answers only to a client that the token was made for. */
async function introspect(call: Call): Promise<unknown> {
  const { realm, form, issuer } = call;
  if (!realm.enabled) throw realmNotEnabled();
  const client = authenticatedClient(call);
  const given = form.get('token');
  if (!given) throw oauthRefusal(400, 'invalid_request', 'Token not provided.');
  const claims = await readToken(realm, given, issuer);
  const isFor = claims !== undefined && [claims.aud].flat().includes(client.clientId);
  const isAlive = claims?.['sid'] === undefined || liveSession(realm, claims['sid']) !== undefined;
  if (!isFor || !isAlive || Object.hasOwn(realm.revoked, String(claims.jti))) return { active: false };
  return {
    ...claims,
    client_id: claims['azp'],
    username: claims['preferred_username'],
    token_type: claims['typ'],
    active: true,
  };
}

function realmInformation(realm: Realm, issuer: string): Record<string, unknown> {
  const [key] = realm.signingKeys;
  const publicKey = key && keyObjects(key).publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  return {
    realm: realm.realm,
    public_key: publicKey,
    'token-service': `${issuer}/protocol/openid-connect`,
    'account-service': `${issuer}/account`,
    'tokens-not-before': 0,
  };
}

function discovery(issuer: string): Record<string, unknown> {
  const at = (path: string): string => `${issuer}/protocol/openid-connect/${path}`;
  const methods = ['client_secret_basic', 'client_secret_post'];
  return {
    issuer,
    authorization_endpoint: at('auth'),
    token_endpoint: at('token'),
    introspection_endpoint: at('token/introspect'),
    userinfo_endpoint: at('userinfo'),
    end_session_endpoint: at('logout'),
    jwks_uri: at('certs'),
    revocation_endpoint: at('revoke'),
    grant_types_supported: Object.keys(grants),
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_methods_supported: methods,
    scopes_supported: ['openid', 'profile', 'email', 'roles', 'web-origins', 'acr', 'basic'],
    claims_supported: ['iss', 'sub', 'aud', 'exp', 'iat', 'name', 'preferred_username', 'email', 'acr', 'azp'],
  };
}
