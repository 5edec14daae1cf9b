import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { faultsOf } from '../support/client.js';
import {
  IssueTenantTokenDocument,
  RotateTenantClientSecretDocument,
  SetTenantClientSecretDocument,
  type RotateTenantClientSecretMutation,
  type SetTenantClientSecretMutation,
} from '../support/generated/operations.js';
import { adoptInput, created, provisionInput, type TenantFields } from '../support/tenants.js';
import { trailOf, writesNothing } from '../support/written.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
afterEach(() => app.standIn.faults.clear());

const asOperator = { as: 'operator' } as const;
/** Paths of all realms but the operators' own, where the tests log in. */
const tenantRealms = /^\/realms\/(?!master\/)/;

async function set(
  tenantId: string,
  clientSecret: string,
  expectedVersion?: number,
): Promise<NonNullable<SetTenantClientSecretMutation['setTenantClientSecret']>> {
  const variables = { tenant: { tenantId }, clientSecret, expectedVersion };
  return (await app.client.data(SetTenantClientSecretDocument, variables, asOperator)).setTenantClientSecret!;
}

async function rotate(
  tenantId: string,
  expectedVersion?: number,
): Promise<NonNullable<RotateTenantClientSecretMutation['rotateTenantClientSecret']>> {
  const variables = { tenant: { tenantId }, expectedVersion };
  return (await app.client.data(RotateTenantClientSecretDocument, variables, asOperator)).rotateTenantClientSecret!;
}

async function issuing(tenantId: string): Promise<string[]> {
  return faultsOf(
    (await app.client.data(IssueTenantTokenDocument, { tenant: { tenantId } }, { as: 'component' })).issueTenantToken,
  );
}

/** HTTP status of a grant with this secret, straight at the realm. */
async function grant({ keycloak }: TenantFields, clientSecret: string): Promise<number> {
  const body = { grant_type: 'client_credentials', client_id: keycloak.clientId, client_secret: clientSecret };
  const answer = await fetch(`${keycloak.issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams(body),
  });
  return answer.status;
}

describe('setTenantClientSecret', () => {
  it('stores a secret that a grant has proven, and tokens go on', async () => {
    const tenant = await created(app, adoptInput(app));
    const { tenantId, keycloak } = tenant;
    await app.standIn.control.setClientSecret(keycloak.realm, keycloak.clientId, 'the new one');
    const payload = await set(tenantId, 'the new one');
    expect(payload.tenant).toMatchObject({ version: 2, keycloak: { hasClientSecret: true } });
    expect(await issuing(tenantId)).toEqual([]);
    expect((await trailOf(app, tenantId)).at(-1)).toMatchObject({
      action: 'SECRET_CHANGED',
      changes: { 'keycloak.clientSecret': { changed: true } },
    });
  });

  it('leaves version and trail alone where it is the present one', async () => {
    const input = await adoptInput(app);
    const { tenantId } = await created(app, input);
    const payload = await writesNothing(app, () => set(tenantId, input.keycloak.realm.adopt!.clientSecret));
    expect(payload.tenant!.version).toBe(1);
  });

  it('refuses a secret that the realm refuses, and keeps the old one', async () => {
    const { tenantId } = await created(app, adoptInput(app));
    const payload = await writesNothing(app, () => set(tenantId, 'wrong'));
    expect(faultsOf(payload)).toEqual(['REALM_REFUSED_CLIENT clientSecret']);
    expect(payload.tenant).toBeNull();
    expect(await issuing(tenantId)).toEqual([]);
  });

  it('tells what is wrong with the realm at the tenant', async () => {
    const input = await adoptInput(app);
    const { tenantId } = await created(app, input);
    const { realm, clientSecret } = input.keycloak.realm.adopt!;
    const codes = async (): Promise<string[]> => faultsOf(await writesNothing(app, () => set(tenantId, clientSecret)));
    app.standIn.faults.set({ match: `/realms/${realm}/`, kind: 'cut' });
    expect(await codes()).toEqual(['IDENTITY_PROVIDER_UNAVAILABLE tenant']);
    app.standIn.faults.clear();
    const undo = await app.standIn.lie(realm, 'wrong-azp');
    expect(await codes()).toEqual(['REALM_TOKENS_UNUSABLE tenant']);
    await undo();
    await app.standIn.control.disableRealm(realm);
    expect(await codes()).toEqual(['REALM_DISABLED tenant']);
    await app.standIn.control.removeRealm(realm);
    expect(await codes()).toEqual(['REALM_NOT_FOUND tenant']);
  });

  it('refuses what cannot be a secret, without asking the realm', async () => {
    const { tenantId } = await created(app, adoptInput(app));
    app.standIn.faults.clearRequests();
    for (const secret of ['', 'x'.repeat(1_025), 'a\u0000b']) {
      expect(faultsOf(await writesNothing(app, () => set(tenantId, secret)))).toEqual(['INVALID clientSecret']);
    }
    expect(app.standIn.faults.requests(tenantRealms)).toBe(0);
  });

  it('is not for a realm that Tenantry made', async () => {
    const { tenantId } = await created(app, provisionInput());
    expect(faultsOf(await writesNothing(app, () => set(tenantId, '')))).toEqual(['INVALID tenant']);
  });

  it('checks tenant and version first', async () => {
    const { tenantId } = await created(app, adoptInput(app));
    expect(faultsOf(await set('nobody', ''))).toEqual(['NOT_FOUND tenant']);
    expect(faultsOf(await writesNothing(app, () => set(tenantId, '', 2)))).toEqual([
      'VERSION_CONFLICT expectedVersion',
    ]);
  });
});

describe('rotateTenantClientSecret', () => {
  const secretOf = async ({ id, keycloak }: TenantFields): Promise<string> =>
    (await app.services.realmAdmin!.readClientSecret(keycloak.realm, id, 'cx-core')) ?? '';

  it('has Keycloak make a new one; the old one stops working at once, and tokens go on', async () => {
    const tenant = await created(app, provisionInput());
    const old = await secretOf(tenant);
    expect(await grant(tenant, old)).toBe(200);
    expect((await rotate(tenant.tenantId)).tenant).toMatchObject({ version: 2 });
    const present = await secretOf(tenant);
    expect(present).not.toBe(old);
    expect(await grant(tenant, old)).toBe(401);
    expect(await grant(tenant, present)).toBe(200);
    expect(await issuing(tenant.tenantId)).toEqual([]);
    expect((await trailOf(app, tenant.tenantId)).at(-1)).toMatchObject({
      action: 'SECRET_CHANGED',
      changes: { 'keycloak.clientSecret': { changed: true } },
    });
  });

  it('works five times at once', async () => {
    const { tenantId } = await created(app, provisionInput());
    const payloads = await Promise.all(Array.from({ length: 5 }, () => rotate(tenantId)));
    expect(payloads.flatMap((payload) => faultsOf(payload))).toEqual([]);
    expect(await issuing(tenantId)).toEqual([]);
    expect(await trailOf(app, tenantId)).toHaveLength(6);
  });

  it('is not for an adopted realm', async () => {
    const { tenantId } = await created(app, adoptInput(app));
    expect(faultsOf(await writesNothing(app, () => rotate(tenantId)))).toEqual(['INVALID tenant']);
  });

  it('tells when Keycloak does not answer, and when the realm is not the one it made', async () => {
    const { tenantId } = await created(app, provisionInput());
    app.standIn.faults.set({ match: `/admin/realms/${tenantId}`, kind: 'status', status: 503 });
    expect(faultsOf(await writesNothing(app, () => rotate(tenantId)))).toEqual([
      'IDENTITY_PROVIDER_UNAVAILABLE tenant',
    ]);
    app.standIn.faults.clear();
    await app.standIn.control.renameRealm(tenantId, `${tenantId}-renamed`);
    expect(faultsOf(await writesNothing(app, () => rotate(tenantId)))).toEqual(['REALM_NOT_FOUND tenant']);
  });

  it('tokens go on even where the answer was lost', async () => {
    const { tenantId } = await created(app, provisionInput());
    app.standIn.faults.set({ match: '/client-secret', method: 'POST', kind: 'cut', mode: 'after' });
    expect(faultsOf(await rotate(tenantId))).toEqual(['IDENTITY_PROVIDER_UNAVAILABLE tenant']);
    app.standIn.faults.clear();
    expect(await issuing(tenantId)).toEqual([]);
  });

  it('checks tenant and version first', async () => {
    const { tenantId } = await created(app, provisionInput());
    expect(faultsOf(await rotate('nobody'))).toEqual(['NOT_FOUND tenant']);
    expect(faultsOf(await writesNothing(app, () => rotate(tenantId, 2)))).toEqual(['VERSION_CONFLICT expectedVersion']);
  });
});
