import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { FaultRule } from '../../src/embedded/keycloak/faults.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { eventually, realmStateOf } from '../support/background.js';
import { issue, patched, provisionedIn, transitioned } from '../support/changes.js';
import { codesOf, faultsOf, type Answer } from '../support/client.js';
import { RotateTenantClientSecretDocument } from '../support/generated/operations.js';
import { adoptInput, create, created, freshTenantId, provisionInput, read } from '../support/tenants.js';

const withinMs = 5_000;
/** What a request may take beyond the time-outs, on a machine that is busy. */
const spareMs = 1_000;

const loginDocument =
  'mutation ($input: LoginInput!) { login(input: $input) { session { accessToken } userErrors { code } } }';
const refreshDocument = 'mutation { refreshSession(input: { refreshToken: "x" }) { userErrors { code } } }';
const logoutDocument = 'mutation { logout(input: { refreshToken: "x" }) { loggedOut userErrors { code } } }';
const login = (username: string, password = 'demo') => ({ input: { user: { username, password } } });

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
afterEach(() => app.standIn.faults.clear());

async function timed<T>(work: Promise<T>): Promise<{ ms: number; result: T }> {
  const since = performance.now();
  const result = await work;
  return { ms: Math.round(performance.now() - since), result };
}

/** Before Keycloak goes: the tokens serve for a minute. */
async function logInAll(): Promise<void> {
  for (const account of ['admin', 'operator', 'viewer', 'component'] as const) await app.tokenOf(account);
}

async function readyParts(): Promise<{ status: number; keycloak: unknown }> {
  const answer = await fetch(`${app.url}/health/ready`);
  const { parts } = (await answer.json()) as { parts: Record<string, unknown> };
  return { status: answer.status, keycloak: parts['keycloak'] };
}

const faults: [string, Omit<FaultRule, 'match'>][] = [
  ['silent', { kind: 'silent' }],
  ['slower than anybody waits', { kind: 'slow', ms: 8_000 }],
  ['failing', { kind: 'status', status: 503 }],
  ['failing with a page', { kind: 'status', status: 500, body: '<html>', headers: { 'content-type': 'text/html' } }],
  ['cutting connections', { kind: 'cut' }],
];

describe.each(faults)('a Keycloak that is %s', (_name, fault) => {
  it('leaves reads and other writes alone, and the rest gets a clear answer in time', async () => {
    const { tenantId } = await created(app, provisionInput());
    const served = await created(app, provisionInput());
    const other = await created(app, await adoptInput(app));
    const adoption = await adoptInput(app);
    await logInAll();
    app.standIn.faults.set({ match: /^\/(admin\/)?realms/, ...fault });

    const outside = Promise.all([
      timed(create(app, provisionInput()).then(faultsOf)),
      timed(create(app, adoption).then(faultsOf)),
      timed(issue(app, served.tenantId).then(faultsOf)),
      timed(app.ask(loginDocument, { variables: login('viewer') }).then(codesOf)),
      timed(app.ask(refreshDocument).then(codesOf)),
      timed(app.ask(logoutDocument).then(codesOf)),
    ]);
    const inside = await Promise.all([
      timed(read(app, tenantId)),
      timed(patched(app, other.tenantId, { profile: { name: 'While Keycloak is away' } })),
      timed(transitioned(app, tenantId, 'SUSPEND')),
      timed(app.ask('{ dashboard { totals { total } } }', { as: 'admin' })),
    ]);
    expect(Math.max(...inside.map(({ ms }) => ms))).toBeLessThan(1_500);
    const answers = await outside;
    expect(answers.map(({ result }) => result)).toEqual([
      ['IDENTITY_PROVIDER_UNAVAILABLE input.keycloak.realm.provision'],
      ['IDENTITY_PROVIDER_UNAVAILABLE input.keycloak.realm.adopt'],
      ['IDENTITY_PROVIDER_UNAVAILABLE tenant'],
      ['SERVICE_UNAVAILABLE'],
      ['SERVICE_UNAVAILABLE'],
      ['SERVICE_UNAVAILABLE'],
    ]);
    expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(withinMs + spareMs);
    expect(await eventually(readyParts, ({ keycloak }) => keycloak !== 'up')).toEqual({
      status: 200,
      keycloak: 'down, keys in hand',
    });

    app.standIn.faults.clear();
    expect(await eventually(readyParts, ({ keycloak }) => keycloak === 'up')).toEqual({ status: 200, keycloak: 'up' });
    expect(codesOf(await app.ask(loginDocument, { variables: login('viewer') }))).toEqual([]);
    expect(
      await eventually(
        () => realmStateOf(app, tenantId),
        (state) => state === 'DISABLED',
        15_000,
      ),
    ).toBe('DISABLED');
    await created(app, provisionInput());
    expect((await issue(app, other.tenantId)).userErrors).toEqual([]);
  });
});

describe('a Keycloak that is slow', () => {
  it('is waited for', async () => {
    app.standIn.faults.set({ match: '/realms', kind: 'slow', ms: 700 });
    const { tenantId } = await created(app, provisionInput());
    expect(faultsOf(await issue(app, tenantId))).toEqual([]);
    expect(codesOf(await app.ask(loginDocument, { variables: login('viewer') }))).toEqual([]);
  });
});

describe('a Keycloak that lies', () => {
  it.each(['wrong-issuer', 'wrong-audience', 'wrong-typ', 'wrong-azp', 'expired', 'other-key', 'no-sub'] as const)(
    'with %s: no session is handed out',
    async (lie) => {
      app.standIn.faults.set({ match: '/realms/master/protocol/openid-connect/token', kind: 'lie', lie });
      const { ms, result } = await timed(app.ask(loginDocument, { variables: login('viewer') }));
      expect(['FORBIDDEN', 'SERVICE_UNAVAILABLE']).toContain(codesOf(result)[0]);
      expect(ms).toBeLessThan(withinMs);
    },
  );
});

describe('callers in a crowd, while Keycloak is silent', () => {
  const silent = (match = /^\/(admin\/)?realms/): void => app.standIn.faults.set({ match, kind: 'silent' });
  const worst = async (work: Promise<unknown>[]): Promise<number> =>
    Math.max(...(await Promise.all(work.map(timed))).map(({ ms }) => ms));

  /** Reads go on beside it as if nothing was. */
  async function expectReadsUnaffected(): Promise<void> {
    for (let times = 0; times < 10; times += 1) {
      const { ms, result } = await timed(app.ask('{ tenants(first: 5) { totalCount } }', { as: 'viewer' }));
      expect(codesOf(result)).toEqual([]);
      expect(ms).toBeLessThan(1_500);
      await sleep(100);
    }
  }

  beforeEach(logInAll);

  it('of logins of one account: none waits longer, and Keycloak is not asked by all at once', async () => {
    silent();
    app.standIn.faults.clearRequests();
    const answers: Answer[] = [];
    const logins = Array.from({ length: 60 }, async () => {
      answers.push(await app.ask(loginDocument, { variables: login('admin') }));
    });
    await expectReadsUnaffected();
    expect(await worst(logins)).toBeLessThan(withinMs + spareMs);
    expect(new Set(answers.flatMap(codesOf))).toEqual(new Set(['SERVICE_UNAVAILABLE']));
    expect(app.standIn.faults.requests('/realms/master/protocol')).toBeLessThanOrEqual(16);
    app.standIn.faults.clear();
    expect(codesOf(await app.ask(loginDocument, { variables: login('admin') }))).toEqual([]);
  });

  it('of logins of many accounts', async () => {
    silent();
    const logins = Array.from({ length: 60 }, (_none, index) =>
      app.ask(loginDocument, { variables: login(`somebody-${index}`) }),
    );
    expect(await worst(logins)).toBeLessThan(withinMs + spareMs);
  });

  it('of creates', async () => {
    silent(/^\/admin/);
    const creates = Array.from({ length: 12 }, () => timed(create(app, provisionInput()).then(faultsOf)));
    await expectReadsUnaffected();
    const answers = await Promise.all(creates);
    expect(new Set(answers.flatMap(({ result }) => result))).toEqual(
      new Set(['IDENTITY_PROVIDER_UNAVAILABLE input.keycloak.realm.provision']),
    );
    expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(withinMs + spareMs);
  });

  it('of rotations', async () => {
    const tenants = await Promise.all(Array.from({ length: 12 }, () => created(app, provisionInput())));
    await logInAll();
    silent();
    const rotations = tenants.map(({ tenantId }) =>
      app.client.data(RotateTenantClientSecretDocument, { tenant: { tenantId } }, { as: 'operator' }),
    );
    await expectReadsUnaffected();
    app.standIn.faults.clear();
    await Promise.all(rotations);
  }, 60_000);

  it('of tokens for tenants whose realms have still to be enabled', async () => {
    const tenants = await Promise.all(
      Array.from({ length: 16 }, () => provisionedIn(app, 'SUSPENDED', { tenantId: freshTenantId('pending') })),
    );
    await logInAll();
    silent();
    for (const { tenantId } of tenants) await transitioned(app, tenantId, 'REACTIVATE');
    const tokens = tenants.map(({ tenantId }) => issue(app, tenantId).then(faultsOf));
    await expectReadsUnaffected();
    const { ms, result } = await timed(Promise.all(tokens));
    expect(result).toEqual(tenants.map(() => ['IDENTITY_PROVIDER_UNAVAILABLE tenant']));
    expect(ms).toBeLessThan(withinMs + spareMs);
  }, 60_000);
});
