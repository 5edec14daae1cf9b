/** The life of a tenant, as data: status × action → status. */

export const tenantStatuses = ['TRIAL', 'ACTIVE', 'SUSPENDED', 'MAINTENANCE', 'INACTIVE', 'DELETED'] as const;
export type TenantStatus = (typeof tenantStatuses)[number];

export const tenantTransitions = [
  'ACTIVATE',
  'SUSPEND',
  'REACTIVATE',
  'START_MAINTENANCE',
  'COMPLETE_MAINTENANCE',
  'DEACTIVATE',
  'DELETE',
] as const;
export type TenantTransition = (typeof tenantTransitions)[number];

/** REACTIVATED: TRIAL where the subscription is still a trial, else ACTIVE. */
const table: Record<TenantStatus, Partial<Record<TenantTransition, TenantStatus | 'REACTIVATED'>>> = {
  TRIAL: { ACTIVATE: 'ACTIVE', SUSPEND: 'SUSPENDED', DEACTIVATE: 'INACTIVE', DELETE: 'DELETED' },
  ACTIVE: { SUSPEND: 'SUSPENDED', START_MAINTENANCE: 'MAINTENANCE', DEACTIVATE: 'INACTIVE', DELETE: 'DELETED' },
  SUSPENDED: { REACTIVATE: 'REACTIVATED', DEACTIVATE: 'INACTIVE', DELETE: 'DELETED' },
  MAINTENANCE: { COMPLETE_MAINTENANCE: 'ACTIVE', DEACTIVATE: 'INACTIVE', DELETE: 'DELETED' },
  INACTIVE: { REACTIVATE: 'REACTIVATED', DELETE: 'DELETED' },
  DELETED: {},
};

/** What may be asked of a tenant in this status, in the order of the enum. DELETE walks through INACTIVE by itself. */
export function availableTransitions(status: TenantStatus): TenantTransition[] {
  return tenantTransitions.filter((transition) => table[status][transition] !== undefined);
}

/** The status that a transition leads to; undefined where it is not legal from there. */
export function statusAfter(
  status: TenantStatus,
  transition: TenantTransition,
  isTrial: boolean,
): TenantStatus | undefined {
  const next = table[status][transition];
  if (next === 'REACTIVATED') return isTrial ? 'TRIAL' : 'ACTIVE';
  return next;
}

/** Whether tokens are issued to, and accepted from, a tenant in this status; "active" on the portal. */
export function isOperational(status: TenantStatus): boolean {
  return status === 'TRIAL' || status === 'ACTIVE';
}

/** Whether a realm that Tenantry made is enabled in this status. */
export function wantsRealmEnabled(status: TenantStatus): boolean {
  return isOperational(status) || status === 'MAINTENANCE';
}
