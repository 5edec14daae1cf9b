import 'reflect-metadata';

import { GraphQLSchema, isUnionType, lexicographicSortSchema, printSchema, validateSchema } from 'graphql';
import { buildSchema, getMetadataStorage, type ClassType, type NonEmptyArray } from 'type-graphql';

import { checkPermission, rootFieldAccess } from './authorization.js';
import { applyOneOf } from './one-of.js';
import { DateTimeScalar } from './scalars.js';
import { answerUserFaults } from './user-errors.js';

/** A resolver class of a module. */
export type ResolverClass = ClassType;

/**
 * Builds the API's schema from the modules' resolver classes.
 *
 * @throws Error listing every fault of the schema: type-graphql marks its schema as valid, so that for instance a oneOf
 *   member with a default would pass unseen without the check here; or naming a root field without a declared guard
 */
export async function buildApiSchema(resolvers: NonEmptyArray<ResolverClass>): Promise<GraphQLSchema> {
  resolvePlainFieldsPlainly();
  const built = await buildSchema({
    resolvers,
    authChecker: checkPermission,
    scalarsMap: [{ type: Date, scalar: DateTimeScalar }],
    validate: false, // rules live in the domain, not in decorators
    skipCheck: true, // checked below, with oneOf in force
  });
  applyOneOf(built);
  resolveUnionsAtOnce(built);
  describeRoots(built);
  answerUserFaults(built);
  const schema = new GraphQLSchema({ ...built.toConfig(), assumeValid: false });
  const faults = validateSchema(schema);
  if (faults.length > 0) throw new Error(faults.map(({ message }) => message).join('\n'));
  rootFieldAccess(schema);
  return schema;
}

/** type-graphql asks for the member of a union asynchronously: a promise a row, and for nothing. */
function resolveUnionsAtOnce(schema: GraphQLSchema): void {
  const { unions, objectTypes } = getMetadataStorage();
  for (const { name, resolveType } of unions) {
    const type = schema.getType(name);
    if (!isUnionType(type) || resolveType === undefined) continue;
    type.resolveType = (value: unknown, context: unknown, info) => {
      const member: unknown = resolveType(value, context, info, type);
      return objectTypes.find(({ target }) => target === member)?.name;
    };
  }
}

/** type-graphql has no place to describe the two root types. */
function describeRoots(schema: GraphQLSchema): void {
  const [query, mutation] = [schema.getQueryType(), schema.getMutationType()];
  if (query)
    query.description = 'Reads. Root fields are nullable, so that one that is refused leaves its neighbours alone.';
  if (mutation) {
    mutation.description =
      "Changes. What the caller's data did wrong comes back in userErrors, several at once where several fields are wrong.";
  }
}

/** The schema's text, sorted, as it is committed in schema/schema.graphql. */
export function printApiSchema(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}

/**
 * Gives fields that merely are properties GraphQL's default resolver instead of type-graphql's, which costs several
 * closures a field. A field with `@Authorized` or a middleware keeps type-graphql's, or its guard would be lost.
 */
function resolvePlainFieldsPlainly(): void {
  const storage = getMetadataStorage();
  const isGuarded = (target: unknown, name: string): boolean =>
    [...storage.authorizedFields, ...storage.middlewares].some((it) => it.target === target && it.fieldName === name);
  for (const field of storage.fields) {
    const isPlain = field.name === field.schemaName && !isGuarded(field.target, field.name);
    field.simple ??= isPlain;
  }
}
