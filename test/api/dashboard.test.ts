import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { codesOf } from '../support/client.js';
import {
  DashboardDocument,
  DashboardTenantsDocument,
  DashboardTotalsDocument,
  ExpiredTenantsDocument,
  UpcomingExpiriesDocument,
  type TenantPageFragment,
} from '../support/generated/operations.js';
import { insertTenant } from '../support/rows.js';

const day = 86_400_000;
/** The service's clock stands still, at the very end of a month in UTC. */
const now = new Date('2026-03-31T22:30:00.000Z');
const asViewer = { as: 'viewer' } as const;
const statuses = ['TRIAL', 'ACTIVE', 'SUSPENDED', 'MAINTENANCE', 'INACTIVE', 'DELETED'] as const;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ now: () => now });
});
afterAll(() => app.stop());

let count = 0;
async function tenant(columns: Record<string, unknown> = {}): Promise<string> {
  count += 1;
  const tenantId = `t${String(count).padStart(3, '0')}`;
  await insertTenant(app.database.ownerUrl, tenantId, { code: `C${count}`, created_at: now, ...columns });
  return tenantId;
}
const endingIn = (days: number): Date => new Date(now.getTime() + days * day);

interface PageArguments {
  first?: number;
  after?: string | null;
  last?: number;
  before?: string | null;
}
type ReadPage = (args: PageArguments) => Promise<TenantPageFragment>;

const idsOf = ({ edges }: TenantPageFragment): string[] => edges.map(({ node }) => node.tenantId);

/** Walks a list from one end to the other, in pages of two. */
async function walk(page: ReadPage, direction: 'forward' | 'backward'): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < 50; pages += 1) {
    const result = await page(direction === 'forward' ? { first: 2, after: cursor } : { last: 2, before: cursor });
    const { hasNextPage, hasPreviousPage, startCursor, endCursor } = result.pageInfo;
    if (direction === 'forward') found.push(...idsOf(result));
    else found.unshift(...idsOf(result));
    if (!(direction === 'forward' ? hasNextPage : hasPreviousPage)) return found;
    cursor = direction === 'forward' ? endCursor : startCursor;
  }
  throw new Error('the list has no end');
}

describe('an empty platform', () => {
  it('has zeros for every status and tier, and no tenants', async () => {
    const { dashboard } = await app.client.data(DashboardDocument, {}, asViewer);
    expect(dashboard!.totals).toEqual({
      total: 0,
      active: 0,
      inactive: 0,
      expired: 0,
      byStatus: statuses.map((status) => ({ status, count: 0 })),
      byTier: ['TRIAL', 'BASIC', 'STANDARD', 'PREMIUM', 'ENTERPRISE'].map((tier) => ({ tier, count: 0 })),
    });
    expect(dashboard!.newTenantsByMonth).toHaveLength(12);
    expect(dashboard!.newTenantsByMonth.at(-1)).toEqual({ month: '2026-03', count: 0 });
    for (const list of [dashboard!.tenants, dashboard!.upcomingExpiries, dashboard!.expired]) {
      expect(list).toEqual({ nodes: [], totalCount: 0 });
    }
  });
});

describe('a platform with tenants', () => {
  const byStatus: Record<string, string> = {};
  const upcoming: string[] = [];
  const past: string[] = [];
  beforeAll(async () => {
    for (const status of statuses)
      byStatus[status] = await tenant({ status, created_at: new Date('2025-11-15T12:00:00Z') });
    // Soonest first, twice the same moment: ties are broken by id.
    for (const days of [0, 1.5, 10, 10, 29.9, 30]) {
      upcoming.push(await tenant({ subscription_ends_at: endingIn(days), subscription_tier: 'PREMIUM' }));
    }
    await tenant({ subscription_ends_at: endingIn(30.1) });
    for (const days of [-400, -3, -0.001])
      past.push(await tenant({ subscription_ends_at: endingIn(days), status: 'SUSPENDED' }));
    for (const status of ['INACTIVE', 'DELETED']) {
      await tenant({ status, subscription_ends_at: endingIn(5) });
      await tenant({ status, subscription_ends_at: endingIn(-5) });
    }
    await tenant({ created_at: new Date('2026-02-28T23:30:00Z') });
    await tenant({ created_at: new Date('2026-03-01T00:00:00Z'), status: 'DELETED' });
  });

  it('is counted by status, tier and expiry', async () => {
    const { dashboard } = await app.client.data(DashboardTotalsDocument, {}, asViewer);
    expect(dashboard).toEqual({
      id: expect.any(String) as string,
      totals: {
        total: 18,
        active: 10,
        inactive: 8,
        expired: 3,
        byStatus: [
          { status: 'TRIAL', count: 1 },
          { status: 'ACTIVE', count: 9 },
          { status: 'SUSPENDED', count: 4 },
          { status: 'MAINTENANCE', count: 1 },
          { status: 'INACTIVE', count: 3 },
          { status: 'DELETED', count: 4 },
        ],
        byTier: [
          { tier: 'TRIAL', count: 0 },
          { tier: 'BASIC', count: 0 },
          { tier: 'STANDARD', count: 12 },
          { tier: 'PREMIUM', count: 6 },
          { tier: 'ENTERPRISE', count: 0 },
        ],
      },
    });
  });

  const upcomingPage =
    (withinDays?: number): ReadPage =>
    async (args) => {
      const variables = { ...args, ...(withinDays !== undefined && { withinDays }) };
      return (await app.client.data(UpcomingExpiriesDocument, variables, asViewer)).dashboard!.upcomingExpiries;
    };
  const expiredPage: ReadPage = async (args) =>
    (await app.client.data(ExpiredTenantsDocument, args, asViewer)).dashboard!.expired;
  const tenantsPage =
    (status?: (typeof statuses)[number][] | null): ReadPage =>
    async (args) =>
      (await app.client.data(DashboardTenantsDocument, { ...args, status }, asViewer)).dashboard!.tenants;

  it('shows what ends soon, soonest first', async () => {
    const page = await upcomingPage()({});
    expect(page.totalCount).toBe(6);
    const found = idsOf(page);
    expect(found.slice(0, 2)).toEqual(upcoming.slice(0, 2));
    expect(found.slice(2, 4).sort()).toEqual(upcoming.slice(2, 4));
    expect(found.slice(4)).toEqual(upcoming.slice(4));
    expect(page.edges.map(({ node }) => node.subscription.daysRemaining)).toEqual([0, 2, 10, 10, 30, 30]);
    expect(page.edges.every(({ node }) => !node.subscription.isExpired)).toBe(true);
    expect(idsOf(await upcomingPage(2)({}))).toEqual(upcoming.slice(0, 2));
    expect((await upcomingPage(31)({})).totalCount).toBe(7);
    expect(idsOf(await upcomingPage(0)({}))).toEqual(upcoming.slice(0, 1));
    expect((await upcomingPage(2_147_483_647)({})).totalCount).toBe(7);
  });

  it('shows what has ended, longest ago first', async () => {
    const page = await expiredPage({});
    expect(idsOf(page)).toEqual(past);
    expect(page.edges.map(({ node }) => node.subscription)).toMatchObject([
      { isExpired: true, daysRemaining: 0 },
      { isExpired: true, daysRemaining: 0 },
      { isExpired: true, daysRemaining: 0 },
    ]);
  });

  it('shows tenants with their status, deleted ones only where they are asked for', async () => {
    expect((await tenantsPage()({})).totalCount).toBe(18);
    expect((await tenantsPage(['DELETED', 'TRIAL'])({})).totalCount).toBe(5);
    expect((await tenantsPage([])({})).totalCount).toBe(0);
    expect(idsOf(await tenantsPage(['MAINTENANCE'])({}))).toEqual([byStatus['MAINTENANCE']]);
    expect((await tenantsPage(null)({})).totalCount).toBe(18);
  });

  it('can be walked both ways, in every list', async () => {
    const lists = { tenants: tenantsPage(), upcoming: upcomingPage(), expired: expiredPage };
    for (const page of Object.values(lists)) {
      const whole = idsOf(await page({ first: 100 }));
      expect(await walk(page, 'forward')).toEqual(whole);
      expect(await walk(page, 'backward')).toEqual(whole);
    }
    expect(await walk(tenantsPage(), 'forward')).toHaveLength(18);
  });

  it('pages within limits', async () => {
    const codes = async (args: PageArguments): Promise<string[]> =>
      codesOf(await app.client.execute(ExpiredTenantsDocument, args, asViewer));
    const { pageInfo } = await tenantsPage()({ first: 1 });
    expect((await expiredPage({ first: 0 })).edges).toEqual([]);
    expect(await codes({ first: 101 })).toEqual(['BAD_USER_INPUT first']);
    expect(await codes({ last: 101 })).toEqual(['BAD_USER_INPUT last']);
    expect(await codes({ first: -1 })).toEqual(['BAD_USER_INPUT first']);
    expect((await codes({ first: 1, last: 1 }))[0]).toMatch(/^BAD_USER_INPUT/);
    expect(await codes({ first: 1, after: 'garbage' })).toEqual(['BAD_USER_INPUT after']);
    // A cursor of another list is a foreign one.
    expect(await codes({ first: 1, after: pageInfo.endCursor })).toEqual(['BAD_USER_INPUT after']);
    expect((await tenantsPage(['TRIAL'])({ first: 1 })).pageInfo.hasNextPage).toBe(false);
    const other = await app.client.execute(
      DashboardTenantsDocument,
      { status: ['ACTIVE'], first: 1, after: pageInfo.endCursor },
      asViewer,
    );
    expect(codesOf(other)).toEqual(['BAD_USER_INPUT after']);
  });

  it('answers all of it at once', async () => {
    const { dashboard } = await app.client.data(DashboardDocument, {}, asViewer);
    expect(dashboard!.tenants.totalCount).toBe(18);
    expect(dashboard!.upcomingExpiries.totalCount).toBe(6);
    expect(dashboard!.expired.totalCount).toBe(3);
  });
});
