import type { RequestContext } from '../../context.js';
import { Faults } from '../../faults.js';
import { changeTenant, type Changed, type ChangeTarget } from '../tenant/change-tenant.service.js';
import { dialerColumns, type DialerSettings } from './dialer.rules.js';

/**
 * Replaces a tenant's dialer; none clears it.
 *
 * @throws UserFault NOT_FOUND, TENANT_DELETED, VERSION_CONFLICT, INVALID
 */
export async function setTenantDialer(
  ctx: RequestContext,
  target: ChangeTarget,
  dialer: DialerSettings | null | undefined,
): Promise<Changed> {
  return changeTenant(ctx, target, 'PATCHED', ({ tenant }) => {
    const faults = new Faults();
    const columns = dialerColumns(faults, ['dialer'], dialer);
    faults.throwIfAny();
    Object.assign(tenant, columns);
  });
}
