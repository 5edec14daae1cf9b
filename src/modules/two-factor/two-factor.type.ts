import { createUnionType, Field, Int, ObjectType, registerEnumType } from 'type-graphql';

import { enumOf } from '../../graphql/enum.js';
import { twoFactorChannels, type TwoFactorChannel } from './two-factor.rules.js';

export const TwoFactorChannelEnum = enumOf(twoFactorChannels);
registerEnumType(TwoFactorChannelEnum, {
  name: 'TwoFactorChannel',
  description: 'How one-time passwords reach the user; one channel at a time.',
  valuesConfig: { SMS: { description: 'Text message.' }, EMAIL: { description: 'E-mail.' } },
});

@ObjectType({ description: 'Two-factor authentication is on.' })
export class TwoFactorEnabled {
  @Field(() => Boolean, { description: 'Always true.' })
  isEnabled!: boolean;

  @Field(() => TwoFactorChannelEnum, { description: 'How one-time passwords reach the user.' })
  channelType!: TwoFactorChannel;

  @Field(() => String, { description: 'Identifier of the configured SMS or e-mail service.' })
  serviceIdentifier!: string;

  @Field(() => Int, { description: 'How long a one-time password is valid, in seconds.' })
  otpExpirySeconds!: number;

  @Field(() => Int, { description: 'How many attempts a user has.' })
  retryLimit!: number;
}

@ObjectType({ description: 'Two-factor authentication is off.' })
export class TwoFactorDisabled {
  @Field(() => Boolean, { description: 'Always false.' })
  isEnabled!: boolean;

  @Field(() => String, { nullable: true, description: 'Why it is off, where somebody said so.' })
  reason!: string | null;
}

export const TwoFactorConfig = createUnionType({
  name: 'TwoFactorConfig',
  description: "A tenant's two-factor authentication: on with all of its settings, or off with none.",
  types: () => [TwoFactorEnabled, TwoFactorDisabled] as const,
  resolveType: (config) => (config.isEnabled ? TwoFactorEnabled : TwoFactorDisabled),
});
