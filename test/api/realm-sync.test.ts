import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { eventually, realmChanges, realmStateOf } from '../support/background.js';
import { provisionedIn, transitioned } from '../support/changes.js';
import { faultsOf } from '../support/client.js';
import { DeleteTenantDocument, IssueTenantTokenDocument } from '../support/generated/operations.js';
import { created, provisionInput, read, type TenantFields } from '../support/tenants.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
afterEach(() => app.standIn.faults.clear());

const onboard = async (): Promise<TenantFields> => await created(app, provisionInput());

async function transition(name: 'suspendTenant' | 'reactivateTenant', tenantId: string): Promise<void> {
  const reason = name === 'suspendTenant' ? ', reason: "unpaid"' : '';
  const document = `mutation { ${name}(tenant: { tenantId: "${tenantId}" }${reason}) { userErrors { code path } } }`;
  expect(await app.ask(document, { as: 'admin' })).toMatchObject({ data: { [name]: { userErrors: [] } } });
}

type Sync = TenantFields['keycloak']['sync'];
const syncOf = async (tenantId: string): Promise<Sync> => (await read(app, tenantId))!.keycloak.sync;
const inSync = ({ state }: Sync): boolean => state === 'IN_SYNC';
const failed = ({ state }: Sync): boolean => state === 'FAILED';

describe('Keycloak follows', () => {
  it('a deletion within a second, and says so', async () => {
    const { tenantId } = await onboard();
    expect(await realmStateOf(app, tenantId)).toBe('ENABLED');
    await app.client.data(DeleteTenantDocument, { tenant: { tenantId } }, { as: 'admin' });
    expect(
      await eventually(
        () => realmStateOf(app, tenantId),
        (state) => state === 'DISABLED',
        1_000,
      ),
    ).toBe('DISABLED');
    expect(await eventually(() => syncOf(tenantId), inSync)).toMatchObject({ state: 'IN_SYNC', lastError: null });
    expect((await read(app, tenantId))?.keycloak.realmState).toBe('DISABLED');
  });

  it('with every change of status a realm that was enabled in Keycloak meanwhile', async () => {
    const { tenantId } = await provisionedIn(app, 'SUSPENDED');
    const disabled = async (): Promise<void> => {
      expect(await eventually(() => syncOf(tenantId), inSync)).toMatchObject({ state: 'IN_SYNC' });
      expect(await realmStateOf(app, tenantId)).toBe('DISABLED');
    };
    await disabled();
    for (const action of ['DEACTIVATE', 'DELETE'] as const) {
      await app.standIn.control.enableRealm(tenantId);
      expect((await transitioned(app, tenantId, action)).keycloak.sync.state).toBe('PENDING');
      await disabled();
    }
  });

  it('not where another realm has the name: that is told, and all realms are listed once', async () => {
    const { tenantId } = await onboard();
    await app.standIn.control.removeRealm(tenantId);
    await app.standIn.control.addRealm({ realm: tenantId });
    app.standIn.faults.clearRequests();
    await transition('suspendTenant', tenantId);
    expect(await eventually(() => syncOf(tenantId), failed)).toMatchObject({
      lastError: expect.stringContaining('not the one that Tenantry made') as string,
    });
    await sleep(2_500);
    expect(await syncOf(tenantId)).toMatchObject({ state: 'FAILED' });
    expect(app.standIn.faults.requests(/^\/admin\/realms$/, 'GET')).toBe(1);
    expect(app.standIn.faults.requests(`/admin/realms/${tenantId}`)).toBeLessThan(10);
    expect(await realmStateOf(app, tenantId)).toBe('ENABLED');
    await app.standIn.control.removeRealm(tenantId);
    expect(await eventually(() => syncOf(tenantId), inSync, 20_000)).toMatchObject({
      state: 'IN_SYNC',
      lastError: null,
    });
  });

  it('many at once, each by one change', async () => {
    const tenants = await Promise.all(Array.from({ length: 8 }, onboard));
    app.standIn.faults.clearRequests();
    await Promise.all(tenants.map(({ tenantId }) => transition('suspendTenant', tenantId)));
    for (const { tenantId } of tenants) {
      expect(await eventually(() => syncOf(tenantId), inSync, 3_000)).toMatchObject({ state: 'IN_SYNC' });
      expect(realmChanges(app, tenantId)).toBe(1);
    }
  });

  it('the last of several changes of mind', async () => {
    const { tenantId } = await onboard();
    for (let round = 0; round < 5; round += 1) {
      await transition('suspendTenant', tenantId);
      await transition('reactivateTenant', tenantId);
    }
    await transition('suspendTenant', tenantId);
    await eventually(() => syncOf(tenantId), inSync, 3_000);
    expect(await realmStateOf(app, tenantId)).toBe('DISABLED');
  });

  it('once it is back: what is still to be done shows meanwhile, with the reason', async () => {
    const { tenantId } = await onboard();
    app.standIn.faults.set({ match: '/admin/', kind: 'slow', ms: 300, times: 1 });
    app.standIn.faults.set({ match: '/admin/', kind: 'status', status: 503 });
    await transition('suspendTenant', tenantId);
    expect(await syncOf(tenantId)).toMatchObject({ state: 'PENDING', lastError: null });
    const since = await eventually(() => syncOf(tenantId), failed);
    expect(since).toMatchObject({ state: 'FAILED', lastError: expect.stringMatching(/./) as string });
    expect(await realmStateOf(app, tenantId)).toBe('ENABLED');
    app.standIn.faults.clear();
    expect(await eventually(() => syncOf(tenantId), inSync, 8_000)).toMatchObject({
      state: 'IN_SYNC',
      lastError: null,
    });
    expect(await realmStateOf(app, tenantId)).toBe('DISABLED');
  });

  it('a slow Keycloak too, however many wait for it: that alone is no failure', async () => {
    const { tenantId } = await onboard();
    app.standIn.faults.set({ match: `/admin/realms/${tenantId}`, kind: 'slow', ms: 2_800 });
    await transition('suspendTenant', tenantId);
    await sleep(400); // the first one is at work
    await transition('reactivateTenant', tenantId);
    const seen = await eventually(
      () => syncOf(tenantId),
      (sync) => inSync(sync) || failed(sync),
      15_000,
    );
    expect(seen).toMatchObject({ state: 'IN_SYNC', lastError: null });
    expect(await realmStateOf(app, tenantId)).toBe('ENABLED');
  });

  it('and every failed try is logged once, with tenant and reason', async () => {
    const { id, tenantId } = await onboard();
    app.standIn.faults.set({ match: `/admin/realms/${tenantId}`, kind: 'status', status: 503 });
    await transition('suspendTenant', tenantId);
    await eventually(() => syncOf(tenantId), failed);
    const lines = app
      .log()
      .split('\n')
      .filter((line) => line.includes(id) && line.includes('"level":"warn"'));
    const tries = app.standIn.faults.requests(`/admin/realms/${tenantId}`);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(tries);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ tenant: id, err: { type: 'KeycloakFault' } });
  });
});

describe('a token that is wanted before the realm is enabled', () => {
  it('enables it first', async () => {
    const { tenantId } = await onboard();
    await transition('suspendTenant', tenantId);
    await eventually(() => syncOf(tenantId), inSync);
    app.standIn.faults.set({ match: `/admin/realms/${tenantId}`, kind: 'status', status: 503, times: 1 });
    await transition('reactivateTenant', tenantId);
    await eventually(() => syncOf(tenantId), failed);
    const { issueTenantToken } = await app.client.data(
      IssueTenantTokenDocument,
      { tenant: { tenantId } },
      { as: 'component' },
    );
    expect(faultsOf(issueTenantToken)).toEqual([]);
    expect(issueTenantToken?.token?.tenantId).toBe(tenantId);
    expect(await syncOf(tenantId)).toMatchObject({ state: 'IN_SYNC', lastError: null });
  });
});

describe('without an account that may change realms', () => {
  it('it is told that Keycloak does not follow, and why; with one again, it does', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    const { services } = app;
    const { realmAdmin } = services;
    Object.assign(services, { realmAdmin: undefined });
    await transition('suspendTenant', tenantId).finally(() => Object.assign(services, { realmAdmin }));
    expect(await syncOf(tenantId)).toMatchObject({
      state: 'FAILED',
      lastError: expect.stringContaining('KEYCLOAK_ADMIN_CLIENT_ID') as string,
    });
    services.jobs.syncRealm((await read(app, tenantId))!.id);
    expect(await eventually(() => syncOf(tenantId), inSync)).toMatchObject({ state: 'IN_SYNC', lastError: null });
  });
});
