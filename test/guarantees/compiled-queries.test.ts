import {
  buildSchema,
  Kind,
  parse,
  type GraphQLObjectType,
  type GraphQLUnionType,
  type OperationDefinitionNode,
} from 'graphql';
import { describe, expect, it } from 'vitest';

import { RequestFault } from '../../src/errors.js';
import { Operations } from '../../src/graphql/operation.js';
import type { GraphQLContext } from '../../src/graphql/authorization.js';
import { createLogger } from '../../src/log.js';

/** More often than a query runs before it is compiled. */
const times = 6;

const schema = buildSchema(`
  type Query {
    rows(first: Int = 2, kind: Kind, by: Ref, near: [Near!]): Rows
    echo(first: Int = 7, kind: Kind! = SMALL, by: Ref, near: [Near!], text: String): String
    soon: Row
    later: Row
    fails(how: String): Row
    failsLater(how: String): Row!
    mixed: Mixed
    forced: Forced
    forcedNeighbours: [Forced]
  }
  type Rows { nodes: [Row!]! loose: [Row] sparse: [Row!] matrix: [[Int!]!] notAList: [Int] count: Int! }
  type Row { id: ID! name: String nothing: String one: One pet: Pet pets: [Pet!]! slow: String! again: Row ratio: Float kind: Kind }
  type One { number: Int! }
  type Forced { id: ID  missing: String!  throwing: String!  children: [Row!]! }
  type Mixed { badInt: Int badEnum: Kind big: Int text: String flag: Boolean object: String }
  union Pet = Cat | Dog
  type Cat { name: String meows: Boolean }
  type Dog { name: String barks: Boolean! }
  enum Kind { SMALL LARGE }
  input Ref @oneOf { id: ID code: String }
  input Near { x: Int! y: Int = 3 z: Int! = 4 plain: Int list: [Int] }
`);

const row = (id: number): object => ({
  id,
  name: `row ${id}`,
  one: id === 1 ? { number: 5 } : null,
  pet: id === 1 ? { name: 'Tom', meows: true } : { name: 'Rex', barks: true },
  pets: [{ name: 'Rex', barks: id === 1 ? false : true }, { name: 'Tom' }],
  ratio: 1.5,
  kind: 'LARGE',
});

const fault = (how: unknown): Error =>
  how === 'defect' ? new Error('hunter2') : new RequestFault('FORBIDDEN', 'No.', { reason: 'TENANT_NOT_OPERATIONAL' });

resolve('Query', {
  rows: () => ({
    nodes: [row(1), row(2)],
    loose: [row(1), null],
    sparse: [row(1), null],
    matrix: [[1, 2], [3]],
    notAList: 4,
    count: 2,
  }),
  echo: (args) => JSON.stringify(args),
  soon: () => row(1),
  later: async () => row(2),
  fails: ({ how }) => {
    throw fault(how);
  },
  failsLater: async ({ how }) => {
    throw fault(how);
  },
  mixed: () => ({ badInt: 'x', badEnum: 'HUGE', big: 2 ** 40, text: {}, flag: 'yes', object: [] }),
  forced: async () => ({ id: 1 }),
  forcedNeighbours: async () => [{ id: 1, missing: 'there' }, { id: 2 }],
});
resolve('Row', { slow: async () => 'slow', again: async () => row(9) });
resolve('Forced', {
  throwing: async () => {
    throw fault('refused');
  },
  children: async () => [row(1), null],
});
(schema.getType('Pet') as GraphQLUnionType).resolveType = (pet: object) => ('barks' in pet ? 'Dog' : 'Cat');

function resolve(type: string, resolvers: Record<string, (args: Record<string, unknown>) => unknown>): void {
  const fields = (schema.getType(type) as GraphQLObjectType).getFields();
  for (const [name, resolver] of Object.entries(resolvers)) {
    fields[name]!.resolve = (_source: unknown, args: Record<string, unknown>) => resolver(args);
  }
}

const viewer: GraphQLContext['viewer'] = {
  subject: 's1',
  issuer: 'https://keycloak.example.com/realms/master',
  username: 'viewer',
  name: 'viewer',
  roles: ['TENANT_VIEWER'],
  permissions: [],
  tenant: null,
};
const context: GraphQLContext = {
  requestId: 'r1',
  viewer,
  log: createLogger('silent'),
};

/** The answers of the same operation, run by run. */
async function answers(query: string, variables: Record<string, unknown>): Promise<string[]> {
  const operations = new Operations(schema, () => true);
  const document = parse(query);
  const operation = document.definitions.find(
    (it): it is OperationDefinitionNode => it.kind === Kind.OPERATION_DEFINITION,
  );
  const seen: string[] = [];
  for (let run = 0; run < times; run += 1) {
    seen.push(JSON.stringify(await operations.run({ document, operation, variables }, context)));
  }
  return seen;
}

const cases: readonly (readonly [string, Record<string, unknown>?])[] = [
  ['{ rows { count nodes { id name nothing ratio kind one { number } } matrix } }'],
  ['{ z: later { b: name a: id slow } a: soon { slow id again { slow id } } __typename }'],
  [
    '{ rows { nodes { __typename pet { __typename ... on Cat { meows } ... on Dog { barks } } pets { ... on Dog { name } } } } }',
  ],
  ['{ rows { ...R loose { id } } rows { nodes { name } } } fragment R on Rows { nodes { id } loose { name } }'],
  ...[true, false].map((on): [string, Record<string, unknown>] => [
    `query ($on: Boolean!) { soon { id @include(if: $on) name @skip(if: $on) ... @include(if: $on) { ratio } } later @skip(if: $on) { id } }`,
    { on },
  ]),
  ...[{}, { f: 1 }, { f: null }, { f: '1' }, { f: 1.5 }].map((variables): [string, Record<string, unknown>] => [
    'query ($f: Int) { echo(first: $f) }',
    variables,
  ]),
  ...[{}, { f: 1 }, { f: null }].map((variables): [string, Record<string, unknown>] => [
    'query ($f: Int = 4) { echo(first: $f) }',
    variables,
  ]),
  ...[{}, { k: 'LARGE' }, { k: null }, { k: 'HUGE' }].map((variables): [string, Record<string, unknown>] => [
    'query ($k: Kind = SMALL) { echo(kind: $k) }',
    variables,
  ]),
  ...[
    { by: { id: 1 } },
    { by: { id: 'a', code: 'b' } },
    { by: {} },
    { by: { id: null } },
    { by: { other: 1 } },
    { by: 'text' },
  ].map((variables): [string, Record<string, unknown>] => ['query ($by: Ref!) { echo(by: $by) }', variables]),
  ...[{ near: { x: 1 } }, { near: [{ x: 1, y: null }, { x: 2 }] }, { near: [null] }, { near: [{ y: 1 }] }, {}].map(
    (variables): [string, Record<string, unknown>] => ['query ($near: [Near!]) { echo(near: $near) }', variables],
  ),
  ...['query ($v: Int = 5)', 'query ($v: Int)', 'query ($v: Int = null)'].flatMap((head) =>
    ['y: $v', 'z: $v', 'plain: $v', 'list: [1, $v]', 'list: $v'].flatMap((member) =>
      [{}, { v: 1 }, { v: null }].map((variables): [string, Record<string, unknown>] => [
        `${head} { echo(near: [{ x: 1, ${member} }]) }`,
        variables,
      ]),
    ),
  ),
  ...[{}, { on: null }, { on: false }].map((variables): [string, Record<string, unknown>] => [
    'query ($on: Boolean = true) { soon { id @include(if: $on) name @skip(if: $on) ...F } } fragment F on Row { ratio @skip(if: $on) }',
    variables,
  ]),
  ['query ($k: Kind) { echo(kind: $k) }'],
  ['query ($k: Kind) { echo(kind: $k) }', { k: null }],
  ...[{}, { text: null }, { text: 'x' }].map((variables): [string, Record<string, unknown>] => [
    'query ($text: String) { echo(text: $text) }',
    variables,
  ]),
  ['query ($x: Int! $t: String) { echo(near: [{ x: $x }], text: $t) }', { x: 3 }],
  ['query ($id: ID!) { echo(by: { id: $id }, text: "a \\"b\\" \\u2028 ${c} `") }', { id: 'x' }],
  ['{ fails { id } soon { id } }'],
  ['{ a: failsLater { id } soon { id } }'],
  ['{ fails(how: "defect") { id } soon { slow } }'],
  ['{ soon { id } forced { id missing } later { id } }'],
  ['{ forced { throwing } later { id } }'],
  ['{ forced { id children { id slow } } }'],
  ['{ forcedNeighbours { id missing } }'],
  ['{ rows { sparse { id } loose { id } } }'],
  ['{ rows { notAList count } }'],
  ['{ mixed { badInt badEnum big flag text object } }'],
  ['{ __schema { queryType { name fields { name args { name defaultValue } } } } __type(name: "Row") { name } }'],
];

describe('a query that comes again', () => {
  it.each(cases.map(([query, variables = {}]) => ({ query, variables })))(
    '$query $variables is answered as the first time',
    async ({ query, variables }) => {
      const [first, ...others] = await answers(query, variables);
      expect(others).toEqual(others.map(() => first));
    },
  );

  it('is answered for whoever asks now', async () => {
    const operations = new Operations(schema, ({ viewer }) => viewer !== undefined);
    const document = parse('{ __schema { queryType { name } } }');
    const operation = document.definitions[0] as OperationDefinitionNode;
    for (let run = 0; run < times; run += 1) {
      const request = { document, operation, variables: {} };
      expect((await operations.run(request, context)).outcome).toBe('executed');
      expect((await operations.run(request, { ...context, viewer: undefined })).outcome).toBe('refused');
    }
  });
});
