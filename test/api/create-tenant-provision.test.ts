import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { removeLeftIntents } from '../../src/modules/realm/left-intents.service.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { faultsOf } from '../support/client.js';
import { making, realmAt, reservations } from '../support/making-realms.js';
import { created, create, freshTenantId, provisionInput, read } from '../support/tenants.js';
import { writesNothing } from '../support/written.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
afterEach(() => app.standIn.faults.clear());

const at = 'input.keycloak.realm.provision';

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
    expect(await realmAt(app, tenantId)).toMatchObject({ id: tenant.id, enabled: true, displayName: tenant.name });
    expect(await reservations(app, tenantId)).toBe(0);
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
    expect(await realmAt(app, realm)).toMatchObject({ id: tenant.id, displayName: 'Shown' });
  });

  it('must not be one that is there already', async () => {
    const { realm } = await app.standIn.control.addRealm({ realm: freshTenantId('foreign') });
    const input = provisionInput({ keycloak: { realm: { provision: { realm } } } });
    expect(faultsOf(await create(app, input))).toEqual([`REALM_TAKEN ${at}`]);
    expect(await read(app, input.tenantId)).toBeNull();
    expect(await reservations(app, input.tenantId)).toBe(0);
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
    expect(await realmAt(app, tenant.tenantId)).toMatchObject({ id: tenant.id, enabled: true });
    expect(await reservations(app, tenant.tenantId)).toBe(0);
  });

  it('the unknown is told, the names stay the caller’s, and the same create succeeds afterwards', async () => {
    const input = provisionInput();
    app.standIn.faults.set({ ...making, kind: 'cut' });
    const payload = await create(app, input);
    expect(faultsOf(payload)).toEqual([`IDENTITY_PROVIDER_UNAVAILABLE ${at}`]);
    expect(await read(app, input.tenantId)).toBeNull();
    expect(await reservations(app, input.tenantId)).toBe(1);
    app.standIn.faults.clear();

    expect(faultsOf(await create(app, input, { as: 'admin' }))).toEqual(['TAKEN input.tenantId']);
    const byAdopting = provisionInput({
      tenantId: input.tenantId,
      keycloak: { realm: { adopt: await app.standIn.control.addRealm().then(({ id: _id, ...realm }) => realm) } },
    });
    expect(faultsOf(await create(app, byAdopting, { as: 'admin' }))).toEqual(['TAKEN input.tenantId']);
    expect(await reservations(app, input.tenantId)).toBe(1);

    const tenant = await created(app, { ...input, name: 'Another name by now' });
    expect(tenant.name).toBe('Another name by now');
    expect(await realmAt(app, input.tenantId)).toMatchObject({ id: tenant.id, enabled: true });
    expect(await reservations(app, input.tenantId)).toBe(0);
  });

  it('whoever sent that create may go on with a realm to adopt; what was left is removed', async () => {
    const input = provisionInput();
    app.standIn.faults.set({ ...making, kind: 'cut', mode: 'after' });
    app.standIn.faults.set({ match: `/admin/realms/${input.tenantId}`, kind: 'status', status: 503 });
    expect(faultsOf(await create(app, input))).toEqual([`IDENTITY_PROVIDER_UNAVAILABLE ${at}`]);
    app.standIn.faults.clear();
    const { id: _id, ...realm } = await app.standIn.control.addRealm();
    const { keycloak } = await created(app, { ...input, keycloak: { realm: { adopt: realm } } });
    expect(keycloak.realm).toBe(realm.realm);
    expect(await realmAt(app, input.tenantId)).toMatchObject({ enabled: false });
    const later = new Date(Date.now() + 180_000);
    await removeLeftIntents({ ...app.services, now: () => later });
    expect(await realmAt(app, input.tenantId)).toBeUndefined();
    expect(await reservations(app, input.tenantId)).toBe(0);
  });

  it('a name that goes to another tenant while the realm is made leaves nothing of it', async () => {
    const other = await created(app, provisionInput());
    const input = provisionInput({ code: 'LOST' });
    app.standIn.faults.clearRequests();
    app.standIn.faults.set({ ...making, kind: 'slow', ms: 500, mode: 'after', times: 1 });
    const losing = create(app, input);
    await vi.waitFor(() => expect(app.standIn.faults.requests(making.match, making.method)).toBe(1), 5_000);
    await app.sql('update tenantry.tenant set code = ? where tenant_id = ?', ['LOST', other.tenantId]);
    expect(faultsOf(await losing)).toEqual(['TAKEN input.code']);
    expect(await realmAt(app, input.tenantId)).toBeUndefined();
    expect(await reservations(app, input.tenantId)).toBe(0);
  });

  it('a realm that Keycloak makes only after it was given up is that of the same create sent again', async () => {
    const input = provisionInput();
    app.standIn.faults.set({ ...making, kind: 'late', ms: 4_700, times: 2 });
    app.standIn.faults.set({ ...making, kind: 'late', ms: 600, times: 1 });
    expect(faultsOf(await create(app, input))).toEqual([`IDENTITY_PROVIDER_UNAVAILABLE ${at}`]);
    const tenant = await created(app, input);
    expect(await realmAt(app, input.tenantId)).toMatchObject({ id: tenant.id, enabled: true });
    expect(await reservations(app, input.tenantId)).toBe(0);
  });

  it('a realm that was made after all is replaced when the same create is sent again', async () => {
    const input = provisionInput();
    app.standIn.faults.set({ ...making, kind: 'cut', mode: 'after' });
    app.standIn.faults.set({ match: `/admin/realms/${input.tenantId}`, kind: 'status', status: 503 });
    expect(faultsOf(await create(app, input))).toEqual([`IDENTITY_PROVIDER_UNAVAILABLE ${at}`]);
    app.standIn.faults.clear();
    expect(await realmAt(app, input.tenantId)).toMatchObject({ enabled: false });
    const tenant = await created(app, input);
    expect(await realmAt(app, input.tenantId)).toMatchObject({ id: tenant.id, enabled: true });
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
