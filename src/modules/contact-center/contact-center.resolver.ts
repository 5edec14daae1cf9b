import { Arg, Authorized, Ctx, Int, Mutation, Resolver } from 'type-graphql';

import type { RequestContext } from '../../context.js';
import { expectedVersionArgument } from '../../graphql/arguments.js';
import type { Changed } from '../tenant/change-tenant.service.js';
import { TenantRef } from '../tenant/tenant.input.js';
import { TenantPayload } from '../tenant/tenant-payload.type.js';
import { setTenantCampaigns } from './campaign.service.js';
import { CampaignInput, DialerInput } from './contact-center.input.js';
import { setTenantDialer } from './dialer.service.js';

@Resolver()
export class ContactCenterResolver {
  @Authorized('UPDATE_TENANTS')
  @Mutation(() => TenantPayload, { nullable: true, description: "Replaces a tenant's campaigns by this list." })
  setTenantCampaigns(
    @Ctx() ctx: RequestContext,
    @Arg('tenant', () => TenantRef, { description: 'Which tenant.' }) tenant: TenantRef,
    @Arg('campaigns', () => [CampaignInput], { description: 'The campaigns in their order: at most 100.' })
    campaigns: CampaignInput[],
    @Arg('expectedVersion', () => Int, expectedVersionArgument) expectedVersion: number | null,
  ): Promise<Changed> {
    return setTenantCampaigns(ctx, { tenant, expectedVersion }, campaigns);
  }

  @Authorized('UPDATE_TENANTS')
  @Mutation(() => TenantPayload, { nullable: true, description: "Replaces a tenant's dialer." })
  setTenantDialer(
    @Ctx() ctx: RequestContext,
    @Arg('tenant', () => TenantRef, { description: 'Which tenant.' }) tenant: TenantRef,
    @Arg('dialer', () => DialerInput, { nullable: true, description: 'The dialer; null or absent: none.' })
    dialer: DialerInput | null,
    @Arg('expectedVersion', () => Int, expectedVersionArgument) expectedVersion: number | null,
  ): Promise<Changed> {
    return setTenantDialer(ctx, { tenant, expectedVersion }, dialer);
  }
}
