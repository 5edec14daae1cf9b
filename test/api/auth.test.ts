import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { TokenLie } from '../../src/embedded/keycloak/faults.js';
import { totpCode, totpStep } from '../../src/embedded/keycloak/totp.js';
import { admin, administratorToken } from '../keycloak/provider.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { isRealKeycloak } from '../support/keycloak.js';
import type { Answer } from '../support/client.js';

const sessionFields = `accessToken tokenType expiresAt refreshToken refreshExpiresAt scope
  viewer { subject username roles permissions }`;
const loginDocument = `mutation ($input: LoginInput!) {
  login(input: $input) { session { ${sessionFields} } userErrors { code path } } }`;
const refreshDocument = `mutation ($input: RefreshSessionInput!) {
  refreshSession(input: $input) { session { ${sessionFields} } userErrors { code path } } }`;
const logoutDocument = `mutation ($input: LogoutInput!) {
  logout(input: $input) { loggedOut userErrors { code path } } }`;

interface SessionAnswer {
  accessToken: string;
  refreshToken: string | null;
  refreshExpiresAt: string | null;
  expiresAt: string;
  tokenType: string;
  viewer: { username: string | null; roles: string[]; permissions: string[] };
}

interface Payload {
  session?: SessionAnswer | null;
  loggedOut?: boolean;
  userErrors: { code: string; path: string[] }[];
}

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => {
  await app.stop();
});
afterEach(() => {
  app.standIn.faults.clear();
});

const user = (username: string, password = 'demo', oneTimeCode?: string) => ({
  input: { user: { username, password, oneTimeCode } },
});
const client = (clientId: string, clientSecret = 'demo') => ({ input: { client: { clientId, clientSecret } } });

async function payload(document: string, variables: Record<string, unknown>): Promise<Payload> {
  const { data, errors } = await app.ask(document, { variables });
  expect(errors).toBeUndefined();
  return Object.values(data ?? {})[0] as Payload;
}

async function login(variables: Record<string, unknown>): Promise<SessionAnswer> {
  const { session, userErrors } = await payload(loginDocument, variables);
  expect(userErrors).toEqual([]);
  return session!;
}

async function codesOf(document: string, variables: Record<string, unknown>): Promise<string[]> {
  const codes = (await payload(document, variables)).userErrors.map(({ code, path }) => `${code} ${path.join('.')}`);
  // Keycloak notes a failed login a moment later, and until then lets nobody else in under that name.
  if (isRealKeycloak) await new Promise((resolve) => setTimeout(resolve, 300));
  return codes;
}

/** Switches the login client's full scope, as an administrator could by mistake. */
async function fullScopeSwitch(): Promise<(fullScopeAllowed: boolean) => Promise<void>> {
  const { url, clientId } = app.standIn;
  const token = await administratorToken(app.standIn);
  const { body } = await admin(url, token, 'GET', `/master/clients?clientId=${clientId}`);
  const [{ id } = { id: '' }] = body as { id: string }[];
  return async (fullScopeAllowed) => {
    await admin(url, token, 'PUT', `/master/clients/${id}`, { clientId, fullScopeAllowed });
  };
}

/**
 * A real Keycloak signs with the key that it shows and says `Bearer` of each access token, whatever mappers there are;
 * and with another issuer the operators' realm, which all tests share, would lock its own administrator out.
 */
const standInOnly = new Set<TokenLie>(['wrong-typ', 'other-key', 'wrong-issuer']);

const topLevel = ({ errors }: Answer): unknown[] => errors?.map(({ extensions }) => extensions?.['code']) ?? [];

describe('login', () => {
  it('opens a session for a person, with roles and permissions', async () => {
    const session = await login(user('operator'));
    expect(session.tokenType).toBe('Bearer');
    expect(session.viewer).toMatchObject({ username: 'operator', roles: ['TENANT_OPERATOR'] });
    expect(session.viewer.permissions).toEqual([
      'READ_TENANTS',
      'CREATE_TENANTS',
      'UPDATE_TENANTS',
      'READ_DASHBOARD',
      'READ_AUDIT',
    ]);
    expect(Date.parse(session.expiresAt)).toBeGreaterThan(Date.now() + 60_000);
    expect(Date.parse(session.refreshExpiresAt!)).toBeGreaterThan(Date.now() + 60_000);
    const { data } = await app.ask('{ viewer { username } }', { token: session.accessToken });
    expect(data).toEqual({ viewer: { username: 'operator' } });
  });

  it('opens one for a component, without a refresh token', async () => {
    const session = await login(client('core-component'));
    expect(session).toMatchObject({ refreshToken: null, refreshExpiresAt: null });
    expect(session.viewer).toMatchObject({ username: null, roles: ['TENANT_TOKEN_ISSUER'] });
  });

  it('says the same for a wrong password, an unknown user, and a one-time code that is missing or wrong', async () => {
    const totpSecret = 'a-shared-secret-of-the-phone';
    await app.standIn.control.addUser('master', { username: 'second-factor', totpSecret });
    const refused = ['INVALID_CREDENTIALS input.user'];
    expect(await codesOf(loginDocument, user('viewer', 'wrong'))).toEqual(refused);
    expect(await codesOf(loginDocument, user('nobody'))).toEqual(refused);
    expect(await codesOf(loginDocument, user('second-factor'))).toEqual(refused);
    expect(await codesOf(loginDocument, user('second-factor', 'demo', '000000'))).toEqual(refused);
    const session = await login(user('second-factor', 'demo', totpCode(totpSecret, totpStep(Date.now() / 1_000))));
    expect(session.viewer.roles).toEqual([]);
  });

  it('says the same for a wrong secret and an unknown client', async () => {
    expect(await codesOf(loginDocument, client('core-component', 'wrong'))).toEqual([
      'INVALID_CREDENTIALS input.client',
    ]);
    expect(await codesOf(loginDocument, client('no-such-client'))).toEqual(['INVALID_CREDENTIALS input.client']);
  });

  it('tells the right password of an account that is not ready', async () => {
    const { control } = app.standIn;
    await control.addUser('master', { username: 'disabled', enabled: false });
    await control.addUser('master', { username: 'pending', requiredActions: ['UPDATE_PASSWORD'] });
    expect(await codesOf(loginDocument, user('disabled'))).toEqual(['ACCOUNT_NOT_READY input.user']);
    expect(await codesOf(loginDocument, user('pending'))).toEqual(['ACCOUNT_NOT_READY input.user']);
    expect(await codesOf(loginDocument, user('disabled', 'wrong'))).toEqual(['INVALID_CREDENTIALS input.user']);
  });

  it('lists all faults of its input, without asking Keycloak', async () => {
    app.standIn.faults.clearRequests();
    const codes = await codesOf(loginDocument, user(' ', 'x'.repeat(1_025)));
    expect(codes).toEqual(['INVALID input.user.username', 'INVALID input.user.password']);
    expect(app.standIn.faults.requests('/token')).toBe(0);
  });

  it('hands out no session that carries roles of another client, and ends it', async () => {
    const { control, faults } = app.standIn;
    const clientRoles = { tenantry: ['tenant-viewer'], account: ['manage-account'] };
    await control.addUser('master', { username: 'mighty', clientRoles });
    const setFullScope = await fullScopeSwitch();
    await setFullScope(true);
    try {
      faults.clearRequests();
      expect(topLevel(await app.ask(loginDocument, { variables: user('mighty') }))).toEqual(['FORBIDDEN']);
      expect(faults.requests('master/protocol/openid-connect/revoke')).toBe(1);
      expect(app.log()).toContain('full scope off');
    } finally {
      await setFullScope(false);
    }
    expect((await login(user('mighty'))).viewer.roles).toEqual(['TENANT_VIEWER']);
  });

  it.for(['wrong-audience', 'wrong-issuer', 'wrong-typ', 'wrong-azp', 'other-key', 'no-sub', 'expired'] as const)(
    'hands out no token that Tenantry itself would refuse: %s',
    async (lie, { skip }) => {
      skip(isRealKeycloak && standInOnly.has(lie), 'no setting of a real Keycloak does that, or none to try');
      const undo = await app.standIn.lie('master', lie, 'tenantry');
      try {
        expect(topLevel(await app.ask(loginDocument, { variables: user('viewer') }))).toEqual(['FORBIDDEN']);
      } finally {
        await undo();
      }
      await login(user('viewer'));
    },
  );

  it('answers SERVICE_UNAVAILABLE while Keycloak is down, slow or failing, and recovers by itself', async () => {
    const { faults } = app.standIn;
    for (const rule of [{ kind: 'status', status: 503 }, { kind: 'cut' }, { kind: 'silent' }] as const) {
      faults.set({ match: 'openid-connect/token', ...rule });
      const started = Date.now();
      expect(topLevel(await app.ask(loginDocument, { variables: user('viewer') }))).toEqual(['SERVICE_UNAVAILABLE']);
      expect(Date.now() - started).toBeLessThan(5_000);
      faults.clear();
    }
    await login(user('viewer'));
  });

  it('never logs a password, a secret or a token', async () => {
    const { accessToken } = await login(user('viewer'));
    await codesOf(loginDocument, user('viewer', 'planted-password'));
    for (const planted of ['planted-password', accessToken]) expect(app.log()).not.toContain(planted);
  });
});

describe('refreshSession', () => {
  it('goes on with a session', async () => {
    const before = await login(user('viewer'));
    const { session } = await payload(refreshDocument, { input: { refreshToken: before.refreshToken } });
    expect(session!.viewer.username).toBe('viewer');
    expect(session!.refreshToken).not.toBeNull();
  });

  it('says SESSION_EXPIRED for a session that has ended, garbage, and an access token', async () => {
    const { accessToken, refreshToken } = await login(user('viewer'));
    await payload(logoutDocument, { input: { refreshToken } });
    for (const token of [refreshToken, 'garbage', accessToken, '', 'x'.repeat(100_000)]) {
      const codes = await codesOf(refreshDocument, { input: { refreshToken: token } });
      expect(codes).toEqual(['SESSION_EXPIRED input.refreshToken']);
    }
  });
});

describe('logout', () => {
  it('ends the session, and is content where there is none', async () => {
    const { refreshToken } = await login(user('viewer'));
    for (const token of [refreshToken, refreshToken, 'garbage', '']) {
      expect(await payload(logoutDocument, { input: { refreshToken: token } })).toEqual({
        loggedOut: true,
        userErrors: [],
      });
    }
  });

  it('ignores the Authorization header, as the whole login API does', async () => {
    const headers = { authorization: 'Bearer garbage' };
    const answer = await app.ask(logoutDocument, { headers, variables: { input: { refreshToken: 'garbage' } } });
    expect(answer.data).toMatchObject({ logout: { loggedOut: true } });
    expect((await app.ask(loginDocument, { headers, variables: user('viewer') })).errors).toBeUndefined();
  });

  it('is SERVICE_UNAVAILABLE where Keycloak cannot be asked', async () => {
    app.standIn.faults.set({ match: '/revoke', kind: 'status', status: 500 });
    const answer = await app.ask(logoutDocument, { variables: { input: { refreshToken: 'some-token' } } });
    expect(topLevel(answer)).toEqual(['SERVICE_UNAVAILABLE']);
  });
});
