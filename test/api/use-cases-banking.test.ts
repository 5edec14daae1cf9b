import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { issued, patch, patched, transition, transitioned, trial } from '../support/changes.js';
import { codesOf, faultsOf } from '../support/client.js';
import { digitalBankPictures, digitalBankSpain } from '../support/digital-bank-spain.js';
import { TenantsDocument } from '../support/generated/operations.js';
import { entriesOf, historyOf } from '../support/history.js';
import { created, createdWith, provisionInput, read, type TenantFields } from '../support/tenants.js';

let app: TestApp;
/** The banking platform's example. */
let bank: TenantFields;
beforeAll(async () => {
  app = await startTestApp();
  const branding = { ...digitalBankSpain.branding, logoDark: null, favicon: null };
  bank = await createdWith(app, provisionInput({ ...digitalBankSpain, branding }), await digitalBankPictures());
});
afterAll(() => app.stop());

describe('the banking platform asks for', () => {
  const { branding, contacts, providers, region, metadata, subscription } = digitalBankSpain;

  it('row 10: a core configuration: code, name, description, region, status, tier, period, metadata', () => {
    const { code, name, description } = digitalBankSpain;
    expect(bank).toMatchObject({ code, name, description, region, metadata, subscription, status: 'ACTIVE' });
  });

  it('row 11: a business and a technical contact', () => {
    expect(bank.contacts).toEqual(contacts);
  });

  it('row 12: branding: three logos, five colours, three fonts, custom CSS', () => {
    const { logo, logoDark, favicon, ...rest } = bank.branding;
    expect(rest).toEqual(branding);
    expect([logo, logoDark, favicon].map((picture) => picture?.contentType)).toEqual([
      'image/svg+xml',
      'image/png',
      'image/png',
    ]);
  });

  it('row 13: providers for identity, payment, cards, compliance, SMS and e-mail', () => {
    expect(bank.providers).toEqual(providers.map((provider) => ({ ...provider, secretNames: [] })));
  });

  it('row 14: a life from trial to deletion, by its table', async () => {
    const { tenantId, status } = await created(app, provisionInput({ subscription: trial }));
    expect(status).toBe('TRIAL');
    const activation = { subscription: { tier: 'BASIC', startsAt: '2026-01-01T00:00:00Z' } } as const;
    expect((await transitioned(app, tenantId, 'ACTIVATE', activation)).status).toBe('ACTIVE');
    expect((await transitioned(app, tenantId, 'SUSPEND')).status).toBe('SUSPENDED');
    expect(faultsOf(await transition(app, tenantId, 'START_MAINTENANCE'))).toEqual(['INVALID_TRANSITION tenant']);
    expect((await transitioned(app, tenantId, 'REACTIVATE')).status).toBe('ACTIVE');
    expect((await transitioned(app, tenantId, 'START_MAINTENANCE')).status).toBe('MAINTENANCE');
    expect((await transitioned(app, tenantId, 'COMPLETE_MAINTENANCE')).status).toBe('ACTIVE');
    expect((await transitioned(app, tenantId, 'DEACTIVATE')).status).toBe('INACTIVE');
    expect((await transitioned(app, tenantId, 'DELETE')).status).toBe('DELETED');
  });

  it('row 15: an update in which every field is optional', async () => {
    const { tenantId } = await created(app, provisionInput({ contacts }));
    const business = { name: 'Ana Martinez', email: 'ana.martinez@digitalbank.es', phone: '+34912345680' };
    const after = await patched(app, tenantId, { profile: { contacts: { business } } });
    expect(after.contacts).toEqual({ ...contacts, business: { ...contacts.business, ...business } });
    expect(faultsOf(await patch(app, tenantId, {}))).toEqual(['NOTHING_TO_CHANGE patch']);
  });

  it('row 16: lists by page, size, sort, status, country and tier; one tenant by id and by code', async () => {
    const filter = { status: ['ACTIVE'], country: ['ES'], subscriptionTier: ['ENTERPRISE'] } as const;
    const sort = [{ field: 'NAME', direction: 'ASC' }] as const;
    const { tenants } = await app.client.data(
      TenantsDocument,
      { filter, sort, first: 20, offset: 0 },
      { as: 'viewer' },
    );
    expect(tenants).toMatchObject({ totalCount: 1, edges: [{ node: { id: bank.id } }] });
    const one = `{ a: tenant(by: { id: "${bank.id}" }) { name } b: tenant(by: { code: "DBSP" }) { name } }`;
    const { name } = bank;
    expect((await app.ask(one, { as: 'viewer' })).data).toEqual({ a: { name }, b: { name } });
  });

  it('row 17: a deletion that keeps the record and its history', async () => {
    const { tenantId } = await created(app, provisionInput({ contacts, region }));
    await transitioned(app, tenantId, 'DELETE', { reason: 'contract ended' });
    expect(await read(app, tenantId)).toMatchObject({
      contacts,
      region,
      status: 'DELETED',
      statusReason: 'contract ended',
    });
    expect(entriesOf(await historyOf(app, tenantId)).map(({ action }) => action)).toEqual([
      'DELETED',
      'TRANSITIONED',
      'CREATED',
    ]);
    expect(faultsOf(await patch(app, tenantId, { profile: { name: 'x' } }))).toEqual(['TENANT_DELETED tenant']);
  });

  it('row 18: isolation in the database: the login that reads for tenants sees nothing but the tenant it is told', async () => {
    const { accessToken: token } = await issued(app, bank.tenantId);
    expect((await app.ask('{ currentTenant { code } }', { token })).data).toEqual({ currentTenant: { code: 'DBSP' } });
    const seen = async (told?: string): Promise<unknown> =>
      await app.services.db.tenant.em.fork().transactional(async (em) => {
        if (told !== undefined) await em.execute(`select set_config('app.tenant_id', ?, true)`, [told]);
        return await em.execute<object[]>('select id from tenantry.tenant');
      });
    expect(await seen()).toEqual([]);
    expect(await seen(bank.id)).toEqual([{ id: bank.id }]);
  });

  it('row 19: isolation at the API: the tenant follows from the token, X-Tenant-ID is checked, each operation needs its permission', async () => {
    const { accessToken: token } = await issued(app, bank.tenantId);
    const ask = async (name: string) =>
      await app.ask('{ currentTenant { code } }', { token, headers: { 'x-tenant-id': name } });
    expect((await ask(bank.id)).data).toEqual({ currentTenant: { code: 'DBSP' } });
    expect(codesOf(await ask('tenant1'))).toEqual(['FORBIDDEN']);
    expect(codesOf(await app.ask('{ tenants { totalCount } }', { token }))).toEqual(['FORBIDDEN']);
  });
});
