import { Field, ObjectType, registerEnumType } from 'type-graphql';

import { enumOf } from '../../graphql/enum.js';
import { JSONObjectScalar } from '../../graphql/scalars.js';
import type { JsonObject } from '../../validation/json-object.rules.js';
import { providerKinds, type ProviderKind } from './provider.rules.js';

export const ProviderKindEnum = enumOf(providerKinds);
registerEnumType(ProviderKindEnum, {
  name: 'ProviderKind',
  description: 'What an external provider does for a tenant.',
  valuesConfig: {
    KYC: { description: 'Know your customer: identity verification.' },
    PAYMENT: { description: 'Payments.' },
    CARD: { description: 'Card issuing.' },
    COMPLIANCE: { description: 'Compliance screening.' },
    SMS: { description: 'Text messages.' },
    EMAIL: { description: 'E-mail.' },
  },
});

@ObjectType({ description: 'An external provider that serves the tenant.' })
export class ProviderAssociation {
  @Field(() => ProviderKindEnum, { description: 'What it does.' })
  kind!: ProviderKind;

  @Field(() => String, { description: 'Unique among the providers of its kind.' })
  name!: string;

  @Field(() => Boolean, { description: 'Whether it is the first choice of its kind.' })
  isPrimary!: boolean;

  @Field(() => JSONObjectScalar, { description: 'Settings that hold no secret.' })
  settings!: JsonObject;

  @Field(() => [String], { description: 'Names of the write-only values.' })
  secretNames!: string[];
}
