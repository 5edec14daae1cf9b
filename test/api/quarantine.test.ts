import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { startReplica } from '../support/background.js';
import { createdIn, issue, issued, provisionedIn } from '../support/changes.js';
import { ApiClient, codesOf, faultsOf } from '../support/client.js';
import { driftOf, reconcile } from '../support/realm-console.js';
import { adoptInput, create, read, type TenantFields } from '../support/tenants.js';
import { trailOf } from '../support/written.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const exchange = async ({ keycloak }: TenantFields): Promise<void> =>
  await app.standIn.control.rotateKeys(keycloak.realm, { forgetOld: true });

/** A token that the realm itself hands to the tenant's client. */
async function tokenFromRealm({ keycloak }: TenantFields, clientSecret: string): Promise<string> {
  const form = { grant_type: 'client_credentials', client_id: keycloak.clientId, client_secret: clientSecret };
  const url = `${app.standIn.url}/realms/${keycloak.realm}/protocol/openid-connect/token`;
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(form) });
  return ((await answer.json()) as { access_token: string }).access_token;
}

async function currentTenant(token: string, url = app.url): Promise<string[]> {
  const { errors } = await new ApiClient(url).raw('{ currentTenant { id } }', {}, { token });
  return codesOf({ errors });
}

async function adopted(): Promise<{ tenant: TenantFields; clientSecret: string }> {
  const input = await adoptInput(app);
  const { tenant } = await create(app, input);
  return { tenant: tenant!, clientSecret: input.keycloak.realm.adopt!.clientSecret };
}

const whenQuarantined = async (tenantId: string): Promise<unknown> => {
  const document = `{ tenant(by: { tenantId: "${tenantId}" }) { keycloak { quarantinedSince } } }`;
  const { data } = await app.ask(document, { as: 'viewer' });
  return (data?.['tenant'] as { keycloak: { quarantinedSince: unknown } }).keycloak.quarantinedSince;
};

const keysOf = async ({ id }: TenantFields): Promise<number> =>
  (await app.sql('select from tenantry.realm_key where tenant = ?', [id])).length;

describe('an adopted realm whose keys were all exchanged', () => {
  it('has its tokens refused at once, also those that were good before and on every replica', async () => {
    const { tenant, clientSecret } = await adopted();
    await sleep(1_100); // tokens count from the next whole second
    const good = await tokenFromRealm(tenant, clientSecret);
    expect(await currentTenant(good)).toEqual([]);
    const replica = await startReplica(app);
    expect(await currentTenant(good, replica.url)).toEqual([]);
    await exchange(tenant);
    const [drift] = await driftOf(app, tenant.tenantId);
    expect(drift).toBe('KEYS_EXCHANGED+');
    const forged = await tokenFromRealm(tenant, clientSecret);
    for (const url of [app.url, replica.url]) {
      expect(await currentTenant(good, url)).toEqual(['UNAUTHENTICATED']);
      expect(await currentTenant(forged, url)).toEqual(['UNAUTHENTICATED']);
    }
    expect(faultsOf(await issue(app, tenant.tenantId))).toEqual(['REALM_TOKENS_UNUSABLE tenant']);
  });

  it('is noticed by the first token under the new keys, without anybody looking for it', async () => {
    const { tenant, clientSecret } = await adopted();
    await exchange(tenant);
    const replica = await startReplica(app); // which has none of its keys
    await sleep(1_100);
    expect(await currentTenant(await tokenFromRealm(tenant, clientSecret), replica.url)).toEqual(['UNAUTHENTICATED']);
    expect(await whenQuarantined(tenant.tenantId)).not.toBeNull();
    expect(faultsOf(await issue(app, tenant.tenantId))).toEqual(['REALM_TOKENS_UNUSABLE tenant']);
    const [entry] = (await trailOf(app, tenant.tenantId)).filter(({ actor_name }) => actor_name === 'system');
    expect(entry).toMatchObject({ action: 'PATCHED', changes: { 'keycloak.quarantinedSince': { old: null } } });
    expect((await read(app, tenant.tenantId))?.version).toBe(1);
  });

  it('is noticed when a token is issued, too', async () => {
    const { tenant } = await adopted();
    await exchange(tenant);
    const replica = await startReplica(app);
    const document = `mutation { issueTenantToken(tenant: { tenantId: "${tenant.tenantId}" }) { userErrors { code } } }`;
    const { data } = await new ApiClient(replica.url).raw(document, {}, { token: await app.tokenOf('component') });
    expect(data).toEqual({ issueTenantToken: { userErrors: [{ code: 'REALM_TOKENS_UNUSABLE' }] } });
    expect(await whenQuarantined(tenant.tenantId)).not.toBeNull();
  });

  it('comes back once an operator accepts the new keys, which the trail shows', async () => {
    const { tenant, clientSecret } = await adopted();
    await exchange(tenant);
    expect(await driftOf(app, tenant.tenantId)).toEqual(['KEYS_EXCHANGED+']);
    const meanwhile = await tokenFromRealm(tenant, clientSecret);
    expect((await reconcile(app, tenant.tenantId)).faults).toEqual(['REALM_TOKENS_UNUSABLE acceptNewKeys']);
    expect(await reconcile(app, tenant.tenantId, true)).toEqual({ faults: [], left: [], version: 2 });
    const entry = (await trailOf(app, tenant.tenantId)).at(-1);
    expect(entry).toMatchObject({ action: 'PATCHED', actor_name: 'operator' });
    expect(entry?.changes).toEqual({ 'keycloak.quarantinedSince': { old: expect.any(String) as string, new: null } });
    expect(await currentTenant((await issued(app, tenant.tenantId)).accessToken)).toEqual([]);
    expect(await currentTenant(meanwhile)).toEqual(['UNAUTHENTICATED']);
  });

  it('is quarantined by a reconciliation that does not accept them', async () => {
    const { tenant } = await adopted();
    await exchange(tenant);
    expect((await reconcile(app, tenant.tenantId)).faults).toEqual(['REALM_TOKENS_UNUSABLE acceptNewKeys']);
    expect(await whenQuarantined(tenant.tenantId)).not.toBeNull();
  });

  it('may not take the keys of another registered realm', async () => {
    const { tenant } = await adopted();
    const { tenant: other } = await adopted();
    const [key] = await app.sql<{ thumbprint: string }>('select thumbprint from tenantry.realm_key where tenant = ?', [
      tenant.id,
    ]);
    await app.sql('delete from tenantry.realm_key where tenant = ?', [tenant.id]);
    await app.sql('insert into tenantry.realm_key (thumbprint, tenant, seen_at) values (?, ?, now())', [
      key!.thumbprint,
      other.id,
    ]);
    expect(await driftOf(app, tenant.tenantId)).toEqual(['KEYS_EXCHANGED+']);
    expect((await reconcile(app, tenant.tenantId, true)).faults).toEqual(['REALM_TAKEN tenant']);
  });
});

describe('a realm whose keys rotate as they should', () => {
  it('is followed, key by key, without anybody confirming', async () => {
    const tenant = await createdIn(app, 'ACTIVE');
    await app.standIn.control.rotateKeys(tenant.keycloak.realm);
    expect(await driftOf(app, tenant.tenantId)).toEqual([]);
    expect(await keysOf(tenant)).toBe(2);
    expect(await whenQuarantined(tenant.tenantId)).toBeNull();
    expect((await read(app, tenant.tenantId))?.version).toBe(1);
  });
});

describe('a realm that Tenantry made', () => {
  it('needs no confirmation of its keys: it is known by its id', async () => {
    const tenant = await provisionedIn(app, 'ACTIVE');
    await exchange(tenant);
    expect(await driftOf(app, tenant.tenantId)).toEqual([]);
    expect(await whenQuarantined(tenant.tenantId)).toBeNull();
    expect(await keysOf(tenant)).toBe(1);
    // Keys are fetched again after 30 s, or for the asking.
    expect((await reconcile(app, tenant.tenantId)).faults).toEqual([]);
    await issued(app, tenant.tenantId);
  });

  it('is quarantined where another realm has its name, and comes back by itself being put right', async () => {
    const tenant = await provisionedIn(app, 'ACTIVE');
    const { tenantId } = tenant;
    await app.standIn.control.renameRealm(tenantId, `${tenantId}-renamed`);
    const audiences = ['tenantry'];
    await app.standIn.control.addRealm({ realm: tenantId, clientId: 'cx-core', clientSecret: 'theirs', audiences });
    const replica = await startReplica(app);
    expect(await currentTenant(await tokenFromRealm(tenant, 'theirs'), replica.url)).toEqual(['UNAUTHENTICATED']);
    expect(await whenQuarantined(tenantId)).not.toBeNull();
    await app.standIn.control.removeRealm(tenantId);
    await app.standIn.control.renameRealm(`${tenantId}-renamed`, tenantId);
    expect(faultsOf(await issue(app, tenantId))).toEqual(['REALM_TOKENS_UNUSABLE tenant']);
    expect(await reconcile(app, tenantId)).toEqual({ faults: [], left: [], version: 2 });
    await issued(app, tenantId);
  });
});

describe('a realm that shows the key of another tenant’s realm', () => {
  it('takes nothing away from that one, which rotates its keys as before', async () => {
    const [victim, hostile] = [await createdIn(app, 'ACTIVE'), await createdIn(app, 'ACTIVE')];
    await app.standIn.control.rotateKeys(victim.keycloak.realm); // the next key shows before Tenantry has seen it
    const certs = `${victim.keycloak.issuer}/protocol/openid-connect/certs`;
    const { keys } = (await (await fetch(certs)).json()) as { keys: object[] };
    const own = `${hostile.keycloak.issuer}/protocol/openid-connect/certs`;
    const shown = (await (await fetch(own)).json()) as { keys: object[] };
    const body = { keys: [...shown.keys, ...keys] };
    app.standIn.faults.set({ match: new URL(own).pathname, kind: 'status', status: 200, body });
    app.services.keySets.forget(hostile.keycloak.issuer);
    await issued(app, hostile.tenantId);
    expect(await driftOf(app, hostile.tenantId)).toEqual([]);
    app.standIn.faults.clear();
    app.services.keySets.forget(victim.keycloak.issuer);
    await issued(app, victim.tenantId);
    expect(await driftOf(app, victim.tenantId)).toEqual([]);
    expect(await whenQuarantined(victim.tenantId)).toBeNull();
    expect(await whenQuarantined(hostile.tenantId)).toBeNull();
    expect([await keysOf(victim), await keysOf(hostile)]).toEqual([2, 1]);
  });
});
