import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { post, tokensOf } from '../keycloak/provider.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { eventually, realmStateOf } from '../support/background.js';
import { createdIn, issue, issued, provisionedIn, transition, transitioned } from '../support/changes.js';
import { codesOf, faultsOf, type Answer } from '../support/client.js';
import type { TenantTransition } from '../support/generated/operations.js';
import { adoptInput, created, read } from '../support/tenants.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

/** How a tenant leaves TRIAL and ACTIVE, and how it comes back. */
const stops = [
  ['SUSPEND', 'REACTIVATE'],
  ['START_MAINTENANCE', 'COMPLETE_MAINTENANCE'],
  ['DEACTIVATE', 'REACTIVATE'],
] as const satisfies readonly (readonly [TenantTransition, TenantTransition])[];

const useToken = async (token: string): Promise<Answer> => await app.ask('{ currentTenant { tenantId } }', { token });
const expiryOf = (token: string): string => new Date(decodeJwt(token).exp! * 1_000).toISOString();

describe.each(stops)('after %s', (stop, comeBack) => {
  it('no token is issued, and those there are are refused at once', async () => {
    const { tenantId } = await createdIn(app, 'ACTIVE');
    const { accessToken } = await issued(app, tenantId);
    expect((await useToken(accessToken)).data).toEqual({ currentTenant: { tenantId } });
    await transitioned(app, tenantId, stop);
    const refused = await useToken(accessToken);
    expect(codesOf(refused)).toEqual(['FORBIDDEN']);
    expect(refused.errors?.[0]?.extensions).toMatchObject({ reason: 'TENANT_NOT_OPERATIONAL' });
    expect(faultsOf(await issue(app, tenantId))).toEqual(['TENANT_NOT_OPERATIONAL tenant']);
  });

  it('old tokens stay refused when the tenant is back, and new ones work', async () => {
    const { tenantId } = await createdIn(app, 'ACTIVE');
    const old = await issued(app, tenantId);
    await transitioned(app, tenantId, stop);
    await transitioned(app, tenantId, comeBack);
    expect(codesOf(await useToken(old.accessToken))).toEqual(['UNAUTHENTICATED']);
    const fresh = await issued(app, tenantId);
    expect(fresh.accessToken).not.toBe(old.accessToken);
    expect((await useToken(fresh.accessToken)).data).toEqual({ currentTenant: { tenantId } });
    expect(codesOf(await useToken(old.accessToken))).toEqual(['UNAUTHENTICATED']);
  });
});

it('a token that an adopted realm issued while its tenant was out of service is refused afterwards', async () => {
  const input = await adoptInput(app);
  const { tenantId, keycloak } = await created(app, input);
  await transitioned(app, tenantId, 'SUSPEND');
  const { clientId, clientSecret } = input.keycloak.realm.adopt!;
  const grant = { grant_type: 'client_credentials' };
  const answer = await post(app.standIn.url, keycloak.realm, 'token', grant, `${clientId}:${clientSecret}`);
  const { access_token: meanwhile } = tokensOf(answer);
  expect(codesOf(await useToken(meanwhile))).toEqual(['FORBIDDEN']);
  await transitioned(app, tenantId, 'REACTIVATE');
  expect(codesOf(await useToken(meanwhile))).toEqual(['UNAUTHENTICATED']);
});

it('activation leaves tokens alone: the tenant was and is in service', async () => {
  const { tenantId } = await createdIn(app, 'TRIAL');
  const { accessToken } = await issued(app, tenantId);
  const subscription = { tier: 'BASIC', startsAt: '2026-01-01T00:00:00Z' } as const;
  const payload = await transition(app, tenantId, 'ACTIVATE', { subscription });
  expect(payload).toMatchObject({ userErrors: [], tokensValidUntil: null });
  expect((await useToken(accessToken)).data).toEqual({ currentTenant: { tenantId } });
});

describe('tokensValidUntil', () => {
  it.each(['SUSPEND', 'START_MAINTENANCE', 'DEACTIVATE', 'DELETE'] as const)(
    'is when the last token of a provisioned realm expires: %s',
    async (stop) => {
      const { tenantId } = await provisionedIn(app, 'ACTIVE');
      const { accessToken } = await issued(app, tenantId);
      const payload = await transition(app, tenantId, stop);
      expect(payload).toMatchObject({ userErrors: [], tokensValidUntil: expiryOf(accessToken) });
    },
  );

  it('is the latest of several, also of those from before an earlier stop', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    const first = await issued(app, tenantId);
    expect((await transition(app, tenantId, 'SUSPEND')).tokensValidUntil).toBe(expiryOf(first.accessToken));
    await transitioned(app, tenantId, 'REACTIVATE');
    expect((await transition(app, tenantId, 'SUSPEND')).tokensValidUntil).toBe(expiryOf(first.accessToken));
    await transitioned(app, tenantId, 'REACTIVATE');
    const second = await issued(app, tenantId);
    expect(expiryOf(second.accessToken) > expiryOf(first.accessToken)).toBe(true);
    expect((await transition(app, tenantId, 'SUSPEND')).tokensValidUntil).toBe(expiryOf(second.accessToken));
  });

  it('is null where no token was handed out, or the last has expired', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    expect((await transition(app, tenantId, 'SUSPEND')).tokensValidUntil).toBeNull();
    await transitioned(app, tenantId, 'REACTIVATE');
    await issued(app, tenantId);
    await app.sql(`update tenantry.tenant set tokens_issued_until = now() where tenant_id = ?`, [tenantId]);
    expect((await transition(app, tenantId, 'SUSPEND')).tokensValidUntil).toBeNull();
  });

  it('is null where it cannot be known: an adopted realm', async () => {
    const { tenantId } = await createdIn(app, 'ACTIVE');
    await issued(app, tenantId);
    expect((await transition(app, tenantId, 'SUSPEND')).tokensValidUntil).toBeNull();
  });

  it('is null where the tenant was out of service before, and where nothing happened', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    await issued(app, tenantId);
    await transitioned(app, tenantId, 'SUSPEND');
    expect((await transition(app, tenantId, 'SUSPEND')).tokensValidUntil).toBeNull();
    expect((await transition(app, tenantId, 'DEACTIVATE')).tokensValidUntil).toBeNull();
  });
});

describe('the realm follows', () => {
  const settled = async (tenantId: string) =>
    await eventually(
      async () => (await read(app, tenantId))!.keycloak,
      ({ sync }) => sync.state === 'IN_SYNC',
    );

  it.each([
    ['SUSPEND', 'DISABLED'],
    ['START_MAINTENANCE', 'ENABLED'],
    ['DEACTIVATE', 'DISABLED'],
    ['DELETE', 'DISABLED'],
  ] as const)('%s of a tenant with a provisioned one: %s', async (stop, state) => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    await transitioned(app, tenantId, stop);
    expect(await settled(tenantId)).toMatchObject({ realmState: state, sync: { state: 'IN_SYNC', lastError: null } });
    expect(await realmStateOf(app, tenantId)).toBe(state);
  });

  it('back into service', async () => {
    const { tenantId } = await provisionedIn(app, 'SUSPENDED');
    await settled(tenantId);
    await transitioned(app, tenantId, 'REACTIVATE');
    expect(await settled(tenantId)).toMatchObject({ realmState: 'ENABLED' });
    expect(await realmStateOf(app, tenantId)).toBe('ENABLED');
  });

  it('but an adopted one never changes', async () => {
    const { tenantId, keycloak } = await createdIn(app, 'ACTIVE');
    const { keycloak: after } = await transitioned(app, tenantId, 'DELETE');
    expect(after).toEqual({ ...keycloak, hasClientSecret: false });
    expect(after).toMatchObject({ realmState: 'UNMANAGED', sync: { state: 'IN_SYNC' } });
    expect(await realmStateOf(app, keycloak.realm)).toBe('ENABLED');
  });
});
