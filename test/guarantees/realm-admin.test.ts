import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { startKeycloakStandIn, type StandIn } from '../../src/embedded/keycloak/index.js';
import { createOutbound, type Outbound } from '../../src/integrations/guarded-fetch.js';
import { createAdminApi } from '../../src/integrations/keycloak/admin-api.js';
import { KeycloakFault } from '../../src/integrations/keycloak/keycloak-fault.js';
import { createRealmAdmin, type RealmAdmin } from '../../src/integrations/keycloak/realm-admin.js';

let stateDir: string;
let standIn: StandIn;
let outbound: Outbound;
let admin: RealmAdmin;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'tenantry-stand-in-'));
  standIn = await startKeycloakStandIn({ stateDir });
  outbound = createOutbound({ allow: [] });
  const { url, adminClientId: clientId, adminClientSecret: clientSecret } = standIn;
  const platform = { url, publicUrl: url };
  admin = createRealmAdmin(createAdminApi({ outbound, platform, client: { clientId, clientSecret } }));
});
afterAll(async () => {
  await outbound.close();
  await standIn.stop();
  await rm(stateDir, { recursive: true, force: true });
});
afterEach(() => {
  standIn.faults.clear();
  standIn.faults.clearRequests();
});

const spec = (realm: string, id = randomUUID()) => ({
  id,
  realm,
  tenantId: realm,
  audience: 'tenantry',
  clientId: 'cx-core',
  clientSecret: `secret-of-${id}`,
});

const post = { match: /\/admin\/realms$/, method: 'POST' };

/** What came of it, and within which time. */
async function outcome(work: Promise<unknown>): Promise<unknown> {
  const started = Date.now();
  const result = await work.catch((error: unknown) => (error instanceof KeycloakFault ? error.kind : error));
  expect(Date.now() - started).toBeLessThan(6_000);
  return result;
}

describe('making a realm', () => {
  it('makes it disabled, under the id that was chosen, with a secret that works once it is enabled', async () => {
    const made = spec('plain');
    expect(await admin.create(made)).toEqual({ clientSecret: made.clientSecret });
    expect(await admin.find('plain', made.id)).toBe('OURS');
    expect(await admin.readClientSecret('plain', made.id, 'cx-core')).toBe(made.clientSecret);
    expect((await fetch(`${standIn.url}/realms/plain/protocol/openid-connect/token`, { method: 'POST' })).status).toBe(
      403,
    );
    expect(await admin.setEnabled('plain', made.id, true)).toBe('OURS');
    expect((await fetch(`${standIn.url}/realms/plain/protocol/openid-connect/token`, { method: 'POST' })).status).toBe(
      400,
    );
  });

  it.each([
    ['is silent before', { kind: 'silent', mode: 'before' }],
    ['is silent after', { kind: 'silent', mode: 'after' }],
    ['cuts before', { kind: 'cut', mode: 'before' }],
    ['cuts after', { kind: 'cut', mode: 'after' }],
    ['fails before', { kind: 'status', status: 500, mode: 'before' }],
    ['fails after', { kind: 'status', status: 500, mode: 'after' }],
    ['says 400 as for a race', { kind: 'status', status: 400, mode: 'after' }],
    ['says 409 for its own', { kind: 'status', status: 409, mode: 'after' }],
  ] as const)('comes through where Keycloak %s', async (name, rule) => {
    const made = spec(`rough-${name.replaceAll(' ', '-')}`);
    standIn.faults.set({ ...post, ...rule, times: 1 });
    expect(await outcome(admin.create(made))).toEqual({ clientSecret: made.clientSecret });
    expect(await admin.find(made.realm, made.id)).toBe('OURS');
  });

  it('tells a realm that is not ours', async () => {
    await standIn.control.addRealm({ realm: 'theirs' });
    expect(await outcome(admin.create(spec('theirs')))).toBe('HIDDEN');
    const made = spec('mine');
    await admin.create(made);
    expect(await outcome(admin.create(spec('mine')))).toBe('TAKEN');
    expect(await admin.readClientSecret('mine', made.id, 'cx-core')).toBe(made.clientSecret);
  });

  it.each([{ kind: 'silent' }, { kind: 'status', status: 503 }, { kind: 'cut' }] as const)(
    'is UNAVAILABLE in time where it cannot be told: $kind',
    async (rule) => {
      standIn.faults.set({ ...post, ...rule });
      expect(await outcome(admin.create(spec(`lost-${rule.kind}`)))).toBe('UNAVAILABLE');
    },
  );

  /** What a realm shows that is somebody else's; one that is being made shows it too, for a moment. */
  const stub = (realm: string) =>
    ({ match: `/admin/realms/${realm}`, method: 'GET', kind: 'status', status: 200, body: { realm } }) as const;

  it('tells one that is not ours by a stub that stays', async () => {
    await standIn.control.addRealm({ realm: 'foreign' });
    standIn.faults.set(stub('foreign'));
    expect(await outcome(admin.create(spec('foreign')))).toBe('HIDDEN');
  });

  it('does not take a stub for a realm that is not ours where it was just seen', async () => {
    standIn.faults.set({ ...post, kind: 'silent', mode: 'after' });
    standIn.faults.set(stub('emerging'));
    expect(await outcome(admin.create(spec('emerging')))).toBe('UNAVAILABLE');
  });

  it('never lists realms', async () => {
    await admin.create(spec('unlisted'));
    expect(standIn.faults.requests(/\/admin\/realms$/, 'GET')).toBe(0);
  });
});

describe('a realm', () => {
  it('is left alone where its id is not that of the tenant', async () => {
    const made = spec('guarded');
    await admin.create(made);
    const other = randomUUID();
    expect(await admin.setEnabled('guarded', other, true)).toBe('FOREIGN');
    expect(await admin.remove('guarded', other)).toBe('FOREIGN');
    expect(await admin.readClientSecret('guarded', other, 'cx-core')).toBeUndefined();
    expect(await admin.regenerateClientSecret('guarded', other, 'cx-core')).toBeUndefined();
    expect(await admin.find('guarded', made.id)).toBe('OURS');
  });

  it('gets a new client secret, and is removed', async () => {
    const made = spec('fleeting');
    await admin.create(made);
    const renewed = await admin.regenerateClientSecret('fleeting', made.id, 'cx-core');
    expect(renewed).not.toBe(made.clientSecret);
    expect(await admin.readClientSecret('fleeting', made.id, 'cx-core')).toBe(renewed);
    expect(await admin.readClientSecret('fleeting', made.id, 'other')).toBeUndefined();
    expect(await admin.remove('fleeting', made.id)).toBe('OURS');
    expect(await admin.remove('fleeting', made.id)).toBe('MISSING');
    expect(await admin.setEnabled('fleeting', made.id, true)).toBe('MISSING');
  });

  it('is not touched where Keycloak does not answer', async () => {
    const made = spec('quiet');
    await admin.create(made);
    standIn.faults.set({ match: '/admin/realms/quiet', kind: 'status', status: 500 });
    expect(await outcome(admin.setEnabled('quiet', made.id, true))).toBe('UNAVAILABLE');
    standIn.faults.clear();
    standIn.faults.set({ match: '/admin/realms/quiet', kind: 'status', status: 401, times: 1 });
    expect(await outcome(admin.setEnabled('quiet', made.id, true))).toBe('OURS');
  });
});
