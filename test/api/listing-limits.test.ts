import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { codesOf } from '../support/client.js';
import type { TenantRef, TenantsQueryVariables } from '../support/generated/operations.js';
import { day, expectedList, listedTenants } from '../support/listed-tenants.js';
import { insertTenants } from '../support/rows.js';
import { countStatements } from '../support/statements.js';
import { listing, type Listing } from '../support/walk.js';

const tenants = listedTenants(120);
let app: TestApp;
let { ask, page, walk, walkBack } = {} as Listing;
beforeAll(async () => {
  app = await startTestApp();
  ({ ask, page, walk, walkBack } = listing(app));
  await insertTenants(app.database.ownerUrl, tenants);
});
afterAll(() => app.stop());

describe('a walk while tenants are onboarded', () => {
  let inserted = 0;
  const insert = async (): Promise<void> => {
    const rows = listedTenants(1_000 + inserted + 5).slice(-5);
    inserted += 5;
    await insertTenants(
      app.database.ownerUrl,
      rows.map((row, n) => ({ ...row, status: 'ACTIVE', deleted_at: null, created_at: day(100 + inserted + n) })),
    );
  };

  it.each([
    [undefined, 'walk'],
    [[{ field: 'NAME', direction: 'ASC' }], 'walk'],
    [[{ field: 'STATUS', direction: 'DESC' }], 'walkBack'],
    [[{ field: 'SUBSCRIPTION_ENDS_AT', direction: 'ASC' }], 'walkBack'],
  ] as const)('by %j, %s: everything that was there comes once, in order', async (sort, way) => {
    const { ids: before } = { ids: await walk({ sort }, 100) };
    const seen = await { walk, walkBack }[way]({ sort }, 10, insert);
    expect(new Set(seen).size).toBe(seen.length);
    const known = new Set(before);
    expect(seen.filter((id) => known.has(id))).toEqual(before);
  });
});

describe('a cursor', () => {
  const sort = [{ field: 'NAME', direction: 'ASC' }] as const;
  const filter = { status: ['ACTIVE', 'TRIAL'], isActive: true } as const;
  const cursor = async (args: TenantsQueryVariables): Promise<string> =>
    (await page({ ...args, first: 3 })).cursors[2]!;

  it.each<[string, TenantsQueryVariables]>([
    ['another field', { filter, sort: [{ field: 'CODE', direction: 'ASC' }] }],
    ['the other direction', { filter, sort: [{ field: 'NAME', direction: 'DESC' }] }],
    ['one more field', { filter, sort: [...sort, { field: 'CODE', direction: 'ASC' }] }],
    ['no order', { filter }],
    ['another filter', { filter: { ...filter, status: ['ACTIVE'] }, sort }],
    ['no filter', { sort }],
  ])('of a list is foreign to one with %s', async (_difference, other) => {
    const after = await cursor({ filter, sort });
    expect(codesOf(await ask({ ...other, after }))).toEqual(['BAD_USER_INPUT after']);
    expect(codesOf(await ask({ ...other, before: after, last: 3 }))).toEqual(['BAD_USER_INPUT before']);
  });

  it('is good for the same list, however its filter is written', async () => {
    const after = await cursor({ filter, sort });
    const same = { search: null, isActive: true, status: ['TRIAL', 'ACTIVE'] } as const;
    expect((await page({ filter: same, sort, after })).ids).toEqual((await page({ filter, sort, after })).ids);
  });

  it('of other lists is refused', async () => {
    const { data } = await app.ask('{ dashboard { tenants(first: 1) { edges { cursor } } } }', { as: 'viewer' });
    const { dashboard } = data as { dashboard: { tenants: { edges: [{ cursor: string }] } } };
    expect(codesOf(await ask({ after: dashboard.tenants.edges[0].cursor }))).toEqual(['BAD_USER_INPUT after']);
  });

  it('that was tampered with, or made up, is refused', async () => {
    const good = await cursor({ sort });
    const bytes = Buffer.from(good, 'base64url');
    for (const at of [0, 15, 16, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      expect(codesOf(await ask({ sort, after: changed.toString('base64url') }))).toEqual(['BAD_USER_INPUT after']);
    }
    const madeUp = Buffer.from('["a","b"]').toString('base64url');
    for (const after of ['', 'x', good.slice(0, 10), `${good}AA`, madeUp]) {
      expect(codesOf(await ask({ sort, after }))).toEqual(['BAD_USER_INPUT after']);
    }
  });
});

describe('what is over a limit, or does not fit together', () => {
  const sort = (...fields: ('NAME' | 'CODE' | 'STATUS' | 'TENANT_ID')[]) =>
    fields.map((field) => ({ field, direction: 'ASC' as const }));
  it.each<[string, TenantsQueryVariables]>([
    ['first', { first: 101 }],
    ['first', { first: -1 }],
    ['last', { last: 101 }],
    ['last', { first: 1, last: 1 }],
    ['offset', { offset: 10_001 }],
    ['offset', { offset: -1 }],
    ['offset', { offset: 1.5 }],
    ['offset', { offset: 5, last: 5 }],
    ['sort', { sort: sort('NAME', 'CODE', 'STATUS', 'TENANT_ID') }],
    ['sort.1.field', { sort: sort('NAME', 'NAME') }],
    ['filter.country', { filter: { country: Array<string>(301).fill('ES') } }],
    ['filter.status', { filter: { status: Array<'ACTIVE'>(301).fill('ACTIVE') } }],
    ['filter.country.0', { filter: { country: ['XX'] } }],
    ['filter.createdFrom', { filter: { createdFrom: 'yesterday' } }],
    ['filter.search', { filter: { search: 'x'.repeat(101) } }],
    ['filter.search', { filter: { search: 'a\u0000b' } }],
  ])('%s: %j', async (path, args) => {
    expect(codesOf(await ask(args))).toEqual([`BAD_USER_INPUT ${path}`]);
  });

  it('offset beside a cursor', async () => {
    const { cursors } = await page({ first: 1 });
    expect(codesOf(await ask({ offset: 1, after: cursors[0]! }))).toEqual(['BAD_USER_INPUT offset']);
    expect(codesOf(await ask({ offset: 1, before: cursors[0]! }))).toEqual(['BAD_USER_INPUT offset']);
  });

  it('more than 1,000 nodes, counted through nesting', async () => {
    const nested = async (outer: number, inner: number): Promise<string[]> =>
      codesOf(
        await app.ask(`{ tenants(first: ${outer}) { nodes { history(first: ${inner}) { nodes { id } } } } }`, {
          as: 'operator',
        }),
      );
    expect(await nested(10, 99)).toEqual([]);
    expect(await nested(10, 100)).toEqual(['BAD_USER_INPUT']);
  });

  it('more than 1,000 nodes with the aliases in each, which are values written again', async () => {
    const entries = (first: number, aliases: number): string => {
      const names = Array.from({ length: aliases }, (_, n) => `changes${n}: changes`);
      return `history(first: ${first}) { nodes { id ${names.join(' ')} } }`;
    };
    const asked = async (selection: string): Promise<string[]> =>
      codesOf(await app.ask(`{ ${selection} }`, { as: 'operator' }));
    expect(await asked(`tenants(first: 10) { nodes { ${entries(9, 10)} } }`)).toEqual([]);
    expect(await asked(`tenants(first: 10) { nodes { ${entries(9, 11)} } }`)).toEqual(['BAD_USER_INPUT']);
    const pages = Array.from({ length: 10 }, (_, n) => `page${n}: tenants(first: 100) { nodes { id } }`);
    expect(await asked(pages.join(' '))).toEqual([]);
  });
});

it('the total is counted only where it is asked for, and the page read only where that is', async () => {
  const statements = async (selection: string): Promise<string[]> =>
    await countStatements(() => app.ask(`{ tenants(first: 2) { ${selection} } }`, { as: 'viewer' }));
  const counting = /count\(\*\)/;
  await app.tokenOf('viewer');
  expect(await statements('nodes { code name }')).toEqual([expect.not.stringMatching(counting)]);
  expect(await statements('totalCount')).toEqual([expect.stringMatching(counting)]);
  expect(await statements('totalCount edges { cursor }')).toHaveLength(2);
});

it('one tenant is found by id, tenantId and code; a deleted one too; nothing by what names none', async () => {
  const by = async (ref: TenantRef): Promise<unknown> => {
    const variables = { by: ref };
    const { data } = await app.ask('query ($by: TenantRef!) { tenant(by: $by) { id status } }', {
      as: 'viewer',
      variables,
    });
    return data?.['tenant'];
  };
  for (const { id, tenant_id: tenantId, code, status } of [
    tenants[0]!,
    tenants.find((one) => one.status === 'DELETED')!,
  ]) {
    expect(await by({ id })).toEqual({ id, status });
    expect(await by({ id: id.toUpperCase() })).toEqual({ id, status });
    expect(await by({ tenantId })).toEqual({ id, status });
    expect(await by({ code })).toEqual({ id, status });
  }
  const { id, tenant_id: tenantId, code } = tenants[0]!;
  for (const ref of [
    { id: 'x' },
    { id: tenantId },
    { tenantId: id },
    { code: code.toLowerCase() },
    { tenantId: '\u0000' },
  ]) {
    expect(await by(ref)).toBeNull();
  }
  expect(expectedList(tenants)).not.toContain(tenants.find(({ status }) => status === 'DELETED')!.id);
});
