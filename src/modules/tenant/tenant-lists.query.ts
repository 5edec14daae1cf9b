import { sql, type RawBuilder, type SqlBool } from 'kysely';

import { canonicalText, nullsLast, type SortKey } from '../../database/keyset.js';
import { searchedText } from '../../database/search-index.js';
import { isOperational, tenantStatuses, type TenantStatus } from './lifecycle.rules.js';
import { checkCriteria, type TenantCriteria, type TenantOrder, type TenantSortField } from './tenant-list.rules.js';
import { newestFirst, type TenantList } from './tenant-page.query.js';

/**
 * On the dashboard, "live" is neither INACTIVE nor DELETED: what comes before them in the enum. Said as a range, an index
 * can tell.
 */
export const live = sql<SqlBool>`t.status < 'INACTIVE'`;

const soonestEndFirst: SortKey = {
  name: 'SUBSCRIPTION_ENDS_AT',
  value: sql`t.subscription_ends_at`,
  type: 'timestamptz',
  direction: 'asc',
};

/** Tenants of these statuses, newest first; without any named, all but deleted ones. */
export function listByStatus(statuses: readonly TenantStatus[] | null): TenantList {
  return {
    where: withStatus(statuses),
    order: [newestFirst],
    binding: `dashboard.tenants ${JSON.stringify([...(statuses ?? ['*'])].sort())}`,
  };
}

/** Null is every status but DELETED, the last of the enum; an empty list matches nothing. */
export function withStatus(statuses: readonly TenantStatus[] | null | undefined): TenantList['where'] {
  return statuses
    ? sql<SqlBool>`t.status = any(${[...statuses]}::tenantry.tenant_status[])`
    : sql<SqlBool>`t.status < 'DELETED'`;
}

/** Live tenants whose subscription ends within so many days from now. */
export function listUpcomingExpiries(now: Date, withinDays: number): TenantList {
  return {
    where: sql<SqlBool>`${live} and t.subscription_ends_at >= ${now}::timestamptz
      and t.subscription_ends_at <= ${now}::timestamptz + least(${withinDays}::int, 3000000) * interval '1 day'`,
    order: [soonestEndFirst],
    binding: `dashboard.upcomingExpiries ${withinDays}`,
  };
}

/** Live tenants whose subscription has ended. */
export function listExpired(now: Date): TenantList {
  return {
    where: sql<SqlBool>`${live} and t.subscription_ends_at < ${now}::timestamptz`,
    order: [soonestEndFirst],
    binding: 'dashboard.expired',
  };
}

const sortKeys: Record<TenantSortField, Pick<SortKey, 'value' | 'type'>> = {
  NAME: { value: sql`lower(t.name)`, type: 'text' },
  CODE: { value: sql`t.code collate "C"`, type: 'text' },
  TENANT_ID: { value: sql`t.tenant_id collate "C"`, type: 'text' },
  STATUS: { value: sql`t.status`, type: 'tenantry.tenant_status' },
  CREATED_AT: { value: sql`t.created_at`, type: 'timestamptz' },
  UPDATED_AT: { value: sql`t.updated_at`, type: 'timestamptz' },
  SUBSCRIPTION_ENDS_AT: { value: sql`t.subscription_ends_at`, type: 'timestamptz' },
};

/**
 * Tenants by any filter and order.
 *
 * @throws RequestFault BAD_USER_INPUT where filter or order is over a limit
 */
export function listByCriteria(criteria: TenantCriteria, order: readonly TenantOrder[]): TenantList {
  checkCriteria(criteria, order);
  return {
    where: sql<SqlBool>`${sql.join(conditionsOf(criteria, end(order)), sql` and `)}`,
    ...(criteria.search && hasTrigram(criteria.search) && { search: matching(criteria.search) }),
    order: order.map(sortKey),
    binding: `tenants ${canonicalText(criteria)}`,
  };
}

function sortKey({ field, direction: given }: TenantOrder): SortKey {
  const direction = given === 'DESC' ? 'desc' : 'asc';
  const { value, type } = sortKeys[field];
  const isNullable = field === 'SUBSCRIPTION_ENDS_AT';
  return { name: field, type, direction, value: isNullable ? nullsLast(value, direction) : value };
}

/** The end of the subscription as the order has it, so that one index does for both the range and the order. */
function end(order: readonly TenantOrder[]): RawBuilder<unknown> {
  const member = order.find(({ field }) => field === 'SUBSCRIPTION_ENDS_AT');
  return sortKey(member ?? { field: 'SUBSCRIPTION_ENDS_AT', direction: 'ASC' }).value;
}

function conditionsOf(criteria: TenantCriteria, endsAt: RawBuilder<unknown>): RawBuilder<SqlBool>[] {
  const { status, isActive, country, subscriptionTier, twoFactorEnabled, search } = criteria;
  const conditions = [withStatus(typeof isActive === 'boolean' ? statusesOf(status, isActive) : status)];
  const add = (condition: RawBuilder<SqlBool>): number => conditions.push(condition);
  if (country) add(sql`t.country = any(${[...country]}::text[])`);
  if (subscriptionTier) add(sql`t.subscription_tier = any(${[...subscriptionTier]}::text[])`);
  if (typeof twoFactorEnabled === 'boolean') add(sql`t.two_factor_enabled = ${twoFactorEnabled}`);
  if (search && !hasTrigram(search)) add(matching(search));
  const { createdFrom, createdBefore, updatedFrom, updatedBefore, expiresFrom, expiresBefore } = criteria;
  if (expiresFrom ?? expiresBefore) add(sql`${endsAt} > '-infinity' and ${endsAt} < 'infinity'`); // is there at all
  const ranges = [
    [sql`t.created_at`, createdFrom, createdBefore],
    [sql`t.updated_at`, updatedFrom, updatedBefore],
    [endsAt, expiresFrom, expiresBefore],
  ] as const;
  for (const [column, from, before] of ranges) {
    if (from) add(sql`${column} >= ${from}::timestamptz`);
    if (before) add(sql`${column} < ${before}::timestamptz`);
  }
  return conditions;
}

/** Both filters as one list of statuses, which an index takes. */
function statusesOf(status: TenantCriteria['status'], isActive: boolean): TenantStatus[] {
  const wanted = status ?? tenantStatuses.filter((candidate) => candidate !== 'DELETED');
  return wanted.filter((candidate) => isOperational(candidate) === isActive);
}

/** Case-insensitive, anywhere in tenantId, code or name; what looks like a pattern is meant literally. */
function matching(search: string): RawBuilder<SqlBool> {
  const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`;
  return sql`(${sql.raw(searchedText)}) ilike ${pattern}`;
}

/** Whether the index can find it at all: it knows texts by three letters or digits in a row. */
function hasTrigram(search: string): boolean {
  return /[\p{L}\p{N}]{3}/u.test(search);
}
