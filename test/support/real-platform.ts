import { admin, administratorToken, madeId, type Answer, type Provider } from '../keycloak/provider.js';
import { administratorSettings, runSetup } from './keycloak-setup.js';

export interface PreparedPlatform {
  readonly clientSecret: string;
  readonly adminClientSecret: string;
}

let prepared: Promise<PreparedPlatform> | undefined;

/**
 * The operators' realm of the real Keycloak as `keycloak:setup` makes it, with the demo accounts; once a test file,
 * which begins without anything of the file before it.
 */
export async function preparedPlatform(provider: Provider): Promise<PreparedPlatform> {
  prepared ??= clear(provider).then(() => preparePlatform(provider));
  return await prepared;
}

const demoUsers = { admin: 'tenant-admin', operator: 'tenant-operator', viewer: 'tenant-viewer' };

/** Runs `keycloak:setup` at a Keycloak that is new, and adds the demo accounts as the README says. */
export async function preparePlatform(provider: Provider): Promise<PreparedPlatform> {
  const { code, settings, stderr } = await runSetup(administratorSettings(provider));
  const { KEYCLOAK_CLIENT_SECRET: clientSecret, KEYCLOAK_ADMIN_CLIENT_SECRET: adminClientSecret } = settings;
  if (code !== 0 || !clientSecret || !adminClientSecret) throw new Error(`keycloak:setup: ${stderr}`);
  const call = caller(provider);
  await warmUp(provider);
  // Two wrong passwords within a second lock an account for a minute; the test of just that switches it on again.
  await call('PUT', '', { quickLoginCheckMilliSeconds: 0 });
  const [login] = (await call('GET', '/clients?clientId=tenantry')).body as [{ id: string }];
  const give = async (user: string, name: string): Promise<void> => {
    const { body: role } = await call('GET', `/clients/${login.id}/roles/${name}`);
    await call('POST', `/users/${user}/role-mappings/clients/${login.id}`, [role]);
  };
  for (const [username, role] of Object.entries(demoUsers)) {
    const profile = {
      username,
      email: `${username}@example.com`,
      firstName: 'Demo',
      lastName: username,
      enabled: true,
    };
    const credentials = [{ type: 'password', value: 'demo' }];
    await give(madeId(await call('POST', '/users', { ...profile, credentials })), role);
  }
  const component = {
    clientId: 'core-component',
    secret: 'demo',
    standardFlowEnabled: false,
    serviceAccountsEnabled: true,
    attributes: { 'access.token.lifespan': '120' },
  };
  const id = madeId(await call('POST', '/clients', component));
  const { body: account } = await call('GET', `/clients/${id}/service-account-user`);
  await give((account as { id: string }).id, 'tenant-token-issuer');
  return { clientSecret, adminClientSecret };
}

/** The first realms that a new Keycloak makes take many times as long as all others, and longer than the service waits. */
async function warmUp({ url, administrator }: Provider): Promise<void> {
  const token = await administratorToken({ url, administrator });
  for (const realm of ['warm-1', 'warm-2']) {
    await admin(url, token, 'POST', '', { realm, enabled: true });
    await admin(url, token, 'DELETE', `/${realm}`);
  }
}

/** Removes every realm, user and client that a test file has made. */
async function clear(provider: Provider): Promise<void> {
  const call = caller(provider);
  const realms = (await call('GET', '/../?briefRepresentation=true')).body as { realm: string }[];
  for (const { realm } of realms) {
    if (realm !== 'master') await call('DELETE', `/../${encodeURIComponent(realm)}`);
  }
  const users = (await call('GET', '/users?max=1000')).body as { id: string; username: string }[];
  for (const { id, username } of users) {
    if (username !== provider.administrator.username) await call('DELETE', `/users/${id}`);
  }
  const clients = (await call('GET', '/clients')).body as { id: string; clientId: string }[];
  for (const { id, clientId } of clients) if (!builtIn.test(clientId)) await call('DELETE', `/clients/${id}`);
}

const builtIn = /^(account(-console)?|admin-cli|broker|security-admin-console|.+-realm)$/;

/** Calls below the operators' realm as the administrator; what fails is an error. */
function caller(provider: Provider): (method: string, path: string, body?: unknown) => Promise<Answer> {
  return async (method, path, body) => {
    const { pathname, search } = new URL(`http://keycloak/master${path}`);
    const answer = await admin(
      provider.url,
      await administratorToken(provider),
      method,
      pathname.replace(/\/$/, '') + search,
      body,
    );
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  };
}
