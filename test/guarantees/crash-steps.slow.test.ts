import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { FaultRule } from '../../src/embedded/keycloak/faults.js';
import { eventually } from '../support/background.js';
import { faultsOf } from '../support/client.js';
import { createTestDatabase, executeSql, testSecretsKey, type TestDatabase } from '../support/database.js';
import { CreateTenantDocument, TenantDocument, type CreateTenantInput } from '../support/generated/operations.js';
import { startTestKeycloak, type TestKeycloak } from '../support/keycloak.js';
import { making, realmAt } from '../support/making-realms.js';
import { serve, serviceSettings, type ServingProcess } from '../support/service-process.js';
import { provisionInput } from '../support/tenants.js';

let keycloak: TestKeycloak;
let database: TestDatabase;
beforeAll(async () => {
  [keycloak, database] = await Promise.all([startTestKeycloak(), createTestDatabase()]);
});
afterAll(async () => {
  await Promise.all([keycloak.stop(), database.drop()]);
});

async function start(): Promise<ServingProcess> {
  const { url, publicUrl = url, realm, clientId, clientSecret, adminClientId, adminClientSecret } = keycloak;
  return await serve({
    env: await serviceSettings({
      DATABASE_URL: database.ownerUrl,
      DATABASE_PLATFORM_URL: database.platformUrl,
      DATABASE_TENANT_URL: database.tenantUrl,
      SECRETS_KEY: Buffer.from(testSecretsKey).toString('base64url'),
      KEYCLOAK_URL: url,
      KEYCLOAK_PUBLIC_URL: publicUrl,
      KEYCLOAK_REALM: realm,
      KEYCLOAK_CLIENT_ID: clientId,
      KEYCLOAK_CLIENT_SECRET: clientSecret,
      KEYCLOAK_ADMIN_CLIENT_ID: adminClientId,
      KEYCLOAK_ADMIN_CLIENT_SECRET: adminClientSecret,
    }),
  });
}

/** The requests of a create, in their order, and whether Keycloak has done what each asks for when the process dies. */
const steps: [string, (realm: string) => Pick<FaultRule, 'match' | 'method' | 'mode'>][] = [
  ['before the realm is made', () => ({ ...making, mode: 'before' })],
  ['when the realm is made', () => ({ ...making, mode: 'after' })],
  ['before the tenant is committed', (realm) => ({ match: `/realms/${realm}/protocol/openid-connect/certs` })],
  ['before the realm is enabled', (realm) => ({ match: `/admin/realms/${realm}`, method: 'PUT', mode: 'before' })],
  ['when the realm is enabled', (realm) => ({ match: `/admin/realms/${realm}`, method: 'PUT', mode: 'after' })],
];

/** Lets the service begin a create, and ends it by force in the step. */
async function dyingIn(rule: Pick<FaultRule, 'match' | 'method' | 'mode'>, input: CreateTenantInput): Promise<void> {
  const service = await start();
  await service.client.login('operator');
  keycloak.faults.clearRequests();
  keycloak.faults.set({ ...rule, kind: 'slow', ms: 1_500 });
  const broken = service.client.execute(CreateTenantDocument, { input }, { as: 'operator' }).catch(() => undefined);
  const seen = await eventually(
    async () => keycloak.faults.requests(rule.match, rule.method),
    (count) => count > 0,
  );
  expect(seen).toBe(1);
  await sleep(600); // Keycloak has made the realm by now, where it was let
  process.kill(-service.pid, 'SIGKILL');
  await service.ended;
  await broken;
  keycloak.faults.clear();
  await sleep(1_500); // what was held up has come to its end
}

const nobodys = async (): Promise<object[]> =>
  await executeSql(database.ownerUrl, 'select id, realm from tenantry.realm_intent');
const backdate = async (): Promise<void> => {
  const longAgo = `set created_at = created_at - interval '5 min', missing_since = missing_since - interval '5 min'`;
  await executeSql(database.ownerUrl, `update tenantry.realm_intent ${longAgo}`);
};

describe.each(steps)('a process that dies %s', (_step, ruleFor) => {
  const fresh = (): CreateTenantInput => {
    const tenantId = `s${randomBytes(4).toString('hex')}`;
    return provisionInput({ tenantId, idempotencyKey: tenantId });
  };

  it('leaves the same create to be sent again: one tenant, and one realm of its own', async () => {
    const input = fresh();
    await dyingIn(ruleFor(input.tenantId), input);
    const service = await start();
    const { createTenant } = await service.client.data(CreateTenantDocument, { input }, { as: 'operator' });
    expect(faultsOf(createTenant)).toEqual([]);
    const tenant = await eventually(
      async () =>
        (await service.client.data(TenantDocument, { by: { tenantId: input.tenantId } }, { as: 'operator' })).tenant,
      (seen) => seen?.keycloak.sync.state === 'IN_SYNC',
    );
    expect(tenant?.keycloak).toMatchObject({ realmState: 'ENABLED', sync: { state: 'IN_SYNC' } });
    expect(await realmAt({ standIn: keycloak }, input.tenantId)).toMatchObject({ id: tenant?.id, enabled: true });
    expect(await nobodys()).toEqual([]);
    await service.stop();
  });

  it('leaves nothing where it is not sent again, but a tenant that was committed', async () => {
    const input = fresh();
    await dyingIn(ruleFor(input.tenantId), input);
    for (let look = 0; look < 2 && (await nobodys()).length > 0; look += 1) {
      await backdate();
      const service = await start();
      await eventually(nobodys, ({ length }) => length === 0, 5_000);
      await service.stop();
    }
    expect(await nobodys()).toEqual([]);
    const service = await start();
    const { tenant } = await service.client.data(
      TenantDocument,
      { by: { tenantId: input.tenantId } },
      { as: 'operator' },
    );
    const found = await realmAt({ standIn: keycloak }, input.tenantId);
    expect(found?.id).toBe(tenant?.id);
    await service.stop();
  });
});
