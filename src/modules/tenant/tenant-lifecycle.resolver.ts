import { Arg, Authorized, Ctx, Int, Mutation, Resolver } from 'type-graphql';

import type { RequestContext } from '../../context.js';
import { expectedVersionArgument } from '../../graphql/arguments.js';
import type { Changed } from './change-tenant.service.js';
import { changeStatus } from './lifecycle.service.js';
import { SubscriptionInput } from './profile.input.js';
import { TenantRef } from './tenant.input.js';
import { TenantPayload } from './tenant-payload.type.js';

const tenantArgument = { description: 'Which tenant.' } as const;
const reasonArgument = { nullable: true, description: 'Why; at most 500 characters.' } as const;
const payload = (description: string) => ({ nullable: true, description }) as const;

/** One mutation a transition, so that no update can jump. */
@Resolver()
export class TenantLifecycleResolver {
  @Authorized('UPDATE_TENANTS')
  @Mutation(() => TenantPayload, payload('Out of trial.'))
  activateTenant(
    @Ctx() ctx: RequestContext,
    @Arg('tenant', () => TenantRef, tenantArgument) tenant: TenantRef,
    @Arg('subscription', () => SubscriptionInput, {
      nullable: true,
      description:
        'The new subscription, which is no trial. REQUIRED where the tier is TRIAL. Absent: the period stays.',
    })
    subscription: SubscriptionInput | null,
    @Arg('reason', () => String, reasonArgument) reason: string | null,
    @Arg('expectedVersion', () => Int, expectedVersionArgument) expectedVersion: number | null,
  ): Promise<Changed> {
    return changeStatus(ctx, { tenant, expectedVersion }, 'ACTIVATE', { reason, subscription });
  }

  @Authorized('UPDATE_TENANTS')
  @Mutation(() => TenantPayload, payload('Cuts the tenant off for the time being: no tokens, and its own are refused.'))
  suspendTenant(
    @Ctx() ctx: RequestContext,
    @Arg('tenant', () => TenantRef, tenantArgument) tenant: TenantRef,
    @Arg('reason', () => String, { description: 'Why; at most 500 characters.' }) reason: string,
    @Arg('expectedVersion', () => Int, expectedVersionArgument) expectedVersion: number | null,
  ): Promise<Changed> {
    return changeStatus(ctx, { tenant, expectedVersion }, 'SUSPEND', { reason });
  }

  @Authorized('UPDATE_TENANTS')
  @Mutation(
    () => TenantPayload,
    payload(
      'Back in use, from SUSPENDED or INACTIVE: to TRIAL where the subscription is still a trial, else to ACTIVE.',
    ),
  )
  reactivateTenant(
    @Ctx() ctx: RequestContext,
    @Arg('tenant', () => TenantRef, tenantArgument) tenant: TenantRef,
    @Arg('reason', () => String, reasonArgument) reason: string | null,
    @Arg('expectedVersion', () => Int, expectedVersionArgument) expectedVersion: number | null,
  ): Promise<Changed> {
    return changeStatus(ctx, { tenant, expectedVersion }, 'REACTIVATE', { reason });
  }

  @Authorized('UPDATE_TENANTS')
  @Mutation(() => TenantPayload, payload('Out of service for planned maintenance: no tokens, the realm stays enabled.'))
  startTenantMaintenance(
    @Ctx() ctx: RequestContext,
    @Arg('tenant', () => TenantRef, tenantArgument) tenant: TenantRef,
    @Arg('reason', () => String, reasonArgument) reason: string | null,
    @Arg('expectedVersion', () => Int, expectedVersionArgument) expectedVersion: number | null,
  ): Promise<Changed> {
    return changeStatus(ctx, { tenant, expectedVersion }, 'START_MAINTENANCE', { reason });
  }

  @Authorized('UPDATE_TENANTS')
  @Mutation(() => TenantPayload, payload('Back in service after maintenance.'))
  completeTenantMaintenance(
    @Ctx() ctx: RequestContext,
    @Arg('tenant', () => TenantRef, tenantArgument) tenant: TenantRef,
    @Arg('reason', () => String, reasonArgument) reason: string | null,
    @Arg('expectedVersion', () => Int, expectedVersionArgument) expectedVersion: number | null,
  ): Promise<Changed> {
    return changeStatus(ctx, { tenant, expectedVersion }, 'COMPLETE_MAINTENANCE', { reason });
  }

  @Authorized('UPDATE_TENANTS')
  @Mutation(() => TenantPayload, payload('No longer in use; what comes before a delete.'))
  deactivateTenant(
    @Ctx() ctx: RequestContext,
    @Arg('tenant', () => TenantRef, tenantArgument) tenant: TenantRef,
    @Arg('reason', () => String, reasonArgument) reason: string | null,
    @Arg('expectedVersion', () => Int, expectedVersionArgument) expectedVersion: number | null,
  ): Promise<Changed> {
    return changeStatus(ctx, { tenant, expectedVersion }, 'DEACTIVATE', { reason });
  }
}
