import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { patch, patched } from '../support/changes.js';
import { faultsOf } from '../support/client.js';
import { digitalBankPictures, digitalBankSpain } from '../support/digital-bank-spain.js';
import {
  CreateTenantDocument,
  PatchTenantDocument,
  type CreateTenantInput,
  type TenantPatch,
} from '../support/generated/operations.js';
import { icon, png, svg } from '../support/pictures.js';
import { create, created, provisionInput, read, type TenantFields } from '../support/tenants.js';
import { writesNothing } from '../support/written.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

describe('Digital Bank Spain', () => {
  it('goes in whole and comes back equal', async () => {
    const { branding, ...input } = provisionInput(digitalBankSpain);
    const variables = { input: { ...input, logo: null, branding: { ...branding, logoDark: null, favicon: null } } };
    const files = await digitalBankPictures();
    const { data } = await app.client.upload(CreateTenantDocument, variables, files, { as: 'operator' });
    expect(faultsOf(data?.createTenant)).toEqual([]);
    const tenant = await read(app, 'digital-bank-spain');
    expect(tenant).toEqual(data?.createTenant?.tenant);
    expect(tenant).toMatchObject({ ...digitalBankSpain, status: 'ACTIVE', statusReason: null });
    expect(tenant?.subscription).toMatchObject({ isExpired: true, daysRemaining: 0 });
    const { logo, logoDark, favicon } = tenant!.branding;
    expect(logo).toMatchObject({ contentType: 'image/svg+xml', width: 8, height: 8 });
    expect(logoDark).toMatchObject({ contentType: 'image/png', width: 24, height: 8 });
    expect(favicon).toMatchObject({ contentType: 'image/png', width: 16, height: 16 });
    for (const picture of [logo, logoDark, favicon]) {
      const { status, headers } = await fetch(picture!.url);
      expect([status, headers.get('content-type')]).toEqual([200, picture!.contentType]);
    }
  });
});

describe('a profile given when the tenant is created', () => {
  it('may be left out: no region and contacts, STANDARD from now on', async () => {
    const tenant = await created(app, provisionInput());
    expect(tenant).toMatchObject({ region: null, contacts: null, providers: [], metadata: {}, description: null });
    expect(tenant.branding).toEqual({
      logo: null,
      logoDark: null,
      favicon: null,
      colors: null,
      typography: null,
      customCss: null,
    });
    const { startsAt, ...subscription } = tenant.subscription;
    expect(subscription).toEqual({
      tier: 'STANDARD',
      endsAt: null,
      isTrial: false,
      isExpired: false,
      daysRemaining: null,
    });
    expect(Math.abs(Date.parse(startsAt) - Date.parse(tenant.createdAt))).toBeLessThan(5_000);
  });

  it.each([
    [{ tier: 'TRIAL' }, { status: 'TRIAL', isTrial: true }],
    [
      { tier: 'PREMIUM', isTrial: true },
      { status: 'TRIAL', isTrial: true },
    ],
    [
      { tier: 'PREMIUM', isTrial: null },
      { status: 'ACTIVE', isTrial: false },
    ],
  ] as const)('%j makes it %j', async (subscription, { status, isTrial }) => {
    const tenant = await created(
      app,
      provisionInput({ subscription: { startsAt: '2026-01-01T00:00:00Z', ...subscription } }),
    );
    expect(tenant).toMatchObject({ status, subscription: { isTrial } });
  });

  it('counts whole days up to the end, rounded up', async () => {
    const [startsAt, endsAt] = ['2026-01-01T00:00:00Z', new Date(Date.now() + 36 * 3_600_000).toISOString()];
    const { subscription } = await created(app, provisionInput({ subscription: { tier: 'BASIC', startsAt, endsAt } }));
    expect(subscription).toMatchObject({ isExpired: false, daysRemaining: 2 });
  });

  it('is normalised: telephone numbers, colours, the first provider of a kind is the primary one', async () => {
    const { contacts, branding, providers } = await created(
      app,
      provisionInput({
        contacts: {
          business: { name: ' Ana ', email: ' ana@example.com ', phone: '+34 912 345 680', role: ' ' },
          technical: { name: 'Bo', email: 'bo@example.com' },
        },
        branding: { colors: { primary: '#abc' }, typography: { body: ' Lato ' }, customCss: 'a { color: RED }' },
        providers: [
          { kind: 'KYC', name: 'A' },
          { kind: 'KYC', name: 'B' },
          { kind: 'SMS', name: 'A', isPrimary: false },
          { kind: 'SMS', name: 'B', isPrimary: true },
        ],
      }),
    );
    expect(contacts).toEqual({
      business: { name: 'Ana', email: 'ana@example.com', phone: '+34912345680', role: null },
      technical: { name: 'Bo', email: 'bo@example.com', phone: null, role: null },
    });
    expect(branding.colors).toEqual({ primary: '#ABC', secondary: null, accent: null, background: null, text: null });
    expect(branding.typography).toEqual({ headings: null, body: 'Lato', monospace: null });
    expect(branding.customCss).toMatch(/^\.tenant-brand a\s*\{/);
    expect(providers.map(({ isPrimary }) => isPrimary)).toEqual([true, false, false, true]);
  });

  const contact = { name: 'Ana', email: 'ana@example.com' };
  it.each<[string, Partial<CreateTenantInput>, string[]]>([
    [
      'contacts',
      {
        contacts: {
          business: { name: ' ', email: 'nobody', phone: '12' },
          technical: { ...contact, role: 'x'.repeat(201) },
        },
      },
      ['contacts.business.name', 'contacts.business.email', 'contacts.business.phone', 'contacts.technical.role'],
    ],
    [
      'a trial that is none',
      { subscription: { tier: 'TRIAL', startsAt: '2026-01-01T00:00:00Z', isTrial: false } },
      ['subscription.isTrial'],
    ],
    [
      'an end before the start',
      { subscription: { tier: 'BASIC', startsAt: '2026-01-01T00:00:00Z', endsAt: '2026-01-01T00:00:00Z' } },
      ['subscription.endsAt'],
    ],
    [
      'branding',
      { branding: { colors: { text: 'red' }, typography: { body: 'a;b' }, customCss: '@import "x";' } },
      ['branding.colors.text', 'branding.typography.body', 'branding.customCss'],
    ],
    [
      'providers',
      {
        providers: [
          { kind: 'KYC', name: 'A', isPrimary: true },
          { kind: 'KYC', name: ' A ', isPrimary: true },
          { kind: 'CARD', name: '', settings: { apiKey: 'x' } },
        ],
      },
      ['providers.1.name', 'providers.1.isPrimary', 'providers.2.name', 'providers.2.settings.apiKey'],
    ],
    [
      'metadata',
      { metadata: { a: { password: 'x' }, deep: [[[[[[1]]]]]] } },
      ['metadata.a.password', 'metadata.deep.0.0.0.0'],
    ],
  ])('is refused with all that is wrong: %s', async (_part, change, paths) => {
    const payload = await writesNothing(app, () => create(app, provisionInput(change)));
    expect(faultsOf(payload).sort()).toEqual(paths.map((path) => `INVALID input.${path}`).sort());
  });
});

describe('pictures in a patch', () => {
  const send = async (
    tenantId: string,
    changes: TenantPatch,
    pictures: Record<string, Uint8Array>,
  ): Promise<TenantFields> => {
    const files = Object.entries(pictures).map(([path, bytes]) => ({ path: `variables.patch.${path}`, bytes }));
    const variables = { tenant: { tenantId }, patch: changes };
    const { data } = await app.client.upload(PatchTenantDocument, variables, files, { as: 'operator' });
    expect(faultsOf(data?.patchTenant)).toEqual([]);
    return data!.patchTenant!.tenant!;
  };

  it('change one by one; null removes one', async () => {
    const { tenantId } = await created(app, provisionInput());
    const all = { logo: null, profile: { branding: { logoDark: null, favicon: null } } };
    const first = await send(tenantId, all, {
      logo: svg,
      'profile.branding.logoDark': await png(10, 10),
      'profile.branding.favicon': await icon(16),
    });
    const second = await send(
      tenantId,
      { profile: { branding: { favicon: null } } },
      { 'profile.branding.favicon': svg },
    );
    expect(second.branding).toEqual({ ...first.branding, favicon: first.branding.logo });
    const third = await patched(app, tenantId, { profile: { branding: { logoDark: null } } });
    expect(third.branding).toEqual({ ...second.branding, logoDark: null });
    const fourth = await patched(app, tenantId, { logo: null });
    expect(fourth.branding).toEqual({ ...third.branding, logo: null });
    expect(fourth.version).toBe(5);
  });

  it('branding: null clears everything but the logo', async () => {
    const { branding } = digitalBankSpain;
    const { tenantId } = await created(app, provisionInput({ branding }));
    const before = await send(
      tenantId,
      { logo: null, profile: { branding: { favicon: null } } },
      {
        logo: svg,
        'profile.branding.favicon': svg,
      },
    );
    const { branding: after } = await patched(app, tenantId, { profile: { branding: null } });
    expect(after).toEqual({
      logo: before.branding.logo,
      logoDark: null,
      favicon: null,
      colors: null,
      typography: null,
      customCss: null,
    });
  });

  it('one that is sent again changes nothing', async () => {
    const { tenantId } = await created(app, provisionInput());
    const first = await send(tenantId, { logo: null }, { logo: svg });
    expect(await send(tenantId, { logo: null }, { logo: svg })).toEqual(first);
  });

  it('that are broken are refused together with everything else', async () => {
    const { tenantId } = await created(app, provisionInput());
    const files = ['logo', 'profile.branding.favicon'].map((path) => ({
      path: `variables.patch.${path}`,
      bytes: Buffer.from('no picture'),
    }));
    const changes = { logo: null, profile: { name: ' ', branding: { favicon: null } } };
    const variables = { tenant: { tenantId }, patch: changes };
    const { data } = await writesNothing(app, () =>
      app.client.upload(PatchTenantDocument, variables, files, { as: 'operator' }),
    );
    expect(faultsOf(data?.patchTenant)).toEqual([
      'INVALID patch.profile.name',
      'FILE_TYPE_NOT_ALLOWED patch.logo',
      'FILE_TYPE_NOT_ALLOWED patch.profile.branding.favicon',
    ]);
    expect(faultsOf(await patch(app, tenantId, { logo: null }))).toEqual([]);
  });
});
