import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';

const loginDocument = `mutation ($input: LoginInput!) { login(input: $input) { userErrors { code } } }`;

const user = (username: string, password = 'demo') => ({ input: { user: { username, password } } });
const client = (clientId: string, clientSecret = 'demo') => ({ input: { client: { clientId, clientSecret } } });

describe('failed logins', () => {
  let limited: TestApp;
  beforeAll(async () => {
    limited = await startTestApp();
  });
  afterAll(async () => {
    await limited.stop();
  });

  const attempt = async (variables: Record<string, unknown>): Promise<string> => {
    const { data } = await limited.ask(loginDocument, { variables });
    const { userErrors } = data?.['login'] as { userErrors: { code: string }[] };
    return userErrors[0]?.code ?? 'in';
  };

  it('are limited to 5 failures an account, concurrent ones included, whatever its spelling', async () => {
    const first = await Promise.all(Array.from({ length: 12 }, () => attempt(user('viewer', 'wrong'))));
    expect(first.filter((code) => code === 'INVALID_CREDENTIALS')).toHaveLength(5);
    expect(first.filter((code) => code === 'TOO_MANY_ATTEMPTS')).toHaveLength(7);
    expect(await attempt(user('VIEWER'))).toBe('TOO_MANY_ATTEMPTS');
    expect(await attempt(user('operator'))).toBe('in');
  });

  it('do not count while they succeed, however many at once', async () => {
    const codes = await Promise.all(Array.from({ length: 30 }, () => attempt(client('core-component'))));
    expect(new Set(codes)).toEqual(new Set(['in']));
  });

  it('are limited to 20 failures an address', async () => {
    for (let index = 5; index < 20; index += 1) {
      expect(await attempt(user(`guess-${index}`, 'wrong'))).toBe('INVALID_CREDENTIALS');
    }
    expect(await attempt(user('admin'))).toBe('TOO_MANY_ATTEMPTS');
  });
});
