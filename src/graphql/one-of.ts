import { isInputObjectType, type GraphQLSchema } from 'graphql';
import { Extensions } from 'type-graphql';

/** Marks an input class as `@oneOf`: exactly one member given, and not null. All members nullable, without defaults. */
export const OneOf = (): ClassDecorator => Extensions({ isOneOf: true });

/** Makes the marked input types `@oneOf` in the schema, which type-graphql cannot do by itself. */
export function applyOneOf(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type) && type.extensions['isOneOf'] === true) type.isOneOf = true;
  }
}
