import DataLoader from 'dataloader';
import type { GraphQLResolveInfo } from 'graphql';
import { sql, type RawBuilder, type SqlBool } from 'kysely';

import type { RequestContext } from '../../context.js';
import {
  canonicalText,
  keysetPage,
  type KeysetOptions,
  type PageArguments,
  type PageQuery,
} from '../../database/keyset.js';
import { timestamp } from '../../database/sql.js';
import { RequestFault } from '../../errors.js';
import { selectedFields } from '../../graphql/selection.js';
import type { AuditAction } from './audit.rules.js';
import type { AuditEntry, AuditEntryConnection } from './audit.type.js';

export interface AuditCriteria {
  readonly action?: readonly AuditAction[] | null;
  /** Name or subject. */
  readonly actor?: string | null;
  readonly tenantId?: string | null;
  readonly from?: Date | null;
  readonly before?: Date | null;
}

type Row = AuditEntry & { readonly cursorValues: string[] };

const maxActions = 300;

const columns = sql<AuditEntry>`a.id, ${timestamp('a.at')} as at, a.action, a.tenant_id as "tenantId",
  json_build_object('name', a.actor_name, 'subject', a.actor_subject, 'issuer', a.actor_issuer) as actor,
  a.from_status as "fromStatus", a.to_status as "toStatus", a.reason, a.error_code as "errorCode", a.changes`;

/** By the time, and by id (UUIDv7) what happened at the same. */
function newestFirst(ctx: RequestContext, binding: string): KeysetOptions {
  return {
    order: [
      { name: 'at', value: sql`a.at`, type: 'timestamptz', direction: 'desc' },
      { name: 'id', value: sql`a.id`, type: 'uuid', direction: 'desc' },
    ],
    binding,
    cursorKey: ctx.app.cursorKey,
  };
}

/**
 * The trail over all tenants that this request may see.
 *
 * @throws RequestFault BAD_USER_INPUT for arguments that do not fit, or a foreign cursor
 */
export async function readAuditPage(
  ctx: RequestContext,
  criteria: AuditCriteria,
  args: PageArguments,
  info: GraphQLResolveInfo,
): Promise<AuditEntryConnection> {
  const where = conditionOf(ctx, criteria);
  const page = keysetPage(args, newestFirst(ctx, `auditEntries ${canonicalText(criteria)}`));
  const db = ctx.app.db.platform.em.getKysely();
  const [rows, total] = await Promise.all([
    sql<Row>`select ${columns}, ${page.cursorValues} as "cursorValues" from tenantry.audit_entry a
      where ${where} and ${page.where} order by ${page.orderBy} limit ${page.limit} offset ${page.offset}`.execute(db),
    selectedFields(info).has('totalCount')
      ? sql<{ total: string }>`select count(*) as total from tenantry.audit_entry a where ${where}`.execute(db)
      : { rows: [] },
  ]);
  return { ...page.toPage(rows.rows), totalCount: Number(total.rows[0]?.total ?? 0) };
}

function conditionOf(ctx: RequestContext, criteria: AuditCriteria): RawBuilder<SqlBool> {
  const { action, actor, tenantId, from, before } = criteria;
  if ((action?.length ?? 0) > maxActions) {
    throw new RequestFault('BAD_USER_INPUT', `At most ${maxActions} values.`, { path: ['filter', 'action'] });
  }
  const conditions = [
    ctx.narrowedTo === undefined ? sql<SqlBool>`true` : sql<SqlBool>`a.tenant = ${ctx.narrowedTo}::uuid`,
  ];
  if (action) conditions.push(sql`a.action = any(${[...action]}::text[])`);
  if (typeof actor === 'string')
    conditions.push(sql`(a.actor_name = ${printable(actor)} or a.actor_subject = ${printable(actor)})`);
  if (typeof tenantId === 'string') conditions.push(sql`a.tenant_id = ${printable(tenantId)}`);
  if (from) conditions.push(sql`a.at >= ${from}::timestamptz`);
  if (before) conditions.push(sql`a.at < ${before}::timestamptz`);
  return sql<SqlBool>`${sql.join(conditions, sql` and `)}`;
}

/** PostgreSQL refuses NUL in text; nothing is called so anyway. */
function printable(text: string): string {
  return text.replaceAll('\u0000', '\ufffd');
}

type Histories = DataLoader<string, AuditEntryConnection>;
const histories = new WeakMap<RequestContext, Map<string, Histories>>();

/** The trail of one tenant; those of several tenants of one request are read together. */
export async function readHistory(
  ctx: RequestContext,
  tenant: string,
  args: PageArguments,
  info: GraphQLResolveInfo,
): Promise<AuditEntryConnection> {
  const isCounted = selectedFields(info).has('totalCount');
  const loaders = histories.get(ctx) ?? new Map<string, Histories>();
  histories.set(ctx, loaders);
  const key = JSON.stringify([args, isCounted]);
  const loader =
    loaders.get(key) ?? new DataLoader((tenants) => loadHistories(ctx, tenants, args, isCounted), { cache: false });
  loaders.set(key, loader);
  return await loader.load(tenant);
}

async function loadHistories(
  ctx: RequestContext,
  tenants: readonly string[],
  args: PageArguments,
  isCounted: boolean,
): Promise<(AuditEntryConnection | Error)[]> {
  const pages = tenants.map((tenant) => historyPage(ctx, tenant, args));
  const page = pages.find((candidate): candidate is PageQuery => !(candidate instanceof Error));
  if (page === undefined) return pages as Error[];
  const { rows } = await sql<{ tenant: string; entries: Row[]; total: number }>`
    select wanted.tenant, coalesce(json_agg(e order by e.number) filter (where e.id is not null), '[]') as entries,
      ${isCounted ? sql`(select count(*)::int from tenantry.audit_entry c where c.tenant = wanted.tenant)` : sql`0`} as total
    from unnest(${[...new Set(tenants)]}::uuid[]) as wanted(tenant) left join lateral (
      select ${columns}, ${page.cursorValues} as "cursorValues", row_number() over (order by ${page.orderBy}) as number
      from tenantry.audit_entry a where a.tenant = wanted.tenant and ${page.where}
      order by ${page.orderBy} limit ${page.limit}) e on true
    group by wanted.tenant`.execute(ctx.app.db.platform.em.getKysely());
  const found = new Map(rows.map((row) => [row.tenant, row]));
  return tenants.map((tenant, index) => {
    const own = pages[index] ?? page;
    const { entries = [], total = 0 } = found.get(tenant) ?? {};
    return own instanceof Error ? own : { ...own.toPage(entries), totalCount: total };
  });
}

/** A cursor fits the tenant that it came from; for the others in a list it is an error of their own. */
function historyPage(ctx: RequestContext, tenant: string, args: PageArguments): PageQuery | Error {
  try {
    return keysetPage(args, newestFirst(ctx, `history ${tenant}`));
  } catch (error) {
    if (error instanceof RequestFault) return error;
    throw error;
  }
}
