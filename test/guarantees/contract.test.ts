import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';
import { describe, expect, it } from 'vitest';

import { buildApiSchema, printApiSchema } from '../../src/graphql/schema.js';
import { resolvers } from '../../src/resolvers.js';

interface Change {
  readonly type: string;
  readonly message: string;
  readonly criticality: { readonly level: string };
}
type Compare = (before: GraphQLSchema, after: GraphQLSchema) => Promise<readonly Change[]>;

// Required rather than imported, so that it shares this file's copy of graphql.
const { diff } = createRequire(import.meta.url)('@graphql-inspector/core') as { diff: Compare };

const contract = readFileSync(join(import.meta.dirname, '../support/contract.graphql'), 'utf8');
const promised = buildSchema(contract);
const printed = buildSchema(printApiSchema(await buildApiSchema(resolvers)));

/** What of the promise does not hold; descriptions are free to change, and additions that break nobody are too. */
async function losses(schema: GraphQLSchema): Promise<string[]> {
  const changes = (await diff(promised, schema)).filter(({ type }) => !type.includes('DESCRIPTION'));
  return changes.filter((change) => !isAddition(change)).map(({ type, message }) => `${type}: ${message}`);
}

function isAddition({ type, criticality }: Change): boolean {
  return type.endsWith('_ADDED') && criticality.level !== 'BREAKING';
}

/** Every place of a schema that a reader may wonder about, with what is said there. */
function* described(type: GraphQLNamedType): Generator<[place: string, description: string | null | undefined]> {
  yield [type.name, type.description];
  if (isEnumType(type))
    for (const { name, description } of type.getValues()) yield [`${type.name}.${name}`, description];
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return;
  for (const field of Object.values<GraphQLField<unknown, unknown> | GraphQLInputField>(type.getFields())) {
    const place = `${type.name}.${field.name}`;
    yield [place, field.description];
    if ('args' in field) for (const { name, description } of field.args) yield [`${place}(${name})`, description];
  }
}

function ownTypes(schema: GraphQLSchema): GraphQLNamedType[] {
  return Object.values(schema.getTypeMap()).filter(
    (type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type),
  );
}

describe('the API', () => {
  it('is what was promised, but for additions that break nobody', async () => {
    expect(await losses(printed)).toEqual([]);
  });

  it.each([
    ['drops a field', / {2}statusReason: String .*\n/, ''],
    ['drops a value of an enum', 'TRIAL BASIC', 'BASIC'],
    ['answers null where it promised not to', 'status: TenantStatus!', 'status: TenantStatus'],
    ['wants an argument that it did not want', 'isPrimary: Boolean ', 'isPrimary: Boolean! '],
    ['forgets a default', 'direction: SortDirection! = ASC', 'direction: SortDirection!'],
  ])('would be found out if it %s', async (_loss, what, by) => {
    const text = contract.replace(what, by);
    expect(text).not.toBe(contract);
    expect(await losses(buildSchema(text))).not.toEqual([]);
  });

  it('explains every type, field, argument and value', () => {
    const places = ownTypes(printed).flatMap((type) => [...described(type)]);
    expect(places.length).toBeGreaterThan(500);
    expect(places.filter(([, description]) => (description ?? '').trim() === '').map(([place]) => place)).toEqual([]);
  });
});
