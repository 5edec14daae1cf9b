import type { GraphQLResolveInfo } from 'graphql';
import { Authorized, Ctx, FieldResolver, Info, Query, Resolver, Root } from 'type-graphql';

import type { RequestContext } from '../../context.js';
import { selectedFields } from '../../graphql/selection.js';
import { Viewer } from '../identity/identity.type.js';
import type { Viewer as CurrentViewer } from '../identity/viewer.rules.js';
import { readCurrentTenant } from './current-tenant.query.js';
import { revealSecrets } from './current-tenant.service.js';
import { Tenant } from './tenant.type.js';
import { TenantSecrets } from './tenant-secrets.type.js';

@Resolver(() => Viewer)
export class CurrentTenantResolver {
  @Authorized('READ_CURRENT_TENANT', 'READ_TENANTS')
  @Query(() => Tenant, {
    nullable: true,
    description:
      "The tenant that the caller's token, or its X-Tenant-ID header, is bound to: how a core component reads its own configuration.",
  })
  currentTenant(@Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo): Promise<Tenant | undefined> {
    return readCurrentTenant(ctx, selectedFields(info));
  }

  @Authorized('READ_CURRENT_TENANT_SECRETS')
  @Query(() => TenantSecrets, {
    nullable: true,
    description:
      "The secrets that the tenant's own components need at run time. For tenants' tokens alone; recorded in the audit trail.",
  })
  currentTenantSecrets(@Ctx() ctx: RequestContext): Promise<TenantSecrets> {
    return revealSecrets(ctx);
  }

  @FieldResolver(() => Tenant, {
    nullable: true,
    description: "The tenant that a tenant's token is bound to; null for a platform token.",
  })
  async tenant(
    @Root() viewer: CurrentViewer,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Tenant | undefined> {
    return viewer.tenant === null ? undefined : readCurrentTenant(ctx, selectedFields(info));
  }
}
