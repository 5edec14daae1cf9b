import type { EntityManager } from '@mikro-orm/postgresql';

import type { RequestContext } from '../../context.js';
import { auditChanges } from '../audit/audit.rules.js';
import { actorOf, recordAudit } from '../audit/audit.service.js';
import { storePictures, type BrandPictures } from '../branding/brand-pictures.service.js';
import { replaceCampaigns } from '../contact-center/campaign.service.js';
import { replaceProviders } from '../provider/provider.service.js';
import { sealClientSecret } from '../realm/sealed-client-secret.service.js';
import type { TenantPlan } from './create-tenant.rules.js';
import { settleKey, type KeyedInput } from './idempotency.service.js';
import { nextWholeSecond } from './lifecycle.service.js';
import { registerKeys } from '../realm/realm-adoption.service.js';
import { Tenant } from './tenant.entity.js';
import { auditViewOf, type TenantRecord } from './tenant-record.service.js';

/** A realm that is there, and how tokens are had from it. */
export interface RealmInHand {
  readonly serverUrl: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly keys: readonly string[];
}

/** A plan with everything that could only be found out: names that are free, the picture rebuilt. */
export interface SettledPlan extends TenantPlan {
  readonly id: string;
  readonly code: string;
  readonly pictures: BrandPictures;
  /** Settled together with the tenant. */
  readonly keyed?: KeyedInput;
}

/** Writes the tenant, what belongs to it, and its first entry in the trail. */
export async function insertTenant(
  ctx: RequestContext,
  em: EntityManager,
  plan: SettledPlan,
  realm: RealmInHand,
): Promise<void> {
  const at = ctx.now();
  const tenant = em.create(Tenant, {
    ...identityColumns(ctx, plan, realm, at),
    ...plan.columns,
    clientSecret: await sealClientSecret(ctx.app.keyRing, plan, realm.clientSecret),
    status: plan.columns.isTrial ? 'TRIAL' : 'ACTIVE',
    statusChangedAt: at,
    ...(await storePictures(em, plan.pictures)),
    createdAt: at,
    updatedAt: at,
  });
  em.persist(tenant);
  await em.flush();
  const record: TenantRecord = { tenant, campaigns: [], providers: [] };
  await replaceCampaigns(ctx.app.keyRing, em, record, plan.campaigns);
  await replaceProviders(ctx.app.keyRing, em, record, plan.providers);
  registerKeys(em, tenant.id, realm.keys, at);
  if (plan.keyed) await settleKey(ctx, em, plan.keyed, tenant.id);
  const changes = auditChanges({}, auditViewOf(record));
  recordAudit(em, { at, actor: actorOf(ctx), action: 'CREATED', tenant, toStatus: tenant.status, changes });
}

function identityColumns(ctx: RequestContext, plan: SettledPlan, realm: RealmInHand, at: Date) {
  const isAdopted = plan.realm.origin === 'ADOPTED';
  return {
    id: plan.id,
    tenantId: plan.tenantId,
    code: plan.code,
    domain: `${plan.tenantId}.${ctx.app.config.tenantBaseDomain}`,
    realmOrigin: plan.realm.origin,
    realm: plan.realm.realm,
    serverUrl: realm.serverUrl,
    issuer: realm.issuer,
    clientId: realm.clientId,
    realmState: isAdopted ? ('UNMANAGED' as const) : ('DISABLED' as const),
    realmSyncState: isAdopted ? ('IN_SYNC' as const) : ('PENDING' as const),
    realmSyncSince: at,
    // A realm made a moment ago has issued nothing; an adopted one may have.
    tokensNotBefore: isAdopted ? nextWholeSecond(at) : new Date(Math.floor(at.getTime() / 1_000) * 1_000),
  };
}
