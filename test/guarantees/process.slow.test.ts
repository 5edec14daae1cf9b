import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, inject, it, onTestFinished } from 'vitest';

import { startKeycloakStandIn } from '../../src/embedded/keycloak/index.js';
import { bareDatabase } from '../support/bare-database.js';
import { codesOf } from '../support/client.js';
import { databaseUrl, executeSql, loginUrl } from '../support/database.js';
import { embeddedParts } from '../support/embedded-parts.js';
import {
  entryPoint,
  launch,
  processesNaming,
  serve,
  temporaryFolder,
  type ServingProcess,
} from '../support/service-process.js';

const stopped = { code: 0, signal: null };
const failed = { code: 1, signal: null };
const totals = '{ dashboard { totals { total } } }';

async function settings(more: Record<string, string> = {}): Promise<Record<string, string>> {
  return { DATA_DIR: join(await temporaryFolder(), 'data'), PORT: '0', SEED_DEMO: 'false', ...more };
}

/** What a start that must fail says; never with a stack, which is for nobody who runs it. */
async function refusal(env: Record<string, string>): Promise<string> {
  const service = await launch({ env });
  expect(await service.ended).toEqual(failed);
  expect(service.output()).not.toMatch(/^\s+at /m);
  return service.output();
}

async function takenPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const ready = async (url: string): Promise<number> => (await fetch(`${url}/health/ready`)).status;

describe('the program', () => {
  it('tells how it is used, and starts nothing', async () => {
    const env = await settings();
    const service = await launch({ env, args: ['--help'] });
    expect(await service.ended).toEqual(stopped);
    expect(service.output()).toContain('DATABASE_URL');
    expect(existsSync(env['DATA_DIR']!)).toBe(false);
  });

  const olderNode = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => existsSync(path));
  it.runIf(olderNode)('says what is wrong with an older Node.js', async () => {
    const { stdout } = await promisify(execFile)(olderNode!, ['--version']);
    if (Number(stdout.slice(1).split('.')[0]) >= 22) return;
    const service = await launch({ env: await settings(), command: [olderNode!, await entryPoint()] });
    expect(await service.ended).toEqual(failed);
    expect(service.output().trim().split('\n')).toHaveLength(1);
    expect(service.output()).toMatch(/needs Node\.js 22\.17 or later/);
  });

  it('names every wrong setting at once, without a stack and without a secret', async () => {
    const env = await settings({
      PORT: 'x',
      SECRETS_KEY: 'planted',
      KEYCLOAK_URL: 'https://sso.example.com',
      DATABASE_URL: 'planted',
    });
    const said = await refusal(env);
    for (const name of ['PORT', 'SECRETS_KEY', 'KEYCLOAK_CLIENT_SECRET', 'DATABASE_URL'])
      expect(said).toContain(`- ${name}`);
    expect(said).not.toContain('planted');
    expect(existsSync(env['DATA_DIR']!)).toBe(false);
  });
});

describe('data folders', () => {
  it('a second start on the same one is refused, and leaves the first alone', async () => {
    const env = await settings();
    const first = await serve({ env });
    const said = await refusal(env);
    expect(said).toContain(env['DATA_DIR']!);
    expect(said).toContain('DATA_DIR');
    expect(await ready(first.url)).toBe(200);
    expect(await first.stop()).toEqual(stopped);
    expect(processesNaming(env['DATA_DIR']!)).toEqual([]);
  });

  it('two at once do not meet, and the demo tenants are made once', async () => {
    const envs = [await settings({ SEED_DEMO: 'true' }), await settings()] as const;
    const [one, two] = await Promise.all([serve({ env: envs[0] }), serve({ env: envs[1] })]);
    const totalOf = async ({ client }: ServingProcess): Promise<unknown> =>
      (await client.raw(totals, {}, { as: 'viewer' })).data;
    const seeded = await totalOf(one);
    expect(seeded).not.toEqual({ dashboard: { totals: { total: 0 } } });
    expect(await totalOf(two)).toEqual({ dashboard: { totals: { total: 0 } } });
    const foreign = await two.client.raw(totals, {}, { token: await one.client.login('viewer') });
    expect(codesOf(foreign)).toEqual(['UNAUTHENTICATED']);
    expect(await Promise.all([one.stop(), two.stop()])).toEqual([stopped, stopped]);
    expect(one.output()).not.toMatch(/"level":"(warn|error)"/);

    const again = await serve({ env: envs[0] });
    expect(await totalOf(again)).toEqual(seeded);
    expect(again.output()).toContain('core-component: secret demo');
    await again.stop();
  });
});

describe('a main process that was killed alone', () => {
  it('is followed by one that takes PostgreSQL over, with everything in it', async () => {
    const env = await settings({ SEED_DEMO: 'true' });
    const dataDir = env['DATA_DIR']!;
    const first = await serve({ env });
    const token = await first.client.login('viewer');
    const { data } = await first.client.raw(totals, {}, { token });
    const postmaster = await embeddedParts(dataDir).postmaster();
    first.signal('SIGKILL');
    await first.ended;
    expect(processesNaming(dataDir)).toContain(postmaster);
    const next = await serve({ env });
    expect(await embeddedParts(dataDir).postmaster()).not.toBe(postmaster);
    expect(processesNaming(dataDir)).not.toContain(postmaster);
    expect((await next.client.raw(totals, {}, { token })).data).toEqual(data); // the session goes on, too
    expect(await next.stop()).toEqual(stopped);
    expect(processesNaming(dataDir)).toEqual([]);
  });
});

describe('the port', () => {
  it('a given one that is taken is an error, and nothing is left running', async () => {
    const port = await takenPort();
    const env = await settings({ PORT: String(port) });
    expect(await refusal(env)).toContain(`127.0.0.1:${port}`);
    expect(processesNaming(env['DATA_DIR']!)).toEqual([]);
  });

  it('one that is not given moves on, and the address that is printed says so', async () => {
    const { PORT: _given, ...env } = await settings();
    const [first, second] = [await serve({ env }), await serve({ env: { ...env, DATA_DIR: `${env['DATA_DIR']}-2` } })];
    expect(Number(new URL(second.url).port)).toBeGreaterThan(Number(new URL(first.url).port));
    expect(second.output()).toContain(`Tenantry          ${second.url}/graphql`);
    await Promise.all([first.stop(), second.stop()]);
  });

  it("the stand-in's that is taken stops the start and says so", async () => {
    const env = await settings();
    const first = await serve({ env });
    const port = Number(/Keycloak stand-in http:\/\/127\.0\.0\.1:(\d+)/.exec(first.output())?.[1]);
    await first.stop();
    const blocker = createServer().listen(port, '127.0.0.1');
    onTestFinished(() => void blocker.close());
    expect(await refusal(env)).toContain(String(port));
    expect(processesNaming(env['DATA_DIR']!)).toEqual([]);
  });
});

describe('a PostgreSQL of the operator', () => {
  const withKey = (ownerUrl: string, more = {}) =>
    settings({ DATABASE_URL: ownerUrl, SECRETS_KEY: randomBytes(32).toString('base64url'), ...more });

  it('is used in place of the embedded one, demo data on request, and only under its own key', async () => {
    const { ownerUrl } = await bareDatabase();
    const env = await withKey(ownerUrl, { SEED_DEMO: 'true' });
    const service = await serve({ env });
    expect(existsSync(join(env['DATA_DIR']!, 'postgres'))).toBe(false);
    const [row] = await executeSql<{ count: number }>(ownerUrl, 'select count(*)::int from tenantry.tenant');
    expect(row?.count).toBeGreaterThan(0);
    expect(await service.stop()).toEqual(stopped);
    const said = await refusal({ ...env, SECRETS_KEY: randomBytes(32).toString('base64url') });
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
    ['without TLS where it is asked for', () => `${inject('clusterUrl')}?sslmode=require`],
  ])('that is %s is told in a sentence', async (_name, url) => {
    const said = await refusal(await withKey(url()));
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
    const env = await settings({
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
    await expect(service.client.login('viewer')).rejects.toThrow('SERVICE_UNAVAILABLE');
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
      env: await settings({ TRUSTED_PROXIES: '127.0.0.0/8, 10.0.0.0/8', LOG_LEVEL: 'debug' }),
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
    const service = await serve({ env: await settings({ LOG_LEVEL: 'trace' }) });
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
