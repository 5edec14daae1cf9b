import { MikroORM } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  keysetPage,
  nullsLast,
  type KeysetOptions,
  type PageArguments,
  type SortKey,
} from '../../src/database/keyset.js';
import { ormOptions } from '../../src/database/orm.js';
import { RequestFault } from '../../src/errors.js';
import { createBareDatabase, testKeyRing, type TestDatabase } from '../support/database.js';

interface Item {
  id: number;
  name: string;
  endsAt: string | null;
  cursorValues: string[];
}

let database: Pick<TestDatabase, 'ownerUrl' | 'drop'>;
let orm: MikroORM;

beforeAll(async () => {
  database = await createBareDatabase();
  orm = new MikroORM(ormOptions(database.ownerUrl, { connections: 1, statementTimeoutMs: 5000, lockTimeoutMs: 5000 }));
  const connection = orm.em.getConnection();
  await connection.execute('create table item (id int primary key, name text not null, ends_at timestamptz)');
  // Many ties, and every third one without an end.
  await connection.execute(
    `insert into item select n, 'name ' || n % 5, case when n % 3 <> 0 then timestamptz '2026-01-01 00:00:00.123Z' + (n % 7) * interval '1 day' end
     from generate_series(1, 60) n`,
  );
});

afterAll(async () => {
  await orm.close();
  await database.drop();
});

const id = (direction: SortKey['direction']): SortKey => ({
  name: 'id',
  value: sql.ref('id'),
  type: 'integer',
  direction,
});
const name = (direction: SortKey['direction']): SortKey => ({
  name: 'name',
  value: sql.ref('name'),
  type: 'text',
  direction,
});
const endsAt = (direction: SortKey['direction']): SortKey => ({
  name: 'ends_at',
  value: nullsLast(sql.ref('ends_at'), direction),
  type: 'timestamptz',
  direction,
});

const orders: Record<string, KeysetOptions['order']> = {
  'id asc': [id('asc')],
  'name asc': [name('asc'), id('asc')],
  'name desc': [name('desc'), id('desc')],
  'ends asc': [endsAt('asc'), id('asc')],
  'ends desc': [endsAt('desc'), id('desc')],
  'name desc, ends asc': [name('desc'), endsAt('asc'), id('asc')],
  'ends desc, name asc': [endsAt('desc'), name('asc'), id('desc')],
};

const cursorKey = testKeyRing.derive('cursor');

async function page(args: PageArguments, order: KeysetOptions['order'] = [id('asc')], binding = 'items') {
  const query = keysetPage(args, { order, binding, cursorKey });
  const select = sql<Item>`select id, name, ends_at as "endsAt", ${query.cursorValues} as "cursorValues" from item
    where ${query.where} order by ${query.orderBy} limit ${query.limit} offset ${query.offset}`;
  const { rows } = await select.execute(orm.em.fork().getKysely());
  return query.toPage(rows);
}

/** The whole list in one statement, by the database's own `nulls last`. */
async function wholeList(order: string): Promise<number[]> {
  const rows = await orm.em.getConnection().execute<{ id: number }[]>(`select id from item order by ${order}`);
  return rows.map((row) => row.id);
}

const plainOrders: Record<string, string> = {
  'id asc': 'id',
  'name asc': 'name, id',
  'name desc': 'name desc, id desc',
  'ends asc': 'ends_at nulls last, id',
  'ends desc': 'ends_at desc nulls last, id desc',
  'name desc, ends asc': 'name desc, ends_at nulls last, id',
  'ends desc, name asc': 'ends_at desc nulls last, name, id desc',
};

describe.each(Object.keys(orders))('a list by %s', (title) => {
  it('walked forward is the whole list, without a gap or a repetition', async () => {
    const seen: number[] = [];
    let after: string | null = null;
    for (let more = true; more;) {
      const { nodes, pageInfo } = await page({ first: 7, after }, orders[title]);
      expect(pageInfo.hasPreviousPage).toBe(after !== null);
      seen.push(...nodes.map((node) => node.id));
      more = pageInfo.hasNextPage;
      after = pageInfo.endCursor;
    }
    expect(seen).toEqual(await wholeList(plainOrders[title]!));
  });

  it('walked backward is the same list', async () => {
    const seen: number[] = [];
    let before: string | null = null;
    for (let more = true; more;) {
      const { nodes, pageInfo } = await page({ last: 7, before }, orders[title]);
      expect(pageInfo.hasNextPage).toBe(before !== null);
      seen.unshift(...nodes.map((node) => node.id));
      more = pageInfo.hasPreviousPage;
      before = pageInfo.startCursor;
    }
    expect(seen).toEqual(await wholeList(plainOrders[title]!));
  });
});

describe('a page', () => {
  it('has 20 rows by default, and as many as asked for up to 100', async () => {
    expect((await page({})).nodes).toHaveLength(20);
    expect((await page({ first: null, after: null })).nodes).toHaveLength(20);
    expect((await page({ first: 100 })).nodes).toHaveLength(60);
    expect((await page({ first: 0 })).nodes).toEqual([]);
    expect((await page({ first: 0 })).pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: null,
      endCursor: null,
    });
  });

  it('may be bounded on both sides', async () => {
    const { edges } = await page({ first: 10 });
    const between = await page({ first: 100, after: edges[2]!.cursor, before: edges[6]!.cursor });
    expect(between.nodes.map((node) => node.id)).toEqual([4, 5, 6]);
    const last = await page({ last: 2, after: edges[2]!.cursor, before: edges[6]!.cursor });
    expect(last.nodes.map((node) => node.id)).toEqual([5, 6]);
  });

  it('may be numbered', async () => {
    const { nodes, pageInfo } = await page({ first: 5, offset: 10 });
    expect(nodes.map((node) => node.id)).toEqual([11, 12, 13, 14, 15]);
    expect(pageInfo.hasPreviousPage).toBe(true);
  });

  it.each<[PageArguments, string]>([
    [{ first: 101 }, 'first'],
    [{ first: -1 }, 'first'],
    [{ last: 101 }, 'last'],
    [{ first: 1, last: 1 }, 'last'],
    [{ first: 1, offset: -1 }, 'offset'],
    [{ first: 1, offset: 10_001 }, 'offset'],
    [{ last: 1, offset: 1 }, 'offset'],
    [{ first: 1, offset: 1, after: 'x' }, 'offset'],
    [{ after: '' }, 'after'],
    [{ after: 'bm8gY3Vyc29yIGF0IGFsbCwgbm90IGF0IGFsbA' }, 'after'],
    [{ before: '\u0000' }, 'before'],
  ])('is refused for %j', async (args, argument) => {
    await expect(page(args)).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { path: [argument] } });
  });

  it("is refused for a cursor of another order, direction, filter, key or of one's own making", async () => {
    const { pageInfo } = await page({ first: 3 });
    const after = pageInfo.endCursor!;
    await expect(page({ after }, [id('desc')])).rejects.toThrow(RequestFault);
    await expect(page({ after }, [name('asc'), id('asc')])).rejects.toThrow(RequestFault);
    await expect(page({ after }, [id('asc')], 'items of another filter')).rejects.toThrow(RequestFault);
    expect(() =>
      keysetPage({ after }, { order: [id('asc')], binding: 'items', cursorKey: new Uint8Array(32) }),
    ).toThrow(RequestFault);
    const forged = Buffer.concat([Buffer.from(after, 'base64url').subarray(0, 16), Buffer.from('["30"]')]).toString(
      'base64url',
    );
    await expect(page({ after: forged })).rejects.toThrow(RequestFault);
  });

  it('names the place of its arguments', () => {
    const options = { order: orders['id asc']!, binding: 'items', cursorKey, path: ['history'] };
    expect(() => keysetPage({ first: 101 }, options)).toThrow(
      expect.objectContaining({ details: { path: ['history', 'first'] } }),
    );
  });

  it('deep in the list is found by the index', async () => {
    const connection = orm.em.getConnection();
    await connection.execute('create index on item (ends_at desc)');
    await connection.execute(`create index on item (coalesce(ends_at, '-infinity') desc, id desc)`);
    const { pageInfo } = await page({ first: 30 }, orders['ends desc']);
    const query = keysetPage(
      { first: 5, after: pageInfo.endCursor },
      { order: orders['ends desc']!, binding: 'items', cursorKey },
    );
    await connection.execute('set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off');
    const { rows } = await sql<{
      'QUERY PLAN': string;
    }>`explain select id from item where ${query.where} order by ${query.orderBy} limit ${query.limit}`.execute(
      orm.em.fork().getKysely(),
    );
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Index Cond: \(ROW\(/);
  });
});
