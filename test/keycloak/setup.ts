import { randomUUID } from 'node:crypto';

import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { administratorSettings, runSetup } from '../support/keycloak-setup.js';
import { admin, post, tokensOf, type Provider } from './provider.js';
import { Installation, runProcess } from './installation.js';

/** What `keycloak:setup` promises, at any provider. Each description works with clients of its own. */
export function describeSetup(
  name: string,
  start: () => Promise<{ provider: Provider; stop: () => Promise<void> }>,
): void {
  describe(`keycloak:setup, with ${name}`, () => {
    let keycloak: Awaited<ReturnType<typeof start>>;
    beforeAll(async () => {
      keycloak = await start();
    });
    afterAll(async () => {
      await keycloak.stop();
    });
    const setUp = (): Installation => new Installation(keycloak.provider);
    firstRun(setUp);
    laterRuns(setUp);
    refusals(setUp);
    leastPrivilege(setUp);
  });
}

type SetUp = () => Installation;

function firstRun(setUp: SetUp): void {
  it('makes everything, and prints what .env needs', async () => {
    const setup = setUp();
    await setup.call('PUT', '', { bruteForceProtected: false });
    const { code, settings, stderr } = await setup.run();
    expect(code).toBe(0);
    expect(settings).toEqual({
      KEYCLOAK_URL: setup.provider.url,
      KEYCLOAK_CLIENT_ID: setup.clientId,
      KEYCLOAK_CLIENT_SECRET: expect.stringMatching(/^[\w-]{43}$/) as string,
      KEYCLOAK_ADMIN_CLIENT_ID: setup.adminClientId,
      KEYCLOAK_ADMIN_CLIENT_SECRET: expect.stringMatching(/^[\w-]{43}$/) as string,
    });
    expect(stderr).toContain('brute-force detection');
    for (const secret of [settings['KEYCLOAK_CLIENT_SECRET'], settings['KEYCLOAK_ADMIN_CLIENT_SECRET']]) {
      expect(stderr).not.toContain(secret);
    }
    expect(stderr).not.toContain(setup.provider.administrator.password);
    expect((await setup.call('GET', '')).body).toMatchObject({ bruteForceProtected: true });
    const login = (await setup.client())!;
    expect(login).toMatchObject({ publicClient: false, directAccessGrantsEnabled: true, standardFlowEnabled: false });
    expect(login).toMatchObject({ fullScopeAllowed: false, secret: settings['KEYCLOAK_CLIENT_SECRET'] });
    expect(login.attributes['access.token.lifespan']).toBe('120');
    expect(login.attributes['client.use.lightweight.access.token.enabled']).not.toBe('true');
    const maker = (await setup.client(setup.adminClientId))!;
    expect(maker).toMatchObject({ serviceAccountsEnabled: true, directAccessGrantsEnabled: false });
    expect(maker.attributes['client.use.lightweight.access.token.enabled']).toBe('true');
    expect(await setup.makerRoles()).toEqual(['create-realm']);
  });

  it('sets the secrets that are given, and prints none of them', async () => {
    const setup = setUp();
    const given = { KEYCLOAK_CLIENT_SECRET: 'a-given-secret', KEYCLOAK_ADMIN_CLIENT_SECRET: 'another-given-secret' };
    const { code, stdout, stderr } = await setup.run(given);
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain('given-secret');
    expect((await setup.client())?.secret).toBe('a-given-secret');
    expect((await setup.client(setup.adminClientId))?.secret).toBe('another-given-secret');
  });

  it('is a command that ends with a code, and keeps what is for .env apart', async () => {
    const setup = setUp();
    const names = { KEYCLOAK_CLIENT_ID: setup.clientId, KEYCLOAK_ADMIN_CLIENT_ID: setup.adminClientId };
    const { code, stdout, stderr } = await runProcess({ ...administratorSettings(setup.provider), ...names });
    expect(code).toBe(0);
    // An empty line first: where .env does not end in a line break, the next one would run into its last setting.
    expect(stdout).toMatch(/^\n(KEYCLOAK_\w+=\S+\n)+$/);
    expect(stderr).toContain('changes made');
    expect((await runProcess({})).code).toBe(1);
  });

  it('keeps operators in a realm of their own, and the account that makes realms where it can', async () => {
    const setup = setUp();
    const realm = `operators-${setup.clientId}`;
    const { url } = setup.provider;
    await setup.call('POST', '/..', { realm, enabled: true });
    const { code, settings } = await setup.run({ KEYCLOAK_REALM: realm });
    expect([code, settings['KEYCLOAK_REALM']]).toEqual([0, realm]);
    const found = await setup.call('GET', `/../${realm}/clients?clientId=${setup.clientId}`);
    expect(found.body).toMatchObject([{ fullScopeAllowed: false }]);
    expect((await setup.call('GET', `/../${realm}`)).body).toMatchObject({ bruteForceProtected: true });
    expect(await setup.client()).toBeUndefined();
    const maker = `${setup.adminClientId}:${settings['KEYCLOAK_ADMIN_CLIENT_SECRET']}`;
    expect((await post(url, 'master', 'token', { grant_type: 'client_credentials' }, maker)).status).toBe(200);
    expect(await setup.makerRoles()).toEqual(['create-realm']);
  });

  it('only says what it would do, with --dry-run', async () => {
    const setup = setUp();
    const before = await setup.state();
    const dry = await setup.run({}, { args: ['--dry-run'] });
    expect([dry.code, dry.stdout]).toEqual([0, '']);
    expect(await setup.state()).toBe(before);
    const changes = (stderr: string): string[] => stderr.match(/(?<=^(Done|To do): ).*/gm) ?? [];
    expect(changes(dry.stderr).length).toBeGreaterThan(5);
    const real = await setup.run();
    expect(changes(real.stderr).length).toBe(changes(dry.stderr).length);
    const again = await setup.run({}, { args: ['--dry-run'] });
    expect(changes(again.stderr)).toEqual([]);
  });
}

function laterRuns(setUp: SetUp): void {
  it('changes nothing where it was run before, and says so', async () => {
    const setup = setUp();
    const first = await setup.run();
    const before = await setup.state();
    const second = await setup.run({}, { file: first.stdout });
    expect([second.code, second.stdout]).toEqual([0, '']);
    expect(second.stderr).toBe('Nothing to change: Keycloak is as Tenantry needs it.\n');
    const withoutSecrets = await setup.run();
    expect(withoutSecrets.settings).not.toHaveProperty('KEYCLOAK_CLIENT_SECRET');
    expect(withoutSecrets.stderr).toContain('KEYCLOAK_CLIENT_SECRET is not given');
    expect(await setup.state()).toBe(before);
  });

  it('puts right what was changed meanwhile, and leaves the rest', async () => {
    const setup = setUp();
    const { stdout } = await setup.run();
    const before = await setup.state();
    const { id } = (await setup.client())!;
    const otherRole = (await setup.call('GET', '/roles/create-realm')).body;
    await setup.call('PUT', `/clients/${id}`, {
      clientId: setup.clientId,
      fullScopeAllowed: true,
      attributes: { 'access.token.lifespan': '3600' },
      secret: 'changed in the console',
    });
    await setup.call('POST', `/clients/${id}/scope-mappings/realm`, [otherRole]);
    const mappers = (await setup.call('GET', `/clients/${id}/protocol-mappers/models`)).body as { id: string }[];
    await setup.call('DELETE', `/clients/${id}/protocol-mappers/models/${mappers[0]!.id}`);
    const { code, stderr } = await setup.run({}, { file: stdout });
    expect(code).toBe(0);
    for (const name of ['fullScopeAllowed', 'access.token.lifespan', 'secret', 'create-realm']) {
      expect(stderr).toContain(name);
    }
    const withoutIds = (state: string): string =>
      state.replaceAll(/"(id|client\.secret\.creation\.time)":"[^"]*"/g, '');
    expect(withoutIds(await setup.state())).toBe(withoutIds(before));
  });
}

function refusals(setUp: SetUp): void {
  it('says what is wrong with the settings, all of it at once', async () => {
    const { code, stderr } = await runSetup({ KEYCLOAK_URL: 'nowhere', KEYCLOAK_ADMIN_USERNAME: 'someone' });
    expect(code).toBe(1);
    expect(stderr).toContain('KEYCLOAK_URL');
    expect(stderr).toContain('KEYCLOAK_ADMIN_PASSWORD');
    expect((await runSetup({}, { args: ['--no-such-option'] })).code).toBe(2);
    expect(await runSetup({}, { args: ['--help'] })).toMatchObject({ code: 0, stderr: '' });
  });

  it('says that Keycloak is not there, or refuses the login', async () => {
    const setup = setUp();
    const nobody = await setup.run({ KEYCLOAK_URL: 'http://127.0.0.1:9' });
    expect([nobody.code, nobody.stdout]).toEqual([1, '']);
    expect(nobody.stderr).toContain('http://127.0.0.1:9');
    const wrong = await setup.run({ KEYCLOAK_ADMIN_PASSWORD: 'not-the-password' });
    expect([wrong.code, wrong.stdout]).toEqual([1, '']);
    expect(wrong.stderr).toContain('Invalid user credentials');
    expect(wrong.stderr).not.toContain('not-the-password');
    const noRealm = await setup.run({ KEYCLOAK_REALM: 'no-such-realm' });
    expect([noRealm.code, noRealm.stdout]).toEqual([1, '']);
    expect(noRealm.stderr).toContain('no-such-realm');
  });

  it('names the rights that an account lacks', async () => {
    const setup = setUp();
    const { username, password } = await setup.person();
    const before = await setup.state();
    const outcome = await setup.run({ KEYCLOAK_ADMIN_USERNAME: username, KEYCLOAK_ADMIN_PASSWORD: password });
    expect([outcome.code, outcome.stdout]).toEqual([1, '']);
    expect(outcome.stderr).toContain(`"${username}" may not`);
    expect(outcome.stderr).toContain('view-clients');
    expect(await setup.state()).toBe(before);
  });
}

function leastPrivilege(setUp: SetUp): void {
  it('gives sessions Tenantry’s roles alone, which open nothing in the Admin API', async () => {
    const setup = setUp();
    const { settings } = await setup.run();
    const person = await setup.person(['tenant-admin']);
    const { id } = (await setup
      .call('GET', `/users?username=${person.username}&exact=true`)
      .then(({ body }) => (body as { id: string }[])[0]))!;
    await setup.call('POST', `/users/${id}/role-mappings/realm`, [(await setup.call('GET', '/roles/admin')).body]);
    const client = `${setup.clientId}:${settings['KEYCLOAK_CLIENT_SECRET']}`;
    const session = tokensOf(
      await post(setup.provider.url, 'master', 'token', { grant_type: 'password', ...person }, client),
    );
    const claims = decodeJwt(session.access_token);
    expect(claims).toMatchObject({ aud: setup.clientId, azp: setup.clientId, exp: claims.iat! + 120 });
    expect(claims['resource_access']).toEqual({ [setup.clientId]: { roles: ['tenant-admin'] } });
    expect(claims).not.toHaveProperty('realm_access');
    const asPerson = async (method: string, path: string, body?: unknown): Promise<number> =>
      (await admin(setup.provider.url, session.access_token, method, path, body)).status;
    expect(await asPerson('GET', '/master/users')).toBe(403);
    expect(await asPerson('GET', '/master/clients')).toBe(403);
    expect(await asPerson('PUT', '/master', { bruteForceProtected: false })).toBe(403);
    expect(await asPerson('POST', '', { realm: 'never' })).toBe(403);
  });

  it('lets the other account make realms and keep those, and do nothing else', async () => {
    const setup = setUp();
    const { settings } = await setup.run();
    const secret = settings['KEYCLOAK_ADMIN_CLIENT_SECRET'];
    const { url } = setup.provider;
    const grant = await post(
      url,
      'master',
      'token',
      { grant_type: 'client_credentials' },
      `${setup.adminClientId}:${secret}`,
    );
    const token = tokensOf(grant).access_token;
    expect(token.length).toBeLessThan(1_000);
    const realm = `made-${randomUUID().slice(0, 8)}`;
    expect((await admin(url, token, 'POST', '', { realm })).status).toBe(201);
    expect((await admin(url, token, 'PUT', `/${realm}`, { enabled: true })).status).toBe(204);
    const again = await setup.run(
      {},
      {
        file: Object.entries(settings)
          .map((entry) => entry.join('='))
          .join('\n'),
      },
    );
    expect(again.stderr).toContain('Nothing to change');
    expect((await admin(url, token, 'DELETE', `/${realm}`)).status).toBe(204);
    expect((await admin(url, token, 'GET', '/master/users')).status).toBe(403);
    expect((await admin(url, token, 'PUT', '/master', { enabled: false })).status).toBe(403);
  });
}
