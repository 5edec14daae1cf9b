import { RequestFault } from '../../errors.js';
import { hasForbiddenCharacter, isLongerThan, textLimits } from '../../validation/text.rules.js';
import type { TenantStatus } from './lifecycle.rules.js';
import type { SubscriptionTier } from './subscription.rules.js';

export const tenantSortFields = [
  'NAME',
  'CODE',
  'TENANT_ID',
  'STATUS',
  'CREATED_AT',
  'UPDATED_AT',
  'SUBSCRIPTION_ENDS_AT',
] as const;
export type TenantSortField = (typeof tenantSortFields)[number];

export const sortDirections = ['ASC', 'DESC'] as const;
export type SortDirection = (typeof sortDirections)[number];

export interface TenantOrder {
  readonly field: TenantSortField;
  readonly direction: SortDirection;
}

/** Members are joined by AND; null and absent are no filter; an empty list matches nothing. */
export interface TenantCriteria {
  readonly status?: readonly TenantStatus[] | null;
  readonly isActive?: boolean | null;
  readonly country?: readonly string[] | null;
  readonly subscriptionTier?: readonly SubscriptionTier[] | null;
  readonly twoFactorEnabled?: boolean | null;
  readonly search?: string | null;
  readonly createdFrom?: Date | null;
  readonly createdBefore?: Date | null;
  readonly updatedFrom?: Date | null;
  readonly updatedBefore?: Date | null;
  readonly expiresFrom?: Date | null;
  readonly expiresBefore?: Date | null;
}

const maxListLength = 300;
const maxSortFields = 3;

/** @throws RequestFault BAD_USER_INPUT with the path of what is over a limit */
export function checkCriteria(criteria: TenantCriteria, order: readonly TenantOrder[]): void {
  for (const field of ['status', 'country', 'subscriptionTier'] as const) {
    if ((criteria[field]?.length ?? 0) > maxListLength) refuse(['filter', field], `At most ${maxListLength} values.`);
  }
  const search = criteria.search ?? '';
  if (isLongerThan(search, textLimits.search.max))
    refuse(['filter', 'search'], `At most ${textLimits.search.max} characters.`);
  if (hasForbiddenCharacter(search)) refuse(['filter', 'search'], 'No control characters.');
  if (order.length > maxSortFields) refuse(['sort'], `At most ${maxSortFields} fields.`);
  order.forEach(({ field }, index) => {
    if (order.findIndex((other) => other.field === field) !== index) {
      refuse(['sort', String(index), 'field'], 'Each field at most once.');
    }
  });
}

function refuse(path: readonly string[], message: string): never {
  throw new RequestFault('BAD_USER_INPUT', message, { path });
}
