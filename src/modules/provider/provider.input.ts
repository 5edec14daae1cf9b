import { Field, InputType } from 'type-graphql';

import { JSONObjectScalar } from '../../graphql/scalars.js';
import type { JsonObject } from '../../validation/json-object.rules.js';
import type { ProviderKind, ProviderSettings } from './provider.rules.js';
import { ProviderKindEnum } from './provider.type.js';

@InputType({
  description: 'In a list that replaces another, absent secrets keep what the provider of that kind and name had.',
})
export class ProviderInput implements ProviderSettings {
  @Field(() => ProviderKindEnum, { description: 'What it does.' })
  kind!: ProviderKind;

  @Field(() => String, { description: 'Unique among the providers of its kind; at most 200 characters.' })
  name!: string;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether it is the first choice of its kind; at most one is. Default: the first of its kind.',
  })
  isPrimary?: boolean | null;

  @Field(() => JSONObjectScalar, {
    nullable: true,
    description: 'Settings that hold no secret: at most 16 KiB, depth 5, 200 keys. Replaced whole.',
  })
  settings?: JsonObject | null;

  @Field(() => JSONObjectScalar, {
    nullable: true,
    description:
      'Write-only values: names mapped to JSON values. null at a name removes it, null for the whole removes all; absent names stay.',
  })
  secrets?: JsonObject | null;
}
