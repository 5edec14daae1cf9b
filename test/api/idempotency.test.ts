import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { eventually, startReplica } from '../support/background.js';
import { patched, transitioned } from '../support/changes.js';
import { ApiClient, codesOf, faultsOf } from '../support/client.js';
import { CreateTenantDocument, type CreateTenantInput } from '../support/generated/operations.js';
import { svg } from '../support/pictures.js';
import { adoptInput, create, created, freshTenantId, provisionInput } from '../support/tenants.js';
import { trailOf, writesNothing } from '../support/written.js';

let later = 0;
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ now: () => new Date(Date.now() + later) });
});
afterAll(() => app.stop());
afterEach(() => {
  later = 0;
  app.standIn.faults.clear();
});

const path = 'input.idempotencyKey';
const makingRealms = { match: /^\/admin\/realms$/, method: 'POST' } as const;
const realmsMade = (): number => app.standIn.faults.requests(makingRealms.match, makingRealms.method);
const keyed = (change: Partial<CreateTenantInput> = {}): CreateTenantInput =>
  provisionInput({ idempotencyKey: `key ${freshTenantId()}`, ...change });
const intents = async (): Promise<number> => (await app.sql('select from tenantry.realm_intent')).length;

describe('the same key with the same input', () => {
  it('is the tenant of the first call, and nothing is written', async () => {
    const input = keyed();
    const first = await created(app, input);
    expect(await writesNothing(app, () => created(app, input))).toEqual(first);
    expect((await trailOf(app, input.tenantId)).map(({ action }) => action)).toEqual(['CREATED']);
  });

  it('is the tenant of the first call for an adopted realm', async () => {
    const input = await adoptInput(app, { idempotencyKey: 'adopting', metadata: { a: 1, b: { c: [1], d: 2 } } });
    const first = await created(app, input);
    const shuffled = { ...input, metadata: { b: { d: 2, c: [1] }, a: 1 } };
    expect(await writesNothing(app, () => created(app, shuffled))).toEqual(first);
  });

  it('is the tenant of the first call, in whatever order the document itself has it', async () => {
    const { tenantId } = provisionInput();
    const written = (metadata: string): string => `mutation { createTenant(input: { tenantId: "${tenantId}", name: "A",
      keycloak: { realm: { provision: {} } }, twoFactor: { disabled: {} }, metadata: ${metadata},
      idempotencyKey: "written" }) { tenant { tenantId } userErrors { code path } } }`;
    for (const metadata of ['{ a: 1, b: { c: 2, d: 3 } }', '{ b: { d: 3, c: 2 }, a: 1 }']) {
      const { data } = await app.ask(written(metadata), { as: 'operator' });
      expect(data).toEqual({ createTenant: { tenant: { tenantId }, userErrors: [] } });
    }
  });

  it('is the tenant as it now is, deleted or not', async () => {
    const input = keyed();
    const { tenantId } = await created(app, input);
    const changed = await patched(app, tenantId, { profile: { name: 'By another name' } });
    expect((await created(app, input)).name).toBe(changed.name);
    await transitioned(app, tenantId, 'DELETE');
    expect(await created(app, input)).toMatchObject({ status: 'DELETED', version: 3 });
  });

  it('has its files compared by what is in them', async () => {
    const input = { ...keyed(), logo: null };
    const send = async (bytes: Uint8Array, name: string) => {
      const files = [{ path: 'variables.input.logo', bytes, name }];
      return (await app.client.upload(CreateTenantDocument, { input }, files, { as: 'operator' })).data?.createTenant;
    };
    const first = await send(svg, 'a.svg');
    expect(first?.tenant?.branding.logo).not.toBeNull();
    expect((await send(svg, 'b.svg'))?.tenant).toEqual(first?.tenant);
    const other = Buffer.from(svg.toString().replace('#369', '#963'));
    expect(faultsOf(await send(other, 'a.svg'))).toEqual([`IDEMPOTENCY_KEY_REUSED ${path}`]);
  });
});

describe('the same key with another input', () => {
  it.each<[string, Partial<CreateTenantInput>]>([
    ['another name', { name: 'Another name' }],
    ['another tenantId', { tenantId: 'quite-another' }],
    ['a field more', { metadata: {} }],
    ['another secret', { campaigns: [{ name: 'One', isEnabled: true, password: 'b' }] }],
    ['faults of its own', { name: '', code: 'no code' }],
  ])('is IDEMPOTENCY_KEY_REUSED, and nothing else: %s', async (_what, change) => {
    const input = keyed({ campaigns: [{ name: 'One', isEnabled: true, password: 'a' }] });
    await created(app, input);
    const payload = await writesNothing(app, () => create(app, { ...input, ...change }));
    expect(faultsOf(payload)).toEqual([`IDEMPOTENCY_KEY_REUSED ${path}`]);
    expect(payload.tenant).toBeNull();
  });
});

describe('a key', () => {
  it('is bound to its caller', async () => {
    const input = keyed();
    await created(app, input);
    expect(faultsOf(await create(app, input, { as: 'admin' }))).toContain('TAKEN input.tenantId');
    const other = provisionInput({ idempotencyKey: input.idempotencyKey });
    expect(faultsOf(await create(app, other, { as: 'admin' }))).toEqual([]);
    expect(faultsOf(await create(app, other))).toEqual([`IDEMPOTENCY_KEY_REUSED ${path}`]);
  });

  it('is not taken by a create that failed', async () => {
    const input = keyed();
    expect(faultsOf(await create(app, { ...input, name: '' }))).toEqual(['INVALID input.name']);
    await created(app, input);
  });

  it.each(['', ' ', 'x'.repeat(256), 'a\u0000b'])('that is none is INVALID: %j', async (idempotencyKey) => {
    const payload = await writesNothing(app, () => create(app, provisionInput({ idempotencyKey })));
    expect(faultsOf(payload)).toEqual([`INVALID ${path}`]);
  });

  it('does not come before the permission', async () => {
    const input = keyed();
    await created(app, input);
    const answer = await app.client.execute(CreateTenantDocument, { input }, { as: 'viewer' });
    expect(codesOf(answer)).toEqual(['FORBIDDEN']);
  });

  it('is kept for 24 hours, and then forgotten', async () => {
    const input = keyed();
    const { id } = await created(app, input);
    later = 24 * 3_600_000 - 60_000;
    expect((await created(app, input)).id).toBe(id);
    later += 120_000;
    expect(faultsOf(await create(app, input))).toContain('TAKEN input.tenantId');
    const other = provisionInput({ idempotencyKey: input.idempotencyKey });
    const { id: otherId } = await created(app, other);
    expect((await created(app, other)).id).toBe(otherId);
    expect(faultsOf(await create(app, input))).toEqual([`IDEMPOTENCY_KEY_REUSED ${path}`]);
  });
});

describe('calls at once', () => {
  it.each(['provisioned', 'adopted'] as const)('are one tenant, by one create: %s', async (origin) => {
    const idempotencyKey = `at once ${origin}`;
    const input = origin === 'adopted' ? await adoptInput(app, { idempotencyKey }) : keyed({ idempotencyKey });
    app.standIn.faults.clearRequests();
    const tenants = await Promise.all(Array.from({ length: 10 }, () => created(app, input)));
    expect(new Set(tenants.map(({ id }) => id)).size).toBe(1);
    expect(realmsMade()).toBe(origin === 'adopted' ? 0 : 1);
    expect(await trailOf(app, input.tenantId)).toHaveLength(1);
  });

  it('with two inputs make one tenant; the other input is told', async () => {
    const [one, two] = [keyed(), provisionInput()];
    const inputs = [one, { ...two, idempotencyKey: one.idempotencyKey }];
    const payloads = await Promise.all(inputs.map((input) => create(app, input)));
    expect(payloads.filter(({ tenant }) => tenant !== null)).toHaveLength(1);
    expect(payloads.flatMap(faultsOf)).toEqual([`IDEMPOTENCY_KEY_REUSED ${path}`]);
  });

  it.each(['provisioned', 'adopted'] as const)('at two replicas are one tenant too: %s', async (origin) => {
    const replica = new ApiClient((await startReplica(app)).url);
    for (let round = 0; round < 5; round += 1) {
      const idempotencyKey = `replicas ${origin} ${round}`;
      const input = origin === 'adopted' ? await adoptInput(app, { idempotencyKey }) : keyed({ idempotencyKey });
      const calls = [app.client, replica, app.client, replica].map(
        async (client) => (await client.data(CreateTenantDocument, { input }, { as: 'operator' })).createTenant,
      );
      const payloads = await Promise.all(calls);
      expect(payloads.flatMap(faultsOf)).toEqual([]);
      expect(new Set(payloads.map((payload) => payload?.tenant?.id)).size).toBe(1);
      expect(await trailOf(app, input.tenantId)).toHaveLength(1);
    }
    expect(await intents()).toBe(0);
  });
});

describe('a create that was interrupted', () => {
  it('between intent and commit is finished by the same call, with one realm', async () => {
    const input = keyed();
    app.standIn.faults.set({ ...makingRealms, kind: 'slow', ms: 1_000, mode: 'after', times: 1 });
    app.standIn.faults.clearRequests();
    const interrupted = app.client.execute(CreateTenantDocument, { input }, { as: 'operator' });
    await eventually(
      () => Promise.resolve(realmsMade()),
      (made) => made === 1,
    );
    await app.sql(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and state = 'idle in transaction'`,
    );
    expect(codesOf(await interrupted)).toHaveLength(1);
    expect(await intents()).toBe(1);
    const tenant = await created(app, input);
    expect(await intents()).toBe(0);
    expect((await created(app, input)).id).toBe(tenant.id);
    expect(await trailOf(app, input.tenantId)).toHaveLength(1);
    expect(await app.services.realmAdmin!.find(input.tenantId, tenant.id)).toBe('OURS');
  });

  it('by Keycloak may be sent again under its key', async () => {
    const input = keyed();
    app.standIn.faults.set({ ...makingRealms, kind: 'cut' });
    expect(faultsOf(await create(app, input))).toEqual([
      'IDENTITY_PROVIDER_UNAVAILABLE input.keycloak.realm.provision',
    ]);
    app.standIn.faults.clear();
    const tenant = await created(app, input);
    expect(await writesNothing(app, () => created(app, input))).toEqual(tenant);
  });
});
