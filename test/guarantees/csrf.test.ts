import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startSmallApi, type SmallApi } from '../support/small-api.js';

const portal = 'https://portal.example.com';
let api: SmallApi;
beforeAll(async () => {
  api = await startSmallApi({ http: { corsOrigins: [portal] } });
});
afterAll(() => api.server.stop());

const send = (method: 'GET' | 'POST', headers: Record<string, string>, payload?: string) =>
  api.server.app.inject({
    method,
    url: method === 'GET' ? '/graphql?query=%7B__typename%7D' : '/graphql',
    headers,
    payload,
  });

describe('what a browser sends by itself is not executed', () => {
  test.each([
    ['a form', 'POST', { 'content-type': 'application/x-www-form-urlencoded' }, 'query=%7B__typename%7D'],
    ['plain text', 'POST', { 'content-type': 'text/plain' }, '{"query":"{__typename}"}'],
    ['no content type', 'POST', {}, '{"query":"{__typename}"}'],
    [
      'a content type with a trick',
      'POST',
      { 'content-type': 'text/plain; application/json' },
      '{"query":"{__typename}"}',
    ],
    ['a link or an image', 'GET', {}, undefined],
  ] as const)('%s', async (_name, method, headers, payload) => {
    const response = await send(method, headers, payload);
    expect(response.statusCode).toBeGreaterThanOrEqual(400);
    expect(response.statusCode).toBeLessThan(500);
    expect(response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
    expect(response.body).not.toContain('Query');
  });

  test('a query by GET works with a preflight header, a mutation never', async () => {
    expect((await send('GET', { 'apollo-require-preflight': '1' })).json()).toEqual({ data: { __typename: 'Query' } });
    const response = await api.server.app.inject({
      method: 'GET',
      url: '/graphql?query=mutation%7Blogout%7BloggedOut%7D%7D',
      headers: { 'apollo-require-preflight': '1' },
    });
    expect(response.statusCode).toBe(405);
  });
});

describe('CORS', () => {
  const preflight = (origin: string) =>
    api.server.app.inject({
      method: 'OPTIONS',
      url: '/graphql',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    });

  test('a listed origin may call, without credentials', async () => {
    const { headers, statusCode } = await preflight(portal);
    expect(statusCode).toBe(204);
    expect(headers).toMatchObject({ 'access-control-allow-origin': portal });
    expect(String(headers['access-control-allow-headers'])).toContain('authorization');
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  });

  test.each(['https://evil.example', 'null', `${portal}.evil.example`, 'http://portal.example.com'])(
    '%s may not',
    async (origin) => {
      expect((await preflight(origin)).headers).not.toHaveProperty('access-control-allow-origin');
      const response = await send('POST', { origin, 'content-type': 'application/json' }, '{"query":"{__typename}"}');
      expect(response.headers).not.toHaveProperty('access-control-allow-origin');
    },
  );

  test('no origin is allowed where none is listed', async () => {
    const closed = await startSmallApi();
    const response = await closed.server.app.inject({ url: '/health/live', headers: { origin: portal } });
    expect(response.headers).not.toHaveProperty('access-control-allow-origin');
    await closed.server.stop();
  });
});

describe('Apollo Sandbox', () => {
  const page = (server: SmallApi) =>
    server.server.app.inject({ url: '/graphql', headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });

  test('is served with SANDBOX alone', async () => {
    expect((await page(api)).statusCode).toBe(400);
    const open = await startSmallApi({ sandbox: true });
    const response = await page(open);
    expect([response.statusCode, response.headers['content-type']]).toEqual([
      200,
      expect.stringContaining('text/html'),
    ]);
    await open.server.stop();
  });
});
