import * as oidc from 'openid-client';
import { expect, test } from 'vitest';
import { makerToken, person, type Suite } from './conformance-realm.js';
import { admin, madeId, post, tokensOf, type Answer, type Form, type Tokens } from './provider.js';

const ended = { status: 400, body: { error: 'invalid_grant', error_description: 'Session not active' } };
const invalidToken = { status: 200, body: { error: 'invalid_token' } };

export function sessionRows(suite: Suite): void {
  const call = (endpoint: string, form: Form, basic = 'login:login-secret'): Promise<Answer> =>
    post(suite.provider.url, suite.fixture.realm, endpoint, form, basic);
  const open = async (): Promise<Tokens> =>
    tokensOf(await call('token', { grant_type: 'password', username: 'plain', password: 'right' }));
  const refresh = (refresh_token: string, basic?: string): Promise<Answer> =>
    call('token', { grant_type: 'refresh_token', refresh_token }, basic);

  refreshRows(open, refresh);
  endingRows(call, open, refresh);
  introspectionRows(suite, call, open);
  accountRows(suite, open, refresh);
  passwordRows(suite, call);
  openidClientRows(suite);
}

type Call = (endpoint: string, form: Form, basic?: string) => Promise<Answer>;
type Open = () => Promise<Tokens>;
type Refresh = (token: string, basic?: string) => Promise<Answer>;

function refreshRows(open: Open, refresh: Refresh): void {
  test('refreshing keeps the session', async () => {
    const first = await open();
    const second = tokensOf(await refresh(first.refresh_token));
    expect(second['session_state']).toBe(first['session_state']);
    expect((await refresh(second.refresh_token)).status).toBe(200);
  });

  test('garbage, an access token, another client’s token', async () => {
    const tokens = await open();
    const invalid = { status: 400, body: { error: 'invalid_grant', error_description: 'Invalid refresh token' } };
    expect(await refresh('garbage')).toMatchObject(invalid);
    expect(await refresh(tokens.access_token)).toMatchObject(invalid);
    const others = await refresh(tokens.refresh_token, 'open:open-secret');
    expect(others).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await refresh('')).toMatchObject(invalid);
  });
}

function endingRows(call: Call, open: Open, refresh: Refresh): void {
  test('logout ends the session, and may be repeated', async () => {
    const { refresh_token } = await open();
    expect((await call('logout', { refresh_token })).status).toBe(204);
    expect((await call('logout', { refresh_token })).status).toBe(204);
    expect(await refresh(refresh_token)).toMatchObject(ended);
    expect(await call('logout', { refresh_token: 'garbage' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    const wrongSecret = await call('logout', { refresh_token }, 'login:wrong');
    expect(wrongSecret).toMatchObject({ status: 401, body: { error: 'unauthorized_client' } });
  });

  test('revoking the refresh token ends the session; dead tokens and garbage are 200', async () => {
    const { refresh_token } = await open();
    expect(await call('revoke', { token: refresh_token }, 'open:open-secret')).toMatchObject({ status: 400 });
    expect(await call('revoke', { token: refresh_token })).toMatchObject({ status: 200, body: undefined });
    expect(await refresh(refresh_token)).toMatchObject(ended);
    expect(await call('revoke', { token: refresh_token })).toMatchObject(invalidToken);
    expect(await call('revoke', { token: 'garbage' })).toMatchObject(invalidToken);
  });

  test('revoking an access token leaves the session', async () => {
    const { access_token, refresh_token } = await open();
    expect((await call('token/introspect', { token: access_token })).body).toMatchObject({ active: true });
    expect((await call('revoke', { token: access_token })).status).toBe(200);
    expect((await call('token/introspect', { token: access_token })).body).toEqual({ active: false });
    expect((await refresh(refresh_token)).status).toBe(200);
  });
}

function introspectionRows(suite: Suite, call: Call, open: Open): void {
  test('introspection answers the audience alone', async () => {
    const { access_token, refresh_token } = await open();
    const { body } = await call('token/introspect', { token: access_token });
    expect(body).toMatchObject({ active: true, client_id: 'login', username: 'plain', typ: 'Bearer' });
    const others = await call('token/introspect', { token: access_token }, 'open:open-secret');
    expect(others).toMatchObject({ status: 200, body: { active: false } });
    expect((await call('token/introspect', { token: 'garbage' })).body).toEqual({ active: false });
    expect((await call('token/introspect', { token: refresh_token })).body).toEqual({ active: false });
    expect(await call('token/introspect', { token: access_token }, 'login:wrong')).toMatchObject({ status: 401 });
  });

  test('a session of a client without full scope is refused by the admin API', async () => {
    const { access_token } = await open();
    const answer = await admin(suite.provider.url, access_token, 'GET', `/${suite.fixture.realm}`);
    expect(answer).toMatchObject({ status: 403, body: { error: 'HTTP 403 Forbidden' } });
    const made = await admin(suite.provider.url, access_token, 'POST', '', { realm: 'never' });
    expect(made.status).toBe(403);
  });
}

function accountRows(suite: Suite, open: Open, refresh: Refresh): void {
  test('a disabled account cannot refresh; an administrator’s logout ends its sessions', async () => {
    const { provider, fixture } = suite;
    const token = await makerToken(provider, fixture.maker);
    const path = `/${fixture.realm}/users`;
    const found = await admin(provider.url, token, 'GET', `${path}?username=plain&exact=true`);
    const [{ id }] = found.body as [{ id: string }];
    const { refresh_token } = await open();
    expect((await admin(provider.url, token, 'PUT', `${path}/${id}`, { enabled: false })).status).toBe(204);
    const disabled = await refresh(refresh_token);
    expect((await admin(provider.url, token, 'PUT', `${path}/${id}`, { enabled: true })).status).toBe(204);
    expect(disabled).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', error_description: 'User disabled' },
    });
    const again = await open();
    expect((await admin(provider.url, token, 'POST', `${path}/${id}/logout`)).status).toBe(204);
    expect(await refresh(again.refresh_token)).toMatchObject(ended);
  });
}

function passwordRows(suite: Suite, call: Call): void {
  test('a temporary password that an administrator gave opens no session until it is changed', async () => {
    const { provider, fixture } = suite;
    const token = await makerToken(provider, fixture.maker);
    const path = `/${fixture.realm}/users`;
    const temporary = { type: 'password', value: 'right', temporary: true };
    const made = await admin(provider.url, token, 'POST', path, person('newcomer', { credentials: [temporary] }));
    expect(made.status).toBe(201);
    const form = { grant_type: 'password', username: 'newcomer', password: 'right' };
    const unready = { status: 400, body: { error: 'invalid_grant', error_description: 'Account is not fully set up' } };
    expect(await call('token', form)).toMatchObject(unready);
    const account = `${path}/${madeId(made)}`;
    expect(
      (await admin(provider.url, token, 'PUT', `${account}/reset-password`, { ...temporary, temporary: false })).status,
    ).toBe(204);
    expect((await admin(provider.url, token, 'PUT', account, { requiredActions: [] })).status).toBe(204);
    expect((await call('token', form)).status).toBe(200);
    expect(await admin(provider.url, token, 'POST', path, person('newcomer'))).toMatchObject({ status: 409 });
  });

  test('an account without an address and both names is not set up', async () => {
    const { provider, fixture } = suite;
    const token = await makerToken(provider, fixture.maker);
    const credentials = [{ type: 'password', value: 'right' }];
    const nameless = { username: 'nameless', enabled: true, credentials };
    expect((await admin(provider.url, token, 'POST', `/${fixture.realm}/users`, nameless)).status).toBe(201);
    const answer = await call('token', { grant_type: 'password', username: 'nameless', password: 'right' });
    expect(answer).toMatchObject({ status: 400, body: { error_description: 'Account is not fully set up' } });
  });
}

function openidClientRows(suite: Suite): void {
  test('openid-client: discovery, password grant, refresh, revocation, errors', async () => {
    const issuer = new URL(`${suite.provider.url}/realms/${suite.fixture.realm}`);
    const config = await oidc.discovery(issuer, 'login', 'login-secret', undefined, {
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated only to stand out; this is plain http on the own machine
      execute: [oidc.allowInsecureRequests],
    });
    const tokens = await oidc.genericGrantRequest(config, 'password', { username: 'plain', password: 'right' });
    const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token!);
    await oidc.tokenRevocation(config, refreshed.refresh_token!);
    await oidc.tokenRevocation(config, 'garbage');
    await expect(oidc.refreshTokenGrant(config, refreshed.refresh_token!)).rejects.toMatchObject({
      error: 'invalid_grant',
      error_description: 'Session not active',
      status: 400,
    });
  });
}
