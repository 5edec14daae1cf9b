import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { createdIn, patch, patched, trial } from '../support/changes.js';
import { faultsOf } from '../support/client.js';
import { digitalBankSpain } from '../support/digital-bank-spain.js';
import type { CreateTenantInput, TenantProfilePatch } from '../support/generated/operations.js';
import { created, adoptInput, provisionInput, read, type TenantFields } from '../support/tenants.js';
import { trailOf, writesNothing } from '../support/written.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const { tenantId: _, code: __, ...whole } = digitalBankSpain;
const { region, contacts, branding } = whole;

/** A tenant with everything in its profile, or with nothing. */
const withProfile = async (): Promise<TenantFields> => await created(app, adoptInput(app, whole));
const bare = async (): Promise<TenantFields> => await created(app, adoptInput(app));

const noColors = { primary: null, secondary: null, accent: null, background: null, text: null };

describe('only what is sent changes', () => {
  it.each<[string, TenantProfilePatch, object]>([
    ['name', { name: ' New name ' }, { name: 'New name' }],
    ['description', { description: 'New\ntext' }, { description: 'New\ntext' }],
    ['description: null', { description: null }, { description: null }],
    ['description: blank', { description: ' ' }, { description: null }],
    ['a field of the region', { region: { currency: 'USD' } }, { region: { ...region, currency: 'USD' } }],
    ['region: null', { region: null }, { region: null }],
    [
      'fields of both contacts',
      { contacts: { business: { name: 'Ana Martinez', phone: null }, technical: { role: null } } },
      {
        contacts: {
          business: { ...contacts.business, name: 'Ana Martinez', phone: null },
          technical: { ...contacts.technical, role: null },
        },
      },
    ],
    [
      'one contact',
      { contacts: { technical: { email: 'x@example.com' } } },
      { contacts: { business: contacts.business } },
    ],
    ['contacts: null', { contacts: null }, { contacts: null }],
    [
      'the tier',
      { subscription: { tier: 'BASIC' } },
      { subscription: { ...whole.subscription, tier: 'BASIC', isExpired: true, daysRemaining: 0 } },
    ],
    [
      'the end: null',
      { subscription: { endsAt: null } },
      { subscription: { endsAt: null, isExpired: false, daysRemaining: null } },
    ],
    [
      'the period',
      { subscription: { startsAt: '2030-01-01T00:00:00Z', endsAt: '2031-01-01T02:00:00+02:00' } },
      {
        subscription: { tier: 'ENTERPRISE', startsAt: '2030-01-01T00:00:00.000Z', endsAt: '2031-01-01T00:00:00.000Z' },
      },
    ],
    [
      'two colours',
      { branding: { colors: { primary: '#000000', accent: null } } },
      { branding: { ...branding, colors: { ...branding.colors, primary: '#000000', accent: null } } },
    ],
    ['colours: null', { branding: { colors: null } }, { branding: { ...branding, colors: null } }],
    ['every colour: null', { branding: { colors: noColors } }, { branding: { ...branding, colors: null } }],
    [
      'a font',
      { branding: { typography: { body: null } } },
      { branding: { ...branding, typography: { ...branding.typography, body: null } } },
    ],
    [
      'typography: null',
      { branding: { typography: null } },
      { branding: { typography: null, colors: branding.colors } },
    ],
    ['custom CSS: null', { branding: { customCss: null } }, { branding: { ...branding, customCss: null } }],
    ['custom CSS without a rule', { branding: { customCss: ' ' } }, { branding: { ...branding, customCss: null } }],
    ['branding: null', { branding: null }, { branding: { colors: null, typography: null, customCss: null } }],
    ['providers, as a whole', { providers: [{ kind: 'CARD', name: 'Other' }] }, { providers: [{ name: 'Other' }] }],
    ['providers: null', { providers: null }, { providers: [] }],
    ['metadata, as a whole', { metadata: { other: [1] } }, { metadata: { other: [1] } }],
    ['metadata: null', { metadata: null }, { metadata: {} }],
    ['metadata without a member', { metadata: {} }, { metadata: {} }],
    ['metadata with nothing in its members', { metadata: { a: {}, b: [{}] } }, { metadata: { a: {}, b: [{}] } }],
  ])('%s', async (_what, profile, expected) => {
    const before = await withProfile();
    const after = await patched(app, before.tenantId, { profile });
    expect(after).toMatchObject(expected);
    expect(after.version).toBe(before.version + 1);
    const same = Object.fromEntries(Object.keys(expected).map((field) => [field, null]));
    const stamps = { version: 0, updatedAt: '' };
    expect({ ...after, ...same, ...stamps }).toEqual({ ...before, ...same, ...stamps });
    expect(await read(app, before.tenantId)).toEqual(after);
  });

  it('metadata and providers are replaced, not merged', async () => {
    const { tenantId } = await withProfile();
    const after = await patched(app, tenantId, {
      profile: { metadata: { a: 1 }, providers: [{ kind: 'SMS', name: 'Twilio' }] },
    });
    expect(after.metadata).toEqual({ a: 1 });
    expect(after.providers).toEqual([{ kind: 'SMS', name: 'Twilio', isPrimary: true, settings: {}, secretNames: [] }]);
  });
});

describe('a group that is not there yet', () => {
  it.each<[string, TenantProfilePatch, string[]]>([
    ['region', { region: { country: 'ES', currency: 'EUR' } }, ['region.timezone', 'region.language']],
    [
      'contacts',
      { contacts: { business: { phone: '+34912345678' } } },
      ['contacts.business.name', 'contacts.business.email', 'contacts.technical'],
    ],
    [
      'contacts without a name',
      { contacts: { business: contacts.business, technical: { email: 'x@example.com' } } },
      ['contacts.technical.name'],
    ],
  ])('needs all its required fields: %s', async (_group, profile, paths) => {
    const { tenantId } = await bare();
    const payload = await writesNothing(app, () => patch(app, tenantId, { profile }));
    expect(faultsOf(payload).sort()).toEqual(paths.map((path) => `REQUIRED patch.profile.${path}`).sort());
    expect(payload.tenant).toBeNull();
  });

  it('comes into being by a patch that has them', async () => {
    const { tenantId } = await bare();
    expect(await patched(app, tenantId, { profile: { region, contacts, branding } })).toMatchObject({
      region,
      contacts,
      branding,
    });
  });
});

describe('a field that cannot be empty, or is wrong', () => {
  it.each<[TenantProfilePatch, string[]]>([
    [{ name: null }, ['name']],
    [{ name: ' ' }, ['name']],
    [{ name: 'x'.repeat(201) }, ['name']],
    [{ description: 'x'.repeat(2_001) }, ['description']],
    [{ region: { country: null, timezone: null } }, ['region.country', 'region.timezone']],
    [{ contacts: { business: null } }, ['contacts.business']],
    [{ contacts: { technical: { name: null, email: null } } }, ['contacts.technical.name', 'contacts.technical.email']],
    [{ subscription: null }, ['subscription']],
    [{ subscription: { tier: null, startsAt: null } }, ['subscription.tier', 'subscription.startsAt']],
    [{ subscription: { tier: 'TRIAL' } }, ['subscription.tier']],
    [{ subscription: { startsAt: '2026-01-01T00:00:00Z' } }, ['subscription.endsAt']],
    [{ branding: { colors: { text: '#12' } } }, ['branding.colors.text']],
    [{ providers: [{ kind: 'KYC', name: '' }] }, ['providers.0.name']],
    [{ metadata: { clientSecret: 'x' } }, ['metadata.clientSecret']],
    [{ name: null, region: { language: null }, metadata: { token: 1 } }, ['name', 'region.language', 'metadata.token']],
  ])('%j', async (profile, paths) => {
    const { tenantId } = await withProfile();
    const payload = await writesNothing(app, () => patch(app, tenantId, { profile }));
    expect(faultsOf(payload).sort()).toEqual(paths.map((path) => `INVALID patch.profile.${path}`).sort());
  });

  it('the profile itself cannot be null', async () => {
    const { tenantId } = await bare();
    expect(faultsOf(await patch(app, tenantId, { profile: null }))).toEqual(['INVALID patch.profile']);
  });
});

describe('a patch', () => {
  it.each([
    {},
    { profile: {} },
    { profile: { region: {} } },
    { profile: { contacts: { business: {} }, branding: { colors: {}, typography: {} }, subscription: {} } },
  ])('that holds nothing is NOTHING_TO_CHANGE: %j', async (changes) => {
    const { tenantId } = await withProfile();
    expect(faultsOf(await writesNothing(app, () => patch(app, tenantId, changes)))).toEqual([
      'NOTHING_TO_CHANGE patch',
    ]);
  });

  it('that holds nothing is told so alone where there was no profile', async () => {
    const { tenantId } = await bare();
    const nothing = { profile: { region: {}, contacts: { business: {} } } };
    expect(faultsOf(await writesNothing(app, () => patch(app, tenantId, nothing)))).toEqual([
      'NOTHING_TO_CHANGE patch',
    ]);
  });

  it('that says what is there already leaves version, time and trail alone', async () => {
    const before = await withProfile();
    const { isTrial: _isTrial, ...subscription } = whole.subscription;
    const profile = { ...whole, subscription };
    expect(await writesNothing(app, () => patched(app, before.tenantId, { profile }))).toEqual(before);
  });

  it('is taken in every status but DELETED', async () => {
    for (const status of ['TRIAL', 'SUSPENDED', 'MAINTENANCE', 'INACTIVE'] as const) {
      const { tenantId } = await createdIn(app, status);
      expect(await patched(app, tenantId, { profile: { name: 'Renamed' } })).toMatchObject({ status, name: 'Renamed' });
    }
    const { tenantId } = await createdIn(app, 'DELETED');
    expect(faultsOf(await patch(app, tenantId, {}))).toEqual(['TENANT_DELETED tenant']);
  });

  it('away from tier TRIAL leaves a trial one, and back again', async () => {
    const { tenantId } = await createdIn(app, 'TRIAL');
    const after = await patched(app, tenantId, { profile: { subscription: { tier: 'PREMIUM' } } });
    expect(after).toMatchObject({
      status: 'TRIAL',
      subscription: { tier: 'PREMIUM', isTrial: true, endsAt: trial.endsAt },
    });
    const back = await patched(app, tenantId, { profile: { subscription: { tier: 'TRIAL' } } });
    expect(back).toMatchObject({ status: 'TRIAL', subscription: { tier: 'TRIAL', isTrial: true } });
  });
});

describe('secrets of providers', () => {
  const input: Partial<CreateTenantInput> = {
    providers: [
      { kind: 'KYC', name: 'Onfido', secrets: { apiToken: 'kyc-secret', webhook: { key: 'kyc-hook' } } },
      { kind: 'SMS', name: 'Onfido', secrets: { apiToken: 'sms-secret' } },
    ],
  };
  const names = ({ providers }: TenantFields): string[] =>
    providers.map(({ kind, secretNames }) => `${kind} ${secretNames.join()}`);

  it('are known by name alone, kept where they are not mentioned, merged where they are', async () => {
    const tenant = await created(app, provisionInput(input));
    expect(names(tenant)).toEqual(['KYC apiToken,webhook', 'SMS apiToken']);
    const set = async (providers: TenantProfilePatch['providers']) =>
      names(await patched(app, tenant.tenantId, { profile: { providers } }));
    const [kind, name] = ['KYC', 'Onfido'] as const;
    expect(await set([{ kind, name, settings: { a: 1 } }])).toEqual(['KYC apiToken,webhook']);
    expect(await set([{ kind, name, secrets: { apiToken: null, other: true } }])).toEqual(['KYC other,webhook']);
    expect(
      await set([
        { kind, name, secrets: null },
        { kind: 'SMS', name },
      ]),
    ).toEqual(['KYC ', 'SMS ']);
    const trail = JSON.stringify(await trailOf(app, tenant.tenantId));
    expect(trail).not.toMatch(/kyc-secret|sms-secret|kyc-hook/);
  });
});
