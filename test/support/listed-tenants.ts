import type { TenantFilter, TenantSort, TenantStatus } from './generated/operations.js';
import { tenantRow } from './rows.js';

/** A row that lists are made of: what can be filtered and sorted by. Times are RFC 3339 with milliseconds. */
export interface ListedTenant {
  readonly id: string;
  readonly tenant_id: string;
  readonly code: string;
  readonly name: string;
  readonly status: TenantStatus;
  readonly country: string | null;
  readonly subscription_tier: string;
  readonly subscription_ends_at: string | null;
  readonly is_trial: boolean;
  readonly two_factor_enabled: boolean;
  readonly created_at: string;
  readonly updated_at: string;
}

const statuses: readonly TenantStatus[] = ['TRIAL', 'ACTIVE', 'SUSPENDED', 'MAINTENANCE', 'INACTIVE', 'DELETED'];
const tiers = ['TRIAL', 'BASIC', 'STANDARD', 'PREMIUM', 'ENTERPRISE'] as const;
const names = ['Alpha', 'alpha', 'ALPHA2', 'Beta_1', 'beta%2', 'Beta\\3', 'Gamma', 'delta', 'Delta5'] as const;
const countries = ['ES', 'FR', 'DE', 'PK', null] as const;

/** The n-th day of the data, at midnight. */
export const day = (n: number): string => new Date(Date.UTC(2026, 0, 1 + n)).toISOString();

const pick = <T>(values: readonly T[], n: number): T => values[n % values.length]!;

/** Whole rows with many ties in every member of every order, and every fifth without an end. */
export function listedTenants(count: number): (ListedTenant & Record<string, unknown>)[] {
  return Array.from({ length: count }, (_, n) => {
    const status = pick(statuses, n * 5 + Math.floor(n / 6));
    const tier = pick(tiers, n * 3);
    return {
      ...tenantRow(`tenant-${(n * 37) % 1_000}-${n}`),
      code: `${pick(['AB', 'CD', 'EF'], n)}${(n * 53) % 997}X${n}`,
      name: pick(names, n * 4),
      status,
      deleted_at: status === 'DELETED' ? day(400) : null,
      country: pick(countries, n * 7),
      subscription_tier: tier,
      subscription_starts_at: day(-400),
      subscription_ends_at: n % 5 === 0 ? null : day((n * 11) % 60),
      is_trial: tier === 'TRIAL' || status === 'TRIAL',
      two_factor_enabled: n % 3 === 0,
      created_at: day((n * 13) % 40),
      updated_at: day(40 + ((n * 17) % 20)),
    };
  });
}

type Value = string | number | null;

const valueOf: Record<TenantSort['field'], (tenant: ListedTenant) => Value> = {
  NAME: ({ name }) => name.toLowerCase(),
  CODE: ({ code }) => code,
  TENANT_ID: ({ tenant_id }) => tenant_id,
  STATUS: ({ status }) => statuses.indexOf(status),
  CREATED_AT: ({ created_at }) => created_at,
  UPDATED_AT: ({ updated_at }) => updated_at,
  SUBSCRIPTION_ENDS_AT: ({ subscription_ends_at }) => subscription_ends_at,
};

/** What a list has to hold, by the words of the contract: ids in their order. */
export function expectedList(
  tenants: readonly ListedTenant[],
  filter: TenantFilter = {},
  sort: readonly TenantSort[] = [],
): string[] {
  const members = sort.length > 0 ? sort : ([{ field: 'CREATED_AT', direction: 'DESC' }] as const);
  const byId = members.at(-1)!.direction === 'DESC' ? -1 : 1;
  return tenants
    .filter((tenant) => matches(tenant, filter))
    .sort((a, b) => {
      for (const { field, direction } of members) {
        const order = compare(valueOf[field](a), valueOf[field](b), direction === 'DESC' ? -1 : 1);
        if (order !== 0) return order;
      }
      return compare(a.id, b.id, byId);
    })
    .map(({ id }) => id);
}

/** Null comes last, in both directions. */
function compare(a: Value, b: Value, sign: number): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -sign : sign;
}

function matches(tenant: ListedTenant, filter: TenantFilter): boolean {
  const { search, isActive, twoFactorEnabled } = filter;
  const within = (at: string | null, from?: string | null, before?: string | null): boolean =>
    at === null ? !from && !before : (!from || at >= from) && (!before || at < before);
  const text = search?.toLowerCase() ?? '';
  return [
    filter.status ? filter.status.includes(tenant.status) : tenant.status !== 'DELETED',
    isActive === (tenant.status === 'TRIAL' || tenant.status === 'ACTIVE') || typeof isActive !== 'boolean',
    !filter.country || filter.country.includes(tenant.country ?? ''),
    !filter.subscriptionTier || (filter.subscriptionTier as readonly string[]).includes(tenant.subscription_tier),
    twoFactorEnabled === tenant.two_factor_enabled || typeof twoFactorEnabled !== 'boolean',
    [tenant.tenant_id, tenant.code, tenant.name].some((value) => value.toLowerCase().includes(text)),
    within(tenant.created_at, filter.createdFrom, filter.createdBefore),
    within(tenant.updated_at, filter.updatedFrom, filter.updatedBefore),
    within(tenant.subscription_ends_at, filter.expiresFrom, filter.expiresBefore),
  ].every(Boolean);
}
