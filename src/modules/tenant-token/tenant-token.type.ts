import { Field, ObjectType } from 'type-graphql';

import { Payload } from '../../graphql/payload.type.js';
import { DateTimeScalar, URLScalar } from '../../graphql/scalars.js';
import type { TenantTokenDetails } from './tenant-token.service.js';

@ObjectType({ description: "A token of the tenant's realm, for the service account of the tenant's client." })
export class TenantToken implements TenantTokenDetails {
  @Field(() => String, { description: 'The token; goes into the Authorization header.' })
  accessToken!: string;

  @Field(() => String, { description: 'Always Bearer.' })
  tokenType!: string;

  @Field(() => DateTimeScalar, {
    description: 'When to stop using it: its own expiry, an hour after its issue at most.',
  })
  expiresAt!: Date;

  @Field(() => [String], { description: 'Scope that the realm granted.' })
  scope!: readonly string[];

  @Field(() => URLScalar, { description: 'The realm that issued it: what a component maps to the tenant.' })
  issuer!: string;

  @Field(() => String, { description: 'The tenant context, such as tenant1.expertflow.com.' })
  domain!: string;

  @Field(() => String, { description: "The tenant's tenantId." })
  tenantId!: string;
}

@ObjectType({ implements: Payload, description: 'What issueTenantToken answers with.' })
export class TenantTokenPayload extends Payload {
  @Field(() => TenantToken, { nullable: true, description: 'The token; null where there are userErrors.' })
  token?: TenantTokenDetails | null;
}
