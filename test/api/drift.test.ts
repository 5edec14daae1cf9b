import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { syncRealm } from '../../src/modules/realm/realm-sync.service.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/background.js';
import { createdIn, issue, issued, provisionedIn, transitioned } from '../support/changes.js';
import { codesOf, faultsOf } from '../support/client.js';
import { RealmDriftDocument } from '../support/generated/operations.js';
import { driftOf, realmConsole, type RealmConsole } from '../support/realm-console.js';
import { read, type TenantFields } from '../support/tenants.js';

let app: TestApp;
let keycloak: RealmConsole;
beforeAll(async () => {
  app = await startTestApp();
  keycloak = await realmConsole(app);
});
afterAll(() => app.stop());
afterEach(() => {
  app.standIn.faults.clear();
  app.standIn.faults.clearRequests();
});

const inSync = async (tenantId: string): Promise<TenantFields | null> =>
  await eventually(
    () => read(app, tenantId),
    (tenant) => tenant?.keycloak.sync.state === 'IN_SYNC',
  );

describe('the drift of a realm that Tenantry made', () => {
  it('is empty as long as nobody touches it, in every status', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    expect(await driftOf(app, tenantId)).toEqual([]);
    await transitioned(app, tenantId, 'SUSPEND');
    await inSync(tenantId);
    expect(await driftOf(app, tenantId)).toEqual([]);
    await transitioned(app, tenantId, 'DELETE');
    expect(await driftOf(app, tenantId)).toEqual([]);
  });

  it('takes a few calls about that one realm, and never lists realms', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    app.standIn.faults.clearRequests();
    await driftOf(app, tenantId);
    const { faults } = app.standIn;
    expect(faults.requests('/admin/')).toBeLessThanOrEqual(3);
    expect(faults.requests(/^\/admin\/realms\/?$/)).toBe(0);
    expect(['POST', 'PUT', 'DELETE'].map((method) => faults.requests('/admin/', method))).toEqual([0, 0, 0]);
  });

  it('shows a realm that is enabled or disabled against the status', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    await app.standIn.control.disableRealm(tenantId);
    expect(await driftOf(app, tenantId)).toEqual(['REALM_DISABLED+']);
    await transitioned(app, tenantId, 'SUSPEND');
    await inSync(tenantId);
    await app.standIn.control.enableRealm(tenantId);
    expect(await driftOf(app, tenantId)).toEqual(['REALM_ENABLED+']);
    await transitioned(app, tenantId, 'DELETE');
    expect(await driftOf(app, tenantId)).toEqual(['REALM_ENABLED']);
  });

  it('shows what its client lacks', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    await keycloak.changeClient(tenantId, { serviceAccountsEnabled: false });
    expect(await driftOf(app, tenantId)).toEqual(['SERVICE_ACCOUNT_MISSING+']);
    await keycloak.changeClient(tenantId, { serviceAccountsEnabled: true, enabled: false });
    expect(await driftOf(app, tenantId)).toEqual(['CLIENT_UNUSABLE+']);
    await keycloak.changeClient(tenantId, { enabled: true });
    await keycloak.removeMappers(tenantId, 'oidc-hardcoded-claim-mapper');
    await keycloak.removeMappers(tenantId, 'oidc-audience-mapper');
    expect(await driftOf(app, tenantId)).toEqual(['CLAIMS_MISSING+', 'AUDIENCE_MISSING+']);
    await app.standIn.control.setClientSecret(tenantId, 'cx-core', 'another');
    expect(await driftOf(app, tenantId)).toContain('SECRET_REFUSED+');
    await keycloak.removeClient(tenantId);
    expect(await driftOf(app, tenantId)).toEqual(['CLIENT_MISSING+']);
  });

  it('shows a realm that is gone, and one that was made in its place', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    await app.standIn.control.removeRealm(tenantId);
    expect(await driftOf(app, tenantId)).toEqual(['REALM_MISSING']);
    await app.standIn.control.addRealm({ realm: tenantId });
    expect(await driftOf(app, tenantId)).toEqual(['REALM_REPLACED']);
  });

  it('says so within five seconds where Keycloak does not answer', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    app.standIn.faults.set({ match: `/admin/realms/${tenantId}`, kind: 'slow', ms: 2_700 });
    app.standIn.faults.set({ match: `/realms/${tenantId}/`, kind: 'slow', ms: 2_700 });
    const startedAt = Date.now();
    expect(await driftOf(app, tenantId)).toEqual(['UNREACHABLE']);
    expect(Date.now() - startedAt).toBeLessThan(6_000);
    app.standIn.faults.clear();
    expect(await driftOf(app, tenantId)).toEqual([]);
  });
});

describe('a realm that was renamed', () => {
  it('is found by its id in the background, once, however many run into it', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    await app.standIn.control.renameRealm(tenantId, `${tenantId}-renamed`);
    const seen = await eventually(
      () => driftOf(app, tenantId),
      ([code]) => code === 'REALM_RENAMED+',
    );
    expect(seen).toEqual(['REALM_RENAMED+']);
    app.standIn.faults.clearRequests();
    for (let round = 0; round < 3; round += 1) {
      expect(faultsOf(await issue(app, tenantId))).toEqual(['REALM_NOT_FOUND tenant']);
      await driftOf(app, tenantId);
    }
    await sleep(500);
    expect(app.standIn.faults.requests(/^\/admin\/realms$/, 'GET')).toBe(0);
  });

  it('is looked for as soon as a token is wanted of it', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    await app.standIn.control.renameRealm(tenantId, `${tenantId}-moved`);
    expect(faultsOf(await issue(app, tenantId))).toEqual(['REALM_NOT_FOUND tenant']);
    const renamedTo = async (): Promise<unknown> =>
      (
        await app.sql<{ name: unknown }>('select realm_renamed_to as name from tenantry.tenant where realm = ?', [
          tenantId,
        ])
      )[0]?.name;
    expect(await eventually(renamedTo, (name) => name !== null)).toBe(`${tenantId}-moved`);
  });

  it('goes on issuing after a suspension until it is found, and is then disabled under its new name', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    const renamed = `${tenantId}-elsewhere`;
    await app.standIn.control.renameRealm(tenantId, renamed);
    await transitioned(app, tenantId, 'SUSPEND');
    expect((await inSync(tenantId))?.keycloak).toMatchObject({
      realmState: 'DISABLED',
      sync: { state: 'IN_SYNC', lastError: null },
    });
    expect((await keycloak.call('GET', `/${renamed}`)).body).toMatchObject({ enabled: false });
    expect(await driftOf(app, tenantId)).toEqual(['REALM_RENAMED+']);
  });

  it('is not taken to be gone by a search that began before it was missed last', async () => {
    const { id, tenantId } = await provisionedIn(app, 'ACTIVE');
    const renamed = `${tenantId}-meanwhile`;
    await app.standIn.control.renameRealm(tenantId, renamed);
    await app.sql(
      `update tenantry.tenant set status = 'SUSPENDED', realm_sync_state = 'FAILED', realm_sync_since = now() - interval '3 s',
         realm_looked_for_at = now() - interval '2 s', realm_missing_since = now() - interval '1 s' where id = ?`,
      [id],
    );
    await expect(syncRealm(app.services, id)).rejects.toThrow(/no realm/);
    app.services.jobs.lookForRealms();
    expect((await inSync(tenantId))?.keycloak.sync).toMatchObject({ state: 'IN_SYNC' });
    expect((await keycloak.call('GET', `/${renamed}`)).body).toMatchObject({ enabled: false });
  });

  it('is nothing to wait for where it is gone altogether, and the tenant is out of service', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    await app.standIn.control.removeRealm(tenantId);
    await transitioned(app, tenantId, 'DELETE');
    expect((await inSync(tenantId))?.keycloak.sync).toMatchObject({ state: 'IN_SYNC', lastError: null });
  });
});

describe('the drift of an adopted realm', () => {
  it('is looked for from outside alone', async () => {
    const { tenantId, keycloak: settings } = await createdIn(app, 'ACTIVE');
    const { control, faults } = app.standIn;
    faults.clearRequests();
    expect(await driftOf(app, tenantId)).toEqual([]);
    await control.setClientSecret(settings.realm, settings.clientId, 'another');
    expect(await driftOf(app, tenantId)).toEqual(['SECRET_REFUSED']);
    await control.disableRealm(settings.realm);
    expect(await driftOf(app, tenantId)).toEqual(['REALM_DISABLED']);
    await control.removeRealm(settings.realm);
    expect(await driftOf(app, tenantId)).toEqual(['REALM_MISSING']);
    expect(faults.requests(`/admin/realms/${settings.realm}`, 'GET')).toBe(0);
  });

  it('leaves open whether it is enabled while the tenant is out of service', async () => {
    const { tenantId, keycloak: settings } = await createdIn(app, 'SUSPENDED');
    await app.standIn.control.disableRealm(settings.realm);
    expect(await driftOf(app, tenantId)).toEqual([]);
  });
});

describe('who may ask, and for how many', () => {
  it('not for more than four of a list or five by name at a time', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    const drift = 'keycloak { drift { findings { code } } }';
    const list = (first: number): string => `{ tenants(first: ${first}) { nodes { ${drift} } } }`;
    expect(codesOf(await app.ask(list(5), { as: 'viewer' }))).toEqual(['BAD_USER_INPUT']);
    const several = Array.from({ length: 6 }, (_, i) => `t${i}: tenant(by: { tenantId: "${tenantId}" }) { ${drift} }`);
    expect(codesOf(await app.ask(`{ ${several.join(' ')} }`, { as: 'viewer' }))).toEqual(['BAD_USER_INPUT']);
    expect(codesOf(await app.ask(`{ ${several.slice(1).join(' ')} }`, { as: 'viewer' }))).toEqual([]);
  });

  it("nobody learns it by a tenant's own token", async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    const { accessToken } = await issued(app, tenantId);
    app.standIn.faults.clearRequests();
    const document = '{ currentTenant { keycloak { realm drift { findings { code } } } } }';
    const answer = await app.ask(document, { token: accessToken });
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ currentTenant: { keycloak: { realm: tenantId, drift: null } } });
    expect(app.standIn.faults.requests('/')).toBe(0);
  });

  it('nobody without a token', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    const answer = await app.client.execute(RealmDriftDocument, { by: { tenantId } });
    expect(codesOf(answer)).toEqual(['UNAUTHENTICATED']);
  });
});
