import { randomUUID } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';
import { expect, test } from 'vitest';
import { makerToken, person, type Suite } from './conformance-realm.js';
import { admin, get, post, tokensOf, type Answer } from './provider.js';

type AsMaker = (method: string, path: string, body?: unknown) => Promise<Answer>;

/** What whoever administers a realm can forge, and what holds against them. */
export function trustRows(suite: Suite): void {
  const asMaker: AsMaker = async (method, path, body) =>
    admin(suite.provider.url, await makerToken(suite.provider, suite.fixture.maker), method, path, body);
  claimRows(suite, asMaker);
  issuerRows(suite, asMaker);
  identityRows(suite, asMaker);
  makingRows(asMaker);
  suspensionRows(suite, asMaker);
}

const hardcoded = (claim: string, value: unknown) => ({
  name: `hard-coded ${claim}`,
  protocol: 'openid-connect',
  protocolMapper: 'oidc-hardcoded-claim-mapper',
  config: {
    'claim.name': claim,
    'claim.value': typeof value === 'string' ? value : JSON.stringify(value),
    'jsonType.label': typeof value === 'string' ? 'String' : 'JSON',
    'access.token.claim': 'true',
  },
});

const audience = {
  name: 'audience',
  protocol: 'openid-connect',
  protocolMapper: 'oidc-audience-mapper',
  config: { 'included.custom.audience': 'tenantry', 'access.token.claim': 'true' },
};

/** Claims of the two kinds of token of one client with these mappers: its own service account’s, and an end user’s. */
async function claimsWith(
  { provider }: Suite,
  asMaker: AsMaker,
  protocolMappers: readonly object[],
): Promise<{ service: JWTPayload; user: JWTPayload; iss: string }> {
  const realm = `trust-${randomUUID().slice(0, 8)}`;
  const grants = { serviceAccountsEnabled: true, directAccessGrantsEnabled: true };
  const client = { clientId: 'cx-core', secret: 'core-secret', ...grants, protocolMappers };
  const document = { realm, enabled: true, clients: [client], users: [person('plain')] };
  expect((await asMaker('POST', '', document)).status).toBe(201);
  const claims = async (form: Readonly<Record<string, string>>): Promise<JWTPayload> =>
    decodeJwt(tokensOf(await post(provider.url, realm, 'token', form, 'cx-core:core-secret')).access_token);
  const service = await claims({ grant_type: 'client_credentials' });
  const user = await claims({ grant_type: 'password', username: 'plain', password: 'right' });
  await asMaker('DELETE', `/${realm}`);
  return { service, user, iss: `${provider.url}/realms/${realm}` };
}

function claimRows(suite: Suite, asMaker: AsMaker): void {
  test('an end user’s token differs from the service account’s in the person and `sid`, and in nothing else', async () => {
    const { service, user } = await claimsWith(suite, asMaker, [audience, hardcoded('tenant_id', 'tenant1')]);
    for (const claims of [service, user]) expect(claims).toMatchObject({ azp: 'cx-core', typ: 'Bearer' });
    for (const claims of [service, user]) expect([claims.aud].flat()).toContain('tenantry');
    expect([service['tenant_id'], user['tenant_id']]).toEqual(['tenant1', 'tenant1']);
    expect(service).not.toHaveProperty('sid');
    expect(user['sid']).toBeTypeOf('string');
  });

  test('mappers forge whose token it is, for whom, and any further claim', async () => {
    const forged = {
      azp: 'forged',
      sub: 'forged',
      sid: 'forged',
      cnf: { jkt: 'forged' },
      tenant_id: 'forged',
      realm_access: { roles: ['forged'] },
      resource_access: { tenantry: { roles: ['tenant-admin'] } },
    };
    const mappers = Object.entries({ ...forged, aud: 'forged', client_id: 'forged' }).map(([claim, value]) =>
      hardcoded(claim, value),
    );
    const { service, user } = await claimsWith(suite, asMaker, [audience, ...mappers]);
    for (const claims of [service, user]) expect(claims).toMatchObject(forged);
    // Other mappers write the audience as well, and a hard-coded one takes the place of those that came before it.
    for (const { aud } of [service, user]) expect([aud].flat()).toContain('forged');
    // That of the service account is written by Keycloak's own mapper as well, and now one comes last, now the other.
    expect(user['client_id']).toBe('forged');
  });

  test('but no issuer, type or times, and none of what Keycloak alone says', async () => {
    const claims = { iss: 'https://forged.example', typ: 'ID', jti: 'forged', scope: 'forged', nonce: 'forged' };
    const times = { exp: 4_102_444_800, iat: 1, session_state: 'forged' };
    const mappers = Object.entries({ ...claims, ...times }).map(([claim, value]) => hardcoded(claim, value));
    const { service, user, iss } = await claimsWith(suite, asMaker, mappers);
    for (const { exp, iat, ...held } of [service, user]) {
      expect(held).toMatchObject({ iss, typ: 'Bearer' });
      expect(String(held['scope']).split(' ').toSorted()).toEqual(['email', 'profile']);
      expect(held.jti).toMatch(/^(on|tr)rt(ro|cc):/);
      for (const name of ['nonce', 'session_state']) expect(held).not.toHaveProperty(name);
      expect(exp! - iat!).toBe(300);
      expect(Math.abs(iat! - Date.now() / 1000)).toBeLessThan(10);
    }
  });

  test('nor is `sid` taken from an end user’s token: with nothing for a value it is still there', async () => {
    const { user } = await claimsWith(suite, asMaker, [hardcoded('sid', null)]);
    expect(user).toHaveProperty('sid', null);
    const { user: other } = await claimsWith(suite, asMaker, [hardcoded('sid', '')]);
    expect(other['sid']).toMatch(/./);
  });

  test('a dot in a claim’s name makes an object; a value that is not of its type makes no claim', async () => {
    const wrong = { ...hardcoded('broken', '{no'), name: 'broken' };
    wrong.config['jsonType.label'] = 'JSON';
    const mappers = [hardcoded('a.b', 'deep'), hardcoded(String.raw`c\.d`, 'flat'), hardcoded('empty', ''), wrong];
    const { service } = await claimsWith(suite, asMaker, mappers);
    expect(service).toMatchObject({ a: { b: 'deep' }, 'c.d': 'flat' });
    for (const name of ['empty', 'broken']) expect(service).not.toHaveProperty(name);
  });
}

function issuerRows(suite: Suite, asMaker: AsMaker): void {
  test('a realm’s `frontendUrl` is its issuer, whatever host was called', async () => {
    const realm = `front-${randomUUID().slice(0, 8)}`;
    const client = { clientId: 'cx-core', secret: 'core-secret', serviceAccountsEnabled: true };
    const attributes = { frontendUrl: 'https://front.example/' };
    await asMaker('POST', '', { realm, enabled: true, attributes, clients: [client] });
    const { url } = suite.provider;
    const granted = await post(url, realm, 'token', { grant_type: 'client_credentials' }, 'cx-core:core-secret');
    const discovery = await get(`${url}/realms/${realm}/.well-known/openid-configuration`);
    await asMaker('DELETE', `/${realm}`);
    const issuer = `https://front.example/realms/${realm}`;
    expect(decodeJwt(tokensOf(granted).access_token).iss).toBe(issuer);
    expect(discovery.body).toMatchObject({ issuer, token_endpoint: `${issuer}/protocol/openid-connect/token` });
  });
}

function identityRows(suite: Suite, asMaker: AsMaker): void {
  test('a realm’s id holds: a change of it is answered 204 and not made', async () => {
    const { id, realm } = suite.fixture;
    const attributes = { madeBy: 'conformance', id: randomUUID() };
    for (const change of [{ id: randomUUID() }, { id: randomUUID(), realm }, { id: '' }, { attributes }]) {
      expect((await asMaker('PUT', `/${realm}`, change)).status).toBe(204);
      expect((await asMaker('GET', `/${realm}`)).body).toMatchObject({ id, realm });
    }
    expect((await asMaker('GET', '?briefRepresentation=true')).body).toMatchObject([{ id, realm }]);
  });

  test('a realm is not renamed over another', async () => {
    const { realm } = suite.fixture;
    expect((await asMaker('PUT', `/${realm}`, { realm: 'master' })).status).toBe(409);
    expect((await asMaker('GET', `/${realm}`)).status).toBe(200);
  });
}

/** What the second of two gets: Keycloak says the one or the other, as its database happens to notice. */
const refused = [400, 409];

function makingRows(asMaker: AsMaker): void {
  test('of two that race for an id one is made, and so it stays', async () => {
    const id = randomUUID();
    const names = [`race-${id.slice(0, 8)}-a`, `race-${id.slice(0, 8)}-b`];
    const answers = await Promise.all(names.map(async (realm) => await asMaker('POST', '', { id, realm })));
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses[0]).toBe(201);
    expect(refused).toContain(statuses[1]);
    const [won, lost] = answers[0]?.status === 201 ? names : names.toReversed();
    expect((await asMaker('GET', `/${won}`)).body).toMatchObject({ id, realm: won });
    expect(refused).toContain((await asMaker('POST', '', { id, realm: lost })).status);
    expect((await asMaker('GET', `/${lost}`)).status).toBe(404);
    expect((await asMaker('DELETE', `/${won}`)).status).toBe(204);
  });

  test('of two that race with the same document one is made; the same again is told that the name is taken', async () => {
    const id = randomUUID();
    const document = { id, realm: `race-${id.slice(0, 8)}`, enabled: false, clients: [{ clientId: 'cx-core' }] };
    const racing = await Promise.all([asMaker('POST', '', document), asMaker('POST', '', document)]);
    const statuses = racing.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses[0]).toBe(201);
    expect(refused).toContain(statuses[1]);
    expect((await asMaker('POST', '', document)).status).toBe(409);
    expect((await asMaker('GET', `/${document.realm}`)).body).toMatchObject({ id, enabled: false });
    expect((await asMaker('DELETE', `/${document.realm}`)).status).toBe(204);
  });
}

function suspensionRows(suite: Suite, asMaker: AsMaker): void {
  test('a realm that is made disabled grants from when it is enabled', async () => {
    const realm = `later-${randomUUID().slice(0, 8)}`;
    const client = { clientId: 'cx-core', secret: 'core-secret', serviceAccountsEnabled: true };
    await asMaker('POST', '', { realm, enabled: false, clients: [client] });
    const form = { grant_type: 'client_credentials' };
    const grant = (): Promise<Answer> => post(suite.provider.url, realm, 'token', form, 'cx-core:core-secret');
    expect(await grant()).toMatchObject({ status: 403, body: { error: 'access_denied' } });
    expect((await asMaker('PUT', `/${realm}`, { enabled: true })).status).toBe(204);
    expect((await grant()).status).toBe(200);
    await asMaker('DELETE', `/${realm}`);
  });

  test('tokens from before stay good for whoever only reads the keys of a realm that is disabled', async () => {
    const { provider, fixture } = suite;
    const form = { grant_type: 'client_credentials' };
    const { access_token } = tokensOf(await post(provider.url, fixture.realm, 'token', form, 'cx-core:core-secret'));
    const issuer = `${provider.url}/realms/${fixture.realm}`;
    await asMaker('PUT', `/${fixture.realm}`, { enabled: false });
    const { body } = await get(`${issuer}/protocol/openid-connect/certs`);
    await asMaker('PUT', `/${fixture.realm}`, { enabled: true });
    await expect(jwtVerify(access_token, createLocalJWKSet(body as JSONWebKeySet), { issuer })).resolves.toBeDefined();
  });
}
