import { Authorized, Ctx, Query, Resolver } from 'type-graphql';

import type { RequestContext } from '../../context.js';
import { Viewer } from './identity.type.js';
import type { Viewer as CurrentViewer } from './viewer.rules.js';

@Resolver(() => Viewer)
export class IdentityResolver {
  @Authorized()
  @Query(() => Viewer, {
    nullable: true,
    description: "Who is calling: subject, roles, permissions and, for a tenant's token, the tenant it is bound to.",
  })
  viewer(@Ctx() ctx: RequestContext): CurrentViewer | undefined {
    return ctx.viewer;
  }
}
