import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { expect, test } from 'vitest';
import { makerToken, realmDocument, type Suite } from './conformance-realm.js';
import { admin, administratorToken, get, post, tokensOf, type Answer } from './provider.js';

const forbidden = { status: 403, body: { error: 'HTTP 403 Forbidden' } };
const notFound = { status: 404, body: { error: 'Realm not found.' } };

export function adminRows(suite: Suite): void {
  const asMaker = async (method: string, path: string, body?: unknown): Promise<Answer> =>
    admin(suite.provider.url, await makerToken(suite.provider, suite.fixture.maker), method, path, body);
  const grant = (realm = suite.fixture.realm, secret = 'core-secret'): Promise<Answer> =>
    post(suite.provider.url, realm, 'token', { grant_type: 'client_credentials' }, `cx-core:${secret}`);

  reachRows(suite, asMaker);
  readingRows(suite, asMaker);
  disablingRows(suite, asMaker, grant);
  secretRows(suite, asMaker, grant);
  lifeRows(suite, asMaker, grant);
}

type AsMaker = (method: string, path: string, body?: unknown) => Promise<Answer>;
type GrantToken = (realm?: string, secret?: string) => Promise<Answer>;

function reachRows(suite: Suite, asMaker: AsMaker): void {
  test('no token, a bad token', async () => {
    const refused = { status: 401, body: { error: 'HTTP 401 Unauthorized' } };
    expect(await get(`${suite.provider.url}/admin/realms/master`)).toMatchObject(refused);
    expect(await admin(suite.provider.url, 'garbage', 'GET', '/master')).toMatchObject(refused);
  });

  test('the maker’s token is small, and manages a realm that was made after it', async () => {
    const { fixture, provider } = suite;
    const claims = decodeJwt(fixture.earlierToken);
    expect(claims.sub).toBeTypeOf('string');
    expect(claims).not.toHaveProperty('resource_access');
    expect((await makerToken(provider, fixture.maker)).length).toBeLessThan(1000);
    const answer = await admin(provider.url, fixture.earlierToken, 'GET', `/${fixture.realm}`);
    expect(answer).toMatchObject({ status: 200, body: { id: fixture.id } });
  });

  test('realms that are not its own: a stub without an id, and nothing else', async () => {
    const stub = await asMaker('GET', '/master');
    expect(stub).toMatchObject({ status: 200, body: { realm: 'master' } });
    expect(stub.body).not.toHaveProperty('id');
    expect(await asMaker('GET', '/master/clients')).toMatchObject(forbidden);
    expect(await asMaker('PUT', '/master', { displayName: 'mine' })).toMatchObject(forbidden);
    expect(await asMaker('DELETE', '/master')).toMatchObject(forbidden);
    expect((await asMaker('GET', '?briefRepresentation=true')).body).toMatchObject([{ id: suite.fixture.id }]);
  });

  test('a realm that does not exist', async () => {
    expect(await asMaker('GET', '/no-such-realm')).toMatchObject(notFound);
    expect(await asMaker('GET', '/no-such-realm/clients')).toMatchObject(notFound);
    expect(await asMaker('PUT', '/no-such-realm', { enabled: false })).toMatchObject(notFound);
    expect(await asMaker('DELETE', '/no-such-realm')).toMatchObject(notFound);
  });

  test('a taken name, a taken id, an unknown field, no name', async () => {
    const { id, realm } = suite.fixture;
    const taken = { status: 409, body: { errorMessage: `Realm ${realm} already exists` } };
    expect(await asMaker('POST', '', realmDocument(randomUUID(), realm))).toMatchObject(taken);
    expect(await asMaker('POST', '', { id, realm: `${realm}-b` })).toMatchObject({ status: 409 });
    expect(await asMaker('POST', '', { realm: `${realm}-c`, nonsense: true })).toMatchObject({ status: 400 });
    expect(await asMaker('POST', '', {})).toMatchObject({ status: 400 });
    expect(await asMaker('GET', `/${realm}-c`)).toMatchObject(notFound);
  });
}

function readingRows(suite: Suite, asMaker: AsMaker): void {
  test('what was sent on creation is there to read', async () => {
    const { id, realm } = suite.fixture;
    const read = await asMaker('GET', `/${realm}`);
    expect(read.body).toMatchObject({ id, realm, enabled: true, accessTokenLifespan: 300 });
    expect(read.body).toMatchObject({ attributes: { madeBy: 'conformance' }, bruteForceProtected: false });
    const [client] = (await asMaker('GET', `/${realm}/clients?clientId=cx-core`)).body as Record<string, unknown>[];
    expect(client).toMatchObject({ clientId: 'cx-core', enabled: true, publicClient: false, secret: 'core-secret' });
    expect(client).toMatchObject({ serviceAccountsEnabled: true, standardFlowEnabled: false });
    const mappers = (client!['protocolMappers'] as { name: string }[]).toSorted((a, b) => a.name.localeCompare(b.name));
    expect(mappers).toMatchObject([
      { protocolMapper: 'oidc-audience-mapper', config: { 'included.custom.audience': 'tenantry' } },
      {
        protocolMapper: 'oidc-hardcoded-claim-mapper',
        config: { 'claim.name': 'tenant_id', 'claim.value': 'tenant1' },
      },
    ]);
    expect((await asMaker('GET', `/${realm}/clients?clientId=nobody`)).body).toEqual([]);
    expect(await asMaker('POST', `/${realm}/clients`, { clientId: 'cx-core' })).toMatchObject({ status: 409 });
  });

  test('a change touches what it names; attributes are replaced as a whole', async () => {
    const { realm } = suite.fixture;
    expect((await asMaker('PUT', `/${realm}`, { displayName: 'Shown' })).status).toBe(204);
    expect((await asMaker('PUT', `/${realm}`, { attributes: { other: '1' } })).status).toBe(204);
    const { body } = await asMaker('GET', `/${realm}`);
    expect(body).toMatchObject({ displayName: 'Shown', enabled: true, attributes: { other: '1' } });
    expect((body as { attributes: object }).attributes).not.toHaveProperty('madeBy');
  });
}

function disablingRows(suite: Suite, asMaker: AsMaker, grant: GrantToken): void {
  test('a disabled realm grants nothing, and still shows its keys', async () => {
    const { url } = suite.provider;
    const { realm } = suite.fixture;
    const { access_token } = tokensOf(await grant());
    expect((await asMaker('PUT', `/${realm}`, { enabled: false })).status).toBe(204);
    const refused = { status: 403, body: { error: 'access_denied' } };
    const answers = {
      granted: await grant(),
      wrongSecret: await grant(realm, 'wrong'),
      introspected: await post(url, realm, 'token/introspect', { token: access_token }, 'cx-core:core-secret'),
      revoked: await post(url, realm, 'revoke', { token: access_token }, 'cx-core:core-secret'),
    };
    const discovery = await get(`${url}/realms/${realm}/.well-known/openid-configuration`);
    const certs = await get(`${url}/realms/${realm}/protocol/openid-connect/certs`);
    expect((await asMaker('PUT', `/${realm}`, { enabled: true })).status).toBe(204);
    for (const answer of Object.values(answers)) expect(answer).toMatchObject(refused);
    expect([discovery.status, certs.status]).toEqual([200, 200]);
    expect((await grant()).status).toBe(200);
  });
}

function secretRows(suite: Suite, asMaker: AsMaker, grant: GrantToken): void {
  test('a regenerated secret takes the place of the old one at once', async () => {
    const { realm } = suite.fixture;
    const [client] = (await asMaker('GET', `/${realm}/clients?clientId=cx-core`)).body as [{ id: string }];
    const path = `/${realm}/clients/${client.id}`;
    expect((await asMaker('GET', `${path}/client-secret`)).body).toEqual({ type: 'secret', value: 'core-secret' });
    const made = await asMaker('POST', `${path}/client-secret`);
    const { value } = made.body as { value: string };
    const [withOld, withNew] = [await grant(), await grant(realm, value)];
    expect((await asMaker('PUT', path, { clientId: 'cx-core', secret: 'core-secret' })).status).toBe(204);
    expect(withOld).toMatchObject({ status: 401, body: { error: 'unauthorized_client' } });
    expect(withNew.status).toBe(200);
    expect((await grant()).status).toBe(200);
    expect((await asMaker('GET', `${path}/service-account-user`)).body).toMatchObject({
      username: 'service-account-cx-core',
    });
  });

  test('a client that is switched off is unknown', async () => {
    const { realm } = suite.fixture;
    const [client] = (await asMaker('GET', `/${realm}/clients?clientId=cx-core`)).body as [{ id: string }];
    const path = `/${realm}/clients/${client.id}`;
    await asMaker('PUT', path, { clientId: 'cx-core', enabled: false });
    const refused = await grant();
    await asMaker('PUT', path, { clientId: 'cx-core', enabled: true });
    expect(refused).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });
}

function lifeRows(suite: Suite, asMaker: AsMaker, grant: GrantToken): void {
  test('new keys sign, old ones stay listed', async () => {
    const { realm } = suite.fixture;
    const component = { name: 'next', providerId: 'rsa-generated', providerType: 'org.keycloak.keys.KeyProvider' };
    const config = { priority: ['1000'], keySize: ['2048'] };
    expect((await asMaker('POST', `/${realm}/components`, { ...component, config })).status).toBe(201);
    const certs = await get(`${suite.provider.url}/realms/${realm}/protocol/openid-connect/certs`);
    const { keys } = certs.body as { keys: { use: string }[] };
    expect(keys.filter(({ use }) => use === 'sig')).toHaveLength(2);
  });

  test('a renamed realm answers to the new name alone, under the same id; once deleted, to none', async () => {
    const id = randomUUID();
    const name = `moving-${id.slice(0, 8)}`;
    const made = await asMaker('POST', '', realmDocument(id, name));
    expect(made).toMatchObject({ status: 201, location: `${suite.provider.url}/admin/realms/${name}` });
    expect((await asMaker('PUT', `/${name}`, { realm: `${name}-now` })).status).toBe(204);
    expect(await asMaker('GET', `/${name}`)).toMatchObject(notFound);
    expect((await asMaker('GET', `/${name}-now`)).body).toMatchObject({ id, realm: `${name}-now` });
    expect(await grant(name)).toMatchObject({ status: 404, body: { error: 'Realm does not exist' } });
    expect((await grant(`${name}-now`)).status).toBe(200);
    expect((await asMaker('DELETE', `/${name}-now`)).status).toBe(204);
    expect(await asMaker('DELETE', `/${name}-now`)).toMatchObject(notFound);
    expect((await grant(`${name}-now`)).status).toBe(404);
  });

  test('the master administrator sees all of it, and cannot remove master', async () => {
    const token = await administratorToken(suite.provider);
    const read = await admin(suite.provider.url, token, 'GET', `/${suite.fixture.realm}`);
    expect(read.body).toMatchObject({ id: suite.fixture.id });
    expect(await admin(suite.provider.url, token, 'DELETE', '/master')).toMatchObject({ status: 400 });
  });
}
