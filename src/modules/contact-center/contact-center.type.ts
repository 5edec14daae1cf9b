import { Field, Int, ObjectType } from 'type-graphql';

import { JSONObjectScalar, URLScalar } from '../../graphql/scalars.js';
import type { JsonObject } from '../../validation/json-object.rules.js';

@ObjectType({ description: 'A campaign of the tenant.' })
export class Campaign {
  @Field(() => String, { description: "Unique among the tenant's campaigns." })
  name!: string;

  @Field(() => URLScalar, { nullable: true, description: 'Where the campaign service is.' })
  serviceUrl!: string | null;

  @Field(() => String, { nullable: true, description: 'Whom components log in to it as.' })
  username!: string | null;

  @Field(() => Boolean, { description: 'Whether a password is stored. Passwords go in and never come out here.' })
  hasPassword!: boolean;

  @Field(() => Boolean, { description: 'Whether the campaign is in use.' })
  isEnabled!: boolean;

  @Field(() => JSONObjectScalar, { description: 'Settings that hold no secret.' })
  settings!: JsonObject;

  @Field(() => [String], { description: 'Names of the write-only values.' })
  secretNames!: string[];
}

@ObjectType({ description: "The tenant's dialer." })
export class Dialer {
  @Field(() => String, { description: 'Identifier of the configured dialer service.' })
  serviceIdentifier!: string;

  @Field(() => Int, { description: 'How many calls at once, at most.' })
  maxConcurrentCalls!: number;

  @Field(() => Int, { description: 'How long one call may last, in minutes.' })
  maxCallTimeMinutes!: number;

  @Field(() => Int, { description: 'How many calls may be started in a second.' })
  callsPerSecond!: number;
}

@ObjectType({ description: "The tenant's media server." })
export class MediaServer {
  @Field(() => URLScalar, { description: 'Secure WebSocket address (wss) that browsers connect to.' })
  wssUrl!: string;

  @Field(() => URLScalar, { nullable: true, description: 'Where its domains are administered.' })
  domainManagerUrl!: string | null;
}
