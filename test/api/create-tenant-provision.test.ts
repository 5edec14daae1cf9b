import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { removeLeftIntents } from '../../src/modules/realm/realm-provisioning.service.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { codesOf, faultsOf } from '../support/client.js';
import { CreateTenantDocument, type CreateTenantInput } from '../support/generated/operations.js';
import { created, create, freshTenantId, provisionInput, read } from '../support/tenants.js';
import { writesNothing } from '../support/written.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
afterEach(() => app.standIn.faults.clear());

const at = 'input.keycloak.realm.provision';
const making = { match: /^\/admin\/realms$/, method: 'POST' } as const;

/** The realm as the account that makes realms sees it; undefined where it sees none. */
async function realmAt(realm: string): Promise<{ id: string; enabled: boolean; displayName?: string } | undefined> {
  const { url, adminClientId, adminClientSecret } = app.standIn;
  const answer = await fetch(`${url}/realms/master/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: adminClientId,
      client_secret: adminClientSecret,
    }),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const found = await fetch(`${url}/admin/realms/${realm}`, { headers: { authorization: `Bearer ${token}` } });
  return found.status === 200 ? ((await found.json()) as { id: string; enabled: boolean }) : undefined;
}

/** How many names are reserved for a tenant that is being made. */
async function intents(tenantId: string): Promise<number> {
  return (await app.sql('select 1 from tenantry.realm_intent where tenant_id = ?', [tenantId])).length;
}

describe('a provisioned realm', () => {
  it('carries the tenant’s UUID as its id, and is enabled', async () => {
    const tenant = await created(app, provisionInput());
    const { tenantId, keycloak } = tenant;
    expect(keycloak).toMatchObject({
      origin: 'PROVISIONED',
      realm: tenantId,
      clientId: 'cx-core',
      hasClientSecret: true,
      realmState: 'ENABLED',
      sync: { state: 'IN_SYNC', lastError: null },
    });
    expect(await realmAt(tenantId)).toMatchObject({ id: tenant.id, enabled: true, displayName: tenant.name });
    expect(await intents(tenantId)).toBe(0);
  });

  it('issues tokens that name the tenant, to Tenantry’s audience', async () => {
    const { id, tenantId, keycloak } = await created(app, provisionInput());
    const clientSecret = await app.services.realmAdmin!.readClientSecret(tenantId, id, 'cx-core');
    const answer = await fetch(`${keycloak.issuer}/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: 'cx-core',
        client_secret: clientSecret ?? '',
      }),
    });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    expect(decodeJwt(token)).toMatchObject({ iss: keycloak.issuer, tenant_id: tenantId, azp: 'cx-core' });
    expect([decodeJwt(token).aud].flat()).toContain('tenantry');
  });

  it('may have a name and a display name of its own', async () => {
    const realm = freshTenantId('realm');
    const tenant = await created(
      app,
      provisionInput({ keycloak: { realm: { provision: { realm, displayName: 'Shown' } } } }),
    );
    expect(tenant.keycloak.realm).toBe(realm);
    expect(await realmAt(realm)).toMatchObject({ id: tenant.id, displayName: 'Shown' });
  });

  it('must not be one that is there already', async () => {
    const { realm } = await app.standIn.control.addRealm({ realm: freshTenantId('foreign') });
    const input = provisionInput({ keycloak: { realm: { provision: { realm } } } });
    expect(faultsOf(await create(app, input))).toEqual([`REALM_TAKEN ${at}`]);
    expect(await read(app, input.tenantId)).toBeNull();
    expect(await intents(input.tenantId)).toBe(0);
    await created(app, { ...input, keycloak: { realm: { provision: {} } } });
  });

  it('must not be that of another tenant', async () => {
    const { keycloak } = await created(app, provisionInput());
    const input = provisionInput({ keycloak: { realm: { provision: { realm: keycloak.realm } } } });
    expect(faultsOf(await writesNothing(app, () => create(app, input)))).toEqual(['REALM_TAKEN input.keycloak.realm']);
  });
});

describe('when Keycloak does not do what it is asked', () => {
  it.each([
    ['fails once', { ...making, kind: 'status', status: 500, times: 1 }],
    ['is cut off once, with the realm made', { ...making, kind: 'cut', mode: 'after', times: 1 }],
    ['is cut off once, before it was made', { ...making, kind: 'cut', times: 1 }],
    ['answers 500 with the realm made', { ...making, kind: 'status', status: 500, mode: 'after', times: 2 }],
    ['says nothing, with the realm made', { ...making, kind: 'silent', mode: 'after', times: 1 }],
  ] as const)('a create that %s is settled by looking', async (_label, fault) => {
    app.standIn.faults.set(fault);
    const tenant = await created(app, provisionInput());
    expect(await realmAt(tenant.tenantId)).toMatchObject({ id: tenant.id, enabled: true });
    expect(await intents(tenant.tenantId)).toBe(0);
  });

  it('the unknown is told, the names stay the caller’s, and the same create succeeds afterwards', async () => {
    const input = provisionInput();
    app.standIn.faults.set({ ...making, kind: 'cut' });
    const payload = await create(app, input);
    expect(faultsOf(payload)).toEqual([`IDENTITY_PROVIDER_UNAVAILABLE ${at}`]);
    expect(await read(app, input.tenantId)).toBeNull();
    expect(await intents(input.tenantId)).toBe(1);
    app.standIn.faults.clear();

    expect(faultsOf(await create(app, input, { as: 'admin' }))).toEqual(['TAKEN input.tenantId']);
    const byAdopting = provisionInput({
      tenantId: input.tenantId,
      keycloak: { realm: { adopt: await app.standIn.control.addRealm().then(({ id: _id, ...realm }) => realm) } },
    });
    expect(faultsOf(await create(app, byAdopting, { as: 'admin' }))).toEqual(['TAKEN input.tenantId']);

    const tenant = await created(app, { ...input, name: 'Another name by now' });
    expect(tenant.name).toBe('Another name by now');
    expect(await realmAt(input.tenantId)).toMatchObject({ id: tenant.id, enabled: true });
    expect(await intents(input.tenantId)).toBe(0);
  });

  it('a realm that Keycloak makes only after it was given up is that of the same create sent again', async () => {
    const input = provisionInput();
    app.standIn.faults.set({ ...making, kind: 'late', ms: 4_700, times: 2 });
    app.standIn.faults.set({ ...making, kind: 'late', ms: 600, times: 1 });
    expect(faultsOf(await create(app, input))).toEqual([`IDENTITY_PROVIDER_UNAVAILABLE ${at}`]);
    const tenant = await created(app, input);
    expect(await realmAt(input.tenantId)).toMatchObject({ id: tenant.id, enabled: true });
    expect(await intents(input.tenantId)).toBe(0);
  });

  it('a realm that was made after all is replaced when the same create is sent again', async () => {
    const input = provisionInput();
    app.standIn.faults.set({ ...making, kind: 'cut', mode: 'after' });
    app.standIn.faults.set({ match: `/admin/realms/${input.tenantId}`, kind: 'status', status: 503 });
    expect(faultsOf(await create(app, input))).toEqual([`IDENTITY_PROVIDER_UNAVAILABLE ${at}`]);
    app.standIn.faults.clear();
    expect(await realmAt(input.tenantId)).toMatchObject({ enabled: false });
    const tenant = await created(app, input);
    expect(await realmAt(input.tenantId)).toMatchObject({ id: tenant.id, enabled: true });
  });

  it('a realm that cannot be enabled yet leaves the tenant waiting, not refused', async () => {
    const input = provisionInput();
    app.standIn.faults.set({ match: `/admin/realms/${input.tenantId}`, method: 'PUT', kind: 'status', status: 503 });
    const { keycloak } = await created(app, input);
    expect(keycloak).toMatchObject({ realmState: 'DISABLED' });
    expect(['PENDING', 'FAILED']).toContain(keycloak.sync.state);
    app.standIn.faults.clear();
    app.services.jobs.syncRealm((await read(app, input.tenantId))!.id);
    await vi.waitFor(async () => {
      const tenant = await read(app, input.tenantId);
      expect(tenant!.keycloak).toMatchObject({ realmState: 'ENABLED', sync: { state: 'IN_SYNC', lastError: null } });
    }, 5_000);
  });
});

describe('twenty creates at once', () => {
  const sameTenant = async (inputs: readonly CreateTenantInput[]): Promise<string[][]> => {
    const payloads = await Promise.all(
      inputs.map((input, index) => create(app, input, { as: index % 2 === 0 ? 'operator' : 'admin' })),
    );
    return payloads.map((payload) => faultsOf(payload));
  };

  it('of one tenantId, each with a realm to be made: one wins, and one realm exists', async () => {
    const input = provisionInput();
    app.standIn.faults.clearRequests();
    const outcomes = await sameTenant(Array.from({ length: 20 }, () => input));
    expect(outcomes.filter((faults) => faults.length === 0)).toHaveLength(1);
    expect(outcomes.filter((faults) => faults.includes('TAKEN input.tenantId'))).toHaveLength(19);
    expect(app.standIn.faults.requests(/^\/admin\/realms$/, 'POST')).toBe(1);
    expect(await realmAt(input.tenantId)).toMatchObject({ enabled: true });
    expect(await intents(input.tenantId)).toBe(0);
  });

  it('of one tenantId, each adopting the same realm: one wins', async () => {
    const { id: _id, ...realm } = await app.standIn.control.addRealm();
    const input = provisionInput({ keycloak: { realm: { adopt: realm } } });
    const outcomes = await sameTenant(Array.from({ length: 20 }, () => input));
    expect(outcomes.filter((faults) => faults.length === 0)).toHaveLength(1);
    expect(outcomes.filter((faults) => faults.includes('TAKEN input.tenantId'))).toHaveLength(19);
  });

  it('of one tenantId, adopting and provisioning: one wins, and no realm is left without a tenant', async () => {
    const tenantId = freshTenantId();
    const realms = await Promise.all(Array.from({ length: 3 }, () => app.standIn.control.addRealm()));
    const adopting = realms.map(({ id: _id, ...realm }) =>
      provisionInput({ tenantId, keycloak: { realm: { adopt: realm } } }),
    );
    const outcomes = await sameTenant([...adopting, provisionInput({ tenantId }), provisionInput({ tenantId })]);
    expect(outcomes.filter((faults) => faults.length === 0)).toHaveLength(1);
    const later = new Date(Date.now() + 180_000);
    await removeLeftIntents({ ...app.services, now: () => later });
    const { keycloak, id } = (await read(app, tenantId))!;
    if (keycloak.origin === 'PROVISIONED') expect(await realmAt(tenantId)).toMatchObject({ id });
    else expect(await realmAt(tenantId)).toBeUndefined();
    expect(await intents(tenantId)).toBe(0);
  });

  it('of one code: one wins', async () => {
    const code = 'ONECODE';
    const outcomes = await sameTenant(Array.from({ length: 5 }, () => provisionInput({ code })));
    expect(outcomes.filter((faults) => faults.length === 0)).toHaveLength(1);
    expect(outcomes.filter((faults) => faults.includes('TAKEN input.code'))).toHaveLength(4);
  });

  it('of more tenants than can wait: the rest is told to try again, and nothing is left of it', async () => {
    const inputs = Array.from({ length: 24 }, () => provisionInput());
    app.standIn.faults.set({ ...making, kind: 'slow', ms: 1_500, times: 1 });
    const answers = await Promise.all(
      inputs.map((input) => app.client.execute(CreateTenantDocument, { input }, { as: 'operator' })),
    );
    const refused = inputs.filter((_input, index) => codesOf(answers[index]!).includes('RATE_LIMITED'));
    expect(refused).toHaveLength(3);
    for (const { tenantId } of refused) {
      expect(await read(app, tenantId)).toBeNull();
      expect(await realmAt(tenantId)).toBeUndefined();
      expect(await intents(tenantId)).toBe(0);
    }
    expect(answers.filter(({ data }) => data?.createTenant?.tenant)).toHaveLength(21);
  });

  it('of different tenants: all succeed', async () => {
    const outcomes = await sameTenant(Array.from({ length: 6 }, () => provisionInput()));
    expect(outcomes.flat()).toEqual([]);
  });
});
