import { Field, ObjectType } from 'type-graphql';

@ObjectType({ description: 'What lies before and after a page (GraphQL Cursor Connections).' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether more follows.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether more comes before.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first; null on an empty page.' })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'Cursor of the last; null on an empty page.' })
  endCursor!: string | null;
}
