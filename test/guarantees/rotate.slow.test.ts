import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startApp, type RunningApp } from '../../src/app.js';
import { prepareDatabase } from '../../src/database/prepare.js';
import { createLogger } from '../../src/log.js';
import { makeKeyRing } from '../../src/secrets/key-ring.js';
import { rotateSecrets } from '../../src/secrets/rotate.js';
import { seal, sealedUnder } from '../../src/secrets/seal.js';
import { StartupError } from '../../src/startup-error.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/background.js';
import { refusal } from '../support/bare-database.js';
import { ApiClient, faultsOf } from '../support/client.js';
import { executeSql, testKeyRing, testSecretsKey } from '../support/database.js';
import {
  CurrentTenantSecretsDocument,
  IssueTenantTokenDocument,
  SetTenantCampaignsDocument,
} from '../support/generated/operations.js';
import { adoptInput, created } from '../support/tenants.js';

const newKey = new Uint8Array(randomBytes(32));
const newRing = makeKeyRing(newKey);
const bothKeys = makeKeyRing(newKey, testSecretsKey);
const others = 1_500;

const campaigns = [
  { name: 'agents', username: 'ivr', password: 'campaign password', secrets: { pin: [1, { a: 'é' }] } },
];
const providers = [
  { kind: 'SMS' as const, name: 'texter', secrets: { apiKey: 'provider secret', "odd ' name": null } },
];

let app: TestApp;
/** The same service with the new key and the previous one. */
let renewed: RunningApp;
let ownerUrl: string;

beforeAll(async () => {
  app = await startTestApp();
  ({ ownerUrl } = app.database);
  await created(app, adoptInput(app, { tenantId: 'one', campaigns, providers }));
  await insertTenants(others);
  renewed = await startWith({ key: newKey, previousKey: testSecretsKey });
});
afterAll(async () => {
  await renewed.stop();
  await app.stop();
});

/** With logins whose passwords are sealed in the database. */
async function startWith(secrets: { key: Uint8Array; previousKey?: Uint8Array }): Promise<RunningApp> {
  return await startApp({ ...app.services.config, database: { ownerUrl }, secrets }, createLogger('silent'));
}

/** Tenants with a sealed client secret, by bare SQL. */
async function insertTenants(count: number): Promise<void> {
  const ids = Array.from({ length: count }, () => randomUUID());
  const sealed = await Promise.all(ids.map((id) => seal(testKeyRing, id, 'tenant.client_secret', `secret of ${id}`)));
  await executeSql(
    ownerUrl,
    `insert into tenantry.tenant (id, tenant_id, code, name, domain, status, status_changed_at, realm_origin,
       server_url, realm, issuer, client_id, client_secret, scope, realm_state, realm_sync_state, realm_sync_since,
       tokens_not_before, two_factor_enabled, subscription_tier, subscription_starts_at, is_trial, created_at, updated_at)
     select id, id::text, 'N' || n, 'N', 'n.example.com', 'ACTIVE', 'now', 'ADOPTED', 'https://k.example.com', n,
       'https://k.example.com/realms/' || n, 'cx-core', sealed, '{}', 'UNMANAGED', 'IN_SYNC', 'now', 'now', false,
       'STANDARD', 'now', false, 'now', 'now'
     from unnest(?::uuid[], ?::text[]) with ordinality t(id, sealed, n)`,
    [`{${ids.join(',')}}`, `{${sealed.join(',')}}`],
  );
}

interface Run {
  readonly process: ChildProcess;
  readonly output: () => string;
  readonly exit: Promise<number | null>;
}

/** The command, as a process of its own. */
function rotation(...args: string[]): Run {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/secrets-rotate.ts', ...args], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: ownerUrl,
      SECRETS_KEY: Buffer.from(newKey).toString('base64url'),
      SECRETS_KEY_PREVIOUS: Buffer.from(testSecretsKey).toString('base64url'),
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  return { process: child, output: () => output, exit };
}

/** How many values there are under each key, wherever in the schema they stand. */
async function valuesByKey(): Promise<Record<'old' | 'new', number>> {
  const tables = await executeSql<{ name: string }>(
    ownerUrl,
    `select relname as name from pg_class where relnamespace = 'tenantry'::regnamespace and relkind = 'r'`,
  );
  const counts = { old: 0, new: 0 };
  for (const { name } of tables) {
    const rows = await executeSql<{ row: string }>(ownerUrl, `select t::text as row from tenantry."${name}" t`);
    for (const [value] of rows
      .map(({ row }) => row.matchAll(/eyJ[\w-]+\.\.[\w-]+\.[\w-]*\.[\w-]+/g))
      .flatMap((found) => [...found])) {
      const kid = sealedUnder(value);
      if (kid === testKeyRing.current.kid) counts.old += 1;
      if (kid === newRing.current.kid) counts.new += 1;
    }
  }
  return counts;
}

async function secretsOf(url: string): Promise<unknown> {
  const client = new ApiClient(url);
  const issued = await client.data(IssueTenantTokenDocument, { tenant: { tenantId: 'one' } }, { as: 'component' });
  const token = issued.issueTenantToken!.token!.accessToken;
  return (await client.data(CurrentTenantSecretsDocument, {}, { token })).currentTenantSecrets;
}

describe('replacing SECRETS_KEY', () => {
  const secrets = {
    campaigns: [expect.objectContaining({ password: 'campaign password', secrets: { pin: [1, { a: 'é' }] } })],
    providers: [expect.objectContaining({ secrets: { apiKey: 'provider secret' } })],
  };

  it('begins with a start under both keys, which reads everything', async () => {
    expect(await secretsOf(renewed.url)).toEqual(secrets);
    expect((await valuesByKey()).old).toBeGreaterThan(others);
  });

  it('lets nobody start with one of the two keys alone any more', async () => {
    expect(await refusal({ ownerUrl, keyRing: testKeyRing })).toContain('SECRETS_KEY_PREVIOUS');
    expect(await refusal({ ownerUrl, keyRing: newRing })).toContain('SECRETS_KEY_PREVIOUS');
  });

  it('may be killed in the middle, and the service reads both halves', async () => {
    const run = rotation();
    await eventually(valuesByKey, (values) => values.new > 100);
    run.process.kill('SIGKILL');
    await run.exit;
    const values = await valuesByKey();
    expect(values.old).toBeGreaterThan(1);
    expect(values.new).toBeGreaterThan(100);
    expect(await secretsOf(renewed.url)).toEqual(secrets);
    expect(await refusal({ ownerUrl, keyRing: newRing })).toContain('SECRETS_KEY_PREVIOUS');
  });

  it('goes on where it was, beside changes, and waits for whoever has a tenant locked', async () => {
    const versions = 'select sum(version)::int as versions from tenantry.tenant';
    const before = await executeSql<{ versions: number }>(ownerUrl, versions);
    const locked = executeSql(
      ownerUrl,
      `with t as (select id from tenantry.tenant where tenant_id = 'one' for update) select pg_sleep(2) from t`,
    );
    const [first, second] = [rotation(), rotation()];
    const client = new ApiClient(renewed.url);
    let changes = 0;
    for (let isDone = false; !isDone; changes += 1) {
      const list = [{ ...campaigns[0]!, secrets: { pin: changes } }];
      const input = { tenant: { tenantId: 'one' }, campaigns: list };
      const { setTenantCampaigns } = await client.data(SetTenantCampaignsDocument, input, { as: 'operator' });
      expect(faultsOf(setTenantCampaigns)).toEqual([]);
      isDone = first.process.exitCode !== null && second.process.exitCode !== null;
    }
    await locked;
    expect([await first.exit, await second.exit], first.output() + second.output()).toEqual([0, 0]);
    expect(first.output()).toContain('SECRETS_KEY_PREVIOUS is not needed any more');
    expect(await valuesByKey()).toEqual({ old: 0, new: expect.any(Number) as number });
    const [after] = await executeSql<{ versions: number }>(ownerUrl, versions);
    expect(after!.versions).toBe(before[0]!.versions + changes);
    expect(await secretsOf(renewed.url)).toMatchObject({ campaigns: [{ secrets: { pin: changes - 1 } }] });
  });

  it('ends with the old key refused and the new one enough', async () => {
    expect(await refusal({ ownerUrl, keyRing: testKeyRing })).toContain('SECRETS_KEY is not the key');
    const alone = await startWith({ key: newKey });
    expect(await secretsOf(alone.url)).toMatchObject({ campaigns: [{ password: 'campaign password' }] });
    await alone.stop();
  });

  it('does nothing the second time', async () => {
    const rows = `select sum(xmin::text::bigint)::text as sum from tenantry.tenant`;
    const before = await executeSql(ownerUrl, rows);
    expect(await rotateSecrets({ ownerUrl, keyRing: bothKeys })).toBe(0);
    expect(await rotateSecrets({ ownerUrl, keyRing: newRing })).toBe(0);
    expect(await executeSql(ownerUrl, rows)).toEqual(before);
  });

  it('names the values that open under neither key, and does not call itself done', async () => {
    const [tenant] = await executeSql<{ id: string }>(ownerUrl, `select id from tenantry.tenant where code = 'N7'`);
    await prepareDatabase({ ownerUrl, keyRing: bothKeys });
    const foreign = await seal(makeKeyRing(new Uint8Array(32).fill(9)), tenant!.id, 'tenant.client_secret', 'x');
    const moved = await seal(testKeyRing, tenant!.id, 'campaign/1.password', 'x');
    await executeSql(ownerUrl, 'update tenantry.tenant set client_secret = ? where id = ?', [foreign, tenant!.id]);
    const refused = rotateSecrets({ ownerUrl, keyRing: bothKeys });
    await expect(refused).rejects.toThrow(StartupError);
    await expect(refused).rejects.toThrow(`tenant ${tenant!.id}`);
    // What stands in a wrong place is sealed anew for the place that it names, and opens in the wrong one as little as before.
    await executeSql(ownerUrl, 'update tenantry.tenant set client_secret = ? where id = ?', [moved, tenant!.id]);
    expect(await rotateSecrets({ ownerUrl, keyRing: bothKeys })).toBe(1);
    expect((await valuesByKey()).old).toBe(0);
  });

  it('says how it is done', async () => {
    const run = rotation('--help');
    expect(await run.exit).toBe(0);
    expect(run.output()).toContain('SECRETS_KEY_PREVIOUS');
  });

  it('says so too where it is called with something that it does not know, and does nothing', async () => {
    const before = await valuesByKey();
    const run = rotation('--dry-run');
    expect(await run.exit).toBe(2);
    expect(run.output()).toMatch(/'--dry-run'[^]*SECRETS_KEY_PREVIOUS/);
    expect(run.output()).not.toMatch(/^ +at /m);
    expect(await valuesByKey()).toEqual(before);
  });
});
