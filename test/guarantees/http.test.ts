import { createHash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Health } from '../../src/http/health-route.js';
import { codes, answerOf, startSmallApi, type SmallApi } from '../support/small-api.js';

const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>');
const digest = createHash('sha256').update(svg).digest('hex');
let health: Health = { isReady: true, parts: { database: 'up', keycloak: 'up', jobs: 'up' } };
let api: SmallApi;
beforeAll(async () => {
  api = await startSmallApi({
    health: async () => health,
    readLogo: async (sha256) => (sha256 === digest ? { contentType: 'image/svg+xml', bytes: svg } : undefined),
  });
});
afterAll(() => api.server.stop());

const call = (url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' | 'PUT' = 'GET') =>
  api.server.app.inject({ method, url, headers });
const postRaw = (payload: string | Buffer, headers: Record<string, string> = {}) =>
  api.server.app.inject({
    method: 'POST',
    url: '/graphql',
    payload,
    headers: { 'content-type': 'application/json', ...headers },
  });

describe('bodies that are no GraphQL request are answered in its format', () => {
  test.each([
    ['broken JSON', '{"query": "hunter2', 400],
    ['no body', '', 400],
    ['a number', '5', 400],
    ['no query', '{}', 400],
    ['a query that is no text', '{"query": {"hunter2": 1}}', 400],
    ['variables that are no object', '{"query": "{__typename}", "variables": "hunter2"}', 400],
    ['a batch', '[{"query": "{__typename}"}]', 400],
    ['too long', JSON.stringify({ query: `{__typename} #${'x'.repeat(262_144)}` }), 413],
  ])('%s', async (_name, body, status) => {
    const response = await postRaw(body);
    const answer = answerOf(response.statusCode, response.body);
    expect([answer.status, codes(answer)]).toEqual([status, ['BAD_REQUEST']]);
    expect(response.headers['content-type']).toContain('json');
    expect(answer.text + api.logged()).not.toContain('hunter2');
  });

  test.each([
    ['application/xml', 415],
    ['application/json; charset=utf-8', 200],
  ])('%s', async (contentType, status) => {
    expect((await postRaw('{"query":"{__typename}"}', { 'content-type': contentType })).statusCode).toBe(status);
  });

  test('just below the limit is taken', async () => {
    const query = `{__typename} #${'x'.repeat(261_000)}`;
    expect((await postRaw(JSON.stringify({ query }))).json()).toEqual({ data: { __typename: 'Query' } });
  });

  test('__proto__ in JSON reaches the domain as an ordinary member, and nothing else', async () => {
    const query = 'mutation ($input: ThingInput!) { createThing(input: $input) { thing } }';
    const input = '{"name":"x","parent":{"id":"1"},"settings":{"__proto__":{"polluted":true}}}';
    const response = await postRaw(`{"query":${JSON.stringify(query)},"variables":{"input":${input}}}`, {
      authorization: 'Bearer admin',
    });
    expect(response.body).toContain('polluted');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    const nested = await postRaw(`{"query":${JSON.stringify(query)},"variables":{"input":{"__proto__":${input}}}}`, {
      authorization: 'Bearer admin',
    });
    expect(new Set(codes(answerOf(nested.statusCode, nested.body)))).toEqual(new Set(['BAD_USER_INPUT']));
  });

  test('a Host that is none does no harm', async () => {
    const response = await postRaw('{"query":"{__typename}"}', { host: 'a b:c:d[' });
    expect(response.statusCode).toBe(200);
  });
});

describe('every answer', () => {
  test('has its request id and headers that narrow what a browser does with it', async () => {
    for (const url of ['/graphql', '/health/live', '/nowhere']) {
      const { headers } = await call(url);
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
      expect(headers['content-security-policy']).toContain("default-src 'none'");
    }
    expect((await postRaw('{"query":"{__typename}"}')).headers['cache-control']).toBe('no-store');
  });

  test('is logged without query string, headers and body', async () => {
    await call('/nowhere?token=hunter2', { authorization: 'Bearer hunter2', cookie: 'hunter2' });
    await call('/graphql?query=hunter2', { authorization: 'Bearer hunter2' });
    expect(api.logged()).toContain('"path":"/nowhere"');
    expect(api.logged()).not.toContain('hunter2');
  });

  test('for an unknown path or method is JSON', async () => {
    const responses = [await call('/nowhere'), await call('/graphql', {}, 'PUT'), await call('/logos')];
    for (const response of responses)
      expect([response.statusCode, response.json()]).toEqual([404, { error: 'Not found' }]);
    expect((await call('/%zz')).statusCode).toBe(400);
  });
});

describe('health', () => {
  test('live', async () => {
    expect((await call('/health/live')).json()).toEqual({ status: 'live' });
  });

  test('ready names each part', async () => {
    const parts = { database: 'up', keycloak: 'down', jobs: 'up' };
    health = { isReady: true, parts };
    expect((await call('/health/ready')).json()).toEqual({ status: 'ready', parts });
    health = { isReady: false, parts };
    const response = await call('/health/ready');
    expect([response.statusCode, response.json()]).toEqual([503, { status: 'not ready', parts }]);
  });
});

describe('logos', () => {
  test('are served for ever, in a sandbox', async () => {
    const response = await call(`/logos/${digest}`);
    expect([response.statusCode, response.rawPayload.equals(svg)]).toEqual([200, true]);
    expect(response.headers).toMatchObject({
      'content-type': 'image/svg+xml',
      etag: `"${digest}"`,
      'cache-control': 'public, max-age=31536000, immutable',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    });
  });

  test('HEAD has the headers alone', async () => {
    const response = await call(`/logos/${digest}`, {}, 'HEAD');
    expect([response.statusCode, response.body, response.headers['content-length']]).toEqual([
      200,
      '',
      String(svg.length),
    ]);
  });

  test.each([`"${digest}"`, `W/"${digest}"`, `"other", "${digest}"`, '*'])('If-None-Match: %s is 304', async (tag) => {
    const response = await call(`/logos/${digest}`, { 'if-none-match': tag });
    expect([response.statusCode, response.body, response.headers.etag]).toEqual([304, '', `"${digest}"`]);
  });

  test.each(['0'.repeat(64), digest.toUpperCase(), 'x', '..%2f..%2fetc%2fpasswd', `${digest}0`])(
    '%s is 404',
    async (name) => {
      const response = await call(`/logos/${name}`);
      expect([response.statusCode, response.json()]).toEqual([404, { error: 'Not found' }]);
    },
  );
});
