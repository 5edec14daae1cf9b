import { expect } from 'vitest';

import { executeSql } from './database.js';
import type { TestApp } from './app.js';

const issueDocument = `mutation ($tenant: TenantRef!, $scope: [String!]) {
  issueTenantToken(tenant: $tenant, scope: $scope) {
    token { accessToken tokenType expiresAt scope issuer domain tenantId } userErrors { code path } } }`;
const createDocument = `mutation ($input: CreateTenantInput!) {
  createTenant(input: $input) { tenant { id } userErrors { code path message } } }`;

export interface Token {
  readonly accessToken: string;
  readonly expiresAt: string;
  readonly scope: readonly string[];
  readonly issuer: string;
}

/** Onboards tenants and issues tokens for them, as the demo component. */
export interface TokenIssuing {
  readonly onboard: (tenantId: string, realm: Record<string, unknown>, scope?: readonly string[]) => Promise<void>;
  /** Onboards a tenant with a realm of its own, `<tenantId>-realm`, that is there already. */
  readonly adopt: (tenantId: string, scope?: readonly string[]) => Promise<void>;
  /** The token, or what was wrong: codes with their paths, or top-level codes. */
  readonly issue: (tenantId: string, scope?: readonly string[], token?: string) => Promise<Token | string[]>;
  readonly tokenOf: (tenantId: string, scope?: readonly string[]) => Promise<Token>;
  /** One statement as the schema's owner. */
  readonly sql: (statement: string) => Promise<Record<string, unknown>[]>;
}

export async function tokenIssuing(app: TestApp): Promise<TokenIssuing> {
  const [admin, component] = [await app.tokenOf('admin'), await app.tokenOf('component')];
  const onboard: TokenIssuing['onboard'] = async (tenantId, realm, scope = []) => {
    const input = { tenantId, name: tenantId, keycloak: { realm, scope }, twoFactor: { disabled: {} } };
    const { data, errors } = await app.ask(createDocument, { token: admin, variables: { input } });
    expect(errors).toBeUndefined();
    expect((data?.['createTenant'] as { userErrors: unknown[] }).userErrors).toEqual([]);
    app.standIn.faults.clearRequests();
  };
  const issue: TokenIssuing['issue'] = async (tenantId, scope, token = component) => {
    const { data, errors } = await app.ask(issueDocument, { token, variables: { tenant: { tenantId }, scope } });
    if (errors) return errors.map(({ extensions }) => String(extensions?.['code']));
    const payload = data?.['issueTenantToken'] as {
      token: Token | null;
      userErrors: { code: string; path: string[] }[];
    };
    return payload.token ?? payload.userErrors.map(({ code, path }) => `${code} ${path.join('.')}`);
  };
  return {
    onboard,
    issue,
    async adopt(tenantId, scope) {
      const { realm, clientId, clientSecret } = await app.standIn.control.addRealm({ realm: `${tenantId}-realm` });
      await onboard(tenantId, { adopt: { realm, clientId, clientSecret } }, scope);
    },
    async tokenOf(tenantId, scope) {
      const token = await issue(tenantId, scope);
      if ('length' in token) throw new Error(token.join());
      return token;
    },
    sql: async (statement) => await executeSql(app.database.ownerUrl, statement),
  };
}
