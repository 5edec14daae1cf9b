import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { eventually, realmStateOf } from '../support/background.js';
import { issue, issued, patched, provisionedIn, transitioned } from '../support/changes.js';
import { codesOf, faultsOf } from '../support/client.js';
import {
  CreateTenantDocument,
  DashboardDocument,
  LoginDocument,
  LogoutDocument,
  PatchTenantDocument,
  RefreshSessionDocument,
  type CreateTenantInput,
  type LoginInput,
} from '../support/generated/operations.js';
import { png, svg } from '../support/pictures.js';
import {
  create,
  created,
  createdWith,
  provisionInput,
  read,
  smsTwoFactor,
  type TenantFields,
} from '../support/tenants.js';

let app: TestApp;
/** The contact centre's example. */
let tenant1: TenantFields;
beforeAll(async () => {
  app = await startTestApp();
  tenant1 = await createdWith(app, contactCentre(), [{ path: 'variables.input.logo', bytes: svg }]);
});
afterAll(() => app.stop());

const contactCentre = (): CreateTenantInput => ({
  tenantId: 'tenant1',
  name: 'Tenant one',
  keycloak: { realm: { provision: {} }, otpManagerUrl: app.otpManager.url, scope: ['email'] },
  campaigns: [
    {
      name: 'Campaigns',
      serviceUrl: 'https://campaigns.example.com/',
      username: 'user',
      password: 'pass',
      isEnabled: true,
    },
  ],
  dialer: { serviceIdentifier: '3333', maxConcurrentCalls: 10, maxCallTimeMinutes: 5, callsPerSecond: 1 },
  mediaServer: { wssUrl: 'wss://media.example.com:7443' },
  twoFactor: smsTwoFactor,
});

const login = async (input: LoginInput) => (await app.client.data(LoginDocument, { input })).login!;

describe('the contact centre asks for', () => {
  it('row 1: creating a tenant with realm, campaigns, dialer, media server, 2FA and logo', () => {
    expect(tenant1).toMatchObject({
      ...{ tenantId: 'tenant1', status: 'ACTIVE', domain: 'tenant1.tenants.example.com' },
      keycloak: { realm: 'tenant1', clientId: 'cx-core', hasClientSecret: true, otpManagerUrl: app.otpManager.url },
      campaigns: [{ name: 'Campaigns', username: 'user', hasPassword: true, isEnabled: true }],
      dialer: contactCentre().dialer,
      mediaServer: { wssUrl: 'wss://media.example.com:7443', domainManagerUrl: null },
      branding: { logo: { contentType: 'image/svg+xml' } },
    });
  });

  it('row 2: 2FA that is there in any case: enabled with all it needs, or disabled with none of it', async () => {
    expect(tenant1.twoFactor).toEqual({ isEnabled: true, ...smsTwoFactor.enabled });
    expect((await created(app, provisionInput())).twoFactor).toEqual({ isEnabled: false, reason: null });
    const { twoFactor: _, ...without } = provisionInput();
    const answer = await app.client.execute(
      CreateTenantDocument,
      { input: without as CreateTenantInput },
      { as: 'operator' },
    );
    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT input.twoFactor']);
    const { retryLimit: __, ...enabled } = smsTwoFactor.enabled;
    const half = { ...provisionInput(), twoFactor: { enabled } } as unknown as CreateTenantInput;
    expect(codesOf(await app.client.execute(CreateTenantDocument, { input: half }, { as: 'operator' }))).toEqual([
      'BAD_USER_INPUT input.twoFactor.enabled.retryLimit',
    ]);
  });

  it('row 3: an OTP manager that is named and answers, where 2FA is enabled', async () => {
    const provision = { realm: { provision: {} } };
    const faults = async (keycloak: CreateTenantInput['keycloak']): Promise<string[]> =>
      faultsOf(await create(app, provisionInput({ keycloak, twoFactor: smsTwoFactor })));
    expect(await faults(provision)).toEqual(['REQUIRED input.keycloak.otpManagerUrl']);
    app.otpManager.behave('cut');
    const unreachable = await faults({ ...provision, otpManagerUrl: app.otpManager.url });
    app.otpManager.reset();
    expect(unreachable).toEqual(['OTP_MANAGER_UNREACHABLE input.keycloak.otpManagerUrl']);
  });

  it('row 4: changing the logo alone, the settings alone, or both, and nothing else', async () => {
    const { tenantId, twoFactor, branding } = await created(app, provisionInput());
    const settings = {
      twoFactor: smsTwoFactor,
      otpManagerUrl: app.otpManager.url,
      mediaServer: { wssUrl: 'wss://a.example.com' },
    };
    const send = async (patch: object): Promise<TenantFields> => {
      const files = [{ path: 'variables.patch.logo', bytes: await png(4, 4) }];
      const variables = { tenant: { tenantId }, patch: { ...patch, logo: null } };
      const { data } = await app.client.upload(PatchTenantDocument, variables, files, { as: 'operator' });
      return data!.patchTenant!.tenant!;
    };
    expect(await patched(app, tenantId, { settings })).toMatchObject({ twoFactor: { isEnabled: true }, branding });
    const off = { twoFactor: { disabled: { reason: 'later' } } };
    expect(await send({ settings: off })).toMatchObject({
      twoFactor: { isEnabled: false },
      branding: { logo: { width: 4 } },
    });
    await patched(app, tenantId, { logo: null, settings: { twoFactor: { disabled: {} } } });
    expect(await send({})).toMatchObject({
      twoFactor,
      branding: { logo: { width: 4 } },
      mediaServer: settings.mediaServer,
    });
  });

  it('row 5: deleting a tenant: no longer active, no login, no use; nothing is purged', async () => {
    const { tenantId } = await provisionedIn(app, 'ACTIVE');
    const { accessToken } = await issued(app, tenantId);
    expect(await transitioned(app, tenantId, 'DELETE')).toMatchObject({ status: 'DELETED', isActive: false });
    expect(faultsOf(await issue(app, tenantId))).toEqual(['TENANT_NOT_OPERATIONAL tenant']);
    expect(codesOf(await app.ask('{ currentTenant { id } }', { token: accessToken }))).toEqual(['FORBIDDEN']);
    expect(
      await eventually(
        () => realmStateOf(app, tenantId),
        (state) => state === 'DISABLED',
      ),
    ).toBe('DISABLED');
    expect(await read(app, tenantId)).not.toBeNull();
  });

  it('row 6: a token that is bound to a tenant, with its context', async () => {
    const token = await issued(app, 'tenant1');
    expect(token).toMatchObject({
      tenantId: 'tenant1',
      domain: 'tenant1.tenants.example.com',
      issuer: tenant1.keycloak.issuer,
    });
    const { data } = await app.ask('{ viewer { roles tenant { tenantId } } }', { token: token.accessToken });
    expect(data).toEqual({ viewer: { roles: ['TENANT'], tenant: { tenantId: 'tenant1' } } });
  });

  it('row 7: logging in, as a person or a component; the session opens the API by role, is renewed and ended', async () => {
    const { session } = await login({ user: { username: 'operator', password: 'demo' } });
    expect(session?.viewer).toMatchObject({ username: 'operator', roles: ['TENANT_OPERATOR'] });
    const { refreshSession } = await app.client.data(RefreshSessionDocument, {
      input: { refreshToken: session!.refreshToken! },
    });
    const renewed = refreshSession!.session!;
    expect(codesOf(await app.ask('{ tenants { totalCount } }', { token: renewed.accessToken }))).toEqual([]);
    const { logout } = await app.client.data(LogoutDocument, { input: { refreshToken: renewed.refreshToken! } });
    expect(logout?.loggedOut).toBe(true);
    const again = await app.client.data(RefreshSessionDocument, { input: { refreshToken: renewed.refreshToken! } });
    expect(faultsOf(again.refreshSession)).toEqual(['SESSION_EXPIRED input.refreshToken']);
    const component = await login({ client: { clientId: 'core-component', clientSecret: 'demo' } });
    expect(component.session).toMatchObject({ refreshToken: null, viewer: { roles: ['TENANT_TOKEN_ISSUER'] } });
  });

  it('row 8: a dashboard with statuses, new tenants by month, expiries, and those due for follow-up', async () => {
    const soon = new Date(Date.now() + 5 * 86_400_000).toISOString();
    const ending = async (endsAt: string): Promise<TenantFields> =>
      await created(app, provisionInput({ subscription: { tier: 'BASIC', startsAt: '2025-01-01T00:00:00Z', endsAt } }));
    const [expiring, ended] = [await ending(soon), await ending('2026-01-01T00:00:00Z')];
    const { dashboard } = await app.client.data(DashboardDocument, {}, { as: 'viewer' });
    const { totals, tenants, newTenantsByMonth, upcomingExpiries, expired } = dashboard!;
    expect(totals.byStatus.map(({ status }) => status)).toEqual([
      'TRIAL',
      'ACTIVE',
      'SUSPENDED',
      'MAINTENANCE',
      'INACTIVE',
      'DELETED',
    ]);
    expect(totals.active).toBe(totals.total - totals.inactive);
    expect(tenants.totalCount).toBe(totals.total);
    expect(newTenantsByMonth).toHaveLength(12);
    expect(upcomingExpiries.nodes).toMatchObject([{ tenantId: expiring.tenantId, subscription: { daysRemaining: 5 } }]);
    expect(expired.nodes).toMatchObject([{ tenantId: ended.tenantId, subscription: { isExpired: true } }]);
  });

  it('row 9: separate rights to create, update, delete, and read statistics', async () => {
    const document = `mutation { deleteTenant(tenant: { tenantId: "nobody" }) { userErrors { code } } }`;
    expect(codesOf(await app.ask(document, { as: 'operator' }))).toEqual(['FORBIDDEN']);
    expect(codesOf(await app.ask(document, { as: 'admin' }))).toEqual([]);
    expect(codesOf(await app.ask('{ dashboard { id } }', { as: 'viewer' }))).toEqual([]);
    expect(codesOf(await app.ask('{ dashboard { id } }', { as: 'component' }))).toEqual(['FORBIDDEN']);
    const creating = await app.client.execute(CreateTenantDocument, { input: provisionInput() }, { as: 'viewer' });
    expect(codesOf(creating)).toEqual(['FORBIDDEN']);
    const variables = { tenant: { tenantId: 'tenant1' }, patch: { profile: { name: 'x' } } };
    expect(codesOf(await app.client.execute(PatchTenantDocument, variables, { as: 'viewer' }))).toEqual(['FORBIDDEN']);
  });
});
