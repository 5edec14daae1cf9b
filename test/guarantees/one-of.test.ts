import { buildSchema, getIntrospectionQuery, isInputObjectType, validateSchema } from 'graphql';
import { Arg, Field, InputType, Query, Resolver } from 'type-graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Public } from '../../src/graphql/authorization.js';
import { OneOf } from '../../src/graphql/one-of.js';
import { buildApiSchema, printApiSchema } from '../../src/graphql/schema.js';
import { codes, post, startSmallApi, type SmallApi } from '../support/small-api.js';
import { smallApiResolvers } from '../support/small-schema.js';

let api: SmallApi;
beforeAll(async () => {
  api = await startSmallApi({ sandbox: true });
});
afterAll(() => api.server.stop());

type Row = [argument: string, declared: string, variables: Record<string, unknown>, coerced: object | undefined];

/** The coercion table of the GraphQL specification (Input Objects, OneOf), each row as an operation. */
const table: Row[] = [
  ['{ a: "abc", b: 123 }', '', {}, undefined],
  ['{ a: null, b: 123 }', '', {}, undefined],
  ['{ a: null, b: null }', '', {}, undefined],
  ['{ a: null }', '', {}, undefined],
  ['{ b: 123 }', '', {}, { b: 123 }],
  ['{ a: $var }', '$var: String!', { var: 'abc' }, { a: 'abc' }],
  ['{ a: $var }', '$var: String!', { var: null }, undefined],
  ['{ a: $var }', '$var: String!', {}, undefined],
  ['{ a: "abc", b: null }', '', {}, undefined],
  ['$var', '$var: SpecInput!', { var: { b: 123 } }, { b: 123 }],
  ['$var', '$var: SpecInput!', { var: { a: 'abc', b: 123 } }, undefined],
  ['$var', '$var: SpecInput!', { var: { a: 'abc', b: null } }, undefined],
  ['$var', '$var: SpecInput!', { var: { a: null } }, undefined],
  ['$var', '$var: SpecInput!', { var: {} }, undefined],
  // Beyond the table.
  ['{ a: "abc", b: $var }', '$var: Int!', { var: 1 }, undefined],
  ['{ a: $a, b: $b }', '$a: String!, $b: Int!', { a: 'x', b: 1 }, undefined],
  ['{}', '', {}, undefined],
  ['{ a: $var }', '$var: String', { var: 'abc' }, undefined],
  ['{ a: $var }', '$var: String = "abc"', {}, undefined],
];

describe.each(['spec', 'specPair'])('a oneOf input of %s', (field) => {
  test.each(table)('%s with (%s) %j', async (argument, declared, variables, coerced) => {
    const operation = `query ${declared && `(${declared})`} { ${field}(input: ${argument}) }`;
    const answer = await post(api, operation, variables, { caller: 'nobody' });
    if (coerced !== undefined) {
      expect(answer.errors).toEqual([]);
      expect(JSON.parse(String(answer.data?.[field]))).toEqual(coerced);
      return;
    }
    expect(answer.data ?? null).toBeNull();
    expect(codes(answer)).not.toEqual([]);
    expect(['GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT']).toEqual(expect.arrayContaining(codes(answer)));
  });
});

test('a nullable variable inside a oneOf fails validation, behind a non-null argument too', async () => {
  const answer = await post(api, 'query ($id: ID) { thing(by: { id: $id }) { id } }', { id: 'x' });
  expect(codes(answer)).toEqual(['GRAPHQL_VALIDATION_FAILED']);
});

test('introspection and the printed schema show oneOf', async () => {
  const query = getIntrospectionQuery({ oneOf: true });
  const { data } = await post(api, query, {}, { caller: 'nobody' });
  const { types } = (data as { __schema: { types: { name: string; isOneOf: boolean }[] } }).__schema;
  expect(types.filter(({ isOneOf }) => isOneOf).map(({ name }) => name)).toEqual(['ThingRef', 'SpecInput']);

  const printed = printApiSchema(await buildApiSchema([...smallApiResolvers]));
  const reread = buildSchema(printed);
  const type = reread.getType('ThingRef');
  expect(isInputObjectType(type) && type.isOneOf).toBe(true);
  expect(validateSchema(reread)).toEqual([]);
});

test('a oneOf member that is required or has a default stops the build', async () => {
  @OneOf()
  @InputType()
  class WrongInput {
    @Field(() => String) a!: string;
  }
  @Resolver()
  class WrongResolver {
    @Public()
    @Query(() => String)
    wrong(@Arg('input', () => WrongInput) _input: WrongInput): string {
      return '';
    }
  }
  await expect(buildApiSchema([WrongResolver])).rejects.toThrow('WrongInput.a');
});
