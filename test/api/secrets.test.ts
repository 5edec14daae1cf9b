import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import type { Answer } from '../support/client.js';
import {
  CreateTenantDocument,
  PatchTenantDocument,
  RotateTenantClientSecretDocument,
  SetTenantCampaignsDocument,
  SetTenantClientSecretDocument,
  TenantDocument,
  IssueTenantTokenDocument,
} from '../support/generated/operations.js';
import { adoptInput, provisionInput, type TenantFields } from '../support/tenants.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

/** Every row of every table of the database, as text. */
async function dump(): Promise<string> {
  const tables = await app.sql<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const texts = tables.map(async ({ name }) => {
    const rows = await app.sql<{ text: string }>(`select t::text as text from ${name} t`);
    return rows.map(({ text }) => text).join('\n');
  });
  return (await Promise.all(texts)).join('\n');
}

/** As it is, in base64, in hex (which bytea shows), and as JSON inside JSON. */
function disguises(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [secret, bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url'), bytes.toString('hex')];
}

const planted = {
  client: 'planted-client-secret-1',
  second: 'planted-client-secret-2',
  refused: 'planted-client-secret-3',
  password: 'planted-campaign-password',
  token: 'planted-campaign-token',
  nested: 'planted-nested-value',
  malformed: 'planted-in-a-malformed-input',
  login: 'planted-login-password',
} as const;

const answers: Answer<unknown>[] = [];
const noted = <Data>(answer: Answer<Data>): Answer<Data> => {
  answers.push(answer);
  return answer;
};
const asOperator = { as: 'operator' } as const;
const campaigns = [
  { name: 'one', password: planted.password, secrets: { apiToken: planted.token, deep: { a: [planted.nested] } } },
];

/** Goes everywhere that secrets go, in ways that succeed and ways that fail. */
async function useSecrets(): Promise<{ adopted: TenantFields; provisioned: TenantFields; accessToken: string }> {
  const { client, standIn } = app;
  const { realm, clientId } = await standIn.control.addRealm({ clientSecret: planted.client });
  const adopt = { realm: { adopt: { realm, clientId, clientSecret: planted.client } } };
  const input = provisionInput({ keycloak: adopt, campaigns });
  const adopted = noted(await client.execute(CreateTenantDocument, { input }, asOperator)).data!.createTenant!.tenant!;
  noted(await client.execute(CreateTenantDocument, { input }, asOperator));
  const wrong = await adoptInput(app);
  const bad = { adopt: { ...wrong.keycloak.realm.adopt!, clientSecret: planted.refused } };
  noted(await client.execute(CreateTenantDocument, { input: { ...wrong, keycloak: { realm: bad } } }, asOperator));
  const made = noted(await client.execute(CreateTenantDocument, { input: provisionInput({ campaigns }) }, asOperator));
  const provisioned = made.data!.createTenant!.tenant!;

  const tenant = { tenantId: adopted.tenantId };
  noted(await client.execute(SetTenantClientSecretDocument, { tenant, clientSecret: planted.refused }, asOperator));
  await standIn.control.setClientSecret(realm, clientId, planted.second);
  noted(await client.execute(SetTenantClientSecretDocument, { tenant, clientSecret: planted.second }, asOperator));
  noted(await client.execute(RotateTenantClientSecretDocument, { tenant: { id: provisioned.id } }, asOperator));
  noted(await client.execute(SetTenantCampaignsDocument, { tenant, campaigns }, asOperator));
  const tooLong = [
    { name: 'one', password: `${planted.password}${'x'.repeat(1_024)}`, secrets: { a: `${planted.token}\u0000` } },
  ];
  noted(await client.execute(SetTenantCampaignsDocument, { tenant, campaigns: tooLong }, asOperator));
  noted(await client.execute(PatchTenantDocument, { tenant, patch: {} }, asOperator));
  noted(await client.execute(TenantDocument, { by: tenant }, { as: 'viewer' }));
  const issued = noted(await client.execute(IssueTenantTokenDocument, { tenant }, { as: 'component' }));
  answers.pop(); // the one answer that carries a token on purpose
  return { adopted, provisioned, accessToken: issued.data!.issueTenantToken!.token!.accessToken };
}

/** Secrets in places where they do not belong, in documents that are refused as a whole. */
async function misplaceSecrets(): Promise<void> {
  const { malformed, login } = planted;
  const create = 'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { userErrors { code } } }';
  const adopt = (fields: object): object => ({ keycloak: { realm: { adopt: fields } } });
  const attempts: [string, unknown][] = [
    [create, { input: adopt({ clientSecret: { malformed } }) }],
    [create, { input: adopt({ clientSecret: [malformed], realm: 5 }) }],
    [create, { input: { campaigns: [{ secrets: malformed }] } }],
    [create, { input: malformed }],
    [create, { input: { [malformed]: 1 } }],
    [create, malformed],
    [`mutation { setTenantClientSecret(tenant: {}, clientSecret: "${malformed}") { nothing } }`, {}],
    [
      `mutation { setTenantClientSecret(tenant: { code: "${malformed}" }, clientSecret: 5) { userErrors { code } } }`,
      {},
    ],
    [`mutation { setTenantClientSecret(tenant: { code: "X" }, clientSecret: "${malformed}" { }`, {}],
    [
      `mutation { login(input: { user: { username: "viewer", password: "${login}" } }) { userErrors { code message } } }`,
      {},
    ],
    [`mutation { login(input: { user: { username: 5, password: "${login}" } }) { userErrors { code message } } }`, {}],
  ];
  for (const [query, variables] of attempts) noted(await app.client.raw(query, variables, asOperator));
}

describe('secrets that were sent', () => {
  it('are nowhere: not in the database, not in the log, not in an answer', async () => {
    const { adopted, provisioned, accessToken } = await useSecrets();
    await misplaceSecrets();
    const made = await app.services.realmAdmin!.readClientSecret(provisioned.keycloak.realm, provisioned.id, 'cx-core');
    const { clientSecret, adminClientSecret } = app.standIn;
    const operator = await app.client.login('operator');
    const secrets = [...Object.values(planted), made!, clientSecret, adminClientSecret, accessToken, operator];
    const places = { database: await dump(), log: app.log(), answers: JSON.stringify(answers) };

    expect(places.database).toContain(adopted.tenantId);
    expect(places.log).toContain('"level":"info"');
    expect(places.answers).toContain('REALM_REFUSED_CLIENT');
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(10);
      for (const text of disguises(secret)) {
        for (const [place, content] of Object.entries(places)) {
          expect({ place, found: content.includes(text) ? secret : false }).toEqual({ place, found: false });
        }
      }
    }
  });
});
