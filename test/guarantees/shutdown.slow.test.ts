import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, it, onTestFinished } from 'vitest';

import { startKeycloakStandIn, type StandIn } from '../../src/embedded/keycloak/index.js';
import { embeddedParts } from '../support/embedded-parts.js';
import {
  launch,
  processesNaming,
  serve,
  serving,
  temporaryFolder,
  type ServingProcess,
} from '../support/service-process.js';
import { LoadClient } from '../support/load.js';
import { provisionInput } from '../support/tenants.js';
import { emptyLedger, loadTenants } from '../support/tenant-load.js';
import { trailAgainstState } from '../support/trail-and-state.js';

const root = join(import.meta.dirname, '../..');
const stopped = { code: 0, signal: null };
const createTenant = 'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { userErrors { code } } }';

async function settings(more: Record<string, string> = {}): Promise<Record<string, string>> {
  const dataDir = join(await temporaryFolder(), 'data');
  return { DATA_DIR: dataDir, PORT: '0', SEED_DEMO: 'false', LOG_LEVEL: 'info', ...more };
}

/** What was logged that should not have been. */
function troubles({ output }: ServingProcess): string[] {
  return output()
    .split('\n')
    .filter((line) => /"level":"(warn|error|fatal)"|Warning|Error:/.test(line));
}

describe('stopping under load', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s: no request is cut, and nothing is left running', async (signal) => {
    const env = await settings();
    const service = await serve({ env });
    const ledger = emptyLedger();
    let isOver = false;
    void service.ended.then(() => (isOver = true));
    const token = await service.client.login('admin');
    const load = loadTenants({ url: service.url, token, ledger, goesOn: () => !isOver, prefix: 'l' });
    await sleep(1_500);
    const since = performance.now();
    service.signal(signal);
    expect(await service.ended).toEqual(stopped);
    expect(performance.now() - since).toBeLessThan(20_000);
    await load;
    expect(ledger.outcomes).toMatchObject({ cut: 0, unavailable: 0 });
    expect(ledger.outcomes.answered).toBeGreaterThan(20);
    expect(ledger.odd).toEqual([]);
    expect(troubles(service)).toEqual([]);
    expect(processesNaming(env['DATA_DIR']!)).toEqual([]);

    const next = await serve({ env });
    const ownerUrl = await embeddedParts(env['DATA_DIR']!).ownerUrl();
    expect(await trailAgainstState(ownerUrl)).toEqual([]);
    const { data } = await next.client.raw('{ tenants(first: 1) { totalCount } }', {}, { as: 'viewer' });
    const live = (data?.['tenants'] as { totalCount: number }).totalCount;
    expect(live).toBeLessThanOrEqual(ledger.versions.size);
    expect(await next.stop()).toEqual(stopped);
  });
});

describe('stopping while a request takes long', () => {
  /** A service whose Keycloak has gone silent, and a create that waits for it. */
  const busy = async (
    more: Record<string, string> = {},
  ): Promise<{ service: ServingProcess; create: Promise<string>; dataDir: string }> => {
    const standIn = await standInOfItsOwn();
    const env = { ...(await settings(more)), ...keycloakSettings(standIn) };
    const service = await serve({ env });
    const token = await service.client.login('admin');
    standIn.faults.set({ match: '/admin/realms', kind: 'silent' });
    const client = new LoadClient(service.url, 1);
    const sent = client.send(createTenant, { input: provisionInput({ tenantId: 'slow' }) }, token);
    await sleep(500);
    return { service, create: sent.then(({ kind }) => kind), dataDir: env['DATA_DIR']! };
  };

  it('waits for it within the grace', async () => {
    const { service, create } = await busy();
    const since = performance.now();
    service.signal('SIGTERM');
    expect(await create).toBe('answered');
    expect(await service.ended).toEqual(stopped);
    expect(performance.now() - since).toBeLessThan(10_000); // and no longer, although its connection was kept alive
  });

  it('cuts it after the grace', async () => {
    const { service, create } = await busy({ SHUTDOWN_GRACE_SECONDS: '1' });
    const since = performance.now();
    service.signal('SIGTERM');
    expect(await service.ended).toEqual(stopped);
    expect(performance.now() - since).toBeLessThan(5_000);
    expect(await create).toBe('cut');
  });

  it('ends at once at a second signal, with PostgreSQL', async () => {
    const { service, create, dataDir } = await busy();
    service.signal('SIGTERM');
    await sleep(700);
    const since = performance.now();
    service.signal('SIGTERM');
    expect(await service.ended).toEqual({ code: 1, signal: null });
    expect(performance.now() - since).toBeLessThan(1_000);
    expect(await create).toBe('cut');
    expect(await goneWithin(dataDir, 3_000)).toEqual([]);
  });
});

describe('stopping during the start', () => {
  it.each([900, 1_400, 2_000])('%i ms after it, leaves nothing running', async (ms) => {
    const env = await settings();
    const service = await launch({ env });
    await sleep(ms);
    service.signal('SIGTERM');
    const { code, signal } = await service.ended;
    // Before it listens to signals there is nothing yet to be stopped in order.
    expect(signal === 'SIGTERM' || code === 0).toBe(true);
    expect(await goneWithin(env['DATA_DIR']!, 0)).toEqual([]);
    const next = await serve({ env });
    expect(await next.stop()).toEqual(stopped);
  });
});

describe('npm start', () => {
  it.each([
    ['SIGTERM to npm alone', 'SIGTERM', 1],
    ['Ctrl-C, which the terminal sends to all of the group', 'SIGINT', -1],
  ] as const)('%s stops in order', async (_name, signal, sign) => {
    const env = await settings();
    const service = await serving(await launch({ env, command: ['npm', 'start'], cwd: root }));
    process.kill(sign * service.pid, signal);
    expect(await service.ended).toMatchObject({ code: 0 });
    expect(await goneWithin(env['DATA_DIR']!, 0)).toEqual([]);
  });
});

async function goneWithin(dataDir: string, ms: number): Promise<number[]> {
  const deadline = Date.now() + ms;
  while (processesNaming(dataDir).length > 0 && Date.now() < deadline) await sleep(50);
  return processesNaming(dataDir);
}

async function standInOfItsOwn(): Promise<StandIn> {
  const stateDir = join(await temporaryFolder(), 'keycloak');
  await mkdir(stateDir);
  const standIn = await startKeycloakStandIn({ stateDir });
  onTestFinished(() => standIn.stop());
  return standIn;
}

function keycloakSettings({ url, clientSecret, adminClientId, adminClientSecret }: StandIn): Record<string, string> {
  return {
    KEYCLOAK_URL: url,
    KEYCLOAK_CLIENT_SECRET: clientSecret,
    KEYCLOAK_ADMIN_CLIENT_ID: adminClientId,
    KEYCLOAK_ADMIN_CLIENT_SECRET: adminClientSecret,
  };
}
