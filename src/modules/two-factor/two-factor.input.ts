import { Field, InputType, Int } from 'type-graphql';

import { OneOf } from '../../graphql/one-of.js';
import type { TwoFactorChannel, TwoFactorChoice } from './two-factor.rules.js';
import { TwoFactorChannelEnum } from './two-factor.type.js';

@InputType({ description: 'Two-factor authentication on, with all of its settings.' })
export class TwoFactorEnabledInput {
  @Field(() => TwoFactorChannelEnum, { description: 'How one-time passwords reach the user.' })
  channelType!: TwoFactorChannel;

  @Field(() => String, { description: 'Identifier of the configured SMS or e-mail service; at most 255 characters.' })
  serviceIdentifier!: string;

  @Field(() => Int, { description: 'How long a one-time password is valid, in seconds: 1 to 3600.' })
  otpExpirySeconds!: number;

  @Field(() => Int, { description: 'How many attempts a user has: 1 to 10.' })
  retryLimit!: number;
}

@InputType({ description: 'Two-factor authentication off.' })
export class TwoFactorDisabledInput {
  @Field(() => String, { nullable: true, description: 'Why it is off; at most 500 characters.' })
  reason?: string | null;
}

@OneOf()
@InputType({ description: 'Exactly one of the two: two-factor authentication on, with its settings, or off.' })
export class TwoFactorInput implements TwoFactorChoice {
  @Field(() => TwoFactorEnabledInput, { nullable: true, description: 'Turns it on; needs an OTP manager URL.' })
  enabled?: TwoFactorEnabledInput | null;

  @Field(() => TwoFactorDisabledInput, { nullable: true, description: 'Turns it off.' })
  disabled?: TwoFactorDisabledInput | null;
}
