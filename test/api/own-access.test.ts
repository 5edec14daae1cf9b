import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { createdIn, issued, transitioned } from '../support/changes.js';
import { codesOf, type Answer } from '../support/client.js';
import {
  CurrentTenantDocument,
  CurrentTenantSecretsDocument,
  SetTenantCampaignsDocument,
  type CreateTenantInput,
} from '../support/generated/operations.js';
import { adoptInput, created, provisionInput, read, type TenantFields } from '../support/tenants.js';
import { trailOf } from '../support/written.js';

let later = 0;
let app: TestApp;
let own: Awaited<ReturnType<typeof adopted>>;
beforeAll(async () => {
  app = await startTestApp({ now: () => new Date(Date.now() + later) });
  own = await adopted({ ...secrets, metadata: { a: 1 } });
});
afterAll(() => app.stop());
afterEach(() => void (later = 0));

const secrets = {
  campaigns: [
    {
      name: 'Outbound',
      username: 'user',
      password: 'pass-word',
      isEnabled: true,
      secrets: { apiToken: 'x', deep: { a: [1] } },
    },
    { name: 'Inbound', isEnabled: false },
  ],
  providers: [
    { kind: 'KYC', name: 'Onfido', secrets: { apiKey: 'y' } },
    { kind: 'SMS', name: 'Twilio' },
  ],
} as const;

/** A token straight from a tenant's realm: for the service account of its client, or for a user of the same client. */
async function grant(
  realm: string,
  clientSecret: string,
  user?: { username: string; password: string },
): Promise<string> {
  const answer = await fetch(`${app.standIn.url}/realms/${realm}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: user ? 'password' : 'client_credentials',
      client_id: 'cx-core',
      client_secret: clientSecret,
      ...user,
    }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** A second after onboarding at the latest, tokens of an adopted realm are accepted. */
async function adopted(
  change: Partial<CreateTenantInput> = {},
): Promise<TenantFields & { token: string; secret: string }> {
  const input = await adoptInput(app, change);
  const tenant = await created(app, input);
  await issued(app, tenant.tenantId);
  const secret = input.keycloak.realm.adopt!.clientSecret;
  return { ...tenant, secret, token: await grant(tenant.keycloak.realm, secret) };
}

const ask = async (token: string, query = '{ currentTenant { tenantId } }'): Promise<Answer> =>
  await app.ask(query, { token });
const reasonOf = ({ errors }: Answer): unknown => errors?.[0]?.extensions?.['reason'];

describe("a tenant's own token", () => {
  it('reads its tenant, whole, as operators see it: an adopted realm', async () => {
    const { tenantId, token } = own;
    const { currentTenant } = await app.client.data(CurrentTenantDocument, {}, { token });
    expect(currentTenant).toEqual(await read(app, tenantId));
  });

  it('reads its tenant: a provisioned realm', async () => {
    const { id, tenantId, keycloak } = await created(app, provisionInput());
    const secret = await app.services.realmAdmin!.readClientSecret(tenantId, id, 'cx-core');
    const token = await grant(keycloak.realm, secret!);
    expect(await ask(token)).toMatchObject({ data: { currentTenant: { tenantId } } });
  });

  it('is the tenant’s alone, whoever else there is', async () => {
    const [a, b] = [own, await adopted()];
    expect((await ask(a.token)).data).toEqual({ currentTenant: { tenantId: a.tenantId } });
    expect((await ask(b.token)).data).toEqual({ currentTenant: { tenantId: b.tenantId } });
  });

  it('says who it is', async () => {
    const { tenantId, token } = own;
    const { data } = await ask(token, '{ viewer { username roles permissions tenant { tenantId status } } }');
    expect(data).toEqual({
      viewer: {
        username: null,
        roles: ['TENANT'],
        permissions: ['READ_CURRENT_TENANT', 'READ_CURRENT_TENANT_SECRETS'],
        tenant: { tenantId, status: 'ACTIVE' },
      },
    });
  });

  it('does not read the trail: that field is null with an error, the others are there', async () => {
    const { tenantId, token } = own;
    const answer = await ask(token, '{ currentTenant { tenantId history { nodes { id } } } }');
    expect(answer.data).toEqual({ currentTenant: { tenantId, history: null } });
    expect(codesOf(answer)).toEqual(['FORBIDDEN']);
  });

  it('is refused where it is an end user’s of the same client', async () => {
    const { keycloak, secret } = own;
    await app.standIn.control.addUser(keycloak.realm, { username: 'customer', password: 'pass' });
    const token = await grant(keycloak.realm, secret, { username: 'customer', password: 'pass' });
    expect(codesOf(await ask(token))).toEqual(['UNAUTHENTICATED']);
  });

  it('is refused where no tenant has the realm', async () => {
    const { realm, clientSecret } = await app.standIn.control.addRealm();
    expect(codesOf(await ask(await grant(realm, clientSecret)))).toEqual(['UNAUTHENTICATED']);
  });

  it('of a realm that was used before it was adopted is refused', async () => {
    const { realm, clientId, clientSecret } = await app.standIn.control.addRealm();
    const early = await grant(realm, clientSecret);
    const { tenantId } = await created(
      app,
      provisionInput({ keycloak: { realm: { adopt: { realm, clientId, clientSecret } } } }),
    );
    expect(codesOf(await ask(early))).toEqual(['UNAUTHENTICATED']);
    expect((await ask((await issued(app, tenantId)).accessToken)).data).toEqual({ currentTenant: { tenantId } });
  });

  it('is FORBIDDEN, for every field, while its tenant is out of service', async () => {
    const { tenantId, token } = await adopted();
    const query = '{ viewer { roles } currentTenant { id } currentTenantSecrets { campaigns { name } } }';
    for (const stop of ['SUSPEND', 'DEACTIVATE', 'DELETE'] as const) {
      await transitioned(app, tenantId, stop);
      const answer = await ask(token, query);
      expect(answer.data).toEqual({ viewer: null, currentTenant: null, currentTenantSecrets: null });
      expect(codesOf(answer)).toEqual(['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN']);
      expect(reasonOf(answer)).toBe('TENANT_NOT_OPERATIONAL');
    }
  });

  it('from before its tenant was out of service is UNAUTHENTICATED afterwards', async () => {
    const { tenantId, token } = await adopted();
    await transitioned(app, tenantId, 'SUSPEND');
    await transitioned(app, tenantId, 'REACTIVATE');
    expect(codesOf(await ask(token))).toEqual(['UNAUTHENTICATED']);
    expect((await ask((await issued(app, tenantId)).accessToken)).data).toEqual({ currentTenant: { tenantId } });
  });
});

describe('currentTenantSecrets', () => {
  const reveal = async (token: string) =>
    (await app.client.data(CurrentTenantSecretsDocument, {}, { token })).currentTenantSecrets;

  it('holds what was given, for the tenant’s own token', async () => {
    expect(await reveal(own.token)).toEqual({
      campaigns: [
        { name: 'Outbound', username: 'user', password: 'pass-word', secrets: { apiToken: 'x', deep: { a: [1] } } },
        { name: 'Inbound', username: null, password: null, secrets: {} },
      ],
      providers: [
        { kind: 'KYC', name: 'Onfido', secrets: { apiKey: 'y' } },
        { kind: 'SMS', name: 'Twilio', secrets: {} },
      ],
    });
  });

  it('follows changes', async () => {
    const { tenantId, token } = await adopted(secrets);
    const campaigns = [{ name: 'Outbound', isEnabled: true, secrets: { apiToken: null, other: true } }];
    await app.client.data(SetTenantCampaignsDocument, { tenant: { tenantId }, campaigns }, { as: 'operator' });
    expect((await reveal(token))?.campaigns).toEqual([
      { name: 'Outbound', username: null, password: 'pass-word', secrets: { deep: { a: [1] }, other: true } },
    ]);
  });

  it.each(['viewer', 'operator', 'admin', 'component'] as const)(
    'is FORBIDDEN to %s, with or without X-Tenant-ID',
    async (as) => {
      const { tenantId } = own;
      for (const headers of [undefined, { 'x-tenant-id': tenantId }]) {
        const answer = await app.ask('{ currentTenantSecrets { campaigns { name } } }', { as, headers });
        expect(codesOf(answer)).toEqual(['FORBIDDEN']);
        expect(answer.data).toEqual({ currentTenantSecrets: null });
      }
    },
  );

  it('is recorded once an hour, as the tenant’s client', async () => {
    const { tenantId, keycloak, token } = await adopted(secrets);
    const reads = async () => (await trailOf(app, tenantId)).filter(({ action }) => action === 'SECRETS_READ');
    await Promise.all(Array.from({ length: 5 }, () => reveal(token)));
    expect(await reads()).toMatchObject([{ actor_name: 'cx-core', changes: {}, from_status: null, reason: null }]);
    expect(
      await app.sql(`select actor_issuer from tenantry.audit_entry where action = 'SECRETS_READ' and tenant_id = ?`, [
        tenantId,
      ]),
    ).toEqual([{ actor_issuer: keycloak.issuer }]);
    later += 59 * 60_000;
    await reveal(token);
    expect(await reads()).toHaveLength(1);
    later += 2 * 60_000;
    await reveal(token);
    await reveal(token);
    expect(await reads()).toHaveLength(2);
  });

  it('of a tenant that was brought back are the same, by a new token', async () => {
    const { tenantId } = await createdIn(app, 'ACTIVE', secrets);
    const before = await reveal((await issued(app, tenantId)).accessToken);
    await transitioned(app, tenantId, 'DEACTIVATE');
    await transitioned(app, tenantId, 'REACTIVATE');
    expect(await reveal((await issued(app, tenantId)).accessToken)).toEqual(before);
  });
});
