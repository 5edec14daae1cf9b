import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createOutbound, type Outbound } from '../../src/integrations/guarded-fetch.js';
import { createAdminApi } from '../../src/integrations/keycloak/admin-api.js';
import { createKeySets, type KeySets } from '../../src/integrations/keycloak/key-sets.js';
import { KeycloakFault } from '../../src/integrations/keycloak/keycloak-fault.js';
import { createPlatformLogin, type PlatformLogin } from '../../src/integrations/keycloak/platform-login.js';
import { realmAddress, type RealmAddress } from '../../src/integrations/keycloak/realm-address.js';
import { createRealmAdmin, type RealmAdmin } from '../../src/integrations/keycloak/realm-admin.js';
import { grantRealmToken } from '../../src/integrations/keycloak/realm-grant.js';
import { createPlatformTokens, type PlatformTokens } from '../../src/modules/identity/platform-token.service.js';
import { verifyTenantToken } from '../../src/modules/identity/tenant-claims.service.js';
import { startTestKeycloak, type TestKeycloak } from '../support/keycloak.js';

let keycloak: TestKeycloak;
let outbound: Outbound;
let platform: RealmAddress;
let keySets: KeySets;
let login: PlatformLogin;
let tokens: PlatformTokens;
let realms: RealmAdmin;

const clientId = 'tenantry';
const person = { username: 'olga', password: 'a password' };

beforeAll(async () => {
  keycloak = await startTestKeycloak();
  await keycloak.control.addUser('master', { ...person, clientRoles: { tenantry: ['tenant-viewer'] } });
  const { url, clientSecret, adminClientId, adminClientSecret } = keycloak;
  outbound = createOutbound({ allow: [] });
  platform = realmAddress({ url, publicUrl: url }, 'master');
  keySets = createKeySets({ outbound });
  login = createPlatformLogin({ outbound, address: platform, client: { clientId, clientSecret } });
  tokens = createPlatformTokens({ keySets, address: platform, clientId });
  const provisioner = { clientId: adminClientId, clientSecret: adminClientSecret };
  realms = createRealmAdmin(createAdminApi({ outbound, platform: { url, publicUrl: url }, client: provisioner }));
});
afterAll(async () => {
  await outbound.close();
  await keycloak.stop();
});

async function kindOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => 'ok',
    (error: unknown) => (error instanceof KeycloakFault ? error.kind : error),
  );
}

describe('the login API', () => {
  it('opens a session that passes our own check, goes on with it and ends it', async () => {
    const session = await login.user(person);
    const { viewer, clients, isSession } = await tokens.verify(session.accessToken);
    expect(viewer).toMatchObject({ username: 'olga', roles: ['TENANT_VIEWER'] });
    expect([isSession, clients]).toEqual([true, [clientId]]);
    const next = await login.refresh(session.refreshToken!);
    await login.logout(next.refreshToken!);
    await login.logout(next.refreshToken!);
    await login.logout('garbage');
    expect(await kindOf(login.refresh(next.refreshToken!))).toBe('SESSION_EXPIRED');
    expect(await kindOf(login.refresh('garbage'))).toBe('SESSION_EXPIRED');
  });

  it('refuses wrong credentials of persons and clients', async () => {
    expect(await kindOf(login.user({ ...person, password: 'wrong' }))).toBe('INVALID_CREDENTIALS');
    expect(await kindOf(login.client({ clientId: 'tenantry-admin', clientSecret: 'wrong' }))).toBe(
      'INVALID_CREDENTIALS',
    );
    expect(await kindOf(login.client({ clientId: 'nobody', clientSecret: 'wrong' }))).toBe('INVALID_CREDENTIALS');
    expect(await kindOf(login.client({ clientId, clientSecret: keycloak.clientSecret }))).toBe('INVALID_CREDENTIALS');
  });
});

describe('a provisioned realm', () => {
  const spec = (realm: string, id = randomUUID()) => ({
    id,
    realm,
    displayName: 'A tenant',
    tenantId: realm,
    audience: clientId,
    clientId: 'cx-core',
    clientSecret: randomUUID(),
  });

  it('is made disabled, issues tokens that we accept once enabled, and is removed', async () => {
    const made = spec('tenant1');
    const address = realmAddress({ url: keycloak.url, publicUrl: keycloak.url }, 'tenant1');
    expect(await realms.create(made)).toEqual({ clientSecret: made.clientSecret });
    expect(await realms.create(made)).toEqual({ clientSecret: made.clientSecret });
    expect(await realms.create({ ...made, id: randomUUID() })).toBe('TAKEN');
    expect(await kindOf(grantRealmToken(outbound, address, made, []))).toBe('REALM_DISABLED');
    expect(await realms.setEnabled('tenant1', made.id, true)).toBe('OURS');
    const { accessToken } = await grantRealmToken(outbound, address, made, []);
    const expected = { source: address, clientId: 'cx-core', audience: clientId };
    const claims = await verifyTenantToken(keySets, accessToken, expected);
    expect(claims.expiresAt - claims.issuedAt).toBe(300);
    expect(await kindOf(grantRealmToken(outbound, address, made, ['no-such-scope']))).toBe('INVALID_SCOPE');
    const renewed = await realms.regenerateClientSecret('tenant1', made.id, 'cx-core');
    expect(await realms.readClientSecret('tenant1', made.id, 'cx-core')).toBe(renewed);
    expect(await kindOf(grantRealmToken(outbound, address, made, []))).toBe('REALM_REFUSED_CLIENT');
    expect(await realms.setEnabled('tenant1', randomUUID(), false)).toBe('FOREIGN');
    expect(await realms.remove('tenant1', made.id)).toBe('OURS');
    expect(await realms.find('tenant1', made.id)).toBe('MISSING');
    expect(await kindOf(grantRealmToken(outbound, address, made, []))).toBe('REALM_NOT_FOUND');
  });

  it('is told from one that somebody else made', async () => {
    await keycloak.control.addRealm({ realm: 'theirs' });
    expect(await realms.create(spec('theirs'))).toBe('HIDDEN');
    expect(await realms.find('theirs', randomUUID())).toBe('FOREIGN');
  });
});
