import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { buildSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { issued } from '../support/changes.js';
import { codesOf, faultsOf, type Answer } from '../support/client.js';
import {
  AuditEntriesDocument,
  CreateTenantDocument,
  CurrentTenantSecretsDocument,
  LoginDocument,
  LogoutDocument,
  PatchTenantDocument,
  RefreshSessionDocument,
  SetTenantCampaignsDocument,
  SetTenantClientSecretDocument,
  TenantDocument,
  type CreateTenantInput,
} from '../support/generated/operations.js';
import { misplacements } from '../support/misplaced.js';
import { adoptInput, provisionInput } from '../support/tenants.js';

/** Stands in every secret: one search finds any of them. */
const marker = 'planted-secret';
let count = 0;
const planted = (): string => `${marker}-${(count += 1)}`;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const answers: string[] = [];
const noted = <Data>(answer: Answer<Data>): Answer<Data> => {
  answers.push(JSON.stringify(answer));
  return answer;
};

/** The marker as it is and in encodings in which texts hide, whatever stands before it. */
const disguises = [
  marker,
  marker.replaceAll('-', '_'),
  Buffer.from(marker).toString('hex'),
  ...[0, 1, 2].map((before) =>
    Buffer.from('x'.repeat(before) + marker)
      .toString('base64')
      .slice(before + 1, -3),
  ),
];

/** Every row of every table of every schema, as text. */
async function dump(): Promise<string> {
  const tables = await app.sql<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    texts.push(...(await app.sql<{ text: string }>(`select t::text as text from ${name} t`)).map(({ text }) => text));
  }
  return texts.join('\n');
}

async function expectNoneFound(): Promise<void> {
  const places = { database: await dump(), log: app.log(), answers: answers.join('\n') };
  const hits = Object.entries(places).flatMap(([place, content]) =>
    disguises.flatMap((text) => {
      const at = content.toLowerCase().indexOf(text.toLowerCase());
      return at === -1 ? [] : [`${place}: ${content.slice(Math.max(at - 200, 0), at + 50)}`];
    }),
  );
  expect(hits).toEqual([]);
}

const asOperator = { as: 'operator' } as const;

function secretiveParts(): Partial<CreateTenantInput> {
  return {
    campaigns: [{ name: 'c', password: planted(), secrets: { token: planted(), deep: { list: [planted()] } } }],
    providers: [{ kind: 'KYC', name: 'p', secrets: { apiKey: planted(), nested: { privateKey: planted() } } }],
  };
}

/** A tenant whose every secret is a planted one. */
async function onboard(): Promise<{ tenantId: string; realm: string; input: CreateTenantInput }> {
  const { realm, clientId, clientSecret } = await app.standIn.control.addRealm({ clientSecret: planted() });
  const keycloak = { realm: { adopt: { realm, clientId, clientSecret } } };
  const input = provisionInput({ keycloak, ...secretiveParts(), idempotencyKey: realm });
  const { data } = noted(await app.client.execute(CreateTenantDocument, { input }, asOperator));
  expect(faultsOf(data?.createTenant)).toEqual([]);
  return { tenantId: input.tenantId, realm, input };
}

describe('planted secrets', () => {
  it('that are accepted are found nowhere but in currentTenantSecrets', async () => {
    const { client, standIn } = app;
    const { tenantId, realm, input } = await onboard();
    const tenant = { tenantId };
    const reused = { ...input, ...secretiveParts() };
    const { data } = noted(await client.execute(CreateTenantDocument, { input: reused }, asOperator));
    expect(faultsOf(data?.createTenant)).toEqual(['IDEMPOTENCY_KEY_REUSED input.idempotencyKey']);

    const { campaigns = [], providers } = secretiveParts();
    noted(await client.execute(SetTenantCampaignsDocument, { tenant, campaigns: campaigns ?? [] }, asOperator));
    noted(await client.execute(PatchTenantDocument, { tenant, patch: { profile: { providers } } }, asOperator));
    const clientSecret = planted();
    await standIn.control.setClientSecret(realm, 'cx-core', clientSecret);
    noted(await client.execute(SetTenantClientSecretDocument, { tenant, clientSecret }, asOperator));
    noted(await client.execute(TenantDocument, { by: tenant }, { as: 'admin' }));
    noted(await client.execute(AuditEntriesDocument, { first: 100 }, { as: 'admin' }));

    const { accessToken } = await issued(app, tenantId);
    const secrets = await client.data(CurrentTenantSecretsDocument, {}, { token: accessToken });
    expect(JSON.stringify(secrets).match(new RegExp(marker, 'g'))).toHaveLength(5);
    expect(app.log()).not.toContain(accessToken);
    await expectNoneFound();
  });

  it('that are refused', async () => {
    const { tenantId } = await onboard();
    const tenant = { tenantId };
    const wrong = await adoptInput(app);
    const adopt = { ...wrong.keycloak.realm.adopt!, clientSecret: planted() };
    const metadata = { 'a password': planted(), apiKey: planted() };
    const settings = { secret: planted() };
    for (const change of [
      { keycloak: { realm: { adopt } } },
      { keycloak: { realm: { adopt: { ...adopt, serverUrl: `http://user:${planted()}@10.0.0.1/` } } } },
      { keycloak: { ...wrong.keycloak, otpManagerUrl: `https://${planted()}:x@example.com/?key=${planted()}` } },
      { metadata },
      { campaigns: [{ name: 'c', settings, password: `${planted()}\u0000` }] },
      { campaigns: [{ name: 'c', password: planted().repeat(100), serviceUrl: `https://u:${planted()}@example.com` }] },
      { providers: [{ kind: 'SMS' as const, name: 'p', settings, secrets: { key: `${planted()}\ud800` } }] },
      { idempotencyKey: '', ...secretiveParts() },
    ]) {
      const answer = noted(
        await app.client.execute(CreateTenantDocument, { input: { ...wrong, ...change } }, asOperator),
      );
      expect(answer.data?.createTenant?.tenant ?? null).toBeNull();
    }
    noted(await app.client.execute(SetTenantClientSecretDocument, { tenant, clientSecret: planted() }, asOperator));
    await expectNoneFound();
  });

  it('of people who log in, of their sessions and of their codes', async () => {
    const { client } = app;
    const user = { username: 'viewer', password: planted(), oneTimeCode: planted() };
    noted(await client.execute(LoginDocument, { input: { user } }));
    noted(
      await client.execute(LoginDocument, {
        input: { client: { clientId: 'core-component', clientSecret: planted() } },
      }),
    );
    noted(await client.execute(RefreshSessionDocument, { input: { refreshToken: planted() } }));
    noted(await client.execute(LogoutDocument, { input: { refreshToken: planted() } }));
    const { login } = await client.data(LoginDocument, { input: { user: { username: 'admin', password: 'demo' } } });
    const refreshToken = login!.session!.refreshToken!;
    await client.data(RefreshSessionDocument, { input: { refreshToken } });
    app.standIn.faults.set({ match: '/token', kind: 'status', status: 500, body: { error: planted() } });
    noted(await client.execute(RefreshSessionDocument, { input: { refreshToken } }));
    noted(await client.execute(LoginDocument, { input: { user } }));
    app.standIn.faults.clear();
    await client.data(LogoutDocument, { input: { refreshToken } });
    for (const token of [refreshToken, login!.session!.accessToken]) {
      expect(app.log() + answers.join() + (await dump())).not.toContain(token);
    }
    await expectNoneFound();
  });

  it('in every place of the schema whose type refuses them', async () => {
    const sdl = await readFile(join(import.meta.dirname, '../../schema/schema.graphql'), 'utf8');
    const requests = misplacements(buildSchema(sdl), planted());
    expect(requests.length).toBeGreaterThan(500);
    const codes = new Set<string>();
    for (const { query, variables } of requests) {
      const answer = noted(await app.client.raw(query, variables, { as: 'admin' }));
      for (const code of codesOf(answer)) codes.add(code.split(' ')[0]!);
    }
    expect([...codes].sort()).toEqual(['BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED']);
    await expectNoneFound();
  });

  it('in requests that are none', async () => {
    const attempts: RequestInit[] = [
      { headers: { authorization: `Bearer ${planted()}` }, body: '{"query":"{ viewer { subject } }"}' },
      {
        headers: { authorization: `Basic ${planted()}`, cookie: planted() },
        body: '{"query":"{ viewer { subject } }"}',
      },
      { body: `{"query": "${planted()}` },
      { body: JSON.stringify({ query: `{ a(b: "${planted()}" }` }) },
      { body: JSON.stringify({ query: `query Q($a: String = "${planted()}) { a }` }) },
      { headers: { 'content-type': `multipart/form-data; boundary=${planted()}` }, body: planted() },
      { headers: { 'content-type': planted() }, body: planted() },
      {
        headers: { 'x-tenant-id': planted(), authorization: `Bearer ${await app.tokenOf('viewer')}` },
        body: '{"query":"{ viewer { subject } }"}',
      },
    ];
    for (const { headers, body } of attempts) {
      const sent = { 'content-type': 'application/json', ...(headers as Record<string, string>) };
      const answer = await fetch(`${app.url}/graphql?token=${planted()}`, { method: 'POST', headers: sent, body });
      answers.push(await answer.text());
    }
    for (const path of [
      `/graphql?query={a(b:"${planted()}")}`,
      `/logos/x?${planted()}`,
      `/health/ready?${planted()}`,
    ]) {
      answers.push(await (await fetch(`${app.url}${path}`)).text());
    }
    await expectNoneFound();
  });

  it('in a statement that fails for no reason of the caller', async () => {
    await app.sql(`alter table tenantry.campaign add constraint none check (name <> 'fails')`);
    const campaigns = [
      { name: 'fails', password: planted(), serviceUrl: 'https://shown-in-a-failing-row.example.com' },
    ];
    const answer = noted(
      await app.client.execute(CreateTenantDocument, { input: provisionInput({ campaigns }) }, asOperator),
    );
    await app.sql('alter table tenantry.campaign drop constraint none');
    expect(codesOf(answer)).toEqual(['INTERNAL_SERVER_ERROR']);
    expect(answer.errors?.[0]?.extensions).toHaveProperty('requestId');
    expect(app.log()).toContain('"code":"23514"');
    expect(app.log() + answers.join()).not.toContain('shown-in-a-failing-row');
    await expectNoneFound();
  });
});
