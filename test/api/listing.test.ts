import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import type { TenantFilter, TenantSort } from '../support/generated/operations.js';
import { day, expectedList, listedTenants } from '../support/listed-tenants.js';
import { insertTenants } from '../support/rows.js';
import { listing, type Listing } from '../support/walk.js';

const tenants = listedTenants(300);
let app: TestApp;
let { page, walk, walkBack } = {} as Listing;
beforeAll(async () => {
  app = await startTestApp();
  ({ page, walk, walkBack } = listing(app));
  await insertTenants(app.database.ownerUrl, tenants);
});
afterAll(() => app.stop());

const sortFields = ['NAME', 'CODE', 'TENANT_ID', 'STATUS', 'CREATED_AT', 'UPDATED_AT', 'SUBSCRIPTION_ENDS_AT'] as const;
const directions = ['ASC', 'DESC'] as const;

describe('every filter', () => {
  it.each<TenantFilter>([
    {},
    { status: ['ACTIVE'] },
    { status: ['SUSPENDED', 'MAINTENANCE'] },
    { status: ['DELETED'] },
    { status: ['DELETED', 'TRIAL'] },
    { status: [] },
    { status: null, country: null, search: null, isActive: null },
    { isActive: true },
    { isActive: false },
    { isActive: false, status: ['DELETED', 'ACTIVE'] },
    { country: ['ES'] },
    { country: ['FR', 'DE'] },
    { country: [] },
    { country: ['US'] },
    { subscriptionTier: ['ENTERPRISE', 'TRIAL'] },
    { twoFactorEnabled: true },
    { twoFactorEnabled: false },
    { search: 'ALPHA' },
    { search: 'tenant-11' },
    { search: 'x29' },
    { search: '' },
    { search: '_1' },
    { search: '%' },
    { search: 'a_' },
    { search: '\\' },
    { search: "'; drop table" },
    { createdFrom: day(10) },
    { createdBefore: day(10) },
    { createdFrom: day(10), createdBefore: day(11) },
    { updatedFrom: day(50), updatedBefore: day(55) },
    { expiresFrom: day(30) },
    { expiresBefore: day(3) },
    { expiresFrom: '2026-01-05T01:00:00+01:00', expiresBefore: '2026-01-06T00:00:00Z' },
  ])('%j', async (filter) => {
    const { totalCount } = await page({ filter, first: 0 });
    const expected = expectedList(tenants, normalised(filter));
    expect(totalCount).toBe(expected.length);
    expect(await walk({ filter }, 100)).toEqual(expected);
  });
});

/** Times of a filter as the reference compares them. */
function normalised(filter: TenantFilter): TenantFilter {
  const times = Object.entries(filter).filter(([name, value]) => /From|Before/.test(name) && typeof value === 'string');
  return {
    ...filter,
    ...Object.fromEntries(times.map(([name, value]) => [name, new Date(value as string).toISOString()])),
  };
}

describe('every order', () => {
  it.each(sortFields.flatMap((field) => directions.map((direction) => [field, direction] as const)))(
    '%s %s, forward and backward',
    async (field, direction) => {
      const sort = [{ field, direction }];
      const filter = { status: ['ACTIVE', 'TRIAL', 'DELETED', 'SUSPENDED'] } as const;
      const expected = expectedList(tenants, filter, sort);
      expect(await walk({ sort, filter }, 70)).toEqual(expected);
      expect(await walkBack({ sort, filter }, 70)).toEqual(expected);
    },
  );

  it('is newest first where none is given, and ascending where no direction is', async () => {
    expect(await walk({}, 100)).toEqual(expectedList(tenants));
    expect(await walk({ sort: [] }, 100)).toEqual(expectedList(tenants));
    const { data } = await app.ask('{ tenants(sort: { field: CODE }, first: 5) { nodes { id } } }', { as: 'viewer' });
    const expected = expectedList(tenants, {}, [{ field: 'CODE', direction: 'ASC' }]).slice(0, 5);
    expect(data).toEqual({ tenants: { nodes: expected.map((id) => ({ id })) } });
  });
});

describe('any combination', () => {
  const few = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1 });
  const moment = fc.integer({ min: 0, max: 60 }).map(day);
  const filters = fc.record<TenantFilter>(
    {
      status: few(['TRIAL', 'ACTIVE', 'SUSPENDED', 'MAINTENANCE', 'INACTIVE', 'DELETED'] as const),
      isActive: fc.boolean(),
      country: few(['ES', 'FR', 'DE', 'PK']),
      subscriptionTier: few(['TRIAL', 'BASIC', 'STANDARD', 'PREMIUM', 'ENTERPRISE'] as const),
      twoFactorEnabled: fc.boolean(),
      search: fc.constantFrom('a', 'ALPHA', 'be', '-1', 'x1', 'delta5'),
      createdFrom: moment,
      createdBefore: moment,
      updatedFrom: moment,
      updatedBefore: moment,
      expiresFrom: moment,
      expiresBefore: moment,
    },
    { requiredKeys: [] },
  );
  const orders = fc.uniqueArray(
    fc.record<TenantSort>({ field: fc.constantFrom(...sortFields), direction: fc.constantFrom(...directions) }),
    { maxLength: 3, selector: ({ field }) => field },
  );

  it('of filters and sorts is what a plain reading of the contract makes of it', { timeout: 60_000 }, async () => {
    const asked = fc.record({ filter: filters, sort: orders });
    const property = fc.asyncProperty(asked, fc.integer({ min: 15, max: 100 }), async ({ filter, sort }, size) => {
      const expected = expectedList(tenants, filter, sort);
      expect(await walk({ filter, sort }, size)).toEqual(expected);
      expect(await walkBack({ filter, sort }, size)).toEqual(expected);
      expect((await page({ filter, sort, first: 1 })).totalCount).toBe(expected.length);
    });
    await fc.assert(property, { numRuns: 60 });
  });
});

describe('a page', () => {
  const sort = [{ field: 'CODE', direction: 'ASC' }] as const;
  const expected = expectedList(tenants, {}, sort);

  it('has 20 tenants unless it is said otherwise, and says what lies around it', async () => {
    const first = await page({ sort });
    expect(first.ids).toEqual(expected.slice(0, 20));
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const second = await page({ sort, first: 10, after: first.pageInfo.endCursor });
    expect(second.ids).toEqual(expected.slice(20, 30));
    expect(second.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    const back = await page({ sort, last: 5, before: second.pageInfo.startCursor });
    expect(back.ids).toEqual(expected.slice(15, 20));
    expect(back.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    const end = await page({ sort, last: 3 });
    expect(end.ids).toEqual(expected.slice(-3));
    expect(end.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  it('between two cursors holds what lies between', async () => {
    const { cursors } = await page({ sort, first: 50 });
    const between = { sort, after: cursors[9]!, before: cursors[20]! };
    expect((await page({ ...between, first: 100 })).ids).toEqual(expected.slice(10, 20));
    expect((await page({ ...between, first: 4 })).ids).toEqual(expected.slice(10, 14));
    expect((await page({ ...between, last: 4 })).ids).toEqual(expected.slice(16, 20));
  });

  it('of none is empty', async () => {
    const pageInfo = { hasPreviousPage: false, startCursor: null, endCursor: null };
    expect(await page({ sort, first: 0 })).toMatchObject({ ids: [], totalCount: expected.length, pageInfo });
  });

  it('may be numbered', async () => {
    const third = await page({ sort, first: 20, offset: 40 });
    expect(third.ids).toEqual(expected.slice(40, 60));
    expect(third.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    expect((await page({ sort, offset: 0 })).ids).toEqual(expected.slice(0, 20));
    expect((await page({ sort, offset: 10_000 })).ids).toEqual([]);
    const after = await page({ sort, first: 20, after: third.pageInfo.endCursor });
    expect(after.ids).toEqual(expected.slice(60, 80));
  });
});
