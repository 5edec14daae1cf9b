import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { open } from '../../src/secrets/seal.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { codesOf, faultsOf } from '../support/client.js';
import { testKeyRing } from '../support/database.js';
import {
  SetTenantCampaignsDocument,
  SetTenantDialerDocument,
  type CampaignInput,
  type DialerInput,
  type SetTenantCampaignsMutation,
  type SetTenantDialerMutation,
} from '../support/generated/operations.js';
import { created, provisionInput, type TenantFields } from '../support/tenants.js';
import { trailOf, writesNothing } from '../support/written.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const asOperator = { as: 'operator' } as const;

async function setCampaigns(
  tenantId: string,
  campaigns: CampaignInput[],
  expectedVersion?: number,
): Promise<NonNullable<SetTenantCampaignsMutation['setTenantCampaigns']>> {
  const variables = { tenant: { tenantId }, campaigns, expectedVersion };
  return (await app.client.data(SetTenantCampaignsDocument, variables, asOperator)).setTenantCampaigns!;
}

async function setDialer(
  tenantId: string,
  dialer?: DialerInput | null,
  expectedVersion?: number,
): Promise<NonNullable<SetTenantDialerMutation['setTenantDialer']>> {
  const variables = { tenant: { tenantId }, dialer, expectedVersion };
  return (await app.client.data(SetTenantDialerDocument, variables, asOperator)).setTenantDialer!;
}

/** What a campaign's secrets are in clear, out of the database. */
async function secretsOf(tenant: TenantFields, name: string): Promise<{ password: string | null; secrets: object }> {
  const [row] = await app.sql<{ id: string; password: string | null; secrets: Record<string, string> }>(
    'select id, password, secrets from tenantry.campaign where tenant = ? and name = ?',
    [tenant.id, name],
  );
  const { id, password, secrets } = row!;
  const opened = Object.entries(secrets).map(async ([key, jwe]) => [
    key,
    JSON.parse(await open(testKeyRing, tenant.id, `campaign/${id}.secrets.${key}`, jwe)) as unknown,
  ]);
  return {
    password: password && (await open(testKeyRing, tenant.id, `campaign/${id}.password`, password)),
    secrets: Object.fromEntries((await Promise.all(opened)) as [string, unknown][]),
  };
}

const full: CampaignInput = {
  name: 'one',
  serviceUrl: 'http://campaigns.internal:8080/',
  username: 'user',
  password: 'first password',
  settings: { a: { b: [1, 2] } },
  secrets: { key: 'k', nested: { deep: [true] }, number: 5 },
};

describe('setTenantCampaigns', () => {
  it('replaces the list, in the order given', async () => {
    const { tenantId } = await created(app, provisionInput({ campaigns: [{ name: 'gone' }, { name: 'kept' }] }));
    const { tenant } = await setCampaigns(tenantId, [{ name: 'new', isEnabled: false }, { name: 'kept' }]);
    expect(tenant!.campaigns.map(({ name, isEnabled }) => [name, isEnabled])).toEqual([
      ['new', false],
      ['kept', true],
    ]);
    expect(tenant!.version).toBe(2);
    const { changes } = (await trailOf(app, tenantId)).at(-1)!;
    expect(changes).toEqual({
      'campaigns.gone.isEnabled': { old: true, new: null },
      'campaigns.new.isEnabled': { old: null, new: false },
    });
    expect((await setCampaigns(tenantId, [])).tenant!.campaigns).toEqual([]);
  });

  it('keeps secrets that are not mentioned, merges those that are, and shows none', async () => {
    const tenant = await created(app, provisionInput({ campaigns: [full] }));
    const { tenantId } = tenant;
    const { password: _password, secrets: _secrets, ...plain } = full;
    const clear = { password: 'first password', secrets: full.secrets };

    const same = await writesNothing(app, () => setCampaigns(tenantId, [plain]));
    expect(same.tenant).toEqual(tenant);
    await writesNothing(app, () => setCampaigns(tenantId, [full]));

    const renamed = await setCampaigns(tenantId, [{ ...plain, username: 'other', settings: null }]);
    expect(renamed.tenant!.campaigns).toMatchObject([{ hasPassword: true, settings: {}, username: 'other' }]);
    expect(await secretsOf(tenant, 'one')).toEqual(clear);

    const merged = await setCampaigns(tenantId, [{ ...plain, secrets: { key: null, number: 6, more: 'm' } }]);
    expect(merged.tenant!.campaigns[0]!.secretNames).toEqual(['more', 'nested', 'number']);
    expect(await secretsOf(tenant, 'one')).toEqual({
      password: 'first password',
      secrets: { nested: { deep: [true] }, number: 6, more: 'm' },
    });

    const cleared = await setCampaigns(tenantId, [{ ...plain, password: null, secrets: null }]);
    expect(cleared.tenant!.campaigns).toMatchObject([{ hasPassword: false, secretNames: [] }]);
    expect(await secretsOf(tenant, 'one')).toEqual({ password: null, secrets: {} });
    expect((await trailOf(app, tenantId)).at(-1)!.changes).toEqual({
      'campaigns.one.password': { changed: true },
      'campaigns.one.secrets.nested': { changed: true },
      'campaigns.one.secrets.number': { changed: true },
      'campaigns.one.secrets.more': { changed: true },
    });
  });

  it('lets the secrets of a campaign go with it, and of another name take none over', async () => {
    const tenant = await created(app, provisionInput({ campaigns: [full] }));
    await setCampaigns(tenant.tenantId, [{ name: 'two' }]);
    expect(await secretsOf(tenant, 'two')).toEqual({ password: null, secrets: {} });
    const back = await setCampaigns(tenant.tenantId, [{ name: 'one' }]);
    expect(back.tenant!.campaigns).toMatchObject([{ hasPassword: false, secretNames: [] }]);
  });

  it('records each change under a path of its own, whatever the names are', async () => {
    const campaigns = [
      { name: 'a', secrets: { password: 'one' } },
      { name: 'a.secrets', password: 'two' },
    ];
    const { tenantId } = await created(app, provisionInput({ campaigns }));
    const changes = async (list: CampaignInput[]): Promise<string[]> => {
      await setCampaigns(tenantId, list);
      return Object.keys((await trailOf(app, tenantId)).at(-1)!.changes);
    };
    expect(await changes([{ name: 'a', secrets: { password: 'other' } }, { name: 'a.secrets' }])).toEqual([
      'campaigns.a.secrets.password',
    ]);
    expect(await changes([{ name: 'a' }, { name: 'a.secrets', password: 'other' }])).toEqual([
      'campaigns.a\\.secrets.password',
    ]);
  });

  it('records a change of order', async () => {
    const { tenantId } = await created(app, provisionInput({ campaigns: [{ name: 'a' }, { name: 'b' }] }));
    const { tenant } = await setCampaigns(tenantId, [{ name: 'b' }, { name: 'a' }]);
    expect(tenant!.version).toBe(2);
    expect((await trailOf(app, tenantId)).at(-1)!.changes).toEqual({
      campaigns: { old: ['a', 'b'], new: ['b', 'a'] },
    });
  });

  it('refuses with all faults and their paths, and writes nothing', async () => {
    const { tenantId } = await created(app, provisionInput({ campaigns: [full] }));
    const bad = [
      { name: '', serviceUrl: 'ftp://a.example', username: 'x'.repeat(256) },
      { name: 'a', password: '', settings: { token: 1 }, secrets: { a: '\u0000' } },
      { name: 'a' },
    ];
    expect(faultsOf(await writesNothing(app, () => setCampaigns(tenantId, bad))).sort()).toEqual([
      'INVALID campaigns.0.name',
      'INVALID campaigns.0.serviceUrl',
      'INVALID campaigns.0.username',
      'INVALID campaigns.1.password',
      'INVALID campaigns.1.secrets.a',
      'INVALID campaigns.1.settings.token',
      'INVALID campaigns.2.name',
    ]);
    const many = Array.from({ length: 101 }, (_, index) => ({ name: `c${index}` }));
    expect(faultsOf(await writesNothing(app, () => setCampaigns(tenantId, many)))).toEqual(['INVALID campaigns']);
    expect(faultsOf(await writesNothing(app, () => setCampaigns(tenantId, bad, 9)))).toEqual([
      'VERSION_CONFLICT expectedVersion',
    ]);
    expect(faultsOf(await setCampaigns('nobody', bad))).toEqual(['NOT_FOUND tenant']);
  });

  it('refuses secrets that grow past the limit on a JSON object', async () => {
    const secrets = (name: string) => [{ name: 'a', secrets: { [name]: 'x'.repeat(9_000) } }];
    const { tenantId } = await created(app, provisionInput({ campaigns: secrets('one') }));
    const payload = await writesNothing(app, () => setCampaigns(tenantId, secrets('two')));
    expect(faultsOf(payload)).toEqual(['INVALID campaigns.0.secrets']);
  });

  it('takes a hundred campaigns', async () => {
    const { tenantId } = await created(app, provisionInput());
    const many = Array.from({ length: 100 }, (_, index) => ({ name: `c${index}`, password: `p${index}` }));
    expect((await setCampaigns(tenantId, many)).tenant!.campaigns).toHaveLength(100);
  });

  it('refuses what is no list of campaigns', async () => {
    const query =
      'mutation ($campaigns: [CampaignInput!]!) { setTenantCampaigns(tenant: { code: "X" }, campaigns: $campaigns) { userErrors { code } } }';
    const codes = async (campaigns: unknown): Promise<string[]> =>
      codesOf(await app.client.raw(query, { campaigns }, asOperator));
    expect(await codes(null)).toEqual(['BAD_USER_INPUT campaigns']);
    expect(await codes([null])).toEqual(['BAD_USER_INPUT campaigns.0']);
    expect(await codes([{ name: 'a', isEnabled: null, secrets: [] }])).toEqual([
      'BAD_USER_INPUT campaigns.0.isEnabled',
      'BAD_USER_INPUT campaigns.0.secrets',
    ]);
  });
});

describe('setTenantDialer', () => {
  const dialer = { serviceIdentifier: 'dialer', maxConcurrentCalls: 10, maxCallTimeMinutes: 20, callsPerSecond: 3 };

  it('replaces the dialer, and clears it by null or by nothing', async () => {
    const { tenantId } = await created(app, provisionInput());
    expect((await setDialer(tenantId, dialer)).tenant).toMatchObject({ dialer, version: 2 });
    const same = await writesNothing(app, () => setDialer(tenantId, dialer));
    expect(same.tenant!.version).toBe(2);
    expect((await setDialer(tenantId, { ...dialer, callsPerSecond: 4 })).tenant!.dialer!.callsPerSecond).toBe(4);
    expect((await trailOf(app, tenantId)).at(-1)!.changes).toEqual({ 'dialer.callsPerSecond': { old: 3, new: 4 } });
    expect((await setDialer(tenantId, null)).tenant!.dialer).toBeNull();
    await setDialer(tenantId, dialer);
    expect((await setDialer(tenantId)).tenant).toMatchObject({ dialer: null, version: 6 });
  });

  it('refuses with all faults and their paths, and writes nothing', async () => {
    const { tenantId } = await created(app, provisionInput({ dialer }));
    const bad = {
      serviceIdentifier: 'x'.repeat(256),
      maxConcurrentCalls: 0,
      maxCallTimeMinutes: -1,
      callsPerSecond: 1e6 + 1,
    };
    expect(faultsOf(await writesNothing(app, () => setDialer(tenantId, bad)))).toEqual([
      'INVALID dialer.serviceIdentifier',
      'INVALID dialer.maxConcurrentCalls',
      'INVALID dialer.maxCallTimeMinutes',
      'INVALID dialer.callsPerSecond',
    ]);
    expect(faultsOf(await writesNothing(app, () => setDialer(tenantId, bad, 9)))).toEqual([
      'VERSION_CONFLICT expectedVersion',
    ]);
    expect(faultsOf(await setDialer('nobody', bad))).toEqual(['NOT_FOUND tenant']);
  });
});
