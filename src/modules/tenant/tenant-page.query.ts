import type { GraphQLResolveInfo } from 'graphql';
import { sql, type QueryExecutorProvider, type RawBuilder, type SqlBool } from 'kysely';

import type { RequestContext } from '../../context.js';
import { keysetPage, type PageArguments, type SortKey } from '../../database/keyset.js';
import { selectedFields } from '../../graphql/selection.js';
import { visibleTo } from './find-tenant.service.js';
import { tenantColumns } from './tenant.query.js';
import type { Tenant } from './tenant.type.js';
import type { TenantConnection } from './tenant-payload.type.js';

/** A list of tenants: which ones, in which order. */
export interface TenantList {
  /** Conditions on the table `t`. */
  readonly where: RawBuilder<SqlBool>;
  /** A further condition, on text, which an index finds where few tenants meet it. */
  readonly search?: RawBuilder<SqlBool>;
  readonly order: readonly SortKey[];
  /** What a cursor is good for: the list and its filter, as canonical text. */
  readonly binding: string;
}

/** As many tenants found by a search are sorted; from more than that, a page is soon filled in the list's order. */
const maxFound = 1000;

/** Newest first. */
export const newestFirst: SortKey = {
  name: 'CREATED_AT',
  value: sql`t.created_at`,
  type: 'timestamptz',
  direction: 'desc',
};

/** Ties are broken by id, in the direction of the last member, so that every order is total. */
function totalOrder(order: readonly SortKey[]): readonly [SortKey, ...SortKey[]] {
  const [first = newestFirst, ...rest] = order;
  const direction = (rest.at(-1) ?? first).direction;
  return [first, ...rest, { name: 'id', value: sql`t.id`, type: 'uuid', direction }];
}

/**
 * One page of a list, with the fields that were asked for; the total is counted only where it is asked for.
 *
 * @throws RequestFault BAD_USER_INPUT for arguments that do not fit, or a foreign cursor
 */
export async function readTenantPage(
  ctx: RequestContext,
  list: TenantList,
  args: PageArguments,
  info: GraphQLResolveInfo,
): Promise<TenantConnection> {
  const asked = selectedFields(info);
  const db = ctx.app.db.platform.em.getKysely();
  const found = list.search ? await searched(db, list.search) : sql`true`;
  const where = sql<SqlBool>`${list.where} and ${found} and ${visibleTo(ctx)}`;
  const page = keysetPage(args, {
    order: totalOrder(list.order),
    binding: list.binding,
    cursorKey: ctx.app.cursorKey,
  });
  const fields = new Set([...selectedFields(info, 'nodes'), ...selectedFields(info, 'edges', 'node')]);
  const needsCursors = asked.has('edges') || asked.has('pageInfo');
  const cursors = needsCursors ? sql`, ${page.cursorValues} as "cursorValues"` : sql``;
  const [rows, total] = await Promise.all([
    asked.has('nodes') || needsCursors
      ? sql<Tenant & { cursorValues: string[] }>`
          select ${tenantColumns(ctx, fields)}${cursors} from tenantry.tenant t
          where ${where} and ${page.where} order by ${page.orderBy} limit ${page.limit} offset ${page.offset}`.execute(
          db,
        )
      : { rows: [] },
    asked.has('totalCount')
      ? sql<{ total: string }>`select count(*) as total from tenantry.tenant t where ${where}`.execute(db)
      : { rows: [] },
  ]);
  return { ...page.toPage(rows.rows), totalCount: Number(total.rows[0]?.total ?? 0) };
}

/**
 * Tenants that a search finds, by their ids unless they are many. Which way is the shorter one the planner cannot tell:
 * row-level security keeps it from the statistics that an operator on text would need.
 */
async function searched(db: QueryExecutorProvider, condition: RawBuilder<SqlBool>): Promise<RawBuilder<SqlBool>> {
  const { rows } = await sql<{ id: string }>`
    select t.id from tenantry.tenant t where ${condition} limit ${maxFound + 1}`.execute(db);
  return rows.length > maxFound ? condition : sql`t.id = any(${rows.map(({ id }) => id)}::uuid[])`;
}
