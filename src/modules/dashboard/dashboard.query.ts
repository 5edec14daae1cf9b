import { sql } from 'kysely';

import type { RequestContext } from '../../context.js';
import { codeOf } from '../../database/conflicts.js';
import { RequestFault } from '../../errors.js';
import { visibleTo } from '../tenant/find-tenant.service.js';
import { isOperational, tenantStatuses, type TenantStatus } from '../tenant/lifecycle.rules.js';
import { live } from '../tenant/tenant-lists.query.js';
import { subscriptionTiers, type SubscriptionTier } from '../tenant/subscription.rules.js';
import type { MonthlyCount, TenantTotals } from './dashboard.type.js';
import type { MonthSpan } from './months.rules.js';

interface Group {
  readonly status: TenantStatus;
  readonly tier: SubscriptionTier;
  readonly count: number;
  readonly expired: number;
}

/** The overview figures, counted in one pass. */
export async function readTotals(ctx: RequestContext): Promise<TenantTotals> {
  const { rows } = await sql<Group>`
    select t.status, t.subscription_tier as tier, count(*)::int as count,
      (count(*) filter (where ${live} and t.subscription_ends_at < ${ctx.now()}::timestamptz))::int as expired
    from tenantry.tenant t where ${visibleTo(ctx)} group by t.status, t.subscription_tier`.execute(
    ctx.app.db.platform.em.getKysely(),
  );
  const sum = (groups: readonly Group[], of: 'count' | 'expired' = 'count'): number =>
    groups.reduce((total, group) => total + group[of], 0);
  const kept = rows.filter(({ status }) => status !== 'DELETED');
  const active = sum(kept.filter(({ status }) => isOperational(status)));
  return {
    total: sum(kept),
    active,
    inactive: sum(kept) - active,
    expired: sum(kept, 'expired'),
    byStatus: tenantStatuses.map((status) => ({ status, count: sum(rows.filter((group) => group.status === status)) })),
    byTier: subscriptionTiers.map((tier) => ({ tier, count: sum(kept.filter((group) => group.tier === tier)) })),
  };
}

/** Zones whose names PostgreSQL takes for abbreviations of fixed offsets, as the zones that they are links to in the IANA database. */
const zonesBehindAbbreviations: Readonly<Record<string, string>> = {
  CET: 'Europe/Brussels',
  MET: 'Europe/Brussels',
  EET: 'Europe/Athens',
  WET: 'Europe/Lisbon',
};

/** How many tenants were onboarded in each month of the span, in the time zone; months without one included. */
export async function readNewTenantsByMonth(
  ctx: RequestContext,
  { from, to }: MonthSpan,
  timezone: string,
): Promise<MonthlyCount[]> {
  const zone = zonesBehindAbbreviations[timezone] ?? timezone;
  const { rows } = await sql<MonthlyCount>`
    with months as (
      select generate_series(${`${from}-01`}::timestamp, ${`${to}-01`}::timestamp, interval '1 month') as month
    ), counted as (
      select date_trunc('month', t.created_at at time zone ${zone}) as month, count(*)::int as count
      from tenantry.tenant t
      where t.created_at >= ${`${from}-01`}::timestamp at time zone ${zone}
        and t.created_at < (${`${to}-01`}::timestamp + interval '1 month') at time zone ${zone}
        and ${visibleTo(ctx)}
      group by 1
    )
    select to_char(months.month, 'YYYY-MM') as month, coalesce(counted.count, 0) as count
    from months left join counted using (month) order by months.month`
    .execute(ctx.app.db.platform.em.getKysely())
    .catch(asUnknownZone);
  return rows;
}

/** A zone of the IANA database that is newer than PostgreSQL's copy of it. */
function asUnknownZone(error: unknown): never {
  if (codeOf(error) !== '22023') throw error;
  throw new RequestFault('BAD_USER_INPUT', 'The database does not know this time zone.', { path: ['timezone'] });
}
