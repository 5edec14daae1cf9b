import { ArgsType, Field, Int } from 'type-graphql';

import type { PageArguments } from '../database/keyset.js';

/** The arguments that every connection has (GraphQL Cursor Connections). */
@ArgsType()
export class ConnectionArguments implements PageArguments {
  @Field(() => Int, { nullable: true, description: 'At most so many, from the front: 0 to 100. Default: 20.' })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'Only what comes after this cursor.' })
  after?: string | null;

  @Field(() => Int, { nullable: true, description: 'At most so many, from the end: 0 to 100. Not with first.' })
  last?: number | null;

  @Field(() => String, { nullable: true, description: 'Only what comes before this cursor.' })
  before?: string | null;
}
