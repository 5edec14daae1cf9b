import { Arg, Authorized, Ctx, Mutation, Resolver } from 'type-graphql';

import type { RequestContext } from '../../context.js';
import { TenantRef } from '../tenant/tenant.input.js';
import { issueTenantToken } from './tenant-token.service.js';
import { TenantTokenPayload } from './tenant-token.type.js';

@Resolver()
export class TenantTokenResolver {
  @Authorized('ISSUE_TENANT_TOKENS')
  @Mutation(() => TenantTokenPayload, {
    nullable: true,
    description: "A token of the tenant's realm. Only while the tenant is TRIAL or ACTIVE, which is checked each time.",
  })
  async issueTenantToken(
    @Ctx() ctx: RequestContext,
    @Arg('tenant', () => TenantRef, { description: 'The tenant that the token is to be bound to.' }) tenant: TenantRef,
    @Arg('scope', () => [String], {
      nullable: true,
      description: "What to ask for; must lie within the tenant's keycloak.scope. Default: nothing.",
    })
    scope: string[] | null | undefined,
  ): Promise<Pick<TenantTokenPayload, 'token' | 'userErrors'>> {
    return { token: await issueTenantToken(ctx, tenant, scope), userErrors: [] };
  }
}
