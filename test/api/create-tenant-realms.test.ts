import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { faultsOf } from '../support/client.js';
import type { AdoptRealmInput, CreateTenantInput } from '../support/generated/operations.js';
import { isRealKeycloak, standInOnly } from '../support/keycloak.js';
import { adoptInput, create, created, provisionInput } from '../support/tenants.js';
import { writesNothing } from '../support/written.js';

let app: TestApp;
let elsewhere: TestApp;
beforeAll(async () => {
  [app, elsewhere] = await Promise.all([startTestApp(), startTestApp({ provisioning: false })]);
});
afterAll(() => Promise.all([app.stop(), elsewhere.stop()]));
afterEach(() => app.standIn.faults.clear());

const at = 'input.keycloak.realm';
/** Paths of all realms but the operators' own, where the tests log in. */
const tenantRealms = /^\/realms\/(?!master\/)/;
const adopt = (realm: AdoptRealmInput, change: Partial<CreateTenantInput> = {}): CreateTenantInput =>
  provisionInput({ keycloak: { realm: { adopt: realm } }, ...change });

/** What a create is refused with, given that it writes nothing. */
async function refusal(input: CreateTenantInput): Promise<string[]> {
  const payload = await writesNothing(app, () => create(app, input));
  expect(payload.tenant).toBeNull();
  return faultsOf(payload);
}

describe('an adopted realm', () => {
  it('is proven by one grant and never changed', async () => {
    const input = await adoptInput(app);
    app.standIn.faults.clearRequests();
    const { keycloak, tenantId } = await created(app, input);
    const { realm, clientId } = input.keycloak.realm.adopt!;
    expect(keycloak).toMatchObject({
      origin: 'ADOPTED',
      serverUrl: app.standIn.url,
      realm,
      issuer: `${app.standIn.url}/realms/${realm}`,
      clientId,
      hasClientSecret: true,
      scope: [],
      realmState: 'UNMANAGED',
      sync: { state: 'IN_SYNC', lastError: null },
    });
    expect(app.standIn.faults.requests(`/realms/${realm}/protocol/openid-connect/token`)).toBe(1);
    expect(app.standIn.faults.requests('/admin/')).toBe(0);
    expect(tenantId).toBe(input.tenantId);
  });

  it('that does not exist', async () => {
    expect(await refusal(adopt({ realm: 'nowhere', clientId: 'cx-core', clientSecret: 'x' }))).toEqual([
      `REALM_NOT_FOUND ${at}.adopt.realm`,
    ]);
  });

  it('that is disabled', async () => {
    const { realm, clientId, clientSecret } = await app.standIn.control.addRealm({ enabled: false });
    expect(await refusal(adopt({ realm, clientId, clientSecret }))).toEqual([`REALM_DISABLED ${at}.adopt.realm`]);
  });

  it('that refuses the client: unknown, wrong secret, no service account', async () => {
    const { realm, clientId, clientSecret } = await app.standIn.control.addRealm();
    const plain = await app.standIn.control.addRealm({ client: { serviceAccountsEnabled: false } });
    for (const bad of [
      { realm, clientId: 'unknown', clientSecret },
      { realm, clientId, clientSecret: 'wrong' },
      { realm: plain.realm, clientId: plain.clientId, clientSecret: plain.clientSecret },
    ]) {
      expect(await refusal(adopt(bad))).toEqual([`REALM_REFUSED_CLIENT ${at}.adopt.clientId`]);
    }
  });

  it.for(['wrong-issuer', 'wrong-typ', 'wrong-azp', 'expired', 'other-key', 'oversize', 'no-sub', 'with-sid'] as const)(
    'whose token lies: %s',
    async (lie, { skip }) => {
      skip(isRealKeycloak && standInOnly.has(lie), 'no setting of a real Keycloak does that');
      const input = await adoptInput(app);
      await app.standIn.lie(input.keycloak.realm.adopt!.realm, lie);
      expect(await refusal(input)).toEqual([`REALM_TOKENS_UNUSABLE ${at}.adopt.realm`]);
    },
  );

  it('that answers something else than a token', async () => {
    for (const body of ['no JSON at all', '{"hello":1}', '{"access_token":"a.b.c","token_type":"bearer"}']) {
      const input = await adoptInput(app);
      const headers = { 'content-type': 'application/json' };
      const { realm } = input.keycloak.realm.adopt!;
      app.standIn.faults.set({ match: `/realms/${realm}/`, kind: 'status', status: 200, body, headers, times: 1 });
      expect(await refusal(input)).toEqual([`REALM_TOKENS_UNUSABLE ${at}.adopt.realm`]);
    }
  });

  it('that knows no scope although none was asked for', async () => {
    const input = await adoptInput(app);
    const body = { error: 'invalid_scope' };
    const match = `/realms/${input.keycloak.realm.adopt!.realm}/`;
    app.standIn.faults.set({ match, kind: 'status', status: 400, body, times: 1 });
    expect(await refusal(input)).toEqual([`REALM_REFUSED_CLIENT ${at}.adopt.clientId`]);
  });

  it.each([
    ['fails', { kind: 'status', status: 503 }],
    ['drops the connection', { kind: 'cut' }],
    ['never answers', { kind: 'silent' }],
    ['is too slow', { kind: 'slow', ms: 4_000 }],
    ['leads elsewhere', { kind: 'status', status: 302, headers: { location: 'http://127.0.0.1:9/' } }],
  ] as const)('whose server %s; the same create succeeds afterwards', async (_label, fault) => {
    const input = await adoptInput(app);
    app.standIn.faults.set({ match: `/realms/${input.keycloak.realm.adopt!.realm}/`, ...fault });
    const started = Date.now();
    expect(await refusal(input)).toEqual([`IDENTITY_PROVIDER_UNAVAILABLE ${at}.adopt`]);
    expect(Date.now() - started).toBeLessThan(5_000);
    app.standIn.faults.clear();
    await created(app, input);
  });

  it('whose keys cannot be had', async () => {
    const input = await adoptInput(app);
    app.standIn.faults.set({
      match: `/realms/${input.keycloak.realm.adopt!.realm}/protocol/openid-connect/certs`,
      kind: 'cut',
    });
    expect(await refusal(input)).toEqual([`IDENTITY_PROVIDER_UNAVAILABLE ${at}.adopt`]);
  });

  it('that another tenant has, the operators’ own, or one made for a tenant', async () => {
    const input = await adoptInput(app);
    await created(app, input);
    const made = await created(app, provisionInput());
    const { clientId, clientSecret } = app.standIn;
    app.standIn.faults.clearRequests();
    for (const realm of [
      input.keycloak.realm.adopt!,
      { ...input.keycloak.realm.adopt!, serverUrl: `${app.standIn.url}/` },
      { realm: 'master', clientId, clientSecret },
      { realm: made.keycloak.realm, clientId: 'cx-core', clientSecret: 'x' },
    ]) {
      expect(await refusal(adopt(realm))).toEqual([`REALM_TAKEN ${at}`]);
    }
    expect(app.standIn.faults.requests(tenantRealms)).toBe(0);
  });

  it('that another tenant has, under another address of its server', async () => {
    const input = await adoptInput(app);
    await created(app, input);
    const serverUrl = app.standIn.url.replace('127.0.0.1', 'localhost');
    expect(await refusal(adopt({ ...input.keycloak.realm.adopt!, serverUrl }))).toEqual([`REALM_TAKEN ${at}`]);
    const login = { realm: 'master', clientId: 'core-component', clientSecret: 'demo', serverUrl };
    expect(await refusal(adopt(login))).toEqual([`REALM_TAKEN ${at}`]);
  });

  it('at another server is named with that server’s address', async () => {
    const { realm, clientId, clientSecret } = await elsewhere.standIn.control.addRealm();
    const serverUrl = elsewhere.standIn.url;
    const tenant = await created(app, adopt({ realm, clientId, clientSecret, serverUrl: `${serverUrl}//` }));
    expect(tenant.keycloak).toMatchObject({ serverUrl, issuer: `${serverUrl}/realms/${realm}` });
  });
});
