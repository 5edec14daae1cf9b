import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Authorized, Ctx, FieldResolver, Info, Query, Resolver, Root } from 'type-graphql';

import type { RequestContext } from '../../context.js';
import { ConnectionArguments } from '../../graphql/connection.args.js';
import { Tenant } from '../tenant/tenant.type.js';
import { readAuditPage, readHistory } from './audit.query.js';
import { AuditEntryConnection, AuditFilter } from './audit.type.js';

@Resolver(() => Tenant)
export class AuditResolver {
  @Authorized('READ_AUDIT')
  @Query(() => AuditEntryConnection, {
    nullable: true,
    description: 'The audit trail over all tenants, newest first.',
  })
  auditEntries(
    @Ctx() ctx: RequestContext,
    @Args(() => ConnectionArguments) page: ConnectionArguments,
    @Info() info: GraphQLResolveInfo,
    @Arg('filter', () => AuditFilter, { nullable: true, description: 'Which entries. Default: all.' })
    filter: AuditFilter | null,
  ): Promise<AuditEntryConnection> {
    return readAuditPage(ctx, filter ?? {}, page, info);
  }

  @Authorized('READ_AUDIT')
  @FieldResolver(() => AuditEntryConnection, {
    nullable: true,
    description: 'Its audit trail, newest first. Needs READ_AUDIT; null, with an error, where the caller lacks it.',
  })
  history(
    @Root() { id }: Tenant,
    @Ctx() ctx: RequestContext,
    @Args(() => ConnectionArguments) page: ConnectionArguments,
    @Info() info: GraphQLResolveInfo,
  ): Promise<AuditEntryConnection> {
    return readHistory(ctx, id, page, info);
  }
}
