import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { codes, post, startSmallApi, type SmallApi } from '../support/small-api.js';

const secret = 'hunter2';
const createThing = 'mutation ($input: ThingInput!) { createThing(input: $input) { thing userErrors { code path } } }';

let api: SmallApi;
beforeAll(async () => {
  api = await startSmallApi();
});
afterAll(() => expect(api.logged()).not.toContain(secret));
afterAll(() => api.server.stop());

describe('values that their type refuses', () => {
  test('of variables: all of them, each with its path, none with its value', async () => {
    const input = {
      name: { [secret]: 1 },
      parent: { id: secret, code: secret },
      parts: [{ name: 'ok', size: secret }, { size: 1.5 }, { name: 'ok', size: 1, extra: secret }],
      startsAt: secret,
      settings: [secret],
    };
    const answer = await post(api, createThing, { input });
    expect(answer.data).toBeUndefined();
    expect(new Set(codes(answer))).toEqual(new Set(['BAD_USER_INPUT']));
    expect(answer.errors.map(({ extensions }) => (extensions['path'] as string[]).join('.')).sort()).toEqual([
      'input.name',
      'input.parent',
      'input.parts.0.size',
      'input.parts.1.name',
      'input.parts.1.size',
      'input.parts.2',
      'input.settings',
      'input.startsAt',
    ]);
    expect(answer.text).not.toContain(secret);
  });

  test('of variables: more than fifty', async () => {
    const parts = Array.from({ length: 80 }, () => ({ name: 5, size: 1 }));
    const answer = await post(api, createThing, { input: { name: 'x', parent: { id: '1' }, parts } });
    expect(answer.errors).toHaveLength(80);
  });

  test('of variables: not all of them where they are thousands, and soon', async () => {
    const parts = Array.from({ length: 60_000 }, () => ({}));
    const started = performance.now();
    const answer = await post(api, createThing, { input: { name: 'x', parent: { id: '1' }, parts } });
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(answer.errors).toHaveLength(500);
    expect(new Set(codes(answer))).toEqual(new Set(['BAD_USER_INPUT']));
  });

  test('of variables: missing and null', async () => {
    const query = 'query ($by: ThingRef!, $how: String!) { thing(by: $by) { id } fail(how: $how) }';
    const answer = await post(api, query, { how: null });
    expect(answer.errors.map(({ extensions }) => extensions['path'])).toEqual([['by'], ['how']]);
    expect(new Set(codes(answer))).toEqual(new Set(['BAD_USER_INPUT']));
  });

  test('of literals: those of a scalar of ours are BAD_USER_INPUT with a path, others fail validation', async () => {
    const literal = `mutation { createThing(input: { name: 5123, parent: { id: "1" }, startsAt: "${secret}",
      parts: [{ name: "a", size: 1 }, { name: "b", size: "${secret}" }], settings: "${secret}" }) { thing } }`;
    const answer = await post(api, literal);
    expect(answer.errors.map(({ extensions }) => [extensions['code'], extensions['path']])).toEqual([
      ['GRAPHQL_VALIDATION_FAILED', undefined],
      ['BAD_USER_INPUT', ['input', 'startsAt']],
      ['GRAPHQL_VALIDATION_FAILED', undefined],
      ['BAD_USER_INPUT', ['input', 'settings']],
    ]);
    expect(answer.errors.map(({ message }) => message).join()).toContain('input.parts.1.size');
    expect(answer.text).not.toMatch(new RegExp(`${secret}|5123`));
  });

  test.each([
    [`query ($at: DateTime = "${secret}") { since(at: $at) }`, 'BAD_USER_INPUT'],
    [`{ since(at: { ${secret}: "${secret}" }) }`, 'BAD_USER_INPUT'],
    [`{ since(at: null, count: null) }`, 'GRAPHQL_VALIDATION_FAILED'],
    [`{ since(count: ${secret}) }`, 'GRAPHQL_VALIDATION_FAILED'],
    [`{ fail(how: ["${secret}"]) }`, 'GRAPHQL_VALIDATION_FAILED'],
    [`{ fail(how: "${secret}) }`, 'GRAPHQL_PARSE_FAILED'],
    [`{ fail(how: "x") } "${secret}"`, 'GRAPHQL_PARSE_FAILED'],
    [`{ fail(how: """${secret} """ "${secret}") }`, 'GRAPHQL_PARSE_FAILED'],
  ])('never come back: %s', async (query, code) => {
    const answer = await post(api, query);
    expect(codes(answer)).toContain(code);
    expect(answer.text).not.toContain(secret);
  });

  test('a null variable where a default would have stood is the caller’s fault', async () => {
    const answer = await post(api, 'query ($n: Int) { since(count: $n) }', { n: null });
    expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors[0]?.extensions['path']).toEqual(['count']);
  });
});

describe('what is no JSON is no JSONObject', () => {
  const withSettings = (settings: string, variable = ''): string =>
    `mutation${variable} { createThing(input: { name: "x", parent: { id: "1" }, settings: ${settings} }) { thing } }`;

  test.each(['{ a: word }', '{ a: [{ b: word }] }', '[{}]', 'word', '5', '"{}"'])(
    'in the document: %s',
    async (text) => {
      const answer = await post(api, withSettings(text));
      expect(answer.errors.map(({ extensions }) => [extensions['code'], extensions['path']])).toEqual([
        ['BAD_USER_INPUT', ['input', 'settings']],
      ]);
    },
  );

  test('with a variable in it that is not there, however often it is asked', async () => {
    const query = withSettings('{ a: $a, b: [$b] }', '($a: String, $b: String)');
    for (let run = 0; run < 5; run += 1) {
      expect(codes(await post(api, query, { a: 'x' }))).toEqual(['BAD_USER_INPUT']);
      expect(codes(await post(api, query, { a: null, b: 'y' }))).toEqual([]);
    }
  });
});
