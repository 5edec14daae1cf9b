import { sql } from 'kysely';

import type { AppServices } from '../../context.js';
import { inTransaction } from '../../database/transaction.js';
import { recordAudit, type AuditRecord } from './audit.service.js';

/**
 * Records what may happen many times in a row: at most once in a while for a tenant, actor, action and error code, over
 * all replicas.
 *
 * @param onceInMs how long an entry stands for the ones after it, in milliseconds
 */
export async function recordOnce(
  app: AppServices,
  record: AuditRecord & { readonly tenant: NonNullable<AuditRecord['tenant']> },
  onceInMs: number,
): Promise<void> {
  const { tenant, actor, action, errorCode = null, at } = record;
  await inTransaction(app.db.platform, async (em) => {
    const db = em.getKysely();
    const lock = JSON.stringify([tenant.id, actor.issuer, actor.subject, action, errorCode]);
    await sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 2))`.execute(db);
    const since = new Date(at.getTime() - onceInMs);
    const { rows } = await sql`select from tenantry.audit_entry
      where tenant = ${tenant.id} and at > ${since}::timestamptz and action = ${action}
        and error_code is not distinct from ${errorCode}
        and actor_issuer = ${actor.issuer} and actor_subject = ${actor.subject} limit 1`.execute(db);
    if (rows.length === 0) recordAudit(em, record);
  });
}
