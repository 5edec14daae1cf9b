import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, inject, it, onTestFinished } from 'vitest';

import { startKeycloakStandIn } from '../../src/embedded/keycloak/index.js';
import { bareDatabase } from '../support/bare-database.js';
import { databaseUrl, executeSql, loginUrl } from '../support/database.js';
import { freePort } from '../support/ports.js';
import {
  refusedStart,
  serve,
  serviceSettings,
  temporaryFolder,
  type ServingProcess,
} from '../support/service-process.js';

const stopped = { code: 0, signal: null };
const totals = '{ dashboard { totals { total } } }';
const ready = async (url: string): Promise<number> => (await fetch(`${url}/health/ready`)).status;

describe('a PostgreSQL of the operator', () => {
  const withKey = (ownerUrl: string, more = {}) =>
    serviceSettings({ DATABASE_URL: ownerUrl, SECRETS_KEY: randomBytes(32).toString('base64url'), ...more });

  it('is used in place of the embedded one, demo data on request, and only under its own key', async () => {
    const { ownerUrl } = await bareDatabase();
    const env = await withKey(ownerUrl, { SEED_DEMO: 'true' });
    const service = await serve({ env });
    expect(existsSync(join(env['DATA_DIR']!, 'postgres'))).toBe(false);
    const [row] = await executeSql<{ count: number }>(ownerUrl, 'select count(*)::int from tenantry.tenant');
    expect(row?.count).toBeGreaterThan(0);
    expect(await service.stop()).toEqual(stopped);
    const said = await refusedStart({ ...env, SECRETS_KEY: randomBytes(32).toString('base64url') });
    expect(said).toContain('SECRETS_KEY');
    const again = await serve({ env });
    expect(await again.stop()).toEqual(stopped);
  });

  it.each([
    ['not listening', () => 'postgres://owner:planted@127.0.0.1:1/x'],
    ['not listening on either address of localhost', () => 'postgres://owner:planted@localhost:1/x'],
    ['of no known name', () => 'postgres://owner:planted@nowhere.invalid/x'],
    ['refusing the password', () => loginUrl(inject('clusterUrl'), 'tenantry', 'planted')],
    ['without such a database', () => databaseUrl(inject('clusterUrl'), 'nothing_here')],
    ['without TLS where it is asked for', () => `${inject('clusterUrl')}?sslmode=verify-full`],
  ])('that is %s is told in a sentence', async (_name, url) => {
    const said = await refusedStart(await withKey(url()));
    const lines = said.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
    expect(lines[0]).toMatch(/^DATABASE_URL: .{20,}/);
    expect(lines[0]).not.toMatch(/: $/);
    expect(said).not.toContain('planted');
  });
});

describe('a Keycloak that is down at the start', () => {
  it('is no obstacle, is told by the readiness, and is found when it comes', async () => {
    const stateDir = await temporaryFolder();
    const port = await freePort();
    const before = await startKeycloakStandIn({ stateDir, port });
    const { url, clientSecret } = before;
    await before.stop();
    const { ownerUrl } = await bareDatabase();
    const env = await serviceSettings({
      DATABASE_URL: ownerUrl,
      SECRETS_KEY: randomBytes(32).toString('base64url'),
      KEYCLOAK_URL: url,
      KEYCLOAK_CLIENT_SECRET: clientSecret,
    });
    const service = await serve({ env });
    expect(existsSync(env['DATA_DIR']!)).toBe(false);
    const answer = await fetch(`${service.url}/health/ready`);
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { status: 'not ready', parts: { database: 'up', keycloak: 'down', jobs: 'up' } },
    ]);
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    await expect(service.client.login('admin')).rejects.toThrow('SERVICE_UNAVAILABLE');
    const standIn = await startKeycloakStandIn({ stateDir });
    onTestFinished(() => standIn.stop());
    await expect.poll(() => ready(service.url), { timeout: 5_000 }).toBe(200);
    const { data } = await service.client.raw(totals, {}, { token: await service.client.login('viewer') });
    expect(data).toEqual({ dashboard: { totals: { total: 0 } } });
    expect(await service.stop()).toEqual(stopped);
  });
});

describe('behind proxies', () => {
  const wrong = (username: string) => ({ input: { user: { username, password: 'wrong' } } });
  const document = 'mutation ($input: LoginInput!) { login(input: $input) { userErrors { code } } }';
  const failures = async ({ client }: ServingProcess, from: string, times: number): Promise<string[]> => {
    const codes: string[] = [];
    for (let index = 0; index < times; index += 1) {
      const headers = { 'x-forwarded-for': from };
      const { data } = await client.raw(document, wrong(`${from}-${index}`), { headers });
      codes.push((data?.['login'] as { userErrors: { code: string }[] }).userErrors[0]!.code);
    }
    return codes;
  };

  it('X-Forwarded-For counts where the proxy is trusted, up to the first that is not', async () => {
    const service = await serve({
      env: await serviceSettings({ TRUSTED_PROXIES: '127.0.0.0/8, 10.0.0.0/8', LOG_LEVEL: 'debug' }),
    });
    expect(await failures(service, '203.0.113.7', 21)).toEqual([
      ...Array<string>(20).fill('INVALID_CREDENTIALS'),
      'TOO_MANY_ATTEMPTS',
    ]);
    expect(await failures(service, '203.0.113.8', 1)).toEqual(['INVALID_CREDENTIALS']);
    // What a client wrote itself stands to the left of what the proxies added.
    expect(await failures(service, '198.51.100.1, 203.0.113.7', 1)).toEqual(['TOO_MANY_ATTEMPTS']);
    expect(await failures(service, '203.0.113.7, 10.1.2.3', 1)).toEqual(['TOO_MANY_ATTEMPTS']);
    await service.stop();
  });

  it('is not believed otherwise, and no log line holds a query string', async () => {
    const service = await serve({ env: await serviceSettings({ LOG_LEVEL: 'trace' }) });
    const codes = await Promise.all(
      Array.from({ length: 21 }, (_none, index) => failures(service, `203.0.113.${index}`, 1)),
    );
    expect(codes.flat().filter((code) => code === 'TOO_MANY_ATTEMPTS')).toHaveLength(1);
    for (const path of ['graphql', 'nowhere', 'health/ready', `logos/${'0'.repeat(64)}`]) {
      await fetch(`${service.url}/${path}?token=planted`);
    }
    await service.stop();
    expect(service.output()).toContain('"path":"/nowhere"');
    expect(service.output()).not.toContain('planted');
  });
});
