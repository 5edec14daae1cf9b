import { Field, InputType, registerEnumType } from 'type-graphql';

import { enumOf } from '../../graphql/enum.js';
import { CountryCodeScalar, DateTimeScalar } from '../../graphql/scalars.js';
import type { TenantStatus } from './lifecycle.rules.js';
import type { SubscriptionTier } from './subscription.rules.js';
import { SubscriptionTierEnum, TenantStatusEnum } from './tenant-enums.type.js';
import { sortDirections, tenantSortFields, type SortDirection, type TenantSortField } from './tenant-list.rules.js';

export const TenantSortFieldEnum = enumOf(tenantSortFields);
registerEnumType(TenantSortFieldEnum, {
  name: 'TenantSortField',
  description: 'What tenants can be sorted by.',
  valuesConfig: {
    NAME: { description: 'Name, without regard to case.' },
    CODE: { description: 'Code.' },
    TENANT_ID: { description: 'tenantId.' },
    STATUS: { description: 'Status, in the order of the enum.' },
    CREATED_AT: { description: 'When it was onboarded.' },
    UPDATED_AT: { description: 'When it last changed.' },
    SUBSCRIPTION_ENDS_AT: { description: 'When its subscription ends; without an end last, in both directions.' },
  },
});

export const SortDirectionEnum = enumOf(sortDirections);
registerEnumType(SortDirectionEnum, {
  name: 'SortDirection',
  description: 'Which way to sort.',
  valuesConfig: { ASC: { description: 'Smallest first.' }, DESC: { description: 'Largest first.' } },
});

@InputType({ description: 'One member of an order; ties are broken by id.' })
export class TenantSort {
  @Field(() => TenantSortFieldEnum, { description: 'What to sort by.' })
  field!: TenantSortField;

  @Field(() => SortDirectionEnum, { defaultValue: 'ASC', description: 'Which way.' })
  direction!: SortDirection;
}

const from = (what: string) => ({ nullable: true, description: `${what} at this moment or later.` }) as const;
const before = (what: string) => ({ nullable: true, description: `${what} before this moment.` }) as const;

@InputType({ description: 'Members are joined by AND; null is no filter; an empty list matches nothing.' })
export class TenantFilter {
  @Field(() => [TenantStatusEnum], {
    nullable: true,
    description: 'One of these statuses; deleted tenants are left out unless DELETED is named.',
  })
  status?: TenantStatus[] | null;

  @Field(() => Boolean, { nullable: true, description: 'TRIAL or ACTIVE; or, with false, none of the two.' })
  isActive?: boolean | null;

  @Field(() => [CountryCodeScalar], { nullable: true, description: 'One of these countries; at most 300.' })
  country?: string[] | null;

  @Field(() => [SubscriptionTierEnum], { nullable: true, description: 'One of these tiers.' })
  subscriptionTier?: SubscriptionTier[] | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether two-factor authentication is on.' })
  twoFactorEnabled?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: 'Part of tenantId, code or name, without regard to case; at most 100 characters.',
  })
  search?: string | null;

  @Field(() => DateTimeScalar, from('Onboarded'))
  createdFrom?: Date | null;

  @Field(() => DateTimeScalar, before('Onboarded'))
  createdBefore?: Date | null;

  @Field(() => DateTimeScalar, from('Last changed'))
  updatedFrom?: Date | null;

  @Field(() => DateTimeScalar, before('Last changed'))
  updatedBefore?: Date | null;

  @Field(() => DateTimeScalar, from('Subscription ends'))
  expiresFrom?: Date | null;

  @Field(() => DateTimeScalar, before('Subscription ends'))
  expiresBefore?: Date | null;
}
