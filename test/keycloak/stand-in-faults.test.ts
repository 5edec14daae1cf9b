import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { TokenLie } from '../../src/embedded/keycloak/faults.js';
import { startKeycloakStandIn, type StandIn } from '../../src/embedded/keycloak/index.js';
import { totpCode } from '../../src/embedded/keycloak/totp.js';
import { admin, administratorToken, get, post, tokensOf, type Answer } from './provider.js';

let stateDir: string;
let standIn: StandIn;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'stand-in-'));
  standIn = await startKeycloakStandIn({ stateDir });
});

afterAll(async () => {
  await standIn.stop();
  await rm(stateDir, { recursive: true });
});

afterEach(() => {
  standIn.faults.clear();
  standIn.faults.clearRequests();
});

const certs = '/realms/master/protocol/openid-connect/certs';
const getCerts = (): Promise<Answer> => get(`${standIn.url}${certs}`);
const grant = (realm: string, secret = 'secret'): Promise<Answer> =>
  post(standIn.url, realm, 'token', { grant_type: 'client_credentials' }, `cx-core:${secret}`);

describe('faults', () => {
  test('a status, with a body and headers, so many times', async () => {
    standIn.faults.set({ match: '/certs', kind: 'status', status: 503, body: { error: 'down' }, times: 2 });
    expect(await getCerts()).toMatchObject({ status: 503, body: { error: 'down' } });
    expect((await getCerts()).status).toBe(503);
    expect((await getCerts()).status).toBe(200);
  });

  test('slow', async () => {
    standIn.faults.set({ match: /certs$/, kind: 'slow', ms: 200 });
    const begun = Date.now();
    expect((await getCerts()).status).toBe(200);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(195);
  });

  test('silent, until it is stopped', async () => {
    const other = await startKeycloakStandIn({ stateDir: join(stateDir, 'other') });
    other.faults.set({ match: '/certs', kind: 'silent' });
    await expect(fetch(`${other.url}${certs}`, { signal: AbortSignal.timeout(200) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    const waiting = expect(fetch(`${other.url}${certs}`)).rejects.toThrow(TypeError);
    await expect.poll(() => other.faults.requests(certs)).toBe(2);
    await other.stop();
    await waiting;
  });

  test('cut before anything is done', async () => {
    standIn.faults.set({ match: '/certs', kind: 'cut', times: 1 });
    await expect(getCerts()).rejects.toThrow(TypeError);
    expect((await getCerts()).status).toBe(200);
  });

  test.each([{ kind: 'cut' }, { kind: 'silent' }] as const)('$kind after the work is done', async ({ kind }) => {
    const token = await administratorToken({ url: standIn.url, administrator: standIn.administrator });
    standIn.faults.set({ match: /^\/admin\/realms$/, method: 'POST', kind, mode: 'after', times: 1 });
    const realm = `unknown-${kind}`;
    const made = fetch(`${standIn.url}/admin/realms`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ realm }),
      signal: AbortSignal.timeout(2000),
    });
    await expect(made).rejects.toThrow();
    expect(await admin(standIn.url, token, 'GET', `/${realm}`)).toMatchObject({ status: 200, body: { realm } });
  });

  test('a status after the work is done', async () => {
    const token = await administratorToken({ url: standIn.url, administrator: standIn.administrator });
    standIn.faults.set({
      match: '/admin/realms',
      method: 'POST',
      kind: 'status',
      status: 504,
      mode: 'after',
      times: 1,
    });
    expect((await admin(standIn.url, token, 'POST', '', { realm: 'late' })).status).toBe(504);
    expect((await admin(standIn.url, token, 'GET', '/late')).status).toBe(200);
  });

  test('requests are counted by path and method', async () => {
    await Promise.all([getCerts(), getCerts(), get(`${standIn.url}/realms/master`)]);
    expect(standIn.faults.requests(certs)).toBe(2);
    expect(standIn.faults.requests(/^\/realms\/master/)).toBe(3);
    expect(standIn.faults.requests(certs, 'POST')).toBe(0);
    standIn.faults.clearRequests();
    expect(standIn.faults.requests('/')).toBe(0);
  });
});

describe('lies about tokens', () => {
  const minted = async (realm: string, lie: TokenLie): Promise<string> => {
    standIn.faults.set({ match: `/realms/${realm}/`, kind: 'lie', lie, times: 1 });
    return tokensOf(await grant(realm)).access_token;
  };

  test('each is what it says, and the next token is good', async () => {
    const { realm } = await standIn.control.addRealm({ clientSecret: 'secret', audiences: ['tenantry'] });
    const iss = `${standIn.url}/realms/${realm}`;
    expect(decodeJwt(await minted(realm, 'wrong-issuer')).iss).not.toBe(iss);
    expect([decodeJwt(await minted(realm, 'wrong-audience')).aud].flat()).not.toContain('tenantry');
    expect(decodeJwt(await minted(realm, 'wrong-typ'))['typ']).not.toBe('Bearer');
    expect(decodeJwt(await minted(realm, 'wrong-azp'))['azp']).not.toBe('cx-core');
    expect(decodeJwt(await minted(realm, 'expired')).exp).toBeLessThan(Date.now() / 1000);
    expect((await minted(realm, 'oversize')).length).toBeGreaterThan(8192);
    expect(decodeJwt(await minted(realm, 'no-sub'))).not.toHaveProperty('sub');
    expect(decodeJwt(await minted(realm, 'with-sid'))).toHaveProperty('sid');
    const { body } = await get(`${iss}/protocol/openid-connect/certs`);
    const keys = createLocalJWKSet(body as JSONWebKeySet);
    await expect(jwtVerify(await minted(realm, 'other-key'), keys)).rejects.toThrow();
    const good = tokensOf(await grant(realm)).access_token;
    await expect(jwtVerify(good, keys, { issuer: iss, audience: 'tenantry' })).resolves.toBeDefined();
  });
});

describe('control', () => {
  test('a realm to adopt: disabled, renamed, with other keys, gone', async () => {
    const { control } = standIn;
    const { realm } = await control.addRealm({ clientSecret: 'secret', claims: { tenant_id: 'tenant1' } });
    expect(decodeJwt(tokensOf(await grant(realm)).access_token)).toMatchObject({ tenant_id: 'tenant1' });
    await control.disableRealm(realm);
    expect((await grant(realm)).status).toBe(403);
    await control.enableRealm(realm);
    await control.setClientSecret(realm, 'cx-core', 'other');
    expect([(await grant(realm)).status, (await grant(realm, 'other')).status]).toEqual([401, 200]);
    const keysOf = async (name: string): Promise<Answer> =>
      get(`${standIn.url}/realms/${name}/protocol/openid-connect/certs`);
    const keys = await keysOf(realm);
    await control.rotateKeys(realm, { forgetOld: true });
    expect(await keysOf(realm)).not.toEqual(keys);
    await control.renameRealm(realm, `${realm}-now`);
    expect([(await grant(realm)).status, (await grant(`${realm}-now`, 'other')).status]).toEqual([404, 200]);
    await control.removeRealm(`${realm}-now`);
    expect((await grant(`${realm}-now`)).status).toBe(404);
  });

  test('users with a one-time code, pending actions, roles', async () => {
    await standIn.control.addUser('master', {
      username: 'careful',
      totpSecret: 'twelve-bytes',
      clientRoles: { tenantry: ['tenant-viewer'] },
    });
    await standIn.control.addUser('master', { username: 'unready', requiredActions: ['UPDATE_PASSWORD'] });
    const login = (form: Readonly<Record<string, string>>): Promise<Answer> =>
      post(
        standIn.url,
        'master',
        'token',
        { grant_type: 'password', password: 'demo', ...form },
        `${standIn.clientId}:${standIn.clientSecret}`,
      );
    expect((await login({ username: 'careful' })).status).toBe(400);
    const totp = totpCode('twelve-bytes', Math.floor(Date.now() / 30_000));
    expect((await login({ username: 'careful', totp })).status).toBe(200);
    expect(await login({ username: 'unready' })).toMatchObject({
      body: { error_description: 'Account is not fully set up' },
    });
  });

  test('any claims at all, signed with the realm’s key', async () => {
    const { body } = await getCerts();
    const signed = await standIn.control.sign('master', { iss: 'anybody', aud: ['a'], typ: 'Bearer' });
    await expect(jwtVerify(signed, createLocalJWKSet(body as JSONWebKeySet))).resolves.toMatchObject({
      payload: { iss: 'anybody' },
    });
    const critical = await standIn.control.sign('master', { exp: undefined }, { crit: ['x-unknown'], 'x-unknown': 1 });
    expect(decodeProtectedHeader(critical)).toMatchObject({ crit: ['x-unknown'] });
    expect(decodeJwt(critical)).not.toHaveProperty('exp');
  });
});

test.each([
  [1, '287082'],
  [37_037_036, '081804'],
  [41_152_263, '005924'],
])('one-time codes are those of RFC 6238, step %d', (step, code) => {
  expect(totpCode('12345678901234567890', step)).toBe(code);
});
