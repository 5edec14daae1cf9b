import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Authorized, Ctx, FieldResolver, Info, Int, Mutation, Query, Resolver, Root } from 'type-graphql';

import type { RequestContext } from '../../context.js';
import { expectedVersionArgument } from '../../graphql/arguments.js';
import { ConnectionArguments } from '../../graphql/connection.args.js';
import { NonNegativeIntScalar } from '../../graphql/scalars.js';
import { selectedFields } from '../../graphql/selection.js';
import type { Changed } from './change-tenant.service.js';
import { rotateTenantClientSecret, setTenantClientSecret } from '../realm/client-secret.service.js';
import { createTenant } from './create-tenant.service.js';
import { changeStatus } from './lifecycle.service.js';
import { patchTenant } from './patch-tenant.service.js';
import { CreateTenantInput, TenantPatch, TenantRef } from './tenant.input.js';
import { readTenant } from './tenant.query.js';
import { TenantFilter, TenantSort } from './tenant-filter.input.js';
import { listByCriteria } from './tenant-lists.query.js';
import { readTenantPage } from './tenant-page.query.js';
import { Tenant } from './tenant.type.js';
import { TenantConnection, TenantPayload } from './tenant-payload.type.js';

const tenantArgument = { description: 'Which tenant.' } as const;

@Resolver(() => TenantPayload)
export class TenantResolver {
  @Authorized('READ_TENANTS')
  @Query(() => Tenant, {
    nullable: true,
    description: 'One tenant, or null where there is none that the caller may see.',
  })
  async tenant(
    @Ctx() ctx: RequestContext,
    @Arg('by', () => TenantRef, tenantArgument) by: TenantRef,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Tenant | undefined> {
    return readTenant(ctx, by, selectedFields(info));
  }

  @Authorized('READ_TENANTS')
  @Query(() => TenantConnection, {
    nullable: true,
    description:
      'All tenants the caller may see. Deleted ones only when the filter asks for them. offset is for numbered pages and goes with first alone.',
  })
  tenants(
    @Ctx() ctx: RequestContext,
    @Args(() => ConnectionArguments) page: ConnectionArguments,
    @Info() info: GraphQLResolveInfo,
    @Arg('filter', () => TenantFilter, { nullable: true, description: 'Which tenants. Default: all but deleted ones.' })
    filter: TenantFilter | null,
    @Arg('sort', () => [TenantSort], { nullable: true, description: 'At most 3 fields. Default: newest first.' })
    sort: TenantSort[] | null,
    @Arg('offset', () => NonNegativeIntScalar, { nullable: true, description: 'How many to leave out: 0 to 10,000.' })
    offset: number | null,
  ): Promise<TenantConnection> {
    return readTenantPage(ctx, listByCriteria(filter ?? {}, sort ?? []), Object.assign(page, { offset }), info);
  }

  @Authorized('CREATE_TENANTS')
  @Mutation(() => TenantPayload, { nullable: true, description: 'Onboards a tenant.' })
  createTenant(
    @Ctx() ctx: RequestContext,
    @Arg('input', () => CreateTenantInput, { description: 'The tenant to onboard.' }) input: CreateTenantInput,
  ): Promise<Changed> {
    return createTenant(ctx, input);
  }

  @Authorized('UPDATE_TENANTS')
  @Mutation(() => TenantPayload, {
    nullable: true,
    description: 'Only what the patch holds changes. Absent: unchanged. null: cleared, where the field can be empty.',
  })
  patchTenant(
    @Ctx() ctx: RequestContext,
    @Arg('tenant', () => TenantRef, tenantArgument) tenant: TenantRef,
    @Arg('patch', () => TenantPatch, { description: 'What is to change.' }) patch: TenantPatch,
    @Arg('expectedVersion', () => Int, expectedVersionArgument) expectedVersion: number | null,
  ): Promise<Changed> {
    return patchTenant(ctx, { tenant, expectedVersion }, patch);
  }

  @Authorized('DELETE_TENANTS')
  @Mutation(() => TenantPayload, {
    nullable: true,
    description:
      'Logical delete. From any live state, by its legal path; the record and its history stay until they are purged.',
  })
  deleteTenant(
    @Ctx() ctx: RequestContext,
    @Arg('tenant', () => TenantRef, tenantArgument) tenant: TenantRef,
    @Arg('reason', () => String, { nullable: true, description: 'Why; at most 500 characters.' }) reason: string | null,
    @Arg('expectedVersion', () => Int, expectedVersionArgument) expectedVersion: number | null,
  ): Promise<Changed> {
    return changeStatus(ctx, { tenant, expectedVersion }, 'DELETE', { reason });
  }

  @Authorized('UPDATE_TENANTS')
  @Mutation(() => TenantPayload, {
    nullable: true,
    description: 'For an adopted realm: another client secret, checked by a grant before it is stored.',
  })
  setTenantClientSecret(
    @Ctx() ctx: RequestContext,
    @Arg('tenant', () => TenantRef, tenantArgument) tenant: TenantRef,
    @Arg('clientSecret', () => String, { description: 'Write-only; at most 1,024 characters.' }) clientSecret: string,
    @Arg('expectedVersion', () => Int, expectedVersionArgument) expectedVersion: number | null,
  ): Promise<Changed> {
    return setTenantClientSecret(ctx, { tenant, expectedVersion }, clientSecret);
  }

  @Authorized('UPDATE_TENANTS')
  @Mutation(() => TenantPayload, {
    nullable: true,
    description: 'For a provisioned realm: Keycloak makes a new secret, and the old one stops working at once.',
  })
  rotateTenantClientSecret(
    @Ctx() ctx: RequestContext,
    @Arg('tenant', () => TenantRef, tenantArgument) tenant: TenantRef,
    @Arg('expectedVersion', () => Int, expectedVersionArgument) expectedVersion: number | null,
  ): Promise<Changed> {
    return rotateTenantClientSecret(ctx, { tenant, expectedVersion });
  }

  @FieldResolver(() => Tenant, {
    name: 'tenant',
    nullable: true,
    description:
      'The tenant after the change; with VERSION_CONFLICT and INVALID_TRANSITION the tenant as it is; else null where there are userErrors.',
  })
  async shownTenant(
    @Root() { shownTenant }: TenantPayload,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Tenant | undefined> {
    return shownTenant === undefined ? undefined : readTenant(ctx, { id: shownTenant }, selectedFields(info));
  }
}
