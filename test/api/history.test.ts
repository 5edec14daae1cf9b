import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { createdIn, patched, transitioned } from '../support/changes.js';
import { digitalBankSpain } from '../support/digital-bank-spain.js';
import {
  SetTenantCampaignsDocument,
  SetTenantDialerDocument,
  type CampaignInput,
} from '../support/generated/operations.js';
import { entriesOf, historyOf, lastChanges } from '../support/history.js';
import { adoptInput, created } from '../support/tenants.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

describe('what is recorded', () => {
  it('CREATED lists every field that was set, with old null, secrets without their values', async () => {
    const { tenantId: _, code: __, ...profile } = digitalBankSpain;
    const campaign = {
      name: 'One',
      isEnabled: true,
      password: 'pass',
      secrets: { apiToken: 'x' },
      settings: { a: { b: 1 } },
    };
    const { id, tenantId, code, domain, keycloak, subscription } = await created(
      app,
      adoptInput(app, { ...profile, campaigns: [campaign] }),
    );
    const [entry] = entriesOf(await historyOf(app, tenantId));
    expect(entry).toMatchObject({
      action: 'CREATED',
      tenantId,
      fromStatus: null,
      toStatus: 'ACTIVE',
      reason: null,
      errorCode: null,
    });
    expect(entry!.actor).toMatchObject({ name: 'operator', issuer: `${app.standIn.url}/realms/master` });
    const { changes } = entry!;
    const set = (value: unknown): object => ({ old: null, new: value });
    const secret = { changed: true };
    expect(changes).toMatchObject({
      tenantId: set(tenantId),
      code: set(code),
      domain: set(domain),
      name: set('Digital Bank Spain'),
      'keycloak.origin': set('ADOPTED'),
      'keycloak.issuer': set(keycloak.issuer),
      'keycloak.clientSecret': secret,
      'twoFactor.isEnabled': set(false),
      'campaigns.One.isEnabled': set(true),
      'campaigns.One.settings': set({ a: { b: 1 } }),
      'campaigns.One.password': secret,
      'campaigns.One.secrets.apiToken': secret,
      'providers.KYC.Onfido.isPrimary': set(true),
      'region.timezone': set('Europe/Madrid'),
      'contacts.technical.email': set('carlos.rodriguez@digitalbank.es'),
      'branding.colors.primary': set('#1976D2'),
      'branding.typography.body': set("'Open Sans', sans-serif"),
      'subscription.endsAt': set(subscription.endsAt),
      metadata: set(profile.metadata),
    });
    expect(
      Object.keys(changes).filter((path) => /^(id|version|status|description\.|dialer|mediaServer)/.test(path)),
    ).toEqual([]);
    expect(Object.values(changes).every((change) => JSON.stringify(change) !== JSON.stringify(set(null)))).toBe(true);
    expect(JSON.stringify(changes)).not.toContain('"pass"');
    expect(id).not.toBe(entry!.id);
  });

  it('a change lists the leaves that changed, and no others', async () => {
    const { tenantId: _, code: __, ...profile } = digitalBankSpain;
    const { tenantId } = await created(app, adoptInput(app, profile));
    await patched(app, tenantId, {
      profile: {
        name: profile.name,
        region: { timezone: 'Atlantic/Canary' },
        contacts: { business: { phone: null } },
        branding: { colors: { text: '#000' } },
        providers: [
          { kind: 'KYC', name: 'Onfido', isPrimary: false, settings: { purpose: 'identity verification' } },
          { kind: 'KYC', name: 'Other', isPrimary: true },
        ],
      },
    });
    const changes = await lastChanges(app, tenantId);
    expect(changes).toMatchObject({
      'region.timezone': { old: 'Europe/Madrid', new: 'Atlantic/Canary' },
      'contacts.business.phone': { old: '+34912345678', new: null },
      'branding.colors.text': { old: '#212121', new: '#000' },
      'providers.KYC.Onfido.isPrimary': { old: true, new: false },
      'providers.KYC.Other.isPrimary': { old: null, new: true },
      'providers.CARD.Marqeta.isPrimary': { old: true, new: null },
      'providers.CARD.Marqeta.settings': { old: { purpose: 'card issuing' }, new: null },
    });
    const untouched =
      /^(name|region\.(country|currency|language)|contacts\.technical|providers\.KYC\.Onfido\.settings)/;
    expect(Object.keys(changes).filter((path) => untouched.test(path))).toEqual([]);
  });

  it('secrets show only that they changed; lists name their members', async () => {
    const { tenantId } = await createdIn(app, 'ACTIVE');
    const set = async (campaigns: readonly CampaignInput[]): Promise<Record<string, unknown>> => {
      await app.client.data(SetTenantCampaignsDocument, { tenant: { tenantId }, campaigns }, { as: 'operator' });
      return await lastChanges(app, tenantId);
    };
    const changed = { changed: true };
    const one = { name: 'One', isEnabled: true };
    await set([{ ...one, password: 'a', secrets: { x: 1, y: 2 } }]);
    expect(await set([{ ...one, password: 'b', secrets: { x: 1, y: 3 } }])).toEqual({
      'campaigns.One.password': changed,
      'campaigns.One.secrets.y': changed,
    });
    expect(await set([{ ...one, password: null, secrets: null }])).toEqual({
      'campaigns.One.password': changed,
      'campaigns.One.secrets.x': changed,
      'campaigns.One.secrets.y': changed,
    });
    await set([{ ...one, secrets: { 'y.z': 1 } }]);
    expect(await set([{ ...one, secrets: { 'y.z': 2 } }])).toEqual({ 'campaigns.One.secrets.y\\.z': changed });
    await set([{ ...one, secrets: null }]);
    expect(await set([{ ...one, isEnabled: false }])).toEqual({ 'campaigns.One.isEnabled': { old: true, new: false } });
  });

  it('by other mutations too, with who did it and when', async () => {
    const { tenantId } = await createdIn(app, 'ACTIVE');
    const dialer = { serviceIdentifier: 'd', maxConcurrentCalls: 1, maxCallTimeMinutes: 2, callsPerSecond: 3 };
    const { setTenantDialer } = await app.client.data(
      SetTenantDialerDocument,
      { tenant: { tenantId }, dialer },
      { as: 'admin' },
    );
    const [entry] = entriesOf(await historyOf(app, tenantId));
    expect(entry).toMatchObject({
      action: 'PATCHED',
      at: setTenantDialer!.tenant!.updatedAt,
      actor: { name: 'admin' },
    });
    expect(entry!.changes).toEqual(
      Object.fromEntries(
        Object.entries(dialer).map(([field, value]) => [`dialer.${field}`, { old: null, new: value }]),
      ),
    );
    await transitioned(app, tenantId, 'SUSPEND', { reason: 'unpaid' });
    expect(entriesOf(await historyOf(app, tenantId))[0]).toMatchObject({
      ...{ action: 'TRANSITIONED', fromStatus: 'ACTIVE', toStatus: 'SUSPENDED', reason: 'unpaid', changes: {} },
    });
  });

  it('comes once, however often one request asks for it', async () => {
    const { tenantId } = await createdIn(app, 'ACTIVE');
    await transitioned(app, tenantId, 'SUSPEND', { reason: 'unpaid' });
    const { data } = await app.ask(
      `{ tenant(by: { tenantId: "${tenantId}" }) {
        one: history(first: 2) { nodes { action } totalCount }
        two: history(first: 2) { nodes { action } totalCount } } }`,
      { as: 'operator' },
    );
    const history = { nodes: [{ action: 'TRANSITIONED' }, { action: 'CREATED' }], totalCount: 2 };
    expect(data).toEqual({ tenant: { one: history, two: history } });
  });
});
