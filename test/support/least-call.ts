import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';

import type { RootFieldAccess } from '../../src/graphql/authorization.js';

const scalarValues: Readonly<Record<string, unknown>> = {
  String: '',
  ID: 'no-uuid',
  Int: 0,
  Boolean: false,
  DateTime: '2026-01-01T00:00:00Z',
  CountryCode: 'DE',
  TimeZone: 'UTC',
  Currency: 'EUR',
  Locale: 'de',
  JSONObject: {},
  NonNegativeInt: 0,
  YearMonth: '2026-01',
};

/** The least value that a type takes: the schema must be content, the domain need not be. */
function leastValue(type: GraphQLInputType): unknown {
  if (!isNonNullType(type)) return null;
  const inner = type.ofType;
  if (isListType(inner)) return [];
  const named = getNamedType(inner);
  if (isEnumType(named)) return named.getValues()[0]!.name;
  if (!isInputObjectType(named)) return scalarValues[named.name];
  const members = Object.values(named.getFields());
  if (named.isOneOf) {
    const [first] = members;
    const member = getNamedType(first!.type);
    return { [first!.name]: isInputObjectType(member) ? leastObject(member) : scalarValues[member.name] };
  }
  return leastObject(named);
}

function leastObject(
  type: GraphQLInputType & { getFields(): Record<string, { name: string; type: GraphQLInputType }> },
): object {
  const required = Object.values(type.getFields()).filter((field) => isRequiredInputField(field as never));
  return Object.fromEntries(required.map(({ name, type: inner }) => [name, leastValue(inner)]));
}

/** One operation with one root field, its required arguments as variables, and nothing of the answer. */
export function leastCall(
  { operation, field }: RootFieldAccess,
  of: GraphQLSchema,
): { query: string; variables: object } {
  const root = operation === 'query' ? of.getQueryType() : of.getMutationType();
  const required = root!.getFields()[field]!.args.filter(({ type }) => isNonNullType(type));
  const declared = required.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const given = required.map(({ name }) => `${name}: $${name}`).join(', ');
  const parenthesised = (text: string): string => (text === '' ? '' : `(${text})`);
  return {
    query: `${operation} ${parenthesised(declared)} { ${field}${parenthesised(given)} { __typename } }`,
    variables: Object.fromEntries(required.map(({ name, type }) => [name, leastValue(type)])),
  };
}
