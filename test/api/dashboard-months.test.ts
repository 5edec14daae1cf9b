import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { codesOf } from '../support/client.js';
import { NewTenantsByMonthDocument, type NewTenantsByMonthQueryVariables } from '../support/generated/operations.js';
import { insertTenant } from '../support/rows.js';

/** The service's clock stands still, at the very end of a month in UTC. */
const now = new Date('2026-03-31T22:30:00.000Z');
const asViewer = { as: 'viewer' } as const;

/** Moments at which tenants were onboarded; the one of February is in March in Berlin, that of March in February in New York. */
const november = '2025-11-15T12:00:00Z';
const created = [november, november, november, '2026-02-28T23:30:00Z', '2026-03-01T00:00:00Z', now.toISOString()];
/** In summer time these are the first hour of June in CET and MET, of July in EET, and of August in WET. */
created.push('2025-05-31T22:30:00Z', '2025-06-30T21:30:00Z', '2025-07-31T23:30:00Z');

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ now: () => now });
  for (const [index, createdAt] of created.entries()) {
    const status = index % 2 === 0 ? 'DELETED' : 'ACTIVE';
    await insertTenant(app.database.ownerUrl, `t${index}`, { code: `C${index}`, created_at: createdAt, status });
  }
});
afterAll(() => app.stop());

describe('new tenants', () => {
  const months = async (variables: NewTenantsByMonthQueryVariables): Promise<Record<string, number>> => {
    const { dashboard } = await app.client.data(NewTenantsByMonthDocument, variables, asViewer);
    return Object.fromEntries(dashboard!.newTenantsByMonth.map(({ month, count: number }) => [month, number]));
  };

  it('is counted by month, months without a tenant and deleted tenants included', async () => {
    const counted = await months({});
    expect(Object.keys(counted)).toHaveLength(12);
    expect(Object.keys(counted)[0]).toBe('2025-04');
    expect(counted).toMatchObject({ '2025-10': 0, '2025-11': 3, '2025-12': 0, '2026-02': 1, '2026-03': 2 });
  });

  it('is counted by the months of a time zone, daylight saving included', async () => {
    const span = { from: '2026-02', to: '2026-04' };
    expect(await months({ ...span, timezone: 'UTC' })).toEqual({ '2026-02': 1, '2026-03': 2, '2026-04': 0 });
    // In Berlin it is April already (summer time), and the tenant of 23:30 belongs to March.
    expect(await months({ ...span, timezone: 'Europe/Berlin' })).toEqual({ '2026-02': 0, '2026-03': 2, '2026-04': 1 });
    expect(await months({ ...span, timezone: 'America/New_York' })).toEqual({
      '2026-02': 2,
      '2026-03': 1,
      '2026-04': 0,
    });
    expect(Object.keys(await months({ timezone: 'Europe/Berlin' })).at(-1)).toBe('2026-04');
  });

  it('is counted with daylight saving in zones of three letters too', async () => {
    const span = { from: '2025-05', to: '2025-08' };
    const zones = { CET: [0, 2, 0, 1], MET: [0, 2, 0, 1], EET: [0, 1, 1, 1], WET: [1, 1, 0, 1], EST: [1, 1, 1, 0] };
    const names = Object.keys(zones);
    const counted = await Promise.all(names.map((timezone) => months({ ...span, timezone })));
    const lists = counted.map((counts, index) => [names[index], Object.values(counts)]);
    expect(Object.fromEntries(lists)).toEqual(zones);
  });

  it('is counted by months within limits', async () => {
    expect(await months({ from: '2025-11', to: '2025-11' })).toEqual({ '2025-11': 3 });
    expect(Object.keys(await months({ from: '2016-04', to: '2026-03' }))).toHaveLength(120);
    expect(Object.keys(await months({ to: '0001-05' }))).toEqual([
      '0001-01',
      '0001-02',
      '0001-03',
      '0001-04',
      '0001-05',
    ]);
    for (const variables of [
      { from: '2016-03', to: '2026-03' },
      { from: '2026-03', to: '2026-02' },
      { from: '2026-04' },
    ]) {
      const answer = await app.client.execute(NewTenantsByMonthDocument, variables, asViewer);
      expect(codesOf(answer)).toEqual(['BAD_USER_INPUT from']);
    }
    for (const [name, value] of [
      ['from', '2026-13'],
      ['to', '2026-3'],
      ['timezone', 'Mars/Olympus'],
      ['timezone', "UTC'; select 1"],
    ] as const) {
      const answer = await app.client.execute(NewTenantsByMonthDocument, { [name]: value }, asViewer);
      expect(codesOf(answer)).toEqual([`BAD_USER_INPUT ${name}`]);
    }
  });
});
