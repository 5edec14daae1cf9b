import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { isRealKeycloak, standInOnly } from '../support/keycloak.js';
import { freshTenantId } from '../support/tenants.js';
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

describe('issueTenantToken', () => {
  it.for(['wrong-issuer', 'wrong-typ', 'wrong-azp', 'expired', 'other-key', 'oversize', 'no-sub', 'with-sid'] as const)(
    'hands out no token that Tenantry itself would refuse: %s',
    async (lie, { skip }) => {
      skip(isRealKeycloak && standInOnly.has(lie), 'no setting of a real Keycloak does that');
      const tenantId = freshTenantId('lying');
      await adopt(tenantId);
      const undo = await app.standIn.lie(`${tenantId}-realm`, lie);
      expect(await issue(tenantId)).toEqual(['REALM_TOKENS_UNUSABLE tenant']);
      await undo();
      await tokenOf(tenantId);
    },
  );

  it('names what is wrong with the realm', async () => {
    const { control, faults } = app.standIn;
    await adopt('faulty');
    const realm = 'faulty-realm';
    await control.disableRealm(realm);
    expect(await issue('faulty')).toEqual(['REALM_DISABLED tenant']);
    await control.enableRealm(realm);
    await control.setClientSecret(realm, 'cx-core', 'another');
    expect(await issue('faulty')).toEqual(['REALM_REFUSED_CLIENT tenant']);
    await control.renameRealm(realm, 'renamed');
    expect(await issue('faulty')).toEqual(['REALM_NOT_FOUND tenant']);
    for (const rule of [{ kind: 'status', status: 500 }, { kind: 'cut' }, { kind: 'silent' }] as const) {
      faults.set({ match: realm, ...rule });
      expect(await issue('faulty')).toEqual(['IDENTITY_PROVIDER_UNAVAILABLE tenant']);
      faults.clear();
    }
  });

  it('follows a secret that was regenerated in Keycloak, of a realm that Tenantry made', async () => {
    await onboard('rotated', { provision: {} });
    await app.standIn.control.setClientSecret('rotated', 'cx-core', 'regenerated-in-the-console');
    await tokenOf('rotated');
    const [row] = await sql(
      `select t.client_secret_version as version, t.version as tenant_version,
         (select count(*)::int from tenantry.audit_entry a where a.tenant = t.id and a.action = 'SECRET_CHANGED'
          and a.actor_name = 'system') as entries
       from tenantry.tenant t where tenant_id = 'rotated'`,
    );
    expect(row).toEqual({ version: 2, tenant_version: 1, entries: 1 });
    app.standIn.faults.clearRequests();
    await tokenOf('rotated');
    expect(app.standIn.faults.requests('/admin/')).toBe(0);
    expect(app.log()).not.toContain('regenerated-in-the-console');
  });

  it('enables first where enabling a realm is still to come', async () => {
    await onboard('pending', { provision: {} });
    const { control, faults } = app.standIn;
    const setPending = async (): Promise<void> => {
      await control.disableRealm('pending');
      await sql(
        `update tenantry.tenant set realm_state = 'DISABLED', realm_sync_state = 'PENDING' where tenant_id = 'pending'`,
      );
    };
    await setPending();
    await tokenOf('pending');
    await setPending();
    await sql(`update tenantry.tenant set tokens_not_before = now() where tenant_id = 'pending'`);
    faults.set({ match: '/admin/realms/pending', kind: 'status', status: 500 });
    expect(await issue('pending')).toEqual(['IDENTITY_PROVIDER_UNAVAILABLE tenant']);
  });

  it('never shows a secret in the log', async () => {
    const { clientSecret } = await app.standIn.control.addRealm({
      realm: 'logged-realm',
      clientSecret: 'planted-secret',
    });
    await onboard('logged', { adopt: { realm: 'logged-realm', clientId: 'cx-core', clientSecret } });
    const { accessToken } = await tokenOf('logged');
    const echo = { error: 'planted-secret', error_description: 'planted-secret' };
    app.standIn.faults.set({ match: 'logged-realm', kind: 'status', status: 400, body: echo });
    await sql(
      `update tenantry.tenant set tokens_not_before = date_trunc('second', now()) + interval '1 second'
       where tenant_id = 'logged'`,
    );
    expect(await issue('logged')).toEqual(['REALM_REFUSED_CLIENT tenant']);
    for (const planted of ['planted-secret', accessToken]) expect(app.log()).not.toContain(planted);
  });
});
