import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { eventually, realmStateOf } from '../support/background.js';
import { createdIn, issued, provisionedIn, transitioned } from '../support/changes.js';
import { codesOf } from '../support/client.js';
import { executeSql } from '../support/database.js';
import { driftOf, realmConsole, reconcile, type RealmConsole } from '../support/realm-console.js';
import { freshTenantId, read, type TenantFields } from '../support/tenants.js';
import { trailOf, writesNothing } from '../support/written.js';

let app: TestApp;
let keycloak: RealmConsole;
beforeAll(async () => {
  app = await startTestApp();
  keycloak = await realmConsole(app);
});
afterAll(() => app.stop());
afterEach(() => app.standIn.faults.clear());

const mended = { faults: [], left: [] };

async function lastEntry(tenantId: string) {
  return (await trailOf(app, tenantId)).at(-1);
}

async function found(tenantId: string): Promise<void> {
  await eventually(
    () => driftOf(app, tenantId),
    (codes) => codes.includes('REALM_RENAMED+'),
  );
}

describe('reconcileTenantRealm of a realm that Tenantry made', () => {
  it('does nothing where nothing is to be done', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    expect(await writesNothing(app, () => reconcile(app, tenantId))).toEqual({ ...mended, version: 1 });
  });

  it('disables and enables it as the status wants it, and records that', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    await app.standIn.control.disableRealm(tenantId);
    expect(await reconcile(app, tenantId)).toEqual({ ...mended, version: 2 });
    expect(await realmStateOf(app, tenantId)).toBe('ENABLED');
    expect(await lastEntry(tenantId)).toMatchObject({
      action: 'PATCHED',
      actor_name: 'operator',
      changes: { 'keycloak.drift': { old: ['REALM_DISABLED'], new: [] } },
    });
    await transitioned(app, tenantId, 'SUSPEND');
    await eventually(
      () => realmStateOf(app, tenantId),
      (state) => state === 'DISABLED',
    );
    await app.standIn.control.enableRealm(tenantId);
    expect(await reconcile(app, tenantId)).toEqual({ ...mended, version: 4 });
    expect(await realmStateOf(app, tenantId)).toBe('DISABLED');
  });

  it('makes a client that is gone anew, with another secret', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    await keycloak.removeClient(tenantId);
    expect(await reconcile(app, tenantId)).toEqual({ ...mended, version: 2 });
    expect(await lastEntry(tenantId)).toMatchObject({
      action: 'SECRET_CHANGED',
      changes: {
        'keycloak.clientSecret': { changed: true },
        'keycloak.drift': { old: ['CLIENT_MISSING'], new: [] },
      },
    });
    expect((await issued(app, tenantId)).tenantId).toBe(tenantId);
  });

  it('gives the client back what its tokens depend on, and leaves what others added', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    await keycloak.removeMappers(tenantId, 'oidc-audience-mapper');
    await keycloak.removeMappers(tenantId, 'oidc-hardcoded-claim-mapper');
    const mapper = { protocol: 'openid-connect', protocolMapper: 'oidc-hardcoded-claim-mapper' };
    const claim = (name: string, value: string) => ({
      ...mapper,
      name,
      config: { 'claim.name': name, 'claim.value': value, 'jsonType.label': 'String', 'access.token.claim': 'true' },
    });
    await keycloak.changeClient(tenantId, {
      serviceAccountsEnabled: false,
      enabled: false,
      description: 'ours',
      protocolMappers: [claim('extra', 'kept'), claim('tenant_id', 'another-tenant')],
    });
    expect(await reconcile(app, tenantId)).toEqual({ ...mended, version: 2 });
    const { accessToken } = await issued(app, tenantId);
    const claims = JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as object;
    expect(claims).toMatchObject({ tenant_id: tenantId, aud: 'tenantry', extra: 'kept' });
    const [client] = (await keycloak.call('GET', `/${tenantId}/clients?clientId=cx-core`)).body as object[];
    expect(client).toMatchObject({ description: 'ours', enabled: true });
    expect((await lastEntry(tenantId))?.action).toBe('PATCHED');
  });

  it('takes the secret that the client has by now', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    await app.standIn.control.setClientSecret(tenantId, 'cx-core', 'regenerated-in-the-console');
    expect(await reconcile(app, tenantId)).toEqual({ ...mended, version: 2 });
    expect((await lastEntry(tenantId))?.action).toBe('SECRET_CHANGED');
    app.standIn.faults.clearRequests();
    await issued(app, tenantId);
    expect(app.standIn.faults.requests('/admin/')).toBe(0);
    expect(app.log()).not.toContain('regenerated-in-the-console');
  });

  it('makes a client that became public confidential again', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    await keycloak.changeClient(tenantId, { publicClient: true });
    expect(await driftOf(app, tenantId)).toEqual(['CLIENT_UNUSABLE+', 'SECRET_REFUSED+']);
    expect(await reconcile(app, tenantId)).toEqual({ ...mended, version: 2 });
    await issued(app, tenantId);
  });

  it('gives a realm that was renamed its name back, once it was found', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    await app.standIn.control.renameRealm(tenantId, `${tenantId}-renamed`);
    expect((await reconcile(app, tenantId)).faults).toEqual(['REALM_NOT_FOUND tenant']);
    await found(tenantId);
    expect(await reconcile(app, tenantId)).toEqual({ ...mended, version: 2 });
    await issued(app, tenantId);
    expect(await lastEntry(tenantId)).toMatchObject({
      changes: { 'keycloak.drift': { old: ['REALM_RENAMED'], new: [] } },
    });
    expect(await realmStateOf(app, `${tenantId}-renamed`)).toBe('MISSING');
  });

  it('never touches a realm that somebody else made', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    await app.standIn.control.renameRealm(tenantId, `${tenantId}-renamed`);
    const other = await app.standIn.control.addRealm({ realm: tenantId, enabled: false });
    expect((await reconcile(app, tenantId)).faults).toEqual(['REALM_TAKEN tenant']);
    await found(tenantId);
    expect((await reconcile(app, tenantId)).faults).toEqual(['REALM_TAKEN tenant']);
    expect((await keycloak.call('GET', `/${tenantId}`)).body).toMatchObject({ id: other.id, enabled: false });
    expect((await read(app, tenantId))?.version).toBe(1);
  });

  it('records what was mended before Keycloak went away', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    await app.standIn.control.disableRealm(tenantId);
    await keycloak.changeClient(tenantId, { serviceAccountsEnabled: false });
    app.standIn.faults.set({ match: `/admin/realms/${tenantId}/clients/`, method: 'PUT', kind: 'status', status: 503 });
    expect((await reconcile(app, tenantId)).faults).toEqual(['IDENTITY_PROVIDER_UNAVAILABLE tenant']);
    expect((await lastEntry(tenantId))?.changes).toEqual({
      'keycloak.drift': { old: ['REALM_DISABLED'], new: [] },
    });
    app.standIn.faults.clear();
    expect(await reconcile(app, tenantId)).toEqual({ ...mended, version: 3 });
  });
});

describe('reconcileTenantRealm beside other changes', () => {
  /** Another tenant registers the keys by which this one is known, and commits that a little later. */
  async function losesKeys({ id }: TenantFields, other: TenantFields): Promise<{ committed: Promise<unknown> }> {
    const keys = await app.sql<{ thumbprint: string }>(
      'delete from tenantry.realm_key where tenant = ? returning thumbprint',
      [id],
    );
    const registering = app.sql(
      `with key as (insert into tenantry.realm_key (thumbprint, tenant, seen_at)
         select unnest(string_to_array(?, ' ')), ?, now() returning 1) select pg_sleep(1.5) from key limit 1`,
      [keys.map(({ thumbprint }) => thumbprint).join(' '), other.id],
    );
    await sleep(200);
    return { committed: registering };
  }

  it('is refused where another tenant registers the keys meanwhile, and records what it mended', async () => {
    const [tenant, other] = [await provisionedIn(app, 'ACTIVE'), await provisionedIn(app, 'ACTIVE')];
    await app.standIn.control.disableRealm(tenant.tenantId);
    const { committed } = await losesKeys(tenant, other);
    expect((await reconcile(app, tenant.tenantId)).faults).toEqual(['REALM_TAKEN tenant']);
    await committed;
    expect((await lastEntry(tenant.tenantId))?.changes).toEqual({
      'keycloak.drift': { old: ['REALM_DISABLED'], new: [] },
    });
  });

  it('is refused so for an adopted realm too', async () => {
    const [tenant, other] = [await createdIn(app, 'ACTIVE'), await createdIn(app, 'ACTIVE')];
    const { committed } = await losesKeys(tenant, other);
    expect((await reconcile(app, tenant.tenantId)).faults).toEqual(['REALM_TAKEN tenant']);
    await committed;
  });

  it('keeps the realm to itself until what it did is recorded', async () => {
    const { id, tenantId } = await provisionedIn(app, 'ACTIVE');
    const held = executeSql(
      app.database.ownerUrl,
      'with held as (select from tenantry.tenant where id = ?::uuid for update) select pg_sleep(30) from held',
      [id],
    ).catch((error: unknown) => error);
    await sleep(300);
    const reconciling = reconcile(app, tenantId);
    const isWaiting = `select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and wait_event in ('tuple', 'transactionid')`;
    const waiting = await eventually(
      () => app.sql(isWaiting),
      (rows) => rows.length > 0,
    );
    expect(waiting).toHaveLength(1);
    const lock = `select from pg_locks where locktype = 'advisory' and granted
      and (classid::int8 << 32 | objid::int8) = hashtextextended(?, 1)`;
    expect(await app.sql(lock, [id])).toHaveLength(1);
    await app.sql(`select pg_cancel_backend(pid) from pg_stat_activity
      where datname = current_database() and query like 'with held as%'`);
    await held;
    expect(await reconciling).toEqual({ ...mended, version: 1 });
    expect(await app.sql(lock, [id])).toHaveLength(0);
  });
});

describe('reconcileTenantRealm of an adopted realm', () => {
  it('asks it for a token and changes nothing there', async () => {
    const { tenantId, keycloak: settings } = await createdIn(app, 'ACTIVE');
    expect(await writesNothing(app, () => reconcile(app, tenantId))).toEqual({ ...mended, version: 1 });
    await app.standIn.control.setClientSecret(settings.realm, settings.clientId, 'another');
    expect((await reconcile(app, tenantId)).faults).toEqual(['REALM_REFUSED_CLIENT tenant']);
    await app.standIn.control.disableRealm(settings.realm);
    expect((await reconcile(app, tenantId)).faults).toEqual(['REALM_DISABLED tenant']);
  });
});

describe('reconcileTenantRealm refuses', () => {
  it('a tenant that there is not, a deleted one, and whoever may not change tenants', async () => {
    expect((await reconcile(app, freshTenantId('nobody'))).faults).toEqual(['NOT_FOUND tenant']);
    const { tenantId } = await provisionedIn(app, 'DELETED');
    expect((await reconcile(app, tenantId)).faults).toEqual(['TENANT_DELETED tenant']);
    const document = `mutation { reconcileTenantRealm(tenant: { tenantId: "${tenantId}" }) { userErrors { code } } }`;
    expect(codesOf(await app.ask(document, { as: 'viewer' }))).toEqual(['FORBIDDEN']);
  });
});
