import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { faultsOf } from '../support/client.js';
import { CreateTenantDocument, DeleteTenantDocument } from '../support/generated/operations.js';
import { png } from '../support/pictures.js';
import { adoptInput, create, created, freshTenantId, provisionInput, read, smsTwoFactor } from '../support/tenants.js';
import { trailOf, writesNothing } from '../support/written.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

/** Everything that Expertflow's own example holds. */
const expertflow = {
  campaigns: [
    {
      name: 'Outbound',
      serviceUrl: 'https://campaigns.expertflow.example/',
      username: 'campaigns',
      password: 'campaign-password',
      isEnabled: true,
      settings: { region: 'eu', limits: { perDay: 100 } },
      secrets: { apiToken: 'campaign-token', callback: { key: 'x' } },
    },
    { name: 'Inbound', isEnabled: false },
  ],
  dialer: { serviceIdentifier: 'dialer-1', maxConcurrentCalls: 50, maxCallTimeMinutes: 30, callsPerSecond: 5 },
  mediaServer: { wssUrl: 'wss://media.expertflow.example:7443', domainManagerUrl: 'https://media.expertflow.example/' },
  description: 'First line\nsecond line',
  metadata: { plan: { seats: 5 }, tags: ['a', 'b'] },
  twoFactor: smsTwoFactor,
};

describe('createTenant', () => {
  it('stores and shows everything that it is given', async () => {
    const input = provisionInput({
      ...expertflow,
      tenantId: 'expertflow',
      code: 'EF01',
      name: ' Expertflow ',
      keycloak: { realm: { provision: {} }, otpManagerUrl: app.otpManager.url, scope: ['email', 'profile', 'email'] },
    });
    const tenant = await created(app, input);
    expect(tenant).toMatchObject({
      tenantId: 'expertflow',
      code: 'EF01',
      name: 'Expertflow',
      domain: 'expertflow.tenants.example.com',
      status: 'ACTIVE',
      statusReason: null,
      isActive: true,
      availableTransitions: ['SUSPEND', 'START_MAINTENANCE', 'DEACTIVATE', 'DELETE'],
      description: expertflow.description,
      twoFactor: { isEnabled: true, ...smsTwoFactor.enabled },
      dialer: expertflow.dialer,
      mediaServer: expertflow.mediaServer,
      metadata: expertflow.metadata,
      branding: { logo: null },
      subscription: { tier: 'STANDARD', endsAt: null, isTrial: false, isExpired: false, daysRemaining: null },
      version: 1,
      deletedAt: null,
    });
    expect(tenant.keycloak).toMatchObject({ otpManagerUrl: app.otpManager.url, scope: ['email', 'profile'] });
    expect(tenant.campaigns).toEqual([
      {
        name: 'Outbound',
        serviceUrl: 'https://campaigns.expertflow.example/',
        username: 'campaigns',
        hasPassword: true,
        isEnabled: true,
        settings: { region: 'eu', limits: { perDay: 100 } },
        secretNames: ['apiToken', 'callback'],
      },
      {
        name: 'Inbound',
        serviceUrl: null,
        username: null,
        hasPassword: false,
        isEnabled: false,
        settings: {},
        secretNames: [],
      },
    ]);
    expect(await read(app, 'expertflow')).toEqual(tenant);
    expect(app.otpManager.requests).toEqual(['GET /']);
  });

  it('needs no more than names, a realm and 2FA', async () => {
    const tenant = await created(app, provisionInput());
    expect(tenant).toMatchObject({ description: null, campaigns: [], dialer: null, mediaServer: null, metadata: {} });
    expect(tenant.twoFactor).toEqual({ isEnabled: false, reason: null });
    expect(tenant.createdAt).toBe(tenant.updatedAt);
  });

  it('makes the code from the tenantId where that is a legal one', async () => {
    expect((await created(app, provisionInput({ tenantId: 'ten4chars' }))).code).toBe('TEN4CHARS');
  });

  it('asks for a code where the one from the tenantId is taken', async () => {
    const { code } = await created(app, provisionInput({ code: 'SQUATTED' }));
    expect(faultsOf(await create(app, provisionInput({ tenantId: code.toLowerCase() })))).toEqual([
      'REQUIRED input.code',
    ]);
  });

  it('takes a logo along', async () => {
    const input = { ...provisionInput(), logo: null };
    const files = [{ path: 'variables.input.logo', bytes: await png(64, 32) }];
    const { data } = await app.client.upload(CreateTenantDocument, { input }, files, { as: 'operator' });
    const logo = data?.createTenant?.tenant?.branding.logo;
    expect(logo).toMatchObject({ contentType: 'image/png', width: 64, height: 32 });
    const served = await fetch(logo!.url);
    expect(served.headers.get('content-type')).toBe('image/png');
    expect((await served.arrayBuffer()).byteLength).toBe(logo!.byteSize);
  });

  it('tells of a bad logo beside everything else, and stores nothing of it', async () => {
    const input = provisionInput({ name: '', logo: null });
    const files = [{ path: 'variables.input.logo', bytes: Buffer.from('GIF89a nothing else') }];
    const { data } = await writesNothing(app, () =>
      app.client.upload(CreateTenantDocument, { input }, files, { as: 'operator' }),
    );
    expect(faultsOf(data?.createTenant).sort()).toEqual(['FILE_TYPE_NOT_ALLOWED input.logo', 'INVALID input.name']);
  });

  it('records everything that was set, with old null and without secrets', async () => {
    const { tenantId } = await created(
      app,
      provisionInput({ ...expertflow, keycloak: { realm: { provision: {} }, otpManagerUrl: app.otpManager.url } }),
    );
    const [entry, ...others] = await trailOf(app, tenantId);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ action: 'CREATED', actor_name: 'operator', from_status: null, to_status: 'ACTIVE' });
    expect(entry!.changes).toMatchObject({
      tenantId: { old: null, new: tenantId },
      'keycloak.clientSecret': { changed: true },
      'twoFactor.retryLimit': { old: null, new: 3 },
      'campaigns.Outbound.serviceUrl': { old: null, new: 'https://campaigns.expertflow.example/' },
      'campaigns.Outbound.password': { changed: true },
      'campaigns.Outbound.secrets.apiToken': { changed: true },
      'campaigns.Inbound.isEnabled': { old: null, new: false },
      'dialer.callsPerSecond': { old: null, new: 5 },
    });
  });
});

describe('names', () => {
  it('are taken by another tenant', async () => {
    const { tenantId, code } = await created(app, provisionInput());
    const payload = await writesNothing(app, () => create(app, provisionInput({ tenantId, code })));
    expect(faultsOf(payload)).toEqual(['TAKEN input.tenantId', 'TAKEN input.code', 'REALM_TAKEN input.keycloak.realm']);
    expect(payload.tenant).toBeNull();
  });

  it('stay taken when the tenant is deleted', async () => {
    const input = await adoptInput(app);
    const { tenantId, code } = await created(app, input);
    await app.client.data(DeleteTenantDocument, { tenant: { tenantId } }, { as: 'admin' });
    const payload = await writesNothing(app, () => create(app, { ...input, code }));
    expect(faultsOf(payload)).toEqual(['TAKEN input.tenantId', 'TAKEN input.code', 'REALM_TAKEN input.keycloak.realm']);
  });

  it('that are taken come with the faults of the rules', async () => {
    const { tenantId } = await created(app, provisionInput());
    const input = provisionInput({
      tenantId,
      code: 'bad',
      keycloak: { realm: { provision: { realm: freshTenantId() } } },
    });
    expect(faultsOf(await create(app, input)).sort()).toEqual(['INVALID input.code', 'TAKEN input.tenantId']);
  });
});
