import type { EntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';

import type { RequestContext } from '../../context.js';
import { Faults } from '../../faults.js';
import type { KeyRing } from '../../secrets/key-ring.js';
import { open } from '../../secrets/seal.js';
import { openMap, sealMap, sealOne } from '../../secrets/sealed-map.js';
import { changeTenant, type Changed, type ChangeTarget } from '../tenant/change-tenant.service.js';
import type { TenantRecord } from '../tenant/tenant-record.service.js';
import { Campaign } from './campaign.entity.js';
import {
  checkCampaigns,
  type CampaignSecretsInClear,
  type CampaignSettings,
  type CheckedCampaign,
} from './campaign.rules.js';

/**
 * Replaces a tenant's campaigns; secrets that the list does not mention stay with the campaign of that name.
 *
 * @throws UserFault NOT_FOUND, TENANT_DELETED, VERSION_CONFLICT, INVALID
 */
export async function setTenantCampaigns(
  ctx: RequestContext,
  target: ChangeTarget,
  campaigns: readonly CampaignSettings[],
): Promise<Changed> {
  const { keyRing } = ctx.app;
  return changeTenant(ctx, target, 'PATCHED', async (record, em) => {
    const faults = new Faults();
    const current = await openCampaigns(keyRing, record.campaigns);
    const checked = checkCampaigns(faults, ['campaigns'], campaigns, current);
    faults.throwIfAny();
    await replaceCampaigns(keyRing, em, record, checked);
  });
}

/** The secrets of a tenant's campaigns in clear, by campaign. */
export async function openCampaigns(
  ring: KeyRing,
  campaigns: readonly Campaign[],
): Promise<Map<string, CampaignSecretsInClear>> {
  const opened = campaigns.map(async (campaign): Promise<[string, CampaignSecretsInClear]> => {
    const { password } = campaign;
    const at = placeOf(campaign);
    return [
      campaign.name,
      {
        password: typeof password === 'string' ? await open(ring, at.scope, at.password, password) : null,
        secrets: await openMap(ring, { scope: at.scope, field: at.secrets }, campaign.secrets),
      },
    ];
  });
  return new Map(await Promise.all(opened));
}

/** Makes the record's campaigns those of the list, in its order. A campaign keeps its row as long as its name is there. */
export async function replaceCampaigns(
  ring: KeyRing,
  em: EntityManager,
  record: TenantRecord,
  list: readonly CheckedCampaign[],
): Promise<void> {
  const before = new Map(record.campaigns.map((campaign) => [campaign.name, campaign]));
  record.campaigns = [];
  for (const [position, { password, secrets, ...columns }] of list.entries()) {
    const campaign = before.get(columns.name) ?? newCampaign(em, record.tenant.id, columns.name);
    before.delete(columns.name);
    const at = placeOf(campaign);
    em.assign(campaign, {
      ...columns,
      position,
      password: await sealOne(ring, { scope: at.scope, field: at.password }, password, campaign.password),
      secrets: await sealMap(ring, { scope: at.scope, field: at.secrets }, secrets, campaign.secrets),
    });
    record.campaigns.push(campaign);
  }
  for (const removed of before.values()) em.remove(removed);
}

function newCampaign(em: EntityManager, tenant: string, name: string): Campaign {
  const campaign = em.create(Campaign, {
    id: uuidv7(),
    tenant,
    name,
    position: 0,
    isEnabled: true,
    settings: {},
    secrets: {},
  });
  em.persist(campaign);
  return campaign;
}

/** Where a campaign's secrets are sealed for. */
function placeOf({ id, tenant }: Campaign): { scope: string; password: string; secrets: string } {
  return { scope: tenant, password: `campaign/${id}.password`, secrets: `campaign/${id}.secrets` };
}
