import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Authorized, Ctx, FieldResolver, Info, Query, Resolver } from 'type-graphql';

import type { RequestContext } from '../../context.js';
import { ConnectionArguments } from '../../graphql/connection.args.js';
import { NonNegativeIntScalar, TimeZoneScalar, YearMonthScalar } from '../../graphql/scalars.js';
import type { TenantStatus } from '../tenant/lifecycle.rules.js';
import { TenantStatusEnum } from '../tenant/tenant-enums.type.js';
import { listByStatus, listExpired, listUpcomingExpiries } from '../tenant/tenant-lists.query.js';
import { readTenantPage } from '../tenant/tenant-page.query.js';
import { TenantConnection } from '../tenant/tenant-payload.type.js';
import { readNewTenantsByMonth, readTotals } from './dashboard.query.js';
import { Dashboard, MonthlyCount, TenantTotals } from './dashboard.type.js';
import { monthSpan } from './months.rules.js';

@Resolver(() => Dashboard)
export class DashboardResolver {
  @Authorized('READ_DASHBOARD')
  @Query(() => Dashboard, { nullable: true, description: "Figures for the portal's overview tiles, charts and lists." })
  dashboard(): Dashboard {
    return { id: 'dashboard' };
  }

  @FieldResolver(() => TenantTotals, { description: 'Figures for the overview tiles.' })
  totals(@Ctx() ctx: RequestContext): Promise<TenantTotals> {
    return readTotals(ctx);
  }

  @FieldResolver(() => TenantConnection, {
    description: 'Every tenant with its status, as the overview list shows it; newest first.',
  })
  tenants(
    @Ctx() ctx: RequestContext,
    @Args(() => ConnectionArguments) page: ConnectionArguments,
    @Info() info: GraphQLResolveInfo,
    @Arg('status', () => [TenantStatusEnum], {
      nullable: true,
      description: 'Only these statuses; deleted tenants are left out unless DELETED is named.',
    })
    status: TenantStatus[] | null,
  ): Promise<TenantConnection> {
    return readTenantPage(ctx, listByStatus(status), page, info);
  }

  @FieldResolver(() => [MonthlyCount], {
    description: 'One row a month, months without a tenant included. Default: the last twelve months up to now.',
  })
  newTenantsByMonth(
    @Ctx() ctx: RequestContext,
    @Arg('from', () => YearMonthScalar, { nullable: true, description: 'First month.' }) from: string | null,
    @Arg('to', () => YearMonthScalar, { nullable: true, description: 'Last month, included.' }) to: string | null,
    @Arg('timezone', () => TimeZoneScalar, { nullable: true, description: 'Where months begin. Default: UTC.' })
    timezone: string | null,
  ): Promise<MonthlyCount[]> {
    const zone = timezone ?? 'UTC';
    return readNewTenantsByMonth(ctx, monthSpan({ from, to }, ctx.now(), zone), zone);
  }

  @FieldResolver(() => TenantConnection, {
    description: 'Live tenants whose subscription ends within so many days, soonest first.',
  })
  upcomingExpiries(
    @Ctx() ctx: RequestContext,
    @Args(() => ConnectionArguments) page: ConnectionArguments,
    @Info() info: GraphQLResolveInfo,
    @Arg('withinDays', () => NonNegativeIntScalar, { defaultValue: 30, description: 'How many days ahead.' })
    withinDays: number,
  ): Promise<TenantConnection> {
    return readTenantPage(ctx, listUpcomingExpiries(ctx.now(), withinDays), page, info);
  }

  @FieldResolver(() => TenantConnection, {
    description: 'Live tenants whose subscription has ended, longest ago first: due for follow-up.',
  })
  expired(
    @Ctx() ctx: RequestContext,
    @Args(() => ConnectionArguments) page: ConnectionArguments,
    @Info() info: GraphQLResolveInfo,
  ): Promise<TenantConnection> {
    return readTenantPage(ctx, listExpired(ctx.now()), page, info);
  }
}
