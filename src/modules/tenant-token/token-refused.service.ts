import type { RequestContext } from '../../context.js';
import type { UserErrorCode } from '../../errors.js';
import { actorOf } from '../audit/audit.service.js';
import { recordOnce } from '../audit/record-once.service.js';

const onceInMs = 60_000;

/**
 * Records that a token was refused: at most once a minute for a tenant, actor and code.
 *
 * @param tenant UUID and tenantId
 */
export async function recordRefusal(
  ctx: RequestContext,
  tenant: { readonly id: string; readonly tenantId: string },
  errorCode: UserErrorCode,
): Promise<void> {
  const record = { at: ctx.now(), actor: actorOf(ctx), action: 'TOKEN_REFUSED', tenant, errorCode } as const;
  await recordOnce(ctx.app, record, onceInMs);
}
