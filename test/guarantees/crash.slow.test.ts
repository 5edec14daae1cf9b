import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { print } from 'graphql';
import { describe, expect, it } from 'vitest';

import { eventually } from '../support/background.js';
import { executeSql } from '../support/database.js';
import { embeddedParts } from '../support/embedded-parts.js';
import { CreateTenantDocument } from '../support/generated/operations.js';
import { serve, temporaryFolder, type ServingProcess } from '../support/service-process.js';
import { createInput, emptyLedger, loadTenants, type Ledger } from '../support/tenant-load.js';
import { timesTold, trailAgainstState } from '../support/trail-and-state.js';

const rounds = Number(process.env['CRASH_ROUNDS'] ?? 15);

const create = print(CreateTenantDocument);
const versionsQuery = 'select tenant_id, version from tenantry.tenant';

async function start(dataDir: string): Promise<ServingProcess> {
  return await serve({ env: { DATA_DIR: dataDir, PORT: '0', SEED_DEMO: 'false', LOG_LEVEL: 'info' } });
}

/** Kills the service alone, PostgreSQL alone, or both at one moment, while clients keep it busy. */
async function crash(service: ServingProcess, dataDir: string, ledger: Ledger, round: number): Promise<void> {
  let goesOn = true;
  const prefix = `r${round}`;
  const token = await service.client.login('admin');
  const load = loadTenants({ url: service.url, token, ledger, goesOn: () => goesOn, prefix });
  await sleep(randomInt(200, 1_200));
  const postmaster = await embeddedParts(dataDir).postmaster();
  if (round % 3 !== 0) process.kill(postmaster, 'SIGKILL');
  if (round % 3 === 1) await sleep(randomInt(50));
  process.kill(-service.pid, 'SIGKILL');
  expect(await service.ended).toEqual({ code: null, signal: 'SIGKILL' });
  goesOn = false;
  await load;
}

/** Nothing acknowledged is missing, nothing is there twice, and every tenant is what its trail tells. */
async function expectWhole(ownerUrl: string, ledger: Ledger): Promise<void> {
  expect(await trailAgainstState(ownerUrl)).toEqual([]);
  const rows = await executeSql<{ tenant_id: string; version: number }>(ownerUrl, versionsQuery);
  const versions = new Map(rows.map((row) => [row.tenant_id, row.version]));
  const lost = [...ledger.versions].filter(([tenantId, version]) => (versions.get(tenantId) ?? 0) < version);
  expect(lost).toEqual([]);
  const told = await timesTold(ownerUrl, [...ledger.names, ...ledger.unknownNames]);
  expect([...ledger.names].filter((name) => told.get(name) !== 1)).toEqual([]);
  expect([...ledger.unknownNames].filter((name) => (told.get(name) ?? 0) > 1)).toEqual([]);
  expect(ledger.odd).toEqual([]);
}

/** Every realm is a tenant's own, or somebody knows that it is to be cleared away; and no tenant is without. */
async function expectNoStrayRealm(ownerUrl: string, dataDir: string): Promise<void> {
  const known = await executeSql<{ realm: string; id: string; is_tenant: boolean }>(
    ownerUrl,
    `select realm, id, true as is_tenant from tenantry.tenant
     union all select realm, id, false from tenantry.realm_intent`,
  );
  const realms = await embeddedParts(dataDir).realms();
  const ids = new Map(known.map(({ realm, id }) => [realm, id]));
  expect([...realms].filter(([realm, id]) => ids.get(realm) !== id)).toEqual([]);
  expect(known.filter(({ realm, is_tenant: isTenant }) => isTenant && !realms.has(realm))).toEqual([]);
}

/** Sends again what broke off: the same tenant comes back where it was made, else it is made now. */
async function sendAgain({ client }: ServingProcess, ledger: Ledger): Promise<void> {
  for (const [tenantId, name] of ledger.unknownCreates) {
    if (Math.random() < 0.3) continue; // some clients give up, and leave something to clear away
    const input = createInput(tenantId.split('-')[0] ?? '', tenantId, name);
    const { data, errors } = await client.raw(create, { input }, { as: 'admin' });
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({ createTenant: { userErrors: [], tenant: { tenantId } } });
    ledger.versions.set(tenantId, 1);
    ledger.names.add(name);
  }
  ledger.unknownCreates.clear();
}

describe('kill -9 during creates and updates', () => {
  it(`loses nothing and does nothing twice, ${rounds} times`, async () => {
    const dataDir = join(await temporaryFolder(), 'data');
    const parts = embeddedParts(dataDir);
    const ledger = emptyLedger();
    let service = await start(dataDir);
    let leftIntents = 0;
    for (let round = 0; round < rounds; round += 1) {
      await crash(service, dataDir, ledger, round);
      service = await start(dataDir);
      const url = await parts.ownerUrl();
      await expectWhole(url, ledger);
      await expectNoStrayRealm(url, dataDir);
      leftIntents += (await executeSql(url, 'select from tenantry.realm_intent')).length;
      await sendAgain(service, ledger);
    }
    console.info({ rounds, leftIntents, tenants: ledger.versions.size, ...ledger.outcomes });

    // Where Keycloak has no realm, what is left is looked for a second time.
    for (const unseen of ['missing_since is null', 'true']) {
      const longAgo = `set created_at = now() - interval '121 s', missing_since = missing_since - interval '51 s'`;
      await executeSql(await parts.ownerUrl(), `update tenantry.realm_intent ${longAgo}`);
      await service.stop();
      service = await start(dataDir);
      const left = `select * from tenantry.realm_intent where ${unseen}`;
      const intents = async (): Promise<object[]> => await executeSql(await parts.ownerUrl(), left);
      expect(await eventually(intents, ({ length }) => length === 0, 20_000)).toEqual([]);
    }
    const url = await parts.ownerUrl();
    await expectWhole(url, ledger);
    await expectNoStrayRealm(url, dataDir);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
  });
});
