import { sql, type SqlBool } from 'kysely';

import type { SortKey } from '../../database/keyset.js';
import type { TenantStatus } from './lifecycle.rules.js';
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
