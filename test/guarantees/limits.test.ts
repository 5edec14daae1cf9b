import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { codes, post, startSmallApi, type GraphQLAnswer, type SmallApi } from '../support/small-api.js';

let api: SmallApi;
beforeAll(async () => {
  api = await startSmallApi();
  await post(api, '{ __typename }'); // the first request compiles routes and rules
});
afterAll(() => api.server.stop());

const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => text(i)).join(' ');
const nested = (levels: number, field: string): string => `${`${field} { `.repeat(levels)}id${' }'.repeat(levels)}`;
const thing = (selection: string): string => `{ thing(by: { id: "1" }) { ${selection} } }`;

/** Each fragment spreads the next one twice: 2^n fields from a few hundred bytes. */
const doubling = (count: number): string =>
  `${thing('...F0')} ${times(count, (i) => `fragment F${i} on Thing { ...F${i + 1} ...F${i + 1} }`)} fragment F${count} on Thing { id }`;

const bombs: Record<string, string> = {
  tokens: thing(times(10_000, () => 'id')),
  depth: thing(nested(40, 'parent')),
  'depth by fragments': `${thing('...F0')} ${times(30, (i) => `fragment F${i} on Thing { parent { ...F${i + 1} } }`)} fragment F30 on Thing { id }`,
  aliases: thing(times(200, (i) => `a${i}: id`)),
  'aliases of __typename': `{ ${times(200, (i) => `a${i}: __typename`)} }`,
  'aliases by fragments': `${thing(times(20, () => 'parent { ...F }'))} fragment F on Thing { a: id b: id c: id }`,
  'root fields': `{ ${times(50, () => '__typename')} }`,
  'root fields by fragments': `{ ${times(50, () => '...F')} } fragment F on Query { __typename }`,
  fields: thing(times(1_000, () => 'id')),
  directives: thing(`id ${times(200, () => '@include(if: true)')}`),
  'a few directives in one place': thing(`id ${times(10, (i) => `@unknown${i}`)}`),
  'directives all over': thing(times(60, () => 'id @include(if: true)')),
  'directives of variables': `query (${times(60, (i) => `$v${i}: Int @x`)}) { __typename }`,
  'fragment spreads': doubling(22),
  'spreads of a missing fragment': thing(times(900, () => '...Missing')),
  'inline fragments': thing(`${'... { '.repeat(900)}id${' }'.repeat(900)}`),
  'unused fragments': `{ __typename } ${doubling(22).slice(thing('...F0').length)}`,
  operations: times(100, (i) => `query Q${i} { __typename }`),
  comments: `{ __typename ${'#\n'.repeat(50_000)} }`,
  'nested lists': `{ fail(how: ${'['.repeat(5_000)}${']'.repeat(5_000)}) }`,
};

/** The quickest of three: a busy machine proves nothing against it. A comment keeps each from the cache. */
async function timed(query: string, accept: string): Promise<[answer: GraphQLAnswer, ms: number]> {
  const runs: [GraphQLAnswer, number][] = [];
  for (let run = 0; run < 3; run += 1) {
    const start = performance.now();
    const answer = await post(api, `${query}#${Math.random()}`, {}, { accept });
    runs.push([answer, performance.now() - start]);
  }
  return runs.sort(([, a], [, b]) => a - b)[0]!;
}

describe('a bomb is refused with 400, quickly, whatever the client accepts', () => {
  const accepts = ['application/json', 'application/graphql-response+json', '*/*'];
  const cases = Object.entries(bombs).flatMap(([kind, bomb]) => accepts.map((accept) => [kind, accept, bomb] as const));

  test.each(cases)('%s, %s', async (_kind, accept, bomb) => {
    const [answer, ms] = await timed(bomb, accept);
    expect(ms).toBeLessThan(50);
    expect(answer.status).toBe(400);
    expect(new Set(codes(answer))).toEqual(new Set(['GRAPHQL_VALIDATION_FAILED']));
    expect(answer.errors.length).toBeLessThan(5);
  });

  test('a cycle of fragments is refused by validation', async () => {
    const cycle = `${thing('...A')} fragment A on Thing { parent { ...B } } fragment B on Thing { parent { ...A } }`;
    expect(codes(await post(api, cycle))).toContain('GRAPHQL_VALIDATION_FAILED');
  });

  test.each([
    ['one field again and again', thing(times(300, () => 'id'))],
    [
      'fragments to compare',
      `${thing(times(18, (i) => `...F${i}`))} ${times(18, (i) => `fragment F${i} on Thing { ${times(40, () => 'id')} }`)}`,
    ],
    [
      'a deep literal',
      `mutation { createThing(input: { name: "x", parent: { id: "1" }, settings: { a: ${'['.repeat(1_400)}${']'.repeat(1_400)} } }) { thing } }`,
    ],
  ])('what stays within every limit is cheap to check: %s', async (_kind, query) => {
    const [answer, ms] = await timed(query, 'application/json');
    expect(ms).toBeLessThan(250);
    expect(codes(answer).filter((code) => code !== 'GRAPHQL_VALIDATION_FAILED')).toEqual([]);
  });
});

describe('nodes that an operation can return', () => {
  const things = (size: string, inner = ''): string => `things${size} { nodes { id ${inner} } }`;
  const children = (size: string): string => `children${size} { nodes { id } }`;

  test.each([
    [`{ ${things('(first: 100)', children('(first: 9)'))} }`, {}],
    [`{ ${times(10, (i) => `a${i}: ${things('(last: 100)')}`)} }`, {}],
    [`{ ${times(10, (i) => `a${i}: things(first: 100) { totalCount }`)} b: ${things('(first: 1000)')} }`, {}],
    [`query ($n: Int) { ${things('(first: $n)', children('(first: $n)'))} }`, { n: 30 }],
    [`{ ${things('', children(''))} }`, {}],
    [`{ things(first: 500) { nodes { id } edges { node { id } } } }`, {}],
  ])('up to 1,000 are fine: %s %j', async (query, variables) => {
    expect((await post(api, query, variables)).errors).toEqual([]);
  });

  test.each([
    [`{ ${things('(first: 100)', children('(first: 10)'))} }`, {}],
    [`{ ${times(11, (i) => `a${i}: ${things('(last: 100)')}`)} }`, {}],
    [`query ($n: Int) { ${things('(first: $n)', children('(first: $n)'))} }`, { n: 40 }],
    [`query ($n: Int = 1001) { ${things('(first: $n)')} }`, {}],
    [`query ($n: Int) { ${things('(first: $n, last: 1001)')} }`, { n: null }],
    [`{ ${things('', children('(first: 50)'))} }`, {}],
    [
      `{ ...Q } fragment Q on Query { things(first: 100) { ...C } } fragment C on ThingConnection { nodes { ...T } } fragment T on Thing { ${children('')} }`,
      {},
    ],
    [`{ thing(by: { id: "1" }) { ${children('(first: 1001)')} } }`, {}],
    [`{ things(first: 501) { nodes { id } edges { node { id } } } }`, {}],
  ])('more are not: %s %j', async (query, variables) => {
    const answer = await post(api, query, variables);
    expect([answer.status, codes(answer)]).toEqual([400, ['BAD_USER_INPUT']]);
    expect(answer.data).toBeUndefined();
  });
});
