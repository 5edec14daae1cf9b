import { randomUUID } from 'node:crypto';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { removeLeftIntents } from '../../src/modules/realm/left-intents.service.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { faultsOf } from '../support/client.js';
import type { CreateTenantInput } from '../support/generated/operations.js';
import { making, realmAt, reservations } from '../support/making-realms.js';
import { create, created, provisionInput } from '../support/tenants.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
afterEach(() => app.standIn.faults.clear());

const unavailable = ['IDENTITY_PROVIDER_UNAVAILABLE input.keycloak.realm.provision'];

/** A create that Keycloak did not answer; returns the UUID that tenant and realm were to have. */
async function interrupted(input: CreateTenantInput): Promise<string> {
  app.standIn.faults.set({ ...making, kind: 'cut' });
  expect(faultsOf(await create(app, input))).toEqual(unavailable);
  app.standIn.faults.clear();
  const rows = await app.sql<{ id: string }>('select id from tenantry.realm_intent where tenant_id = ?', [
    input.tenantId,
  ]);
  return rows[0]!.id;
}

/** What a Keycloak that hung comes to after all. */
async function madeLate(realm: string, id: string): Promise<void> {
  const { realmAdmin } = app.services;
  const client = { clientId: 'cx-core', clientSecret: randomUUID() };
  await realmAdmin!.create({ id, realm, tenantId: realm, audience: 'tenantry', ...client });
}

/** The background job, so many minutes from now. */
async function cleanedUpIn(minutes: number): Promise<void> {
  const then = new Date(Date.now() + minutes * 60_000);
  await removeLeftIntents({ ...app.services, now: () => then });
}

describe('what an interrupted create left', () => {
  it('stays the caller’s for two minutes', async () => {
    const input = provisionInput();
    await interrupted(input);
    await cleanedUpIn(1.9);
    expect(await reservations(app, input.tenantId)).toBe(1);
    await created(app, input);
  });

  it('is removed with its realm', async () => {
    const input = provisionInput();
    await madeLate(input.tenantId, await interrupted(input));
    await cleanedUpIn(2.1);
    expect(await realmAt(app, input.tenantId)).toBeUndefined();
    expect(await reservations(app, input.tenantId)).toBe(0);
  });

  it('is looked for a second time where there was no realm: Keycloak may have been at work on it', async () => {
    const input = provisionInput();
    const id = await interrupted(input);
    await cleanedUpIn(3);
    await madeLate(input.tenantId, id);
    await cleanedUpIn(3.5);
    expect(await reservations(app, input.tenantId)).toBe(1);
    await cleanedUpIn(4);
    expect(await realmAt(app, input.tenantId)).toBeUndefined();
    expect(await reservations(app, input.tenantId)).toBe(0);
  });

  it('is forgotten where there is no realm at the second look either', async () => {
    const input = provisionInput();
    await interrupted(input);
    await cleanedUpIn(3);
    await cleanedUpIn(4);
    expect(await reservations(app, input.tenantId)).toBe(0);
    await created(app, { ...input, code: 'FREE' });
  });

  it('is not held up by a realm that Keycloak does not get on with', async () => {
    const [stuck, other] = [provisionInput(), provisionInput()];
    await madeLate(stuck.tenantId, await interrupted(stuck));
    await madeLate(other.tenantId, await interrupted(other));
    app.standIn.faults.set({ match: `/admin/realms/${stuck.tenantId}`, kind: 'status', status: 500 });
    await cleanedUpIn(3);
    expect([await reservations(app, stuck.tenantId), await reservations(app, other.tenantId)]).toEqual([1, 0]);
    app.standIn.faults.clear();
    await cleanedUpIn(4);
    expect(await reservations(app, stuck.tenantId)).toBe(0);
  });

  it('is left alone where the realm is somebody else’s', async () => {
    const input = provisionInput();
    await interrupted(input);
    await app.standIn.control.addRealm({ realm: input.tenantId });
    await cleanedUpIn(3);
    await cleanedUpIn(4);
    expect(await reservations(app, input.tenantId)).toBe(0);
    expect((await fetch(`${app.standIn.url}/realms/${input.tenantId}`)).status).toBe(200);
    const given = app
      .log()
      .split('\n')
      .filter((line) => line.includes('given up') && line.includes(input.tenantId));
    expect(given).toHaveLength(1);
    expect(JSON.parse(given[0] ?? '')).toMatchObject({ level: 'warn', realm: input.tenantId });
  });
});

describe('a create sent again for a realm of another name', () => {
  it('makes that one, and what Keycloak makes late of the first is removed', async () => {
    const input = provisionInput();
    const id = await interrupted(input);
    const realm = `${input.tenantId}-again`;
    const tenant = await created(app, { ...input, keycloak: { realm: { provision: { realm } } } });
    expect(tenant.id).not.toBe(id);
    await madeLate(input.tenantId, id);
    await cleanedUpIn(3);
    expect(await realmAt(app, input.tenantId)).toBeUndefined();
    expect(await realmAt(app, realm)).toMatchObject({ id: tenant.id, enabled: true });
    expect(await app.sql('select from tenantry.realm_intent where id = ?', [id])).toEqual([]);
  });
});
