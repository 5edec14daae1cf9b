import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { removeLeftIntents } from '../../src/modules/realm/left-intents.service.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { codesOf, faultsOf } from '../support/client.js';
import { CreateTenantDocument, type CreateTenantInput } from '../support/generated/operations.js';
import { making, realmAt, reservations } from '../support/making-realms.js';
import { create, freshTenantId, provisionInput, read } from '../support/tenants.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
afterEach(() => app.standIn.faults.clear());

describe('twenty creates at once', () => {
  const sameTenant = async (inputs: readonly CreateTenantInput[]): Promise<string[][]> => {
    const payloads = await Promise.all(
      inputs.map((input, index) => create(app, input, { as: index % 2 === 0 ? 'operator' : 'admin' })),
    );
    return payloads.map((payload) => faultsOf(payload));
  };

  it('of one tenantId, each with a realm to be made: one wins, and one realm exists', async () => {
    const input = provisionInput();
    app.standIn.faults.clearRequests();
    const outcomes = await sameTenant(Array.from({ length: 20 }, () => input));
    expect(outcomes.filter((faults) => faults.length === 0)).toHaveLength(1);
    expect(outcomes.filter((faults) => faults.includes('TAKEN input.tenantId'))).toHaveLength(19);
    expect(app.standIn.faults.requests(/^\/admin\/realms$/, 'POST')).toBe(1);
    expect(await realmAt(app, input.tenantId)).toMatchObject({ enabled: true });
    expect(await reservations(app, input.tenantId)).toBe(0);
  });

  it('of one tenantId, each adopting the same realm: one wins', async () => {
    const { id: _id, ...realm } = await app.standIn.control.addRealm();
    const input = provisionInput({ keycloak: { realm: { adopt: realm } } });
    const outcomes = await sameTenant(Array.from({ length: 20 }, () => input));
    expect(outcomes.filter((faults) => faults.length === 0)).toHaveLength(1);
    expect(outcomes.filter((faults) => faults.includes('TAKEN input.tenantId'))).toHaveLength(19);
  });

  it('of one tenantId, adopting and provisioning: one wins, and no realm is left without a tenant', async () => {
    const tenantId = freshTenantId();
    const realms = await Promise.all(Array.from({ length: 3 }, () => app.standIn.control.addRealm()));
    const adopting = realms.map(({ id: _id, ...realm }) =>
      provisionInput({ tenantId, keycloak: { realm: { adopt: realm } } }),
    );
    const outcomes = await sameTenant([...adopting, provisionInput({ tenantId }), provisionInput({ tenantId })]);
    expect(outcomes.filter((faults) => faults.length === 0)).toHaveLength(1);
    for (const minutes of [3, 4]) {
      const later = new Date(Date.now() + minutes * 60_000);
      await removeLeftIntents({ ...app.services, now: () => later });
    }
    const { keycloak, id } = (await read(app, tenantId))!;
    if (keycloak.origin === 'PROVISIONED') expect(await realmAt(app, tenantId)).toMatchObject({ id });
    else expect(await realmAt(app, tenantId)).toBeUndefined();
    expect(await reservations(app, tenantId)).toBe(0);
  });

  it('of one code: one wins', async () => {
    const code = 'ONECODE';
    const inputs = Array.from({ length: 5 }, () => provisionInput({ code }));
    const outcomes = await sameTenant(inputs);
    expect(outcomes.filter((faults) => faults.length === 0)).toHaveLength(1);
    expect(outcomes.filter((faults) => faults.includes('TAKEN input.code'))).toHaveLength(4);
    for (const [index, { tenantId }] of inputs.entries()) {
      const hasWon = outcomes[index]?.length === 0;
      expect(await realmAt(app, tenantId)).toEqual(hasWon ? expect.objectContaining({ enabled: true }) : undefined);
      expect(await reservations(app, tenantId)).toBe(0);
    }
  });

  it('of more tenants than can wait: the rest is told to try again, and nothing is left of it', async () => {
    const inputs = Array.from({ length: 24 }, () => provisionInput());
    app.standIn.faults.set({ ...making, kind: 'slow', ms: 1_500, times: 1 });
    const answers = await Promise.all(
      inputs.map((input) => app.client.execute(CreateTenantDocument, { input }, { as: 'operator' })),
    );
    const refused = inputs.filter((_input, index) => codesOf(answers[index]!).includes('RATE_LIMITED'));
    expect(refused).toHaveLength(3);
    for (const { tenantId } of refused) {
      expect(await read(app, tenantId)).toBeNull();
      expect(await realmAt(app, tenantId)).toBeUndefined();
      expect(await reservations(app, tenantId)).toBe(0);
    }
    expect(answers.filter(({ data }) => data?.createTenant?.tenant)).toHaveLength(21);
  });

  it('of different tenants: all succeed', async () => {
    const outcomes = await sameTenant(Array.from({ length: 6 }, () => provisionInput()));
    expect(outcomes.flat()).toEqual([]);
  });
});
