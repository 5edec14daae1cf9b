import type { EntityManager } from '@mikro-orm/postgresql';

import type { RequestContext } from '../../context.js';
import { inTransaction } from '../../database/transaction.js';
import { auditChanges, type AuditAction, type AuditChanges } from '../audit/audit.rules.js';
import { actorOf, recordAudit } from '../audit/audit.service.js';
import { lockTenant, type TenantKey } from './find-tenant.service.js';
import { auditViewOf, loadRecord, type TenantRecord } from './tenant-record.service.js';

/** Which tenant a change is for, and which version its caller has seen. */
export interface ChangeTarget {
  readonly tenant: TenantKey;
  readonly expectedVersion?: number | null;
}

/** What a mutation answers with: the payload shows this tenant. */
export interface Changed {
  readonly shownTenant: string;
  readonly tokensValidUntil?: Date | null;
}

/**
 * The one way in which a tenant's data changes: locks the row, checks that it may be changed, applies the change,
 * and, only where something differs afterwards, raises the version by one and records what did.
 *
 * @param change works on the loaded record; throws UserFault where the change does not fit it
 * @param elsewhere what was changed along with it outside of the record, to be recorded too
 * @throws UserFault NOT_FOUND, TENANT_DELETED, VERSION_CONFLICT
 */
export async function changeTenant(
  ctx: RequestContext,
  target: ChangeTarget,
  action: AuditAction,
  change: (record: TenantRecord, em: EntityManager) => Promise<void> | void,
  elsewhere: AuditChanges = {},
): Promise<Changed> {
  return inTransaction(ctx.app.db.platform, async (em) => {
    const tenant = await lockTenant(ctx, em, target.tenant, target.expectedVersion);
    const record = await loadRecord(em, tenant);
    const before = auditViewOf(record);
    await change(record, em);
    const changes = { ...auditChanges(before, auditViewOf(record)), ...elsewhere };
    if (Object.keys(changes).length > 0) {
      const at = ctx.now();
      touch(record, at);
      recordAudit(em, { at, actor: actorOf(ctx), action, tenant, changes });
    }
    return { shownTenant: tenant.id };
  });
}

/** Raises the version by exactly one. */
export function touch({ tenant }: TenantRecord, at: Date): void {
  tenant.version += 1;
  tenant.updatedAt = at;
}
