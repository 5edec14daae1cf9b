import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startSmallApi, type SmallApi } from '../support/small-api.js';

// Whatever is sent: no 5xx, no internal error, nothing but a request line in the log. A failing seed is printed.
let api: SmallApi;
beforeAll(async () => {
  api = await startSmallApi();
});
afterAll(() => expect(api.logged()).not.toMatch(/"level":"(error|fatal)"/));
afterAll(() => api.server.stop());

async function send(payload: string, type = 'application/json'): Promise<void> {
  const headers = { 'content-type': type, authorization: 'Bearer admin', 'apollo-require-preflight': 'true' };
  const response = await api.server.app.inject({ method: 'POST', url: '/graphql', payload, headers });
  expect(response.statusCode).toBeLessThan(500);
  expect(response.body).not.toContain('INTERNAL_SERVER_ERROR');
}

const runs = (numRuns: number) => ({ numRuns });
const words = [
  ...[
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    ':',
    '$',
    '@',
    '...',
    '!',
    '=',
    '|',
    '"',
    '"""',
    '#',
    ',',
    '\n',
    '\uFEFF',
    '\uD800',
  ],
  ...['query', 'mutation', 'subscription', 'fragment', 'on', 'F', 'Thing', 'Query', 'Mutation', 'include(if: $v)'],
  ...['thing', 'things', 'by', 'id', 'code', 'first', 'last', 'nodes', 'edges', 'node', 'children', 'parent', 'input'],
  ...['createThing', 'login', 'logout', '__typename', '__schema', '__type', 'since', 'at', 'spec', 'skip(if: true)'],
  ...['1', '-1', '1.5', '1e999', 'null', 'true', '"x"', '$v', '$v: Int', '$v: ThingRef!', '{a:$v}', '{ ...F }'],
];
const operations = [
  'query ($v: ThingRef!) { thing(by: $v) { id } }',
  'query ($v: ID) { thing(by: { id: $v }) { id } }',
  'query ($v: Int) { things(first: $v) { nodes { id children(first: $v) { nodes { id } } } } }',
  'query ($v: DateTime) { since(at: $v) }',
  'query ($v: Int) { since(count: $v) }',
  'query ($v: [Int]) { since(count: $v) }',
  'query ($v: Boolean = true) { thing(by: { id: "1" }) @include(if: $v) { id } }',
  'mutation ($v: ThingInput!) { createThing(input: $v) { thing } }',
  'mutation ($v: JSONObject) { createThing(input: { name: "x", parent: { id: "1" }, settings: $v }) { thing } }',
  'mutation ($v: String) { createThing(input: { name: "x", parent: { id: "1" }, settings: { a: [$v] } }) { thing } }',
  'mutation ($v: Upload) { createThing(input: { name: "x", parent: { id: "1" }, logo: $v }) { thing } }',
];
const any = fc.jsonValue();
const almostAnInput = fc.record(
  { name: any, parent: fc.oneof(any, fc.record({ id: any })), settings: any, logo: any, parts: any, startsAt: any },
  { requiredKeys: [] },
);

test('random documents', async () => {
  const documents = fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((some) => some.join(' '));
  await fc.assert(
    fc.asyncProperty(documents, any, (query, v) => send(JSON.stringify({ query, variables: { v } }))),
    runs(800),
  );
});

test('random variables', async () => {
  const variables = fc.oneof(any, almostAnInput);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...operations), variables, (query, v) =>
      send(JSON.stringify({ query, variables: { v } })),
    ),
    runs(1_000),
  );
});

test('random bodies', async () => {
  const types = [
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=x',
    'multipart/form-data',
    'text/xml',
    '',
  ];
  const request = fc.record(
    { query: any, variables: any, operationName: any, extensions: fc.oneof(any, fc.record({ persistedQuery: any })) },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(any, request), (body) => send(JSON.stringify(body))),
    runs(500),
  );
  await fc.assert(fc.asyncProperty(fc.string(), fc.constantFrom(...types), send), runs(300));
});

test('random multipart bodies', async () => {
  const contents = [
    JSON.stringify({ query: operations.at(-1), variables: { v: null } }),
    ...['{"0":["variables.v"]}', '{"0":["variables.v"],"1":["variables.v"]}', '{"0":["variables"]}', '{"0":["query"]}'],
  ];
  const part = fc.tuple(
    fc.constantFrom('operations', 'map', '0', '1', 'x'),
    fc.oneof(fc.json(), fc.constantFrom(...contents)),
    fc.constantFrom('', '; filename="f"'),
  );
  const bodies = fc.tuple(fc.array(part, { maxLength: 6 }), fc.constantFrom('', '--x--\r\n')).map(([parts, end]) => {
    const texts = parts.map(
      ([name, content, file]) => `--x\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${content}\r\n`,
    );
    return texts.join('') + end;
  });
  await fc.assert(
    fc.asyncProperty(bodies, (body) => send(body, 'multipart/form-data; boundary=x')),
    runs(600),
  );
});
