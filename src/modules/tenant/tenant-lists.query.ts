import { sql, type RawBuilder, type SqlBool } from 'kysely';

import { nullsLast, type SortKey } from '../../database/keyset.js';
import { isOperational, tenantStatuses, type TenantStatus } from './lifecycle.rules.js';
import { checkCriteria, type TenantCriteria, type TenantOrder, type TenantSortField } from './tenant-list.rules.js';
import { newestFirst, type TenantList } from './tenant-page.query.js';

/** On the dashboard, "live" is neither INACTIVE nor DELETED. */
export const live = sql<SqlBool>`t.status not in ('INACTIVE', 'DELETED')`;

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

/** Null is every status but DELETED; an empty list matches nothing. */
export function withStatus(statuses: readonly TenantStatus[] | null | undefined): TenantList['where'] {
  return statuses
    ? sql<SqlBool>`t.status = any(${[...statuses]}::tenantry.tenant_status[])`
    : sql<SqlBool>`t.status <> 'DELETED'`;
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
  CODE: { value: sql`t.code`, type: 'text' },
  TENANT_ID: { value: sql`t.tenant_id`, type: 'text' },
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
    where: sql<SqlBool>`${sql.join(conditionsOf(criteria), sql` and `)}`,
    order: order.map(sortKey),
    binding: `tenants ${canonical(criteria)}`,
  };
}

function sortKey({ field, direction: given }: TenantOrder): SortKey {
  const direction = given === 'DESC' ? 'desc' : 'asc';
  const { value, type } = sortKeys[field];
  const isNullable = field === 'SUBSCRIPTION_ENDS_AT';
  return { name: field, type, direction, value: isNullable ? nullsLast(value, direction) : value };
}

const operational = sql.join(tenantStatuses.filter(isOperational).map((status) => sql.lit(status)));

function conditionsOf(criteria: TenantCriteria): RawBuilder<SqlBool>[] {
  const { status, isActive, country, subscriptionTier, twoFactorEnabled, search } = criteria;
  const conditions = [withStatus(status)];
  const add = (condition: RawBuilder<SqlBool>): number => conditions.push(condition);
  if (typeof isActive === 'boolean')
    add(isActive ? sql`t.status in (${operational})` : sql`t.status not in (${operational})`);
  if (country) add(sql`t.country = any(${[...country]}::text[])`);
  if (subscriptionTier) add(sql`t.subscription_tier = any(${[...subscriptionTier]}::text[])`);
  if (typeof twoFactorEnabled === 'boolean') add(sql`t.two_factor_enabled = ${twoFactorEnabled}`);
  if (search) add(matching(search));
  const { createdFrom, createdBefore, updatedFrom, updatedBefore, expiresFrom, expiresBefore } = criteria;
  const ranges = [
    [sql`t.created_at`, createdFrom, createdBefore],
    [sql`t.updated_at`, updatedFrom, updatedBefore],
    [sql`t.subscription_ends_at`, expiresFrom, expiresBefore],
  ] as const;
  for (const [column, from, before] of ranges) {
    if (from) add(sql`${column} >= ${from}::timestamptz`);
    if (before) add(sql`${column} < ${before}::timestamptz`);
  }
  return conditions;
}

/** Case-insensitive, anywhere in tenantId, code or name; what looks like a pattern is meant literally. */
function matching(search: string): RawBuilder<SqlBool> {
  const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`;
  return sql`(t.tenant_id ilike ${pattern} or t.code ilike ${pattern} or t.name ilike ${pattern})`;
}

function canonical(criteria: TenantCriteria): string {
  const given = Object.entries(criteria).filter(([, value]) => value !== null && value !== undefined);
  return JSON.stringify(given.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, sorted(value)]));
}

function sorted(value: unknown): unknown {
  return Array.isArray(value) ? [...(value as unknown[])].sort() : value;
}
