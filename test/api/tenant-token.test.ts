import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { tokenIssuing, type TokenIssuing } from '../support/token-issuing.js';

let app: TestApp;
let { onboard, adopt, issue, tokenOf, sql } = {} as TokenIssuing;

beforeAll(async () => {
  app = await startTestApp();
  ({ onboard, adopt, issue, tokenOf, sql } = await tokenIssuing(app));
});
afterAll(async () => {
  await app.stop();
});
afterEach(() => {
  app.standIn.faults.clear();
  app.standIn.faults.clearRequests();
});

const grants = (tenantId: string): number =>
  app.standIn.faults.requests(`${tenantId}-realm/protocol/openid-connect/token`);

describe('issueTenantToken', () => {
  it('hands out a token of a realm that Tenantry made, bound to the tenant', async () => {
    await onboard('made', { provision: {} });
    const token = await tokenOf('made');
    expect(token).toMatchObject({
      tokenType: 'Bearer',
      issuer: `${app.standIn.url}/realms/made`,
      domain: 'made.tenants.example.com',
      tenantId: 'made',
    });
    const claims = decodeJwt(token.accessToken);
    expect(claims).toMatchObject({ iss: token.issuer, azp: 'cx-core', tenant_id: 'made', aud: 'tenantry' });
    expect(Date.parse(token.expiresAt)).toBe(claims.exp! * 1_000);
    const { data } = await app.ask('{ viewer { roles } }', { token: token.accessToken });
    expect(data).toEqual({ viewer: { roles: ['TENANT'] } });
    const [row] = await sql(
      `select extract(epoch from tokens_issued_until)::int as until from tenantry.tenant where tenant_id = 'made'`,
    );
    expect(row).toEqual({ until: claims.exp });
  });

  it('asks the realm once, however many wait, and serves from memory afterwards', async () => {
    await adopt('busy');
    const tokens = await Promise.all(Array.from({ length: 20 }, async () => await tokenOf('busy')));
    expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(1);
    expect((await tokenOf('busy')).accessToken).toBe(tokens[0]!.accessToken);
    expect(grants('busy')).toBe(1);
  });

  it('asks again once less than half of the life is left', async () => {
    const { realm, clientSecret, clientId } = await app.standIn.control.addRealm({
      realm: 'short-realm',
      client: { attributes: { 'access.token.lifespan': '4' } },
    });
    await onboard('short', { adopt: { realm, clientId, clientSecret } });
    app.standIn.faults.clearRequests();
    const first = await tokenOf('short');
    await new Promise((resolve) => setTimeout(resolve, 2_600));
    expect((await tokenOf('short')).accessToken).not.toBe(first.accessToken);
  });

  it('needs the permission, whether or not the tenant exists', async () => {
    const viewer = await app.tokenOf('viewer');
    expect(await issue('made', undefined, viewer)).toEqual(['FORBIDDEN']);
    expect(await issue('nobody', undefined, viewer)).toEqual(['FORBIDDEN']);
    expect(await issue('nobody')).toEqual(['NOT_FOUND tenant']);
  });

  it('asks for scope only within what the tenant has', async () => {
    await adopt('scoped', ['openid']);
    expect(await issue('scoped', ['openid', 'other'])).toEqual(['INVALID scope']);
    expect(grants('scoped')).toBe(0);
    expect((await tokenOf('scoped', ['openid'])).scope).toContain('openid');
    expect((await tokenOf('scoped')).scope).not.toContain('openid');
    await sql(`update tenantry.tenant set scope = '{no-such-scope}' where tenant_id = 'scoped'`);
    expect(await issue('scoped', ['no-such-scope'])).toEqual(['INVALID scope']);
  });

  it('refuses a tenant that is out of service, and revives no token of before', async () => {
    await adopt('paused');
    const before = await tokenOf('paused');
    for (const status of ['SUSPENDED', 'MAINTENANCE', 'INACTIVE', 'DELETED']) {
      await sql(`update tenantry.tenant set status = '${status}' where tenant_id = 'paused'`);
      expect(await issue('paused')).toEqual(['TENANT_NOT_OPERATIONAL tenant']);
    }
    await sql(
      `update tenantry.tenant set status = 'ACTIVE', tokens_not_before = date_trunc('second', now()) + interval '1 second'
       where tenant_id = 'paused'`,
    );
    const after = await tokenOf('paused');
    expect(after.accessToken).not.toBe(before.accessToken);
    expect(decodeJwt(after.accessToken).iat).toBeGreaterThan(decodeJwt(before.accessToken).iat!);
  });

  it('hands out nothing once a stop is committed while Keycloak was working', async () => {
    await adopt('raced');
    app.standIn.faults.set({ match: 'raced-realm', kind: 'slow', ms: 500, mode: 'after', times: 1 });
    const issuing = issue('raced');
    await new Promise((resolve) => setTimeout(resolve, 200));
    await sql(`update tenantry.tenant set status = 'SUSPENDED' where tenant_id = 'raced'`);
    expect(await issuing).toEqual(['TENANT_NOT_OPERATIONAL tenant']);
  });

  it('is recorded at most once a minute for a tenant, caller and code', async () => {
    await adopt('trail', ['openid']);
    await sql(`update tenantry.tenant set status = 'SUSPENDED' where tenant_id = 'trail'`);
    await Promise.all(Array.from({ length: 8 }, async () => await issue('trail')));
    await issue('trail', undefined, await app.tokenOf('admin'));
    await sql(`update tenantry.tenant set status = 'ACTIVE' where tenant_id = 'trail'`);
    await issue('trail', ['other']);
    const entries = await sql(
      `select actor_name as actor, error_code as code from tenantry.audit_entry
       where tenant_id = 'trail' and action = 'TOKEN_REFUSED' order by id`,
    );
    expect(entries).toEqual([
      { actor: 'core-component', code: 'TENANT_NOT_OPERATIONAL' },
      { actor: 'admin', code: 'TENANT_NOT_OPERATIONAL' },
      { actor: 'core-component', code: 'INVALID' },
    ]);
  });

  it('promises an hour at most', async () => {
    const { realm, clientSecret, clientId } = await app.standIn.control.addRealm({
      realm: 'long-realm',
      client: { attributes: { 'access.token.lifespan': '86400' } },
    });
    await onboard('long', { adopt: { realm, clientId, clientSecret } });
    const { accessToken, expiresAt } = await tokenOf('long');
    const { iat = 0, exp = 0 } = decodeJwt(accessToken);
    expect(Date.parse(expiresAt)).toBe((iat + 3_600) * 1_000);
    const [row] = await sql(
      `select extract(epoch from tokens_issued_until)::int as until from tenantry.tenant where tenant_id = 'long'`,
    );
    expect(row).toEqual({ until: exp });
  });
});
