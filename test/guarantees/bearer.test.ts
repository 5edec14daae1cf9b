import { createHmac, generateKeyPairSync } from 'node:crypto';

import { exportJWK, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { insertTenant } from '../support/rows.js';
import { executeSql } from '../support/database.js';
import { startTestApp, type TestApp } from '../support/app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => {
  await app.stop();
});

/** `ok`, or the code of the refusal, with its reason where it has one. */
async function verdict(authorization: string): Promise<string> {
  const { data, errors } = await app.ask('{ viewer { subject } }', { headers: { authorization } });
  if (data?.['viewer']) return 'ok';
  const { code, reason } = errors?.[0]?.extensions ?? {};
  return [code, reason].filter((part) => typeof part === 'string').join(' ');
}

const now = (): number => Math.floor(Date.now() / 1_000);
const issuerOf = (realm: string): string => `${app.standIn.url}/realms/${realm}`;
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A person's session in the operators' realm, as Keycloak would issue it. */
const session = (): JWTPayload => ({
  iss: issuerOf('master'),
  aud: 'tenantry',
  sub: 'somebody',
  typ: 'Bearer',
  azp: 'tenantry',
  sid: 'session',
  preferred_username: 'somebody',
  resource_access: { tenantry: { roles: ['tenant-viewer'] } },
});

const sign = async (claims: JWTPayload, header?: Record<string, unknown>, realm = 'master'): Promise<string> =>
  `Bearer ${await app.standIn.control.sign(realm, claims, header)}`;

describe("the platform's bearer tokens", () => {
  it('are accepted: a session of the login client, and a service account of any client', async () => {
    expect(await verdict(await sign(session()))).toBe('ok');
    const { sid: _sid, ...component } = session();
    expect(await verdict(await sign({ ...component, azp: 'core-component', client_id: 'core-component' }))).toBe('ok');
    expect(await verdict(`bearer ${await app.tokenOf('viewer')}`)).toBe('ok');
    expect(await verdict(`Bearer ${await app.tokenOf('component')}`)).toBe('ok');
  });

  it.each<[string, (claims: JWTPayload) => JWTPayload]>([
    ['expired', (claims) => ({ ...claims, iat: now() - 500, exp: now() - 1 })],
    ['without exp', (claims) => ({ ...claims, exp: undefined })],
    ['not yet valid', (claims) => ({ ...claims, nbf: now() + 60 })],
    ['of another issuer', (claims) => ({ ...claims, iss: issuerOf('nowhere') })],
    ['of an issuer that merely begins alike', (claims) => ({ ...claims, iss: `${issuerOf('master')}/` })],
    ['without issuer', (claims) => ({ ...claims, iss: undefined })],
    ['for another audience', (claims) => ({ ...claims, aud: 'account' })],
    ['without audience', (claims) => ({ ...claims, aud: undefined })],
    ['an ID token', (claims) => ({ ...claims, typ: 'ID' })],
    ['a refresh token', (claims) => ({ ...claims, typ: 'Refresh' })],
    ['without typ', (claims) => ({ ...claims, typ: undefined })],
    ['without subject', (claims) => ({ ...claims, sub: undefined })],
    ['with an empty subject', (claims) => ({ ...claims, sub: '' })],
    ['bound to a key', (claims) => ({ ...claims, cnf: { jkt: 'x' } })],
    ['a session of another client', (claims) => ({ ...claims, azp: 'grafana' })],
  ])('are refused: %s', async (_name, change) => {
    expect(await verdict(await sign(change(session())))).toBe('UNAUTHENTICATED');
  });

  it('are refused: other algorithms and keys, tampering, unknown crit', async () => {
    const claims = { ...session(), iat: now(), exp: now() + 60 };
    const own = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const jwk = await exportJWK(own.publicKey);
    const good = await app.standIn.control.sign('master', session());
    const [header = '', payload = '', signature = ''] = good.split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    const certs = await (await fetch(`${issuerOf('master')}/protocol/openid-connect/certs`)).text();
    const hmacInput = `${encoded({ alg: 'HS256', typ: 'JWT', kid })}.${encoded(claims)}`;
    const tokens = {
      none: new UnsecuredJWT(claims).encode(),
      hs256: `${hmacInput}.${createHmac('sha256', certs).update(hmacInput).digest('base64url')}`,
      ownKey: await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(own.privateKey),
      embeddedKey: await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', jwk }).sign(own.privateKey),
      tampered: [header, encoded({ ...claims, sub: 'admin' }), signature].join('.'),
      unsigned: `${header}.${payload}.`,
      crit: await app.standIn.control.sign('master', session(), { crit: ['x'], x: 1 }).catch(() => 'not signed'),
      garbage: 'garbage',
    };
    for (const [name, token] of Object.entries(tokens)) {
      expect([name, await verdict(`Bearer ${token}`)]).toEqual([name, 'UNAUTHENTICATED']);
    }
    for (const authorization of ['Basic YWRtaW46ZGVtbw==', 'Bearer', good, `Bearer ${good} ${good}`]) {
      expect(await verdict(authorization)).toBe('UNAUTHENTICATED');
    }
  });

  it('carry the roles of the login client and no others', async () => {
    const claims = {
      ...session(),
      realm_access: { roles: ['admin', 'tenant-admin'] },
      resource_access: { account: { roles: ['tenant-admin'] }, tenantry: { roles: ['unknown', 'tenant-viewer'] } },
    };
    const headers = { authorization: await sign(claims) };
    expect((await app.ask('{ viewer { roles } }', { headers })).data).toEqual({ viewer: { roles: ['TENANT_VIEWER'] } });
    for (const resource_access of [
      undefined,
      null,
      [],
      'x',
      { tenantry: null },
      { tenantry: { roles: 'tenant-admin' } },
    ]) {
      const none = { authorization: await sign({ ...session(), resource_access }) };
      expect((await app.ask('{ viewer { roles } }', { headers: none })).data).toEqual({ viewer: { roles: [] } });
    }
  });

  it('are verified without asking Keycloak again, and while it is down', async () => {
    const token = await app.tokenOf('viewer');
    app.standIn.faults.clearRequests();
    for (let round = 0; round < 5; round += 1) expect(await verdict(`Bearer ${token}`)).toBe('ok');
    expect(app.standIn.faults.requests('')).toBe(0);
    app.standIn.faults.set({ match: '', kind: 'status', status: 503 });
    expect(await verdict(await sign(session()))).toBe('ok');
    app.standIn.faults.clear();
  });

  it('of an issuer that is nobody’s cost no call', async () => {
    app.standIn.faults.clearRequests();
    expect(await verdict(await sign({ ...session(), iss: issuerOf('unregistered') }))).toBe('UNAUTHENTICATED');
    expect(app.standIn.faults.requests('')).toBe(0);
  });
});

describe("tenants' bearer tokens", () => {
  let tenant: string;
  const realm = 'tenant-realm';

  beforeAll(async () => {
    await app.standIn.control.addRealm({ realm, clientId: 'cx-core' });
    await app.standIn.control.addRealm({ realm: 'neighbour' });
    tenant = await insertTenant(app.database.ownerUrl, 'bearer', realmColumns(realm));
    await insertTenant(app.database.ownerUrl, 'neighbour', realmColumns('neighbour'));
  });

  const realmColumns = (name: string) => ({
    server_url: app.standIn.url,
    realm: name,
    issuer: issuerOf(name),
    tokens_not_before: new Date((now() - 3_000) * 1_000).toISOString(),
  });
  const change = async (assignments: string): Promise<void> => {
    await executeSql(app.database.ownerUrl, `update tenantry.tenant set ${assignments} where id = ?`, [tenant]);
  };
  const claims = (): JWTPayload => ({
    iss: issuerOf(realm),
    sub: 'service-account',
    typ: 'Bearer',
    azp: 'cx-core',
    iat: now(),
  });
  const tenantVerdict = async (over: JWTPayload = {}): Promise<string> =>
    await verdict(await sign({ ...claims(), ...over }, {}, realm));

  it('are accepted from the service account of the tenant’s client, and grant that tenant alone', async () => {
    expect(await tenantVerdict()).toBe('ok');
    const forged = {
      resource_access: { tenantry: { roles: ['tenant-admin'] } },
      aud: 'tenantry',
      tenant_id: 'neighbour',
    };
    const headers = { authorization: await sign({ ...claims(), ...forged }, {}, realm) };
    const { data } = await app.ask('{ viewer { roles permissions } }', { headers });
    expect(data).toEqual({
      viewer: { roles: ['TENANT'], permissions: ['READ_CURRENT_TENANT', 'READ_CURRENT_TENANT_SECRETS'] },
    });
  });

  it.each<[string, () => JWTPayload]>([
    ['expired', () => ({ exp: now() - 1 })],
    ['without exp', () => ({ exp: undefined })],
    ['an end user’s', () => ({ sid: 'session' })],
    ['another client’s', () => ({ azp: 'other' })],
    ['an ID token', () => ({ typ: 'ID' })],
    ['without subject', () => ({ sub: undefined })],
    ['bound to a key', () => ({ cnf: { jkt: 'x' } })],
    ['older than an hour', () => ({ iat: now() - 3_700, exp: now() + 60 })],
    ['from the future', () => ({ iat: now() + 600, exp: now() + 900 })],
    ['larger than 8 KiB', () => ({ padding: 'x'.repeat(8_192) })],
    ['of a neighbour’s issuer under its own key', () => ({ iss: issuerOf('neighbour') })],
    ['of the platform’s issuer under its own key', () => ({ ...session() })],
  ])('are refused: %s', async (_name, over) => {
    expect(await tenantVerdict(over())).toBe('UNAUTHENTICATED');
  });

  it('must name the platform as their audience where Tenantry made the realm', async () => {
    await change(`realm_origin = 'PROVISIONED'`);
    expect(await tenantVerdict()).toBe('UNAUTHENTICATED');
    expect(await tenantVerdict({ aud: ['tenantry', 'account'] })).toBe('ok');
    await change(`realm_origin = 'ADOPTED'`);
  });

  it('are refused at once while the tenant is out of service, and old ones for good', async () => {
    const old = await sign({ ...claims(), iat: now() - 10 }, {}, realm);
    expect(await verdict(old)).toBe('ok');
    for (const status of ['SUSPENDED', 'MAINTENANCE', 'INACTIVE', 'DELETED']) {
      await change(`status = '${status}'`);
      expect(await verdict(old)).toBe('FORBIDDEN TENANT_NOT_OPERATIONAL');
    }
    await change(`status = 'TRIAL', tokens_not_before = date_trunc('second', now())`);
    expect(await verdict(old)).toBe('UNAUTHENTICATED');
    expect(await tenantVerdict({ iat: now() + 1 })).toBe('ok');
    await change(`status = 'ACTIVE', tokens_not_before = now() - interval '1 hour'`);
  });

  it('leave the tenant its secrets: a bad signature never learns of its status', async () => {
    await change(`status = 'SUSPENDED'`);
    expect(await tenantVerdict({ azp: 'other' })).toBe('UNAUTHENTICATED');
    await change(`status = 'ACTIVE'`);
  });
});
