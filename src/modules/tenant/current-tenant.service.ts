import type { RequestContext } from '../../context.js';
import { RequestFault } from '../../errors.js';
import { actorOf } from '../audit/audit.service.js';
import { recordOnce } from '../audit/record-once.service.js';
import { readCurrentSecrets } from './current-tenant.query.js';
import { Tenant } from './tenant.entity.js';

const recordedOnceInMs = 60 * 60_000;

/**
 * The secrets that the tenant's own components need at run time. Recorded in the trail before they are handed out, at
 * most once an hour for a tenant and client.
 *
 * @throws RequestFault FORBIDDEN for a token that is bound to no tenant
 */
export async function revealSecrets(ctx: RequestContext): ReturnType<typeof readCurrentSecrets> {
  const id = ctx.viewer?.tenant ?? null;
  if (id === null) throw new RequestFault('FORBIDDEN', "Secrets are for the tenant's own token alone.");
  const secrets = await readCurrentSecrets(ctx, id);
  const { tenantId } = await ctx.app.db.platform.em.fork().findOneOrFail(Tenant, { id }, { fields: ['tenantId'] });
  const record = { at: ctx.now(), actor: actorOf(ctx), action: 'SECRETS_READ', tenant: { id, tenantId } } as const;
  await recordOnce(ctx.app, record, recordedOnceInMs);
  return secrets;
}
