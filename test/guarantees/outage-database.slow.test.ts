import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { executeSql } from '../support/database.js';
import { startOwnCluster, type OwnCluster } from '../support/own-cluster.js';
import { serve, temporaryFolder, type ServingProcess } from '../support/service-process.js';
import { emptyLedger, loadTenants, type Ledger } from '../support/tenant-load.js';
import { timesTold, trailAgainstState } from '../support/trail-and-state.js';

const servesAgainWithinMs = 10_000;
/** Connections of the service to its database: two pools of ten, and the three of the jobs. */
const poolSize = 23;

async function start(): Promise<{ service: ServingProcess; cluster: OwnCluster }> {
  const cluster = await startOwnCluster(`${await temporaryFolder()}/cluster`);
  const env = {
    DATABASE_URL: cluster.url,
    SECRETS_KEY: randomBytes(32).toString('base64url'),
    DATA_DIR: `${await temporaryFolder()}/data`,
    PORT: '0',
  };
  return { service: await serve({ env }), cluster };
}

async function keptBusy(service: ServingProcess, ledger: Ledger, during: () => Promise<void>): Promise<void> {
  let goesOn = true;
  const token = await service.client.login('admin');
  const load = loadTenants({ url: service.url, token, ledger, goesOn: () => goesOn, prefix: 'o' });
  await during();
  goesOn = false;
  await load;
}

const readiness = async (url: string): Promise<number> => (await fetch(`${url}/health/ready`)).status;

/** Milliseconds until a write and the readiness are as they were. */
async function msUntilServing(service: ServingProcess, ledger: Ledger): Promise<number> {
  const since = performance.now();
  const before = ledger.names.size;
  while (ledger.names.size <= before || (await readiness(service.url)) !== 200) {
    if (performance.now() - since > 30_000) return Infinity;
    await sleep(20);
  }
  return performance.now() - since;
}

describe('PostgreSQL that is restarted in mid-traffic', () => {
  it.each(['fast', 'immediate'] as const)('(%s) is served from again at once, with nothing torn', async (mode) => {
    const { service, cluster } = await start();
    const ledger = emptyLedger();
    const times: number[] = [];
    await keptBusy(service, ledger, async () => {
      for (const downMs of [0, 1_500, 6_000]) {
        await sleep(1_500);
        await cluster.stop(mode);
        if (downMs > 0) await expect.poll(() => readiness(service.url), { timeout: 6_000 }).toBe(503);
        await sleep(downMs);
        await cluster.start();
        times.push(Math.round(await msUntilServing(service, ledger)));
      }
      await sleep(1_000);
    });
    console.info({ mode, msUntilServing: times, ...ledger.outcomes });
    expect(Math.max(...times)).toBeLessThan(servesAgainWithinMs);
    expect(ledger.outcomes).toMatchObject({ cut: 0, refused: 0 });
    expect(ledger.outcomes.unavailable).toBeGreaterThan(0);
    expect(ledger.odd).toEqual([]);

    expect(await trailAgainstState(cluster.url)).toEqual([]);
    const told = await timesTold(cluster.url, [...ledger.names, ...ledger.unknownNames]);
    expect([...ledger.names].filter((name) => told.get(name) !== 1)).toEqual([]);
    expect([...ledger.unknownNames].filter((name) => (told.get(name) ?? 0) > 1)).toEqual([]);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(service.output()).not.toMatch(/unhandled|uncaught/i);
  });
});

describe('a database that is away', () => {
  it('is told as such, at once and without an end of the process', async () => {
    const { service, cluster } = await start();
    const token = await service.client.login('admin');
    await cluster.stop('fast');
    const query = '{ tenants(first: 1) { totalCount } dashboard { totals { total } } viewer { username } }';
    const since = performance.now();
    const answers = await Promise.all(Array.from({ length: 60 }, () => service.client.raw(query, {}, { token })));
    expect(performance.now() - since).toBeLessThan(5_000);
    for (const { status, data, errors } of answers) {
      expect(status).toBe(200);
      expect(data).toEqual({ tenants: null, dashboard: null, viewer: { username: 'admin' } });
      expect(errors?.map(({ extensions }) => extensions?.['code'])).toEqual([
        'SERVICE_UNAVAILABLE',
        'SERVICE_UNAVAILABLE',
      ]);
    }
    // A caller who has to be looked up first is refused so, field by field: what is public still answers.
    const headers = { 'x-tenant-id': 'bank' };
    const lookedUp = await service.client.raw('{ __typename viewer { username } }', {}, { token, headers });
    expect(lookedUp).toMatchObject({
      status: 200,
      data: { __typename: 'Query', viewer: null },
      errors: [{ path: ['viewer'], extensions: { code: 'SERVICE_UNAVAILABLE' } }],
    });
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${service.url}/logos/${'0'.repeat(64)}`)).status).toBe(503);
    await cluster.start();
    await expect.poll(async () => (await service.client.raw(query, {}, { token })).errors).toBeUndefined();
  });

  it('that ends sessions again and again leaves the pools whole', async () => {
    const { service, cluster } = await start();
    const ledger = emptyLedger();
    await keptBusy(service, ledger, async () => {
      for (let times = 0; times < 10; times += 1) {
        await sleep(300);
        await executeSql(
          cluster.url,
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'tenantry%' and pid <> pg_backend_pid()`,
        );
      }
      await sleep(2_500); // longer than a broken connection may stay with whoever held it
    });
    const token = await service.client.login('admin');
    const read = (): Promise<unknown> => service.client.raw('{ tenants(first: 20) { totalCount } }', {}, { token });
    const since = performance.now();
    await Promise.all(Array.from({ length: 40 }, read));
    expect(performance.now() - since).toBeLessThan(5_000);
    const [row] = await executeSql<{ count: number }>(
      cluster.url,
      `select count(*)::int from pg_stat_activity where application_name like 'tenantry%' and pid <> pg_backend_pid()`,
    );
    expect(row?.count).toBeLessThanOrEqual(poolSize);
    expect(await trailAgainstState(cluster.url)).toEqual([]);
    expect(ledger.odd).toEqual([]);
  });
});
