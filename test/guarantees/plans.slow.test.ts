import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import type { AuditFilter, TenantFilter, TenantSort, TenantSortField } from '../support/generated/operations.js';
import { insertManyTenants } from '../support/many-tenants.js';
import { costOf, type Cost } from '../support/plans.js';
import { recordStatements } from '../support/statements.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  await insertManyTenants(app.database.ownerUrl, 100_000);
  await app.tokenOf('admin');
}, 300_000);
afterAll(() => app.stop());

/** A page of 20 and the row by which the next one is known. */
const page = 21;
/** The table has some 8,400 blocks; this is one of the indexes on it from end to end. */
const indexBlocks = 2_500;
/** More rows than these may be read where they stand close together: a few old tenants are soon read whole and sorted. */
const fewBlocks = 4 * page;

interface Asked {
  /** Of each statement on the service's tables, in the order in which they were sent. */
  readonly costs: readonly Cost[];
  readonly data: Record<string, unknown>;
}

async function asked(query: string, variables: unknown = {}): Promise<Asked> {
  let data: Asked['data'] = {};
  const statements = await recordStatements(async () => {
    const answer = await app.ask(query, { as: 'admin', variables });
    expect(answer.errors).toBeUndefined();
    data = answer.data ?? {};
  });
  const costs: Cost[] = [];
  for (const statement of statements) costs.push(await costOf(app.services.db.platform, statement));
  return { costs, data };
}

const tenantFields = '{ id tenantId name description status statusReason subscription { tier endsAt } }';
const tenants = `query ($filter: TenantFilter, $sort: [TenantSort!], $first: Int, $after: String, $last: Int,
    $before: String, $offset: NonNegativeInt) {
  tenants(filter: $filter, sort: $sort, first: $first, after: $after, last: $last, before: $before, offset: $offset) {
    nodes ${tenantFields} pageInfo { endCursor }
  }
}`;
const fields = ['NAME', 'CODE', 'TENANT_ID', 'STATUS', 'CREATED_AT', 'UPDATED_AT', 'SUBSCRIPTION_ENDS_AT'] as const;
const orders = fields.flatMap((field: TenantSortField) =>
  (['ASC', 'DESC'] as const).map((direction): [TenantSort] => [{ field, direction }]),
);

/** A moment so many days ago. */
const ago = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();

describe('a page of tenants, in every order', () => {
  it.each<TenantFilter>([
    {},
    { status: ['ACTIVE'] },
    { status: ['MAINTENANCE'] },
    { status: ['DELETED'] },
    { status: ['SUSPENDED', 'MAINTENANCE'] },
    { isActive: true },
    { isActive: false },
    { country: ['ES'] },
    { country: ['AD'] },
    { country: ['LI'] },
    { country: ['LI', 'AD'] },
    { subscriptionTier: ['ENTERPRISE'] },
    { subscriptionTier: ['TRIAL'] },
    { twoFactorEnabled: true },
    { createdFrom: ago(30) },
    { createdFrom: ago(400), createdBefore: ago(390) },
    { createdBefore: ago(1700) },
    { updatedFrom: ago(10) },
    { expiresFrom: ago(0), expiresBefore: ago(-30) },
    { expiresFrom: ago(-900) },
    { status: ['ACTIVE'], subscriptionTier: ['TRIAL'] },
    { status: ['ACTIVE'], country: ['AD'], subscriptionTier: ['ENTERPRISE'], twoFactorEnabled: true },
  ])('filtered by %j, reads hardly more rows than it returns', async (filter) => {
    const far = [];
    for (const sort of orders) {
      const { costs } = await asked(tenants, { filter, sort, first: 20 });
      const [{ rowsRead, rowsReturned, blocks } = missing] = costs;
      const readsFar = rowsRead > 2 * rowsReturned + page && blocks > fewBlocks;
      if (readsFar || blocks > indexBlocks) far.push({ sort, rowsRead, rowsReturned, blocks });
      expect(costs).toHaveLength(1);
    }
    expect(far).toEqual([]);
  });

  const missing: Cost = { rowsRead: Infinity, rowsReturned: 0, blocks: Infinity };

  it.each([
    { search: 'bank' },
    { search: 'observatory' },
    { search: 'tenant-7777' },
    { search: 'nothing like it' },
    { search: 'ba', status: ['ACTIVE'] },
    { search: 'bank', status: ['MAINTENANCE'] },
    { search: 'observatory', country: ['AD'] },
  ] satisfies TenantFilter[])('searched by %j, reads no more than a part of them', async (filter) => {
    for (const sort of orders) {
      const { costs } = await asked(tenants, { filter, sort, first: 20 });
      expect(Math.max(...costs.map(({ rowsRead }) => rowsRead))).toBeLessThanOrEqual(1_050);
    }
  });

  it('that is deep in the list reads what the first one does', async () => {
    for (const sort of [undefined, ...orders]) {
      const { data } = await asked(tenants, { sort, first: 1, offset: 10_000 });
      const after = (data['tenants'] as { pageInfo: { endCursor: string } }).pageInfo.endCursor;
      const pages = [await asked(tenants, { sort, first: 20, after }), await asked(tenants, { sort, last: 20 })];
      expect(pages.map(({ costs }) => costs[0]?.rowsRead)).toEqual([page, page]);
    }
  });
});

describe('the lists of the dashboard', () => {
  it.each([
    'tenants(first: 20)',
    'tenants(last: 20)',
    'tenants(status: [MAINTENANCE])',
    'tenants(status: [DELETED])',
    'upcomingExpiries',
    'upcomingExpiries(withinDays: 1)',
    'upcomingExpiries(last: 20)',
    'expired',
    'expired(last: 20)',
  ])('%s reads the rows it returns', async (field) => {
    const { costs } = await asked(`{ dashboard { ${field} { nodes ${tenantFields} } } }`);
    expect(costs.map(({ rowsRead }) => rowsRead)).toEqual([page]);
  });

  it('newTenantsByMonth reads an index of what was made in these months, and no table', async () => {
    const { costs } = await asked('{ dashboard { newTenantsByMonth { month count } } }');
    expect(costs[0]?.blocks).toBeLessThanOrEqual(indexBlocks / 4);
  });
});

describe('a page of the audit trail', () => {
  const entries = `query ($filter: AuditFilter, $first: Int, $last: Int) {
    auditEntries(filter: $filter, first: $first, last: $last) { nodes { id changes } }
  }`;

  it.each<AuditFilter>([
    {},
    { action: ['SECRETS_READ'] },
    { action: ['DELETED'] },
    { action: ['CREATED', 'DELETED'] },
    { actor: 'cx-core' },
    { actor: 'operator' },
    { actor: 'auditor' },
    { actor: 'nobody' },
    { tenantId: 'tenant-3' },
    { tenantId: 'tenant-99999' },
    { tenantId: 'tenant-3', action: ['PATCHED'] },
    { from: ago(20) },
    { before: ago(300) },
    { from: ago(200), before: ago(199) },
    { actor: 'auditor', from: ago(100) },
  ])('filtered by %j, reads few rows', async (filter) => {
    for (const size of [{ first: 20 }, { last: 20 }]) {
      const { costs } = await asked(entries, { filter, ...size });
      expect(costs[0]?.rowsRead).toBeLessThanOrEqual(10 * page);
    }
  });

  it('of one tenant, or of each in a list, reads few rows', async () => {
    const { costs } = await asked('{ tenants(first: 20) { nodes { history(first: 20) { nodes { id changes } } } } }');
    expect(costs).toHaveLength(2);
    expect(costs[1]?.rowsRead).toBeLessThanOrEqual(20 * page);
    const { costs: one } = await asked(
      '{ tenant(by: { tenantId: "tenant-1" }) { history(first: 20) { nodes { id } } } }',
    );
    expect(one[1]?.rowsRead).toBeLessThanOrEqual(page);
  });
});
