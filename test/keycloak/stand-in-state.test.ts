import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startKeycloakStandIn, type StandIn } from '../../src/embedded/keycloak/index.js';
import { StartupError } from '../../src/startup-error.js';
import { admin, get, post, tokensOf, type Answer } from './provider.js';

let stateDir: string;
let standIn: StandIn;

beforeEach(async () => {
  stateDir = join(await mkdtemp(join(tmpdir(), 'stand-in-')), 'keycloak');
  standIn = await startKeycloakStandIn({ stateDir });
});

afterEach(async () => {
  await standIn.stop();
  await rm(join(stateDir, '..'), { recursive: true });
});

const restart = async (): Promise<void> => {
  await standIn.stop();
  standIn = await startKeycloakStandIn({ stateDir });
};

const login = (form: Readonly<Record<string, string>>): Promise<Answer> =>
  post(standIn.url, 'master', 'token', form, `${standIn.clientId}:${standIn.clientSecret}`);
const loginAs = (username: string): Promise<Answer> => login({ grant_type: 'password', username, password: 'demo' });

describe('the demo accounts', () => {
  test.each([
    ['admin', 'tenant-admin'],
    ['operator', 'tenant-operator'],
    ['viewer', 'tenant-viewer'],
  ])('%s logs in as %s, for 120 s, with no other client named', async (username, role) => {
    const tokens = tokensOf(await loginAs(username));
    expect(tokens.expires_in).toBe(120);
    const claims = decodeJwt(tokens.access_token);
    expect(claims).toMatchObject({ aud: 'tenantry', azp: 'tenantry', sid: tokens['session_state'] });
    expect(claims['resource_access']).toEqual({ tenantry: { roles: [role] } });
  });

  test('the core component is a token issuer', async () => {
    const form = { grant_type: 'client_credentials' };
    const tokens = tokensOf(await post(standIn.url, 'master', 'token', form, 'core-component:demo'));
    const claims = decodeJwt(tokens.access_token);
    expect(claims).toMatchObject({ aud: 'tenantry', azp: 'core-component', client_id: 'core-component' });
    expect(claims['resource_access']).toEqual({ tenantry: { roles: ['tenant-token-issuer'] } });
  });
});

describe('what is kept', () => {
  test('files are private, passwords are not in them', async () => {
    const file = join(stateDir, 'state.json');
    expect((await stat(stateDir)).mode & 0o777).toBe(0o700);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const { realms } = JSON.parse(await readFile(file, 'utf8')) as { realms: [{ users: unknown[] }] };
    expect(JSON.stringify(realms[0].users)).not.toContain('"demo"');
  });

  test('address, secrets, keys, realms and sessions survive a restart', async () => {
    const before = { url: standIn.url, secrets: [standIn.clientSecret, standIn.adminClientSecret] };
    const { refresh_token } = tokensOf(await loginAs('viewer'));
    const { realm } = await standIn.control.addRealm();
    const keys = await get(`${standIn.url}/realms/${realm}/protocol/openid-connect/certs`);
    await restart();
    expect({ url: standIn.url, secrets: [standIn.clientSecret, standIn.adminClientSecret] }).toEqual(before);
    expect((await login({ grant_type: 'refresh_token', refresh_token })).status).toBe(200);
    expect(await get(`${standIn.url}/realms/${realm}/protocol/openid-connect/certs`)).toEqual(keys);
  });

  test('so do logouts and revocations', async () => {
    const ended = tokensOf(await loginAs('viewer'));
    const basic = `${standIn.clientId}:${standIn.clientSecret}`;
    await post(standIn.url, 'master', 'revoke', { token: ended.access_token }, basic);
    await post(standIn.url, 'master', 'logout', { refresh_token: ended.refresh_token }, basic);
    await restart();
    const refreshed = await login({ grant_type: 'refresh_token', refresh_token: ended.refresh_token });
    expect(refreshed).toMatchObject({ status: 400, body: { error_description: 'Session not active' } });
    const introspected = await post(standIn.url, 'master', 'token/introspect', { token: ended.access_token }, basic);
    expect(introspected.body).toEqual({ active: false });
  });

  test('its port, once chosen, is not exchanged for another', async () => {
    await standIn.stop();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(Number(new URL(standIn.url).port), '127.0.0.1', resolve));
    await expect(startKeycloakStandIn({ stateDir })).rejects.toThrow(StartupError);
    await new Promise((resolve) => other.close(resolve));
    standIn = await startKeycloakStandIn({ stateDir });
  });

  test('a state that cannot be read stops the start', async () => {
    await standIn.stop();
    const file = join(stateDir, 'state.json');
    const good = await readFile(file, 'utf8');
    await chmod(file, 0o600);
    await writeFile(file, good.slice(0, 100));
    await expect(startKeycloakStandIn({ stateDir })).rejects.toThrow(StartupError);
    await writeFile(file, good);
    standIn = await startKeycloakStandIn({ stateDir });
  });

  test('a wished port that is taken gives way to a free one on the first start', async () => {
    const port = Number(new URL(standIn.url).port);
    const second = await startKeycloakStandIn({ stateDir: `${stateDir}-second`, port });
    expect(second.url).not.toBe(standIn.url);
    await second.stop();
  });
});

test('issuers are fixed where a hostname is given', async () => {
  const fixed = await startKeycloakStandIn({ stateDir: `${stateDir}-fixed`, hostname: 'https://id.example.com' });
  const { body } = await get(`${fixed.url}/realms/master/.well-known/openid-configuration`);
  expect(body).toMatchObject({ issuer: 'https://id.example.com/realms/master' });
  await fixed.stop();
});

test('the provisioning account makes realms and no more', async () => {
  const form = { grant_type: 'client_credentials' };
  const basic = `${standIn.adminClientId}:${standIn.adminClientSecret}`;
  const { access_token } = tokensOf(await post(standIn.url, 'master', 'token', form, basic));
  expect((await admin(standIn.url, access_token, 'POST', '', { realm: 'made', enabled: true })).status).toBe(201);
  expect((await admin(standIn.url, access_token, 'GET', '/master/clients')).status).toBe(403);
});
