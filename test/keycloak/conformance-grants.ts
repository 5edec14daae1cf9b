import { decodeJwt, decodeProtectedHeader, importJWK, jwtVerify, type JWK } from 'jose';
import * as oidc from 'openid-client';
import { expect, test } from 'vitest';
import { totpCode, totpStep } from '../../src/embedded/keycloak/totp.js';
import { totpSecret, type Suite } from './conformance-realm.js';
import { administratorToken, get, post, tokensOf, type Answer, type Form } from './provider.js';

const core = { client_id: 'cx-core', client_secret: 'core-secret' };
const login = { client_id: 'login', client_secret: 'login-secret' };

export function grantRows(suite: Suite): void {
  const token = (form: Form, basic?: string): Promise<Answer> =>
    post(suite.provider.url, suite.fixture.realm, 'token', form, basic);
  const service = (form: Form): Promise<Answer> => token({ grant_type: 'client_credentials', ...form });
  const person = (form: Form): Promise<Answer> =>
    token({ grant_type: 'password', ...login, password: 'right', ...form });
  const issuer = (): string => `${suite.provider.url}/realms/${suite.fixture.realm}`;

  clientCredentialsRows(service, token, issuer);
  passwordRows(person);
  keyRows(suite, service, issuer);
}

type Grant = (form: Form) => Promise<Answer>;
type Post = (form: Form, basic?: string) => Promise<Answer>;

function clientCredentialsRows(service: Grant, token: Post, issuer: () => string): void {
  test('client_credentials: 300 s, no refresh token, no session, the audience of the mappers', async () => {
    const tokens = tokensOf(await service(core));
    expect(tokens).toMatchObject({ refresh_expires_in: 0, token_type: 'Bearer' });
    expect([299, 300]).toContain(tokens.expires_in);
    expect(tokens).not.toHaveProperty('refresh_token');
    expect(tokens).not.toHaveProperty('id_token');
    const claims = decodeJwt(tokens.access_token);
    expect(claims).toMatchObject({ iss: issuer(), typ: 'Bearer', azp: 'cx-core', client_id: 'cx-core' });
    expect(claims).toMatchObject({ tenant_id: 'tenant1', preferred_username: 'service-account-cx-core' });
    expect([claims.aud].flat()).toContain('tenantry');
    expect([claims.aud].flat()).not.toContain('cx-core');
    expect(claims.sub).toBeTypeOf('string');
    expect(claims).not.toHaveProperty('sid');
    expect(claims.exp! - claims.iat!).toBe(300);
    expect(decodeProtectedHeader(tokens.access_token)).toMatchObject({ alg: 'RS256', typ: 'JWT' });
  });

  test('client_credentials of a client that uses refresh tokens for it: a session, as a person has one', async () => {
    const tokens = tokensOf(await service({ client_id: 'lasting', client_secret: 'lasting-secret' }));
    expect(tokens.refresh_token).toBeTypeOf('string');
    expect(decodeJwt(tokens.access_token)['sid']).toBeTypeOf('string');
  });

  test('a client proves itself by basic authentication as well', async () => {
    expect((await token({ grant_type: 'client_credentials' }, 'cx-core:core-secret')).status).toBe(200);
  });

  test.each([
    ['wrong secret', { ...core, client_secret: 'wrong' }, 401, 'unauthorized_client'],
    ['no secret', { client_id: 'cx-core' }, 401, 'unauthorized_client'],
    ['unknown client', { client_id: 'nobody', client_secret: 'x' }, 401, 'invalid_client'],
    ['no client', {}, 401, 'invalid_client'],
    ['no service account', { client_id: 'open', client_secret: 'open-secret' }, 401, 'unauthorized_client'],
    ['unknown scope', { ...core, scope: 'nonsense' }, 400, 'invalid_scope'],
  ])('client_credentials with %s', async (_case, form: Form, status, error) => {
    expect(await service(form)).toMatchObject({ status, body: { error } });
  });

  test.each([
    ['missing', {}, 'invalid_request'],
    ['unknown', { grant_type: 'nonsense' }, 'unsupported_grant_type'],
  ])('grant_type %s', async (_case, form: Form, error) => {
    expect(await token({ ...core, ...form })).toMatchObject({ status: 400, body: { error } });
  });
}

const wrong = { status: 400, body: { error: 'invalid_grant', error_description: 'Invalid user credentials' } };

function passwordRows(person: Grant): void {
  test('a session of a client without full scope: its own roles, `sid`, the lifespan of the client', async () => {
    const tokens = tokensOf(await person({ username: 'plain' }));
    expect([119, 120]).toContain(tokens.expires_in);
    const claims = decodeJwt(tokens.access_token);
    expect(claims.exp! - claims.iat!).toBe(120);
    expect(claims).toMatchObject({ typ: 'Bearer', azp: 'login', preferred_username: 'plain', aud: 'login' });
    expect(claims).toMatchObject({ sid: tokens['session_state'], resource_access: { login: { roles: ['own'] } } });
    expect(Object.keys(claims['resource_access'] as object)).toEqual(['login']);
    expect(claims).not.toHaveProperty('realm_access');
    expect(claims).not.toHaveProperty('client_id');
  });

  test('with full scope: all roles, and their clients in the audience (but not itself)', async () => {
    const form = { client_id: 'open', client_secret: 'open-secret', username: 'plain' };
    const claims = decodeJwt(tokensOf(await person(form)).access_token);
    const access = claims['resource_access'] as Record<string, { roles: string[] }>;
    expect(access['login']?.roles).toEqual(['own']);
    expect(access['open']?.roles.toSorted()).toEqual(['mapped', 'unmapped']);
    expect(claims.aud).toBe('login');
  });

  test('an ID token only with scope openid; same key, told apart by typ', async () => {
    expect(tokensOf(await person({ username: 'plain' }))).not.toHaveProperty('id_token');
    const tokens = tokensOf(await person({ username: 'plain', scope: 'openid' }));
    expect(decodeJwt(tokens.id_token!)).toMatchObject({ typ: 'ID', aud: 'login', azp: 'login' });
    const kid = (jwt: string): unknown => decodeProtectedHeader(jwt).kid;
    expect(kid(tokens.id_token!)).toBe(kid(tokens.access_token));
    expect(tokens['scope']).toMatch(/^openid /);
  });

  test('the refresh token is HS512', async () => {
    const { refresh_token } = tokensOf(await person({ username: 'plain' }));
    expect(decodeProtectedHeader(refresh_token).alg).toBe('HS512');
    expect(decodeJwt(refresh_token)).toMatchObject({ typ: 'Refresh', azp: 'login' });
  });

  test.each([
    ['wrong password', { username: 'plain', password: 'wrong' }],
    ['no password', { username: 'plain', password: '' }],
    ['unknown user', { username: 'nobody' }],
    ['missing code', { username: 'coded' }],
    ['wrong code', { username: 'coded', totp: '000000' }],
    ['disabled, wrong password', { username: 'disabled', password: 'wrong' }],
    ['pending action, wrong password', { username: 'pending', password: 'wrong' }],
  ])('%s: indistinguishable', async (_case, form: Form) => {
    expect(await person(form)).toMatchObject(wrong);
  });

  test.each([
    ['disabled', 'Account disabled'],
    ['pending', 'Account is not fully set up'],
  ])('%s with the right password', async (username, error_description) => {
    expect(await person({ username })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', error_description },
    });
  });

  test('a temporary password in an imported realm is a lasting one', async () => {
    expect((await person({ username: 'imported' })).status).toBe(200);
  });

  test('a right one-time code opens a session, once', async () => {
    const form = { username: 'coded', totp: totpCode(totpSecret, totpStep(Date.now() / 1000)) };
    expect((await person({ ...form, password: 'wrong' })).status).toBe(400);
    expect((await person(form)).status).toBe(200);
    expect(await person(form)).toMatchObject(wrong);
  });

  test('a client without direct grants', async () => {
    const form = { ...core, username: 'plain' };
    expect(await person(form)).toMatchObject({ status: 400, body: { error: 'unauthorized_client' } });
  });
}

function keyRows(suite: Suite, service: Grant, issuer: () => string): void {
  test('certs list an encryption key beside the signing key, which verifies', async () => {
    const { keys } = (await get(`${issuer()}/protocol/openid-connect/certs`)).body as { keys: JWK[] };
    expect(keys.map(({ use, alg }) => `${use} ${alg}`).toSorted()).toEqual(['enc RSA-OAEP', 'sig RS256']);
    const { access_token } = tokensOf(await service(core));
    const { kid } = decodeProtectedHeader(access_token);
    const key = await importJWK(
      keys.find((one) => one.kid === kid)!,
      'RS256',
    );
    await expect(jwtVerify(access_token, key, { issuer: issuer() })).resolves.toBeDefined();
  });

  test('issuer and endpoints follow the host that the caller used', async () => {
    const other = issuer().replace('127.0.0.1', 'localhost');
    const { body } = await get(`${other}/.well-known/openid-configuration`);
    expect(body).toMatchObject({ issuer: other, token_endpoint: `${other}/protocol/openid-connect/token` });
  });

  test('an unknown realm', async () => {
    const unknown = { status: 404, body: { error: 'Realm does not exist' } };
    const form = { grant_type: 'client_credentials', ...core };
    expect(await post(suite.provider.url, 'no-such-realm', 'token', form)).toMatchObject(unknown);
    expect(await get(`${suite.provider.url}/realms/no-such-realm/protocol/openid-connect/certs`)).toMatchObject(
      unknown,
    );
    const discovery = oidc.discovery(new URL(`${suite.provider.url}/realms/no-such-realm`), 'x', 'y', undefined, {
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated only to stand out; this is plain http on the own machine
      execute: [oidc.allowInsecureRequests],
    });
    await expect(discovery).rejects.toMatchObject({ code: 'OAUTH_RESPONSE_IS_NOT_CONFORM' });
  });

  test('the administrator’s own token is lightweight: no subject, no roles', async () => {
    const claims = decodeJwt(await administratorToken(suite.provider));
    expect(claims).toMatchObject({ typ: 'Bearer', azp: 'admin-cli' });
    for (const name of ['sub', 'aud', 'realm_access', 'resource_access']) expect(claims).not.toHaveProperty(name);
  });
}
