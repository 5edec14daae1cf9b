import { Field, Int, ObjectType } from 'type-graphql';

import { PageInfo } from '../../graphql/page.type.js';
import { Payload, type UserError } from '../../graphql/payload.type.js';
import { DateTimeScalar } from '../../graphql/scalars.js';
import { Tenant } from './tenant.type.js';

@ObjectType({ implements: Payload, description: 'A tenant after a change.' })
export class TenantPayload implements Payload {
  userErrors!: UserError[];

  /** UUID of the tenant that `tenant` shows. */
  shownTenant?: string;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'When the tenant has just been put out of service: until when tokens that Tenantry handed out can still be valid for those who check them offline. null where it cannot be known (an adopted realm) or none is left.',
  })
  tokensValidUntil?: Date | null;
}

@ObjectType({ description: 'A tenant in a list.' })
export class TenantEdge {
  @Field(() => Tenant, { description: 'The tenant.' })
  node!: Tenant;

  @Field(() => String, { description: 'Where it stands in this list: for after and before.' })
  cursor!: string;
}

@ObjectType({ description: 'A page of tenants (GraphQL Cursor Connections).' })
export class TenantConnection {
  @Field(() => [TenantEdge], { description: 'The tenants of this page with their cursors.' })
  edges!: TenantEdge[];

  @Field(() => [Tenant], { description: 'The tenants of this page.' })
  nodes!: Tenant[];

  @Field(() => PageInfo, { description: 'What lies before and after this page.' })
  pageInfo!: PageInfo;

  @Field(() => Int, { description: 'How many there are on all pages; counted only when asked for.' })
  totalCount!: number;
}
