import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { rootFieldAccess } from '../../src/graphql/authorization.js';
import { buildApiSchema } from '../../src/graphql/schema.js';
import { resolvers } from '../../src/resolvers.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { createdIn, issued, patch, transitioned } from '../support/changes.js';
import { codesOf, faultsOf, type Account, type Answer, type Asking } from '../support/client.js';
import { leastCall } from '../support/least-call.js';
import { provisionInput, type TenantFields } from '../support/tenants.js';
import { trailOf, writesNothing } from '../support/written.js';

const schema = await buildApiSchema(resolvers);
const fields = rootFieldAccess(schema);

let app: TestApp;
let a: TenantFields & { token: string };
let b: TenantFields;
beforeAll(async () => {
  app = await startTestApp();
  const tenant = await createdIn(app, 'ACTIVE');
  a = { ...tenant, token: (await issued(app, tenant.tenantId)).accessToken };
  b = await createdIn(app, 'SUSPENDED');
});
afterAll(() => app.stop());

const named = (name: string): Record<string, string> => ({ 'x-tenant-id': name });
const as = (account: Account, name: string): Asking => ({ as: account, headers: named(name) });
const current = async (asking: Asking): Promise<Answer> => await app.ask('{ currentTenant { tenantId } }', asking);

/** What every root field answers: `ok`, or its first code. Whether the least arguments make sense is another matter. */
async function answers(asking: Asking): Promise<Record<string, string>> {
  const outcomes = await Promise.all(
    fields.map(async (field) => {
      const { query, variables } = leastCall(field, schema);
      const [code = 'ok'] = codesOf(await app.client.raw(query, variables, asking));
      return [field.field, code] as const;
    }),
  );
  return Object.fromEntries(outcomes);
}

/** The same answer from every root field, but for those that need no token. */
const everywhere = (code: string): Record<string, string> =>
  Object.fromEntries(fields.map(({ field, permissions }) => [field, permissions === 'public' ? 'ok' : code]));

describe('every root field', () => {
  it("answers a tenant's token as without the header where it names its own tenant", async () => {
    const own = { ...everywhere('FORBIDDEN'), viewer: 'ok', currentTenant: 'ok', currentTenantSecrets: 'ok' };
    for (const headers of [{}, named(a.tenantId), named(a.id), named(a.id.toUpperCase()), named(` ${a.tenantId} `)]) {
      expect(await answers({ token: a.token, headers })).toEqual(own);
    }
  });

  it("is FORBIDDEN to a tenant's token where it names another tenant, or none that there is", async () => {
    for (const name of [b.tenantId, b.id, 'nobody', '']) {
      expect(await answers({ token: a.token, headers: named(name) })).toEqual(everywhere('FORBIDDEN'));
    }
  });

  it('is FORBIDDEN to a platform token that may not read tenants, whatever it names', async () => {
    for (const name of [a.tenantId, 'nobody']) {
      expect(await answers(as('component', name))).toEqual(everywhere('FORBIDDEN'));
    }
  });

  it('is BAD_USER_INPUT to a platform token where it names none that there is', async () => {
    for (const name of ['nobody', '', '00000000-0000-7000-8000-000000000000']) {
      expect(await answers(as('admin', name))).toEqual(everywhere('BAD_USER_INPUT'));
    }
  });

  it('answers a platform token by its permissions where it names a tenant', async () => {
    const allowed = await answers(as('admin', a.tenantId));
    expect(allowed).toEqual({ ...everywhere('ok'), createTenant: 'BAD_USER_INPUT', currentTenantSecrets: 'FORBIDDEN' });
  });

  it('is UNAUTHENTICATED without a token, header or not', async () => {
    expect(await answers({ headers: named(a.tenantId) })).toEqual(everywhere('UNAUTHENTICATED'));
  });
});

describe('currentTenant', () => {
  it('answers a platform token for the tenant that the header names', async () => {
    for (const account of ['viewer', 'operator', 'admin'] as const) {
      expect((await current(as(account, a.tenantId))).data).toEqual({ currentTenant: { tenantId: a.tenantId } });
      expect((await current(as(account, b.id))).data).toEqual({ currentTenant: { tenantId: b.tenantId } });
    }
  });

  it('is BAD_USER_INPUT with nothing that names one', async () => {
    const answer = await current({ as: 'viewer' });
    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.data).toEqual({ currentTenant: null });
  });

  it('knows a deleted tenant', async () => {
    const { tenantId } = await createdIn(app, 'DELETED');
    expect((await current(as('viewer', tenantId))).data).toEqual({ currentTenant: { tenantId } });
  });
});

describe('a platform token that narrows itself', () => {
  const narrowed = async (query: string, account: Account = 'admin'): Promise<Answer> =>
    await app.ask(query, as(account, a.tenantId));

  it('sees that tenant alone', async () => {
    const { data, errors } = await narrowed(`{
      viewer { tenant { id } }
      own: tenant(by: { code: "${a.code}" }) { tenantId }
      other: tenant(by: { id: "${b.id}" }) { tenantId }
      tenants(filter: { status: [ACTIVE, SUSPENDED, DELETED] }) { nodes { tenantId } totalCount }
      dashboard { totals { total } tenants { nodes { tenantId } } newTenantsByMonth { count } }
      auditEntries { nodes { tenantId } totalCount }
      others: auditEntries(filter: { tenantId: "${b.tenantId}" }) { totalCount nodes { id } }
    }`);
    expect(errors).toBeUndefined();
    const { tenantId } = a;
    expect(data).toMatchObject({
      viewer: { tenant: null },
      own: { tenantId },
      other: null,
      tenants: { nodes: [{ tenantId }], totalCount: 1 },
      dashboard: { totals: { total: 1 }, tenants: { nodes: [{ tenantId }] } },
      others: { totalCount: 0, nodes: [] },
    });
    const { nodes, totalCount } = data?.['auditEntries'] as { nodes: { tenantId: string }[]; totalCount: number };
    expect(nodes).toEqual(nodes.map(() => ({ tenantId })));
    expect(totalCount).toBe((await trailOf(app, tenantId)).length);
    const { newTenantsByMonth } = data?.['dashboard'] as { newTenantsByMonth: { count: number }[] };
    expect(newTenantsByMonth.reduce((sum, { count }) => sum + count, 0)).toBe(1);
  });

  it('changes that tenant alone: another one is NOT_FOUND', async () => {
    const { token: _token, ...before } = a;
    const changes = { profile: { name: before.name } };
    expect(faultsOf(await patch(app, a.tenantId, changes, as('operator', a.tenantId)))).toEqual([]);
    await writesNothing(app, async () => {
      expect(faultsOf(await patch(app, b.tenantId, changes, as('operator', a.tenantId)))).toEqual(['NOT_FOUND tenant']);
      const ref = `tenant: { id: "${b.id}" }`;
      for (const mutation of [
        `deleteTenant(${ref}) { userErrors { code path } }`,
        `reactivateTenant(${ref}) { userErrors { code path } }`,
        `setTenantDialer(${ref}) { userErrors { code path } }`,
        `setTenantCampaigns(${ref}, campaigns: []) { userErrors { code path } }`,
        `setTenantClientSecret(${ref}, clientSecret: "x") { userErrors { code path } }`,
        `rotateTenantClientSecret(${ref}) { userErrors { code path } }`,
        `issueTenantToken(${ref}) { userErrors { code path } }`,
      ]) {
        const { data } = await narrowed(`mutation { result: ${mutation} }`);
        expect(data).toEqual({ result: { userErrors: [{ code: 'NOT_FOUND', path: ['tenant'] }] } });
      }
    });
  });

  it('creates none', async () => {
    const input = provisionInput();
    const document = 'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { tenant { id } } }';
    const answer = await writesNothing(app, () =>
      app.ask(document, { ...as('operator', a.tenantId), variables: { input } }),
    );
    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
  });

  it('issues tokens of that tenant', async () => {
    const issuing = `mutation { issueTenantToken(tenant: { id: "${a.id}" }) { token { tenantId } } }`;
    expect((await narrowed(issuing)).data).toEqual({ issueTenantToken: { token: { tenantId: a.tenantId } } });
  });
});

it('a status that changes takes the token with it, header or not', async () => {
  const { tenantId } = await createdIn(app, 'ACTIVE');
  const { accessToken: token } = await issued(app, tenantId);
  await transitioned(app, tenantId, 'SUSPEND');
  const answer = await current({ token, headers: named(tenantId) });
  expect(codesOf(answer)).toEqual(['FORBIDDEN']);
  expect(answer.errors?.[0]?.extensions).toMatchObject({ reason: 'TENANT_NOT_OPERATIONAL' });
});
