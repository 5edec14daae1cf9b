import { Field, InputType, Int } from 'type-graphql';

import { JSONObjectScalar } from '../../graphql/scalars.js';
import type { JsonObject } from '../../validation/json-object.rules.js';
import type { CampaignSettings } from './campaign.rules.js';
import type { DialerSettings } from './dialer.rules.js';
import type { MediaServerSettings } from './media-server.rules.js';

@InputType({
  description:
    'In a list that replaces another, an absent password or secrets keeps what the campaign of that name had.',
})
export class CampaignInput implements CampaignSettings {
  @Field(() => String, { description: 'Unique in the list; at most 200 characters.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Where the campaign service is: an http or https URL.' })
  serviceUrl?: string | null;

  @Field(() => String, { nullable: true, description: 'Whom components log in to it as; at most 255 characters.' })
  username?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Write-only; at most 1,024 characters. Absent: as it was. null: none.',
  })
  password?: string | null;

  @Field(() => Boolean, { defaultValue: true, description: 'Whether the campaign is in use.' })
  isEnabled!: boolean;

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

@InputType({ description: 'A dialer, replaced whole.' })
export class DialerInput implements DialerSettings {
  @Field(() => String, { description: 'Identifier of the configured dialer service; at most 255 characters.' })
  serviceIdentifier!: string;

  @Field(() => Int, { description: 'How many calls at once, at most: 1 to 1,000,000.' })
  maxConcurrentCalls!: number;

  @Field(() => Int, { description: 'How long one call may last, in minutes: 1 to 1,000,000.' })
  maxCallTimeMinutes!: number;

  @Field(() => Int, { description: 'How many calls may be started in a second: 1 to 1,000,000.' })
  callsPerSecond!: number;
}

@InputType({ description: 'A media server, replaced whole.' })
export class MediaServerInput implements MediaServerSettings {
  @Field(() => String, { description: 'Secure WebSocket address: a wss URL.' })
  wssUrl!: string;

  @Field(() => String, { nullable: true, description: 'Where its domains are administered: an http or https URL.' })
  domainManagerUrl?: string | null;
}
