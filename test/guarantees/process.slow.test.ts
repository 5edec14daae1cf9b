import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { eventually } from '../support/background.js';
import { codesOf } from '../support/client.js';
import { embeddedParts } from '../support/embedded-parts.js';
import { takenPort } from '../support/ports.js';
import {
  entryPoint,
  launch,
  processesNaming,
  refusedStart,
  serve,
  serviceSettings,
  type ServingProcess,
} from '../support/service-process.js';

const stopped = { code: 0, signal: null };

/** What stands at one place of the text that an embedded start prints, a moment after it serves. */
async function printed(service: ServingProcess, pattern: RegExp): Promise<string | undefined> {
  const found = await eventually(
    async () => pattern.exec(service.output()),
    (match) => match !== null,
  );
  return found?.[1];
}
const failed = { code: 1, signal: null };
const totals = '{ dashboard { totals { total } } }';

const ready = async (url: string): Promise<number> => (await fetch(`${url}/health/ready`)).status;

describe('the program', () => {
  it('tells how it is used, and starts nothing', async () => {
    const env = await serviceSettings();
    const service = await launch({ env, args: ['--help'] });
    expect(await service.ended).toEqual(stopped);
    expect(service.output()).toContain('DATABASE_URL');
    expect(existsSync(env['DATA_DIR']!)).toBe(false);
  });

  const olderNode = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => existsSync(path));
  it.runIf(olderNode)('says what is wrong with an older Node.js', async () => {
    const { stdout } = await promisify(execFile)(olderNode!, ['--version']);
    if (Number(stdout.slice(1).split('.')[0]) >= 22) return;
    const service = await launch({ env: await serviceSettings(), command: [olderNode!, await entryPoint()] });
    expect(await service.ended).toEqual(failed);
    expect(service.output().trim().split('\n')).toHaveLength(1);
    expect(service.output()).toMatch(/needs Node\.js 22\.17 or later/);
  });

  it('names every wrong setting at once, without a stack and without a secret', async () => {
    const env = await serviceSettings({
      PORT: 'x',
      SECRETS_KEY: 'planted',
      KEYCLOAK_URL: 'https://sso.example.com',
      DATABASE_URL: 'planted',
    });
    const said = await refusedStart(env);
    for (const name of ['PORT', 'SECRETS_KEY', 'KEYCLOAK_CLIENT_SECRET', 'DATABASE_URL'])
      expect(said).toContain(`- ${name}`);
    expect(said).not.toContain('planted');
    expect(existsSync(env['DATA_DIR']!)).toBe(false);
  });
});

describe('data folders', () => {
  it('a second start on the same one is refused, and leaves the first alone', async () => {
    const env = await serviceSettings();
    const first = await serve({ env });
    const said = await refusedStart(env);
    expect(said).toContain(env['DATA_DIR']!);
    expect(said).toContain('DATA_DIR');
    expect(await ready(first.url)).toBe(200);
    expect(await first.stop()).toEqual(stopped);
    expect(processesNaming(env['DATA_DIR']!)).toEqual([]);
  });

  it('two at once do not meet, and the demo tenants are made once', async () => {
    const envs = [await serviceSettings({ SEED_DEMO: 'true' }), await serviceSettings()] as const;
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

    const again = await serve({ env: { ...envs[0], HOST: '0.0.0.0' } });
    expect(await totalOf(again)).toEqual(seeded);
    expect(await printed(again, /core-component: secret (\w+)/)).toBe('demo');
    expect(await printed(again, /everybody knows them, and with HOST=(\S+)/)).toBe('0.0.0.0');
    expect(one.output()).not.toContain('everybody knows');
    await again.stop();
  });
});

describe('a main process that was killed alone', () => {
  it('is followed by one that takes PostgreSQL over, with everything in it', async () => {
    const env = await serviceSettings({ SEED_DEMO: 'true' });
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
    const env = await serviceSettings({ PORT: String(port) });
    expect(await refusedStart(env)).toContain(`127.0.0.1:${port}`);
    expect(processesNaming(env['DATA_DIR']!)).toEqual([]);
  });

  it('one that is not given moves on, and the address that is printed says so', async () => {
    const { PORT: _given, ...env } = await serviceSettings();
    const [first, second] = [await serve({ env }), await serve({ env: { ...env, DATA_DIR: `${env['DATA_DIR']}-2` } })];
    expect(Number(new URL(second.url).port)).toBeGreaterThan(Number(new URL(first.url).port));
    expect(await printed(second, /Tenantry {10}(.+)\/graphql/)).toBe(second.url);
    await Promise.all([first.stop(), second.stop()]);
  });

  it("the stand-in's that is taken stops the start and says so", async () => {
    const env = await serviceSettings();
    const first = await serve({ env });
    const port = Number(await printed(first, /Keycloak stand-in http:\/\/127\.0\.0\.1:(\d+)/));
    await first.stop();
    await takenPort(port);
    expect(await refusedStart(env)).toContain(String(port));
    expect(processesNaming(env['DATA_DIR']!)).toEqual([]);
  });
});
