import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { faultsOf } from '../support/client.js';
import {
  LoginDocument,
  LogoutDocument,
  RefreshSessionDocument,
  type SessionPartsFragment,
} from '../support/generated/operations.js';
import { admin, administratorToken, type Answer } from './provider.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const call = async (method: string, path: string, body?: unknown): Promise<Answer> =>
  await admin(app.standIn.url, await administratorToken(app.standIn), method, `/master${path}`, body);

/** Somebody with a role, and the id that Keycloak gave them. */
async function person(role = 'tenant-viewer'): Promise<{ id: string; username: string }> {
  const username = `person-${randomUUID().slice(0, 8)}`;
  return { id: await app.standIn.control.addUser('master', { username, clientRoles: { tenantry: [role] } }), username };
}

async function codesOf(username: string, password = 'demo'): Promise<string[]> {
  const { login } = await app.client.data(LoginDocument, { input: { user: { username, password } } });
  return faultsOf(login);
}

async function session(username: string): Promise<SessionPartsFragment> {
  const { login } = await app.client.data(LoginDocument, { input: { user: { username, password: 'demo' } } });
  if (!login?.session) throw new Error(`No session: ${faultsOf(login).join()}`);
  return login.session;
}

/** The session after a refresh, or what was wrong. */
async function refreshed(refreshToken: string): Promise<SessionPartsFragment | string[]> {
  const { refreshSession } = await app.client.data(RefreshSessionDocument, { input: { refreshToken } });
  return refreshSession?.session ?? faultsOf(refreshSession);
}

async function changeRoles(id: string, method: 'POST' | 'DELETE', ...names: string[]): Promise<void> {
  const [client] = (await call('GET', '/clients?clientId=tenantry')).body as [{ id: string }];
  const roles = await Promise.all(
    names.map(async (name) => (await call('GET', `/clients/${client.id}/roles/${name}`)).body),
  );
  await call(method, `/users/${id}/role-mappings/clients/${client.id}`, roles);
}

describe('an account', () => {
  it('with a temporary password is not ready, until its owner has chosen another', async () => {
    const { id, username } = await person();
    await call('PUT', `/users/${id}/reset-password`, { type: 'password', value: 'demo', temporary: true });
    expect(await codesOf(username)).toEqual(['ACCOUNT_NOT_READY input.user']);
    await call('PUT', `/users/${id}/reset-password`, { type: 'password', value: 'demo', temporary: false });
    await call('PUT', `/users/${id}`, { requiredActions: [] });
    expect(await codesOf(username)).toEqual([]);
  });

  it('has the roles of the moment after the next refresh', async () => {
    const { id, username } = await person('tenant-viewer');
    const { refreshToken, viewer } = await session(username);
    expect(viewer.roles).toEqual(['TENANT_VIEWER']);
    await changeRoles(id, 'POST', 'tenant-operator');
    await changeRoles(id, 'DELETE', 'tenant-viewer');
    const next = await refreshed(refreshToken!);
    expect(next).toMatchObject({ viewer: { roles: ['TENANT_OPERATOR'] } });
  });

  it('that is disabled, or removed, has no session any more', async () => {
    const [disabled, removed] = [await person(), await person()];
    const sessions = [await session(disabled.username), await session(removed.username)];
    await call('PUT', `/users/${disabled.id}`, { enabled: false });
    await call('DELETE', `/users/${removed.id}`);
    for (const { refreshToken } of sessions) {
      expect(await refreshed(refreshToken!)).toEqual(['SESSION_EXPIRED input.refreshToken']);
    }
    expect(await codesOf(disabled.username)).toEqual(['ACCOUNT_NOT_READY input.user']);
  });

  it('that logs out has no session in Keycloak either', async () => {
    const { id, username } = await person();
    const { refreshToken } = await session(username);
    expect((await call('GET', `/users/${id}/sessions`)).body).toHaveLength(1);
    const { logout } = await app.client.data(LogoutDocument, { input: { refreshToken: refreshToken! } });
    expect(logout?.loggedOut).toBe(true);
    expect((await call('GET', `/users/${id}/sessions`)).body).toHaveLength(0);
    expect(await refreshed(refreshToken!)).toEqual(['SESSION_EXPIRED input.refreshToken']);
  });
});

describe('brute-force detection', () => {
  it('locks an account out, the right password included, and looks like a wrong password', async () => {
    const { id, username } = await person();
    await call('PUT', '', { failureFactor: 3 });
    try {
      for (let tries = 0; tries < 3; tries += 1) {
        expect(await codesOf(username, 'wrong')).toEqual(['INVALID_CREDENTIALS input.user']);
      }
      expect(await codesOf(username)).toEqual(['INVALID_CREDENTIALS input.user']);
      const lock = `/attack-detection/brute-force/users/${id}`;
      expect((await call('GET', lock)).body).toMatchObject({ disabled: true });
      await call('DELETE', lock);
      expect(await codesOf(username)).toEqual([]);
    } finally {
      await call('PUT', '', { failureFactor: 30 });
    }
  });

  it('is what keeps guesses away that come past the login API', async () => {
    const { id, username } = await person();
    await call('PUT', '', { quickLoginCheckMilliSeconds: 1_000 });
    try {
      const guess = { grant_type: 'password', client_id: 'admin-cli', username, password: 'wrong' };
      const url = `${app.standIn.url}/realms/master/protocol/openid-connect/token`;
      for (let tries = 0; tries < 2; tries += 1) await fetch(url, { method: 'POST', body: new URLSearchParams(guess) });
      expect(await codesOf(username)).toEqual(['INVALID_CREDENTIALS input.user']);
      expect((await call('GET', `/attack-detection/brute-force/users/${id}`)).body).toMatchObject({ disabled: true });
    } finally {
      await call('PUT', '', { quickLoginCheckMilliSeconds: 0 });
    }
  });
});
