import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { eventually, realmStateOf } from '../support/background.js';
import { codesOf, faultsOf } from '../support/client.js';
import {
  CreateTenantDocument,
  IssueTenantTokenDocument,
  LoginDocument,
  LogoutDocument,
  PatchTenantDocument,
  RefreshSessionDocument,
  SuspendTenantDocument,
  TenantDocument,
  ViewerDocument,
  type CreateTenantInput,
} from '../support/generated/operations.js';
import { asTestKeycloak } from '../support/keycloak.js';
import { startRealKeycloak, type RealKeycloak } from '../support/real-keycloak.js';
import { preparePlatform } from '../support/real-platform.js';
import { created, provisionInput, read } from '../support/tenants.js';

/** Nothing answers to this name: whoever is called by it is not reached. */
const hostname = 'login.tenantry.invalid';

let folder: string;
let keycloak: RealKeycloak;
let app: TestApp;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenantry-keycloak-'));
  keycloak = await startRealKeycloak({ folder, hostname });
  const { publicUrl } = keycloak;
  const platform = await preparePlatform(keycloak.provider);
  app = await startTestApp({ keycloak: { ...asTestKeycloak(keycloak.provider, platform), publicUrl } });
}, 300_000);
afterAll(async () => {
  await app.stop();
  await keycloak.stop();
  await rm(folder, { recursive: true, force: true });
});

const login = { input: { user: { username: 'viewer', password: 'demo' } } } as const;

/** The token, or what was wrong. */
async function issue(tenantId: string): Promise<string | string[]> {
  const asking = { token: tokens.component };
  const { issueTenantToken } = await app.client.data(IssueTenantTokenDocument, { tenant: { tenantId } }, asking);
  return issueTenantToken?.token?.accessToken ?? faultsOf(issueTenantToken);
}

async function createFaults(input: CreateTenantInput): Promise<string[]> {
  return faultsOf((await app.client.data(CreateTenantDocument, { input }, { token: tokens.admin })).createTenant);
}

/** What came of it, and that it came in time. */
async function inTime<T>(work: Promise<T>, withinMs = 5_000): Promise<T> {
  const started = Date.now();
  const result = await work;
  expect(Date.now() - started).toBeLessThan(withinMs);
  return result;
}

let tokens: { admin: string; component: string };
const takeTokens = async (): Promise<void> => {
  tokens = { admin: await app.tokenOf('admin'), component: await app.tokenOf('component') };
};

describe('where Keycloak’s public name is not the address that it is called by', () => {
  it('operators’ sessions, tenants’ realms and their tokens name the public one', async () => {
    const { publicUrl } = keycloak;
    await takeTokens();
    expect(decodeJwt(tokens.admin).iss).toBe(`${publicUrl}/realms/master`);
    const tenant = await created(app, provisionInput());
    const issuer = `${publicUrl}/realms/${tenant.tenantId}`;
    expect(tenant.keycloak).toMatchObject({ serverUrl: publicUrl, issuer, sync: { state: 'IN_SYNC' } });
    const token = await issue(tenant.tenantId);
    expect(decodeJwt(String(token)).iss).toBe(issuer);
    const { data } = await app.client.execute(ViewerDocument, {}, { token: String(token) });
    expect(data).toMatchObject({ viewer: { roles: ['TENANT'] } });
  });

  it('a realm can be adopted under either name', async () => {
    const { url } = keycloak.provider;
    for (const serverUrl of [undefined, keycloak.publicUrl, url]) {
      const { id: _id, ...realm } = await app.standIn.control.addRealm();
      const tenant = await created(app, provisionInput({ keycloak: { realm: { adopt: { ...realm, serverUrl } } } }));
      expect(tenant.keycloak.issuer).toBe(`${keycloak.publicUrl}/realms/${realm.realm}`);
      expect(decodeJwt(String(await issue(tenant.tenantId))).iss).toBe(tenant.keycloak.issuer);
    }
    expect(
      await createFaults(
        provisionInput({
          keycloak: {
            realm: { adopt: { realm: 'master', clientId: 'core-component', clientSecret: 'demo', serverUrl: url } },
          },
        }),
      ),
    ).toEqual(['REALM_TAKEN input.keycloak.realm']);
  });
});

describe('new signing keys', () => {
  it('are followed within one request, the operators’ as the tenants’', async () => {
    const { tenantId } = await created(app, provisionInput());
    await issue(tenantId);
    const keysSeen = Date.now();
    await app.standIn.control.rotateKeys('master');
    await app.standIn.control.rotateKeys(tenantId, { forgetOld: true });
    // Whoever asks for keys more often than every half minute would let a stranger's tokens do the asking.
    await new Promise((resolve) => setTimeout(resolve, keysSeen + 31_000 - Date.now()));
    const { login: answer } = await app.client.data(LoginDocument, {
      input: { client: { clientId: 'core-component', clientSecret: 'demo' } },
    });
    expect(faultsOf(answer)).toEqual([]);
    await app.sql(`update tenantry.tenant set tokens_not_before = now() where tenant_id = ?`, [tenantId]);
    const token = answer!.session!.accessToken;
    const { issueTenantToken } = await app.client.data(IssueTenantTokenDocument, { tenant: { tenantId } }, { token });
    expect(faultsOf(issueTenantToken)).toEqual([]);
  });
});

/** Everything that is asked while Keycloak is out: what needs it says so in time, what does not goes on. */
async function behavesDuringOutage(refreshToken: string, served: string, unserved: string): Promise<void> {
  const asAdmin = { token: tokens.admin };
  const { data } = await inTime(app.client.execute(TenantDocument, { by: { tenantId: served } }, asAdmin), 1_000);
  expect(data?.tenant?.tenantId).toBe(served);
  const change = { tenant: { tenantId: served }, patch: { profile: { name: `Renamed ${Date.now()}` } } };
  expect(faultsOf((await inTime(app.client.data(PatchTenantDocument, change, asAdmin), 1_000)).patchTenant)).toEqual(
    [],
  );
  expect(Array.isArray(await inTime(issue(served), 1_000))).toBe(false); // from memory

  const { realm, clientId, clientSecret } = { realm: 'somewhere', clientId: 'cx-core', clientSecret: 'secret' };
  const unavailable = ['SERVICE_UNAVAILABLE'];
  const answers = await inTime(
    Promise.all([
      app.client.execute(LoginDocument, login).then(codesOf),
      app.client.execute(RefreshSessionDocument, { input: { refreshToken } }).then(codesOf),
      app.client.execute(LogoutDocument, { input: { refreshToken } }).then(codesOf),
      issue(unserved),
      createFaults(provisionInput({ keycloak: { realm: { adopt: { realm, clientId, clientSecret } } } })),
      createFaults(provisionInput()),
    ]),
    5_200,
  );
  expect(answers).toEqual([
    ...[unavailable, unavailable, unavailable],
    ['IDENTITY_PROVIDER_UNAVAILABLE tenant'],
    ['IDENTITY_PROVIDER_UNAVAILABLE input.keycloak.realm.adopt'],
    ['IDENTITY_PROVIDER_UNAVAILABLE input.keycloak.realm.provision'],
  ]);
}

/** Many at once: none waits for the time-outs of those before it. */
async function pilesNothingUp(): Promise<void> {
  const logins = Array.from({ length: 60 }, () => app.client.execute(LoginDocument, login).then(codesOf));
  const creates = Array.from({ length: 6 }, () => createFaults(provisionInput()));
  const outcomes = await inTime(Promise.all([Promise.all(logins), Promise.all(creates)]), 9_000);
  expect(new Set(outcomes[0].flat())).toEqual(new Set(['SERVICE_UNAVAILABLE']));
  expect(new Set(outcomes[1].flat())).toEqual(
    new Set(['IDENTITY_PROVIDER_UNAVAILABLE input.keycloak.realm.provision']),
  );
  expect(
    (await inTime(app.client.execute(TenantDocument, { by: { code: 'NONE' } }, { token: tokens.admin }), 1_000)).errors,
  ).toBeUndefined();
}

async function health(): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`${app.url}/health/ready`);
  return { status: answer.status, body: await answer.json() };
}

describe('while Keycloak', () => {
  let refreshToken: string;
  let served: string;
  let unserved: string;

  /** A session and two tenants, one of them with a token in memory, as of just before the outage. */
  const before = async (): Promise<void> => {
    await takeTokens();
    [served, unserved] = [
      (await created(app, provisionInput())).tenantId,
      (await created(app, provisionInput())).tenantId,
    ];
    await issue(served);
    refreshToken = (await app.client.data(LoginDocument, login)).login!.session!.refreshToken!;
  };

  /** Everything again, without a restart of ours; what a status wants of a realm is made good too. */
  const recovers = async (): Promise<void> => {
    const codes = async (): Promise<string[]> => codesOf(await app.client.execute(LoginDocument, login));
    expect(await eventually(codes, (found) => found.length === 0, 10_000)).toEqual([]);
    await takeTokens();
    // A Keycloak that has just been started is slow at first.
    const issued = await eventually(
      async () => await issue(unserved),
      (found) => typeof found === 'string',
      30_000,
    );
    expect(issued).toBeTypeOf('string');
    const input = provisionInput();
    const creating = async (): Promise<string[]> => await createFaults(input);
    expect(await eventually(creating, (faults) => faults.length === 0, 30_000)).toEqual([]);
    const sync = async (): Promise<string | undefined> => (await read(app, served))?.keycloak.sync.state;
    expect(await eventually(sync, (state) => state === 'IN_SYNC', 40_000)).toBe('IN_SYNC');
    expect(await realmStateOf(app, served)).toBe('DISABLED');
  };

  const suspendServed = async (): Promise<void> => {
    const variables = { tenant: { tenantId: served }, reason: 'an outage' };
    const { suspendTenant } = await inTime(
      app.client.data(SuspendTenantDocument, variables, { token: tokens.admin }),
      1_500,
    );
    expect(faultsOf(suspendTenant)).toEqual([]);
  };

  it('is frozen, the rest goes on; it is missed no longer than it is out', async () => {
    await before();
    keycloak.signal('SIGSTOP');
    try {
      await behavesDuringOutage(refreshToken, served, unserved);
      await suspendServed();
      await pilesNothingUp();
    } finally {
      keycloak.signal('SIGCONT');
    }
    await recovers();
  });

  it('has crashed, the rest goes on; once it is started again all is well', async () => {
    await before();
    await keycloak.kill();
    await behavesDuringOutage(refreshToken, served, unserved);
    await suspendServed();
    expect(await health()).toMatchObject({ status: 200 });
    await keycloak.restart();
    await recovers();
  }, 300_000);
});
