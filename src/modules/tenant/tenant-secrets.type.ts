import { Field, ObjectType } from 'type-graphql';

import { JSONObjectScalar } from '../../graphql/scalars.js';
import type { JsonObject } from '../../validation/json-object.rules.js';
import type { ProviderKind } from '../provider/provider.rules.js';
import { ProviderKindEnum } from '../provider/provider.type.js';

@ObjectType({ description: 'Secrets of a campaign.' })
export class CampaignSecrets {
  @Field(() => String, { description: 'Name of the campaign.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Whom to log in to it as.' })
  username!: string | null;

  @Field(() => String, { nullable: true, description: 'The password.' })
  password!: string | null;

  @Field(() => JSONObjectScalar, { description: 'The write-only values, by name.' })
  secrets!: JsonObject;
}

@ObjectType({ description: 'Secrets of a provider.' })
export class ProviderSecrets {
  @Field(() => ProviderKindEnum, { description: 'What the provider does.' })
  kind!: ProviderKind;

  @Field(() => String, { description: 'Name of the provider.' })
  name!: string;

  @Field(() => JSONObjectScalar, { description: 'The write-only values, by name.' })
  secrets!: JsonObject;
}

@ObjectType({ description: "What the tenant's own components need at run time, in clear." })
export class TenantSecrets {
  @Field(() => [CampaignSecrets], { description: 'Of each campaign.' })
  campaigns!: CampaignSecrets[];

  @Field(() => [ProviderSecrets], { description: 'Of each provider.' })
  providers!: ProviderSecrets[];
}
