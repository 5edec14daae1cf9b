import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { rootFieldAccess } from '../../src/graphql/authorization.js';
import { buildApiSchema } from '../../src/graphql/schema.js';
import { resolvers } from '../../src/resolvers.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { codesOf, type Asking } from '../support/client.js';
import { leastCall } from '../support/least-call.js';
import { adoptInput, created } from '../support/tenants.js';
import { writesNothing } from '../support/written.js';

const schema = await buildApiSchema(resolvers);
const fields = rootFieldAccess(schema);

/** What each role may do, written down a second time: the promise that operators and components are given. */
const allowed = {
  nobody: [],
  viewer: ['READ_TENANTS', 'READ_DASHBOARD'],
  operator: ['READ_TENANTS', 'READ_DASHBOARD', 'CREATE_TENANTS', 'UPDATE_TENANTS', 'READ_AUDIT'],
  admin: [
    ...['READ_TENANTS', 'READ_DASHBOARD', 'CREATE_TENANTS', 'UPDATE_TENANTS', 'READ_AUDIT'],
    ...['DELETE_TENANTS', 'ISSUE_TENANT_TOKENS'],
  ],
  component: ['ISSUE_TENANT_TOKENS'],
  tenant: ['READ_CURRENT_TENANT', 'READ_CURRENT_TENANT_SECRETS'],
} as const;
type Caller = keyof typeof allowed;

/** What each root field needs, written down a second time; one permission of those listed is enough. */
const needs: Readonly<Record<string, readonly string[] | 'public'>> = {
  login: 'public',
  refreshSession: 'public',
  logout: 'public',
  viewer: [],
  tenant: ['READ_TENANTS'],
  tenants: ['READ_TENANTS'],
  currentTenant: ['READ_CURRENT_TENANT', 'READ_TENANTS'],
  currentTenantSecrets: ['READ_CURRENT_TENANT_SECRETS'],
  dashboard: ['READ_DASHBOARD'],
  auditEntries: ['READ_AUDIT'],
  createTenant: ['CREATE_TENANTS'],
  deleteTenant: ['DELETE_TENANTS'],
  issueTenantToken: ['ISSUE_TENANT_TOKENS'],
  ...Object.fromEntries(
    [
      ...['patchTenant', 'setTenantCampaigns', 'setTenantDialer', 'setTenantClientSecret', 'rotateTenantClientSecret'],
      'reconcileTenantRealm',
      ...['activateTenant', 'suspendTenant', 'reactivateTenant', 'startTenantMaintenance'],
      ...['completeTenantMaintenance', 'deactivateTenant', 'reconcileTenantRealm'],
    ].map((field) => [field, ['UPDATE_TENANTS']]),
  ),
};

let app: TestApp;
const askingAs: Partial<Record<Caller, Asking>> = {};
beforeAll(async () => {
  app = await startTestApp();
  const input = await adoptInput(app);
  const { tenantId } = await created(app, input);
  const answer = await app.ask(
    `mutation { issueTenantToken(tenant: { tenantId: "${tenantId}" }) { token { accessToken } } }`,
    { as: 'component' },
  );
  const { issueTenantToken } = answer.data as { issueTenantToken: { token: { accessToken: string } } };
  Object.assign(askingAs, {
    nobody: {},
    viewer: { as: 'viewer' },
    operator: { as: 'operator' },
    admin: { as: 'admin' },
    component: { as: 'component' },
    tenant: { token: issueTenantToken.token.accessToken },
  });
});
afterAll(() => app.stop());

function outcome(codes: readonly string[]): 'UNAUTHENTICATED' | 'FORBIDDEN' | 'let in' {
  const [code] = codes.filter((one) => one === 'UNAUTHENTICATED' || one === 'FORBIDDEN');
  return code ?? 'let in';
}

function expected(caller: Caller, field: string): ReturnType<typeof outcome> {
  const need = needs[field]!;
  if (need === 'public') return 'let in';
  if (caller === 'nobody') return 'UNAUTHENTICATED';
  const holds: readonly string[] = allowed[caller];
  return need.length === 0 || need.some((permission) => holds.includes(permission)) ? 'let in' : 'FORBIDDEN';
}

describe('every root field', () => {
  it('is declared as promised', () => {
    expect(Object.fromEntries(fields.map(({ field, permissions }) => [field, permissions]))).toEqual(needs);
  });

  it.each(Object.keys(allowed) as Caller[])('answers %s as promised', async (caller) => {
    const outcomes = await Promise.all(
      fields.map(async (field) => {
        const { query, variables } = leastCall(field, schema);
        const answer = await app.client.raw(query, variables, askingAs[caller]);
        expect(answer.errors?.map(({ message }) => message).join() ?? '').not.toContain('Internal');
        return [field.field, outcome(codesOf(answer))];
      }),
    );
    expect(Object.fromEntries(outcomes)).toEqual(
      Object.fromEntries(fields.map(({ field }) => [field, expected(caller, field)])),
    );
  });

  it.each(['garbage', '', 'a.b.c'])('refuses the token "%s", but for those that need none', async (token) => {
    for (const field of fields) {
      const { query, variables } = leastCall(field, schema);
      const answer = await app.client.raw(query, variables, { headers: { authorization: `Bearer ${token}` } });
      expect(outcome(codesOf(answer))).toBe(needs[field.field] === 'public' ? 'let in' : 'UNAUTHENTICATED');
    }
  });

  it('says FORBIDDEN before it looks at anything, and writes nothing', async () => {
    const mutations = fields.filter(
      ({ operation, permissions }) => operation === 'mutation' && permissions !== 'public',
    );
    await writesNothing(app, async () => {
      for (const field of mutations) {
        const { query, variables } = leastCall(field, schema);
        expect(codesOf(await app.client.raw(query, variables, { as: 'viewer' }))).toEqual(['FORBIDDEN']);
      }
    });
  });

  it('is refused by itself: neighbours answer', async () => {
    const { data, errors } = await app.ask('{ viewer { roles } dashboard { id } }', { as: 'component' });
    expect(data).toEqual({ viewer: { roles: ['TENANT_TOKEN_ISSUER'] }, dashboard: null });
    expect(codesOf({ errors })).toEqual(['FORBIDDEN']);
  });
});
