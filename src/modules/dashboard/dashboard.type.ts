import { Field, ID, Int, ObjectType } from 'type-graphql';

import { YearMonthScalar } from '../../graphql/scalars.js';
import type { TenantStatus } from '../tenant/lifecycle.rules.js';
import type { SubscriptionTier } from '../tenant/subscription.rules.js';
import { SubscriptionTierEnum, TenantStatusEnum } from '../tenant/tenant-enums.type.js';

@ObjectType({ description: 'How many tenants have a status.' })
export class StatusCount {
  @Field(() => TenantStatusEnum, { description: 'The status.' })
  status!: TenantStatus;

  @Field(() => Int, { description: 'How many.' })
  count!: number;
}

@ObjectType({ description: 'How many tenants that are not deleted have a tier.' })
export class TierCount {
  @Field(() => SubscriptionTierEnum, { description: 'The tier.' })
  tier!: SubscriptionTier;

  @Field(() => Int, { description: 'How many.' })
  count!: number;
}

@ObjectType({ description: 'How many tenants were onboarded in a month.' })
export class MonthlyCount {
  @Field(() => YearMonthScalar, { description: 'The month.' })
  month!: string;

  @Field(() => Int, { description: 'How many, deleted by now or not.' })
  count!: number;
}

@ObjectType({ description: 'Figures for the overview tiles.' })
export class TenantTotals {
  @Field(() => Int, { description: 'All tenants but deleted ones.' })
  total!: number;

  @Field(() => Int, { description: 'TRIAL and ACTIVE.' })
  active!: number;

  @Field(() => Int, { description: 'The rest of total.' })
  inactive!: number;

  @Field(() => Int, { description: 'Tenants, neither INACTIVE nor DELETED, whose subscription has ended.' })
  expired!: number;

  @Field(() => [StatusCount], { description: 'Every status, DELETED included, in the order of the enum.' })
  byStatus!: StatusCount[];

  @Field(() => [TierCount], { description: 'Every tier, in the order of the enum; without deleted tenants.' })
  byTier!: TierCount[];
}

@ObjectType({ description: "What the portal's overview tiles, charts and lists show." })
export class Dashboard {
  @Field(() => ID, { description: "Constant, for clients' caches." })
  id!: string;
}
