import { createHmac, timingSafeEqual } from 'node:crypto';

import { sql, type RawBuilder, type SqlBool } from 'kysely';

import { RequestFault } from '../errors.js';

/** The arguments of a connection as GraphQL has them. */
export interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
  /** For numbered pages; with `first` alone. */
  readonly offset?: number | null;
}

/** One member of the order. */
export interface SortKey {
  /** Binds cursors to the order. */
  readonly name: string;
  /** Never null: see `nullsLast`. */
  readonly value: RawBuilder<unknown>;
  /** The value's SQL type, to which a cursor's text is cast back. */
  readonly type: 'text' | 'uuid' | 'timestamptz' | 'integer' | 'tenantry.tenant_status';
  readonly direction: 'asc' | 'desc';
}

export interface KeysetOptions {
  /** The last member is unique, so that the order is total. */
  readonly order: readonly [SortKey, ...SortKey[]];
  /** What a cursor is good for, beside the order: the connection, and its filter as canonical text. */
  readonly binding: string;
  /** Authenticates cursors: `keyRing.derive('cursor')`. */
  readonly cursorKey: Uint8Array;
  /** Where the arguments stand, for the paths of faults; by default at the root. */
  readonly path?: readonly string[];
}

export interface Page<Row> {
  readonly edges: { readonly node: Row; readonly cursor: string }[];
  readonly nodes: Row[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** The parts of a query that reads one page, and what makes a connection of its rows. */
export interface PageQuery {
  /** To be joined by AND to the query's own conditions. */
  readonly where: RawBuilder<SqlBool>;
  readonly orderBy: RawBuilder<unknown>;
  /** One row more than the page has, by which the next page is known. */
  readonly limit: number;
  readonly offset: number;
  /** To be selected `as "cursorValues"`. */
  readonly cursorValues: RawBuilder<string[]>;
  toPage<Row extends { cursorValues: string[] }>(rows: readonly Row[]): Page<Row>;
}

/** A filter as text for `binding`: what is absent or null, and the order of members and values, make no difference. */
export function canonicalText(criteria: object): string {
  const given: [string, unknown][] = Object.entries(criteria).filter(([, value]) => (value ?? null) !== null);
  const sorted = given.sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(sorted.map(([name, value]) => [name, Array.isArray(value) ? value.map(String).sort() : value]));
}

const defaultSize = 20;
const maximumSize = 100;
const maximumOffset = 10_000;
const macBytes = 16;

/**
 * Sorts a timestamp that may be null behind everything else, in either direction. It is a value rather than `nulls last`,
 * since only values compare as rows, and only row comparison lets an index on the same expression find the page.
 */
export function nullsLast(column: RawBuilder<unknown>, direction: SortKey['direction']): RawBuilder<unknown> {
  return direction === 'asc' ? sql`coalesce(${column}, 'infinity')` : sql`coalesce(${column}, '-infinity')`;
}

/**
 * Reads the arguments of a connection into a query for one page.
 *
 * @throws RequestFault BAD_USER_INPUT with the path of the argument that is at fault
 */
export function keysetPage(args: PageArguments, options: KeysetOptions): PageQuery {
  const fault = (name: keyof PageArguments, message: string): never => {
    throw new RequestFault('BAD_USER_INPUT', message, { path: [...(options.path ?? []), name] });
  };
  const { size, offset, backward } = readSizes(args, fault);
  const binding = `${options.binding}\n${options.order.map(({ name, direction }) => `${name} ${direction}`).join(',')}`;
  const read = (name: 'after' | 'before'): string[] | undefined => {
    const cursor = args[name] ?? undefined;
    if (cursor === undefined) return undefined;
    const values = openCursor(cursor, binding, options.cursorKey);
    return values ?? fault(name, 'The cursor does not belong to this list, order and filter.');
  };
  const after = read('after');
  const before = read('before');
  const conditions = [sql<SqlBool>`true`];
  if (after) conditions.push(beyond(options.order, after, false));
  if (before) conditions.push(beyond(options.order, before, true));
  return {
    where: sql<SqlBool>`(${sql.join(conditions, sql` and `)})`,
    orderBy: sql.join(
      options.order.map(({ value, direction }) => sql`${value} ${comparison(direction, backward).order}`),
    ),
    limit: size + 1,
    offset,
    cursorValues: sql<string[]>`array[${sql.join(options.order.map(({ value }) => sql`(${value})::text`))}]`,
    toPage: (rows) => {
      const shown = rows.slice(0, size);
      const more = rows.length > size;
      if (backward) shown.reverse();
      const pageInfo = {
        hasNextPage: backward ? before !== undefined : more,
        hasPreviousPage: backward ? more : after !== undefined || offset > 0,
      };
      return pageOf(shown, pageInfo, ({ cursorValues }) => sealCursor(cursorValues, binding, options.cursorKey));
    },
  };
}

type Neighbours = Pick<Page<unknown>['pageInfo'], 'hasNextPage' | 'hasPreviousPage'>;

/** Cursors are made when they are read: each costs a digest, and most pages are asked for without. */
function pageOf<Row>(nodes: Row[], neighbours: Neighbours, cursorOf: (row: Row) => string): Page<Row> {
  const edges = nodes.map((node) => ({
    node,
    get cursor() {
      return cursorOf(node);
    },
  }));
  const pageInfo = {
    ...neighbours,
    get startCursor() {
      return edges[0]?.cursor ?? null;
    },
    get endCursor() {
      return edges.at(-1)?.cursor ?? null;
    },
  };
  return { edges, nodes, pageInfo };
}

type Fault = (name: keyof PageArguments, message: string) => never;

function readSizes(args: PageArguments, fault: Fault): { size: number; offset: number; backward: boolean } {
  const size = (name: 'first' | 'last'): number | undefined => {
    const value = args[name] ?? undefined;
    if (value === undefined) return undefined;
    if (Number.isInteger(value) && value >= 0 && value <= maximumSize) return value;
    return fault(name, `Expected a whole number from 0 to ${maximumSize}.`);
  };
  const first = size('first');
  const last = size('last');
  if (first !== undefined && last !== undefined) fault('last', 'Give first or last, not both.');
  const offset = args.offset ?? 0;
  if (!Number.isInteger(offset) || offset < 0 || offset > maximumOffset) {
    fault('offset', `Expected a whole number from 0 to ${maximumOffset}.`);
  }
  const beside = [last, args.after ?? undefined, args.before ?? undefined].some((value) => value !== undefined);
  if (beside && (args.offset ?? undefined) !== undefined) fault('offset', 'offset goes with first alone.');
  return { size: first ?? last ?? defaultSize, offset, backward: last !== undefined };
}

/** The rows strictly after a position in the order, or strictly before it. */
function beyond(order: readonly SortKey[], values: readonly string[], backward: boolean): RawBuilder<SqlBool> {
  const at = order.map((key, index) => ({ ...key, position: sql`${values[index]}::${sql.raw(key.type)}` }));
  const [leading] = at;
  if (leading && at.every(({ direction }) => direction === leading.direction)) {
    const { operator } = comparison(leading.direction, backward);
    return sql`(${sql.join(at.map(({ value }) => value))}) ${operator} (${sql.join(at.map(({ position }) => position))})`;
  }
  const alternatives = at.map(({ value, position, direction }, index) => {
    const equals = at.slice(0, index).map((key) => sql`${key.value} = ${key.position}`);
    return sql`(${sql.join([...equals, sql`${value} ${comparison(direction, backward).operator} ${position}`], sql` and `)})`;
  });
  // Directions that differ cannot be compared as rows; the bound on the leading member still lets an index begin there.
  const bound =
    leading && sql`${leading.value} ${comparison(leading.direction, backward).operator}= ${leading.position}`;
  return sql`(${bound} and (${sql.join(alternatives, sql` or `)}))`;
}

function comparison(
  direction: SortKey['direction'],
  backward: boolean,
): { operator: RawBuilder<unknown>; order: RawBuilder<unknown> } {
  return (direction === 'asc') !== backward
    ? { operator: sql.raw('>'), order: sql.raw('asc') }
    : { operator: sql.raw('<'), order: sql.raw('desc') };
}

function sealCursor(values: readonly string[], binding: string, key: Uint8Array): string {
  const payload = Buffer.from(JSON.stringify(values));
  return Buffer.concat([mac(payload, binding, key), payload]).toString('base64url');
}

/** @returns undefined for anything that `sealCursor` did not make for the same binding */
function openCursor(cursor: string, binding: string, key: Uint8Array): string[] | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  const payload = bytes.subarray(macBytes);
  if (bytes.length <= macBytes || !timingSafeEqual(bytes.subarray(0, macBytes), mac(payload, binding, key)))
    return undefined;
  return JSON.parse(payload.toString()) as string[];
}

function mac(payload: Uint8Array, binding: string, key: Uint8Array): Buffer {
  const digest = createHmac('sha256', key)
    .update(`${Buffer.byteLength(binding)}\n${binding}\n`)
    .update(payload)
    .digest();
  return digest.subarray(0, macBytes);
}
