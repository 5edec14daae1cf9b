import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { createdIn, transitioned } from '../support/changes.js';
import { codesOf, type Asking } from '../support/client.js';
import {
  AuditEntriesDocument,
  TenantHistoryDocument,
  type AuditEntriesQueryVariables,
  type AuditPageFragment,
} from '../support/generated/operations.js';
import { auditEntries, entriesOf, historyOf, renamed, type Entry } from '../support/history.js';
import { countStatements } from '../support/statements.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

describe('Tenant.history', () => {
  it('is newest first, and read page by page in both directions', async () => {
    const { tenantId } = await renamed(app, 12);
    const all = await historyOf(app, tenantId);
    expect(entriesOf(all).map(({ action }) => action)).toEqual([...Array<string>(11).fill('PATCHED'), 'CREATED']);
    expect(entriesOf(all)[0]!.changes).toEqual({ name: { old: 'name 10', new: 'name 11' } });
    expect(all).toMatchObject({ totalCount: 12, pageInfo: { hasNextPage: false, hasPreviousPage: false } });
    const ids = entriesOf(all).map(({ id }) => id);
    const first = await historyOf(app, tenantId, { first: 5 });
    const second = await historyOf(app, tenantId, { first: 5, after: first.pageInfo.endCursor });
    const third = await historyOf(app, tenantId, { first: 5, after: second.pageInfo.endCursor });
    expect([first, second, third].flatMap(entriesOf).map(({ id }) => id)).toEqual(ids);
    expect(third.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    const last = await historyOf(app, tenantId, { last: 4 });
    const before = await historyOf(app, tenantId, { last: 4, before: last.pageInfo.startCursor });
    expect([before, last].flatMap(entriesOf).map(({ id }) => id)).toEqual(ids.slice(4));
    expect(before.totalCount).toBe(12);
  });

  it('takes no cursor of another tenant, and no size over the limit; only the field is null', async () => {
    const [{ tenantId }, other] = [await renamed(app, 2), await renamed(app, 2)];
    const { pageInfo } = await historyOf(app, other.tenantId, { first: 1 });
    for (const [paging, path] of [
      [{ after: pageInfo.endCursor }, 'after'],
      [{ first: 101 }, 'first'],
      [{ first: 1, last: 1 }, 'last'],
    ] as const) {
      const answer = await app.client.execute(
        TenantHistoryDocument,
        { by: { tenantId }, ...paging },
        { as: 'operator' },
      );
      expect(codesOf(answer)).toEqual([`BAD_USER_INPUT ${path}`]);
      expect(answer.errors![0]!.path).toEqual(['tenant', 'history']);
      expect(answer.data).toEqual({ tenant: { tenantId, history: null } });
    }
  });

  it('is null with an error for who may not read it; everything else answers', async () => {
    const { tenantId } = await renamed(app, 1);
    const query = `{ tenant(by: { tenantId: "${tenantId}" }) { tenantId history { totalCount } } tenants(first: 2) { nodes { id history { totalCount } } } }`;
    const answer = await app.ask(query, { as: 'viewer' });
    expect(answer.data).toMatchObject({
      tenant: { tenantId, history: null },
      tenants: { nodes: [{ history: null }, { history: null }] },
    });
    expect(codesOf(answer)).toEqual(['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN']);
    expect(codesOf(await app.ask(query, { as: 'operator' }))).toEqual([]);
  });

  it('of many tenants is one query, each with its own entries', async () => {
    for (const entries of [1, 2, 3]) await renamed(app, entries);
    const asking: Asking = { as: 'operator' };
    await app.tokenOf('operator');
    const query = (size: number, more: string): string =>
      `{ tenants(first: ${size}) { nodes { tenantId history(first: 2) { nodes { tenantId action } ${more} } } } }`;
    for (const size of [1, 3, 20]) {
      expect(await countStatements(() => app.ask(query(size, ''), asking))).toHaveLength(2);
    }
    const { data } = await app.ask(query(3, 'totalCount'), asking);
    const { tenants } = data as {
      tenants: { nodes: { tenantId: string; history: { nodes: { tenantId: string }[] } }[] };
    };
    expect(tenants.nodes.map(({ history }) => history)).toMatchObject([
      { totalCount: 3 },
      { totalCount: 2 },
      { totalCount: 1 },
    ]);
    for (const { tenantId, history } of tenants.nodes) {
      expect(history.nodes.every((entry) => entry.tenantId === tenantId)).toBe(true);
    }
  });
});

describe('auditEntries', () => {
  it('can be filtered by tenant, action, actor and time, all at once', async () => {
    const { tenantId } = await renamed(app, 3);
    await transitioned(app, tenantId, 'SUSPEND');
    const [suspended, second, first, createdEntry] = entriesOf(await historyOf(app, tenantId)) as [
      Entry,
      Entry,
      Entry,
      Entry,
    ];
    const found = async (filter: AuditEntriesQueryVariables['filter']): Promise<string[]> =>
      entriesOf(await auditEntries(app, { tenantId, ...filter })).map(({ id }) => id);
    expect(await found({})).toEqual([suspended.id, second.id, first.id, createdEntry.id]);
    expect(await found({ action: ['PATCHED'] })).toEqual([second.id, first.id]);
    expect(await found({ action: ['CREATED', 'TRANSITIONED'] })).toEqual([suspended.id, createdEntry.id]);
    expect(await found({ action: [] })).toEqual([]);
    expect(await found({ action: null, actor: null, from: null })).toHaveLength(4);
    expect(await found({ actor: 'admin' })).toEqual([suspended.id]);
    expect(await found({ actor: suspended.actor.subject })).toEqual([suspended.id]);
    expect(await found({ actor: 'nobody' })).toEqual([]);
    expect(await found({ from: second.at })).toEqual([suspended.id, second.id]);
    expect(await found({ from: first.at, before: second.at })).toEqual([first.id]);
    expect(await found({ before: createdEntry.at })).toEqual([]);
    expect(await found({ actor: 'operator', action: ['PATCHED'], before: second.at })).toEqual([first.id]);
    expect((await auditEntries(app, { tenantId, action: ['PATCHED'] }, { first: 1 })).totalCount).toBe(2);
  });

  it('is one trail over all tenants, newest first, walked to its end', async () => {
    const [one, two] = [await renamed(app, 3), await renamed(app, 3)];
    const walked: Entry[] = [];
    for (let after: string | null = null; ;) {
      const page: AuditPageFragment = await auditEntries(app, undefined, { first: 7, after });
      walked.push(...entriesOf(page));
      after = page.pageInfo.endCursor;
      if (!page.pageInfo.hasNextPage) break;
    }
    expect(walked.slice(0, 6).map(({ tenantId }) => tenantId)).toEqual([
      ...Array<string>(3).fill(two.tenantId),
      ...Array<string>(3).fill(one.tenantId),
    ]);
    expect(new Set(walked.map(({ id }) => id)).size).toBe(
      (await auditEntries(app, undefined, { first: 0 })).totalCount,
    );
    const cursor = (await auditEntries(app, { actor: 'operator' }, { first: 1 })).pageInfo.endCursor;
    const foreign = await app.client.execute(AuditEntriesDocument, { after: cursor }, { as: 'operator' });
    expect(codesOf(foreign)).toEqual(['BAD_USER_INPUT after']);
  });

  it('a refused token is in it, with its code and the component that asked', async () => {
    const { tenantId } = await createdIn(app, 'SUSPENDED');
    await app.ask(`mutation { issueTenantToken(tenant: { tenantId: "${tenantId}" }) { userErrors { code } } }`, {
      as: 'component',
    });
    expect(entriesOf(await auditEntries(app, { tenantId, action: ['TOKEN_REFUSED'] }))).toMatchObject([
      { errorCode: 'TENANT_NOT_OPERATIONAL', actor: { name: 'core-component' }, fromStatus: null, changes: {} },
    ]);
  });

  it('is FORBIDDEN to a viewer', async () => {
    const answer = await app.ask('{ auditEntries { totalCount } viewer { username } }', { as: 'viewer' });
    expect(answer.data).toEqual({ auditEntries: null, viewer: { username: 'viewer' } });
    expect(codesOf(answer)).toEqual(['FORBIDDEN']);
  });
});
