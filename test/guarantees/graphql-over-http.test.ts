import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startSmallApi, type SmallApi } from '../support/small-api.js';

// The audits of the GraphQL over HTTP specification, with production settings, for a caller who may read the schema.
let api: SmallApi;
let url: string;
beforeAll(async () => {
  api = await startSmallApi();
  url = `http://127.0.0.1:${await api.server.listen()}/graphql`;
});
afterAll(() => api.server.stop());

const audits = serverAudits({
  url: () => url,
  fetchFn: (address: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set('authorization', 'Bearer viewer');
    headers.set('apollo-require-preflight', 'true');
    return fetch(address, { ...init, headers });
  },
});

test('there are 61 of them', () => {
  expect(audits).toHaveLength(61);
});

test.each(audits.map((audit) => [audit.name, audit] as const))('%s', async (_name, audit) => {
  const result = await audit.fn();
  expect(result).toMatchObject({ status: 'ok' });
});
