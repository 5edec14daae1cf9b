import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { codesOf, faultsOf } from '../support/client.js';
import {
  DeleteTenantDocument,
  IssueTenantTokenDocument,
  SetTenantDialerDocument,
  type DeleteTenantMutation,
  type DeleteTenantMutationVariables,
} from '../support/generated/operations.js';
import { adoptInput, create, created, provisionInput, read, type TenantFields } from '../support/tenants.js';
import { trailOf, writesNothing } from '../support/written.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
afterEach(() => app.standIn.faults.clear());

type Payload = NonNullable<DeleteTenantMutation['deleteTenant']>;

async function remove(
  tenantId: string,
  variables: Omit<DeleteTenantMutationVariables, 'tenant'> = {},
): Promise<Payload> {
  const data = await app.client.data(DeleteTenantDocument, { tenant: { tenantId }, ...variables }, { as: 'admin' });
  return data.deleteTenant!;
}

const withSecrets = { campaigns: [{ name: 'one', password: 'campaign-password', secrets: { key: 'value' } }] };

async function onboarded(): Promise<TenantFields> {
  return await created(app, provisionInput(withSecrets));
}

describe('deleteTenant', () => {
  it.each([
    ['TRIAL', ['INACTIVE', 'DELETED']],
    ['ACTIVE', ['INACTIVE', 'DELETED']],
    ['SUSPENDED', ['INACTIVE', 'DELETED']],
    ['MAINTENANCE', ['INACTIVE', 'DELETED']],
    ['INACTIVE', ['DELETED']],
  ] as const)('takes a tenant that is %s by the legal path, each step recorded', async (status, path) => {
    const { tenantId } = await onboarded();
    await app.sql('update tenantry.tenant set status = ?::tenantry.tenant_status where tenant_id = ?', [
      status,
      tenantId,
    ]);
    const { tenant, userErrors } = await remove(tenantId, { reason: ' contract ended ' });
    expect(userErrors).toEqual([]);
    expect(tenant).toMatchObject({
      status: 'DELETED',
      statusReason: 'contract ended',
      isActive: false,
      availableTransitions: [],
      version: 2,
    });
    expect(tenant!.deletedAt).toBe(tenant!.updatedAt);
    expect(tenant!.statusChangedAt).toBe(tenant!.updatedAt);
    const steps = (await trailOf(app, tenantId)).slice(1);
    expect(steps.map(({ from_status: from }) => from)).toEqual([status, ...path.slice(0, -1)]);
    expect(steps.map(({ to_status: to }) => to)).toEqual(path);
    expect(steps.map(({ action }) => action)).toEqual([...path.slice(0, -1).map(() => 'TRANSITIONED'), 'DELETED']);
    expect(new Set(steps.map(({ actor_name: name, reason }) => `${name}: ${reason ?? ''}`))).toEqual(
      new Set(['admin: contract ended']),
    );
  });

  it('erases the secrets, and keeps record and history', async () => {
    const { id, tenantId } = await onboarded();
    const { tenant } = await remove(tenantId);
    expect(tenant!.keycloak.hasClientSecret).toBe(false);
    expect(tenant!.campaigns).toMatchObject([{ name: 'one', hasPassword: false, secretNames: [] }]);
    const [row] = await app.sql<{ text: string }>(
      'select t::text || (select string_agg(c::text, null) from tenantry.campaign c where c.tenant = t.id) as text from tenantry.tenant t where id = ?',
      [id],
    );
    expect(row!.text).not.toContain('eyJ');
    expect(await read(app, tenantId)).toEqual({ ...tenant, keycloak: expect.anything() as unknown });
    const { changes } = (await trailOf(app, tenantId)).at(-1)!;
    expect(changes).toEqual({
      'keycloak.clientSecret': { changed: true },
      'campaigns.one.password': { changed: true },
      'campaigns.one.secrets.key': { changed: true },
    });
  });

  it('disables the realm that Tenantry made', async () => {
    const { tenantId } = await onboarded();
    await remove(tenantId);
    await vi.waitFor(async () => {
      const { keycloak } = (await read(app, tenantId))!;
      expect(keycloak).toMatchObject({ realmState: 'DISABLED', sync: { state: 'IN_SYNC' } });
    }, 10_000);
  });

  it('does not wait for Keycloak', async () => {
    const { tenantId } = await onboarded();
    app.standIn.faults.set({ match: '/admin/', kind: 'silent' });
    const started = Date.now();
    const { tenant } = await remove(tenantId);
    expect(Date.now() - started).toBeLessThan(2_000);
    expect(tenant).toMatchObject({ status: 'DELETED', keycloak: { sync: { state: 'PENDING' } } });
  });

  it('leaves an adopted realm alone, and cannot know how long its tokens live', async () => {
    const input = await adoptInput(app);
    const { tenantId } = await created(app, input);
    app.standIn.faults.clearRequests();
    const payload = await remove(tenantId);
    expect(payload.tokensValidUntil).toBeNull();
    expect(payload.tenant!.keycloak).toMatchObject({ realmState: 'UNMANAGED', sync: { state: 'IN_SYNC' } });
    expect(app.standIn.faults.requests(`/admin/realms/${input.keycloak.realm.adopt!.realm}`)).toBe(0);
  });

  it('tells until when tokens that were handed out can be valid', async () => {
    const { tenantId } = await onboarded();
    const issue = async () =>
      (await app.client.data(IssueTenantTokenDocument, { tenant: { tenantId } }, { as: 'component' }))
        .issueTenantToken!;
    const { token } = await issue();
    const { tokensValidUntil } = await remove(tenantId);
    expect(Date.parse(tokensValidUntil!)).toBeGreaterThanOrEqual(Date.parse(token!.expiresAt) - 1_000);
    expect(faultsOf(await issue())).toEqual(['TENANT_NOT_OPERATIONAL tenant']);
  });

  it('says null for that where no token was handed out', async () => {
    const { tenantId } = await onboarded();
    expect((await remove(tenantId)).tokensValidUntil).toBeNull();
  });

  it('keeps the names taken', async () => {
    const { tenantId, code } = await onboarded();
    await remove(tenantId);
    expect(faultsOf(await create(app, provisionInput({ tenantId, code })))).toEqual([
      'TAKEN input.tenantId',
      'TAKEN input.code',
      'REALM_TAKEN input.keycloak.realm',
    ]);
  });
});

describe('deleteTenant refuses, and writes nothing', () => {
  it('a tenant that is deleted, as every other change does', async () => {
    const { tenantId } = await onboarded();
    await remove(tenantId);
    await vi.waitFor(async () => expect((await read(app, tenantId))!.keycloak.sync.state).toBe('IN_SYNC'), 10_000);
    expect(faultsOf(await writesNothing(app, () => remove(tenantId, { expectedVersion: 99 })))).toEqual([
      'TENANT_DELETED tenant',
    ]);
    const dialer = await app.client.data(SetTenantDialerDocument, { tenant: { tenantId } }, { as: 'operator' });
    expect(faultsOf(dialer.setTenantDialer)).toEqual(['TENANT_DELETED tenant']);
  });

  it('a tenant that is not there', async () => {
    expect(faultsOf(await remove('nobody'))).toEqual(['NOT_FOUND tenant']);
  });

  it('another version, a long reason, control characters in it', async () => {
    const { tenantId } = await onboarded();
    const version = await writesNothing(app, () => remove(tenantId, { expectedVersion: 2, reason: 'x'.repeat(501) }));
    expect(faultsOf(version)).toEqual(['VERSION_CONFLICT expectedVersion']);
    expect(version.tenant!.status).toBe('ACTIVE');
    for (const reason of ['x'.repeat(501), 'a\u0000b']) {
      expect(faultsOf(await writesNothing(app, () => remove(tenantId, { reason })))).toEqual(['INVALID reason']);
    }
  });

  it('a caller who may not delete, whether or not the tenant exists', async () => {
    const { tenantId } = await onboarded();
    for (const name of [tenantId, 'nobody']) {
      const answer = await app.client.execute(DeleteTenantDocument, { tenant: { tenantId: name } }, { as: 'operator' });
      expect(codesOf(answer)).toEqual(['FORBIDDEN']);
    }
    expect((await read(app, tenantId))!.status).toBe('ACTIVE');
  });

  it('all but one of ten at once', async () => {
    const { tenantId } = await onboarded();
    const payloads = await Promise.all(Array.from({ length: 10 }, () => remove(tenantId)));
    expect(payloads.filter((payload) => faultsOf(payload)[0] === 'TENANT_DELETED tenant')).toHaveLength(9);
    expect((await trailOf(app, tenantId)).map(({ action }) => action)).toEqual(['CREATED', 'TRANSITIONED', 'DELETED']);
  });
});
