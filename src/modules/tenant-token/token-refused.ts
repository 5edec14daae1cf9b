import { sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';

import type { RequestContext } from '../../context.js';
import { inTransaction } from '../../database/transaction.js';
import type { UserErrorCode } from '../../errors.js';
import { actorOf, recordAudit, type Actor } from '../audit/audit.service.js';

const onceInMs = 60_000;

/**
 * Records that a token was refused: at most once a minute for a tenant, actor and code, over all replicas.
 *
 * @param tenant UUID and tenantId
 */
export async function recordRefusal(
  ctx: RequestContext,
  tenant: { readonly id: string; readonly tenantId: string },
  errorCode: UserErrorCode,
): Promise<void> {
  const actor = actorOf(ctx);
  const at = ctx.now();
  await inTransaction(ctx.app.db.platform, async (em) => {
    const db = em.getKysely();
    const lock = JSON.stringify([tenant.id, actor.issuer, actor.subject, errorCode]);
    await sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 2))`.execute(db);
    const { rows } = await recentRefusal(tenant.id, actor, errorCode, at).execute(db);
    if (rows.length > 0) return;
    recordAudit(em, { at, actor, action: 'TOKEN_REFUSED', tenant, errorCode });
  });
}

/** Ids carry their time, so that only the last minute of the tenant's trail is read. */
function recentRefusal(tenant: string, { issuer, subject }: Actor, errorCode: UserErrorCode, at: Date) {
  const since = uuidv7({ msecs: at.getTime() - onceInMs, seq: 0, random: new Uint8Array(16) });
  return sql`
    select id from tenantry.audit_entry
    where tenant = ${tenant} and id > ${since}::uuid and action = 'TOKEN_REFUSED' and error_code = ${errorCode}
      and actor_issuer = ${issuer} and actor_subject = ${subject}
    limit 1`;
}
