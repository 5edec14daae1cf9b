import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';

import type { RequestContext } from '../../context.js';
import { RequestFault } from '../../errors.js';
import { openCampaigns } from '../contact-center/campaign.service.js';
import { openProviders } from '../provider/provider.service.js';
import { loadRecord } from './tenant-record.service.js';
import { readTenant, tenantColumns } from './tenant.query.js';
import { Tenant as StoredTenant } from './tenant.entity.js';
import type { Tenant } from './tenant.type.js';
import type { TenantSecrets } from './tenant-secrets.type.js';

/**
 * The tenant that the request is bound to. A tenant's own token reads with the login that sees this tenant's rows alone.
 *
 * @throws RequestFault BAD_USER_INPUT where neither the token nor X-Tenant-ID names one
 */
export async function readCurrentTenant(ctx: RequestContext, fields: ReadonlySet<string>): Promise<Tenant | undefined> {
  const own = ctx.viewer?.tenant ?? null;
  if (own !== null) {
    const query = sql<Tenant>`select ${tenantColumns(ctx, fields)} from tenantry.own_tenant(${own}::uuid) t`;
    return (await query.execute(ctx.app.db.tenant.em.getKysely())).rows[0];
  }
  if (ctx.narrowedTo !== undefined) return await readTenant(ctx, { id: ctx.narrowedTo }, fields);
  throw new RequestFault('BAD_USER_INPUT', 'Name the tenant in the header X-Tenant-ID; this token is bound to none.');
}

/** The secrets of the tenant that the token is bound to, in clear. */
export async function readCurrentSecrets(ctx: RequestContext, tenantId: string): Promise<TenantSecrets> {
  return await asTenant(ctx, tenantId, async (em) => {
    const tenant = await em.findOneOrFail(StoredTenant, { id: tenantId });
    const { campaigns, providers } = await loadRecord(em, tenant);
    const campaignSecrets = await openCampaigns(ctx.app.keyRing, campaigns);
    const providerSecrets = await openProviders(ctx.app.keyRing, providers);
    return {
      campaigns: campaigns.map(({ name, username }) => ({
        name,
        username: username ?? null,
        password: campaignSecrets.get(name)?.password ?? null,
        secrets: campaignSecrets.get(name)?.secrets ?? {},
      })),
      providers: providers.map(({ kind, name }) => ({
        kind,
        name,
        secrets: providerSecrets.get(`${kind}.${name}`) ?? {},
      })),
    };
  });
}

/** Reads with the tenants' login; row-level security shows it this tenant's rows and no others. */
async function asTenant<T>(ctx: RequestContext, id: string, read: (em: EntityManager) => Promise<T>): Promise<T> {
  return await ctx.app.db.tenant.em.fork().transactional(async (em) => {
    await em.execute(`select set_config('app.tenant_id', ?, true)`, [id]);
    return await read(em);
  });
}
