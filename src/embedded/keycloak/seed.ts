import { randomBytes } from 'node:crypto';
import type { Realm, State } from './model.js';
import { addClient, grantClientRoles, grantRealmRoles, newRealm, newRole } from './realm-factory.js';
import { newClient, newSecret, type MapperDocument } from './representations.js';
import { serviceAccount } from './store.js';
import { addUser } from './user-import.js';

/** Names that the stand-in's master realm is made with. */
export const loginClientId = 'tenantry';
export const adminClientId = 'tenantry-admin';
export const administratorName = 'keycloak-admin';

const demoPassword = 'demo';
const roleNames = ['tenant-admin', 'tenant-operator', 'tenant-viewer', 'tenant-token-issuer'];
const demoUsers = { admin: 'tenant-admin', operator: 'tenant-operator', viewer: 'tenant-viewer' };

/** Seconds that platform tokens live. */
const platformLifespan = { 'access.token.lifespan': '120' };

const audienceMapper: MapperDocument = {
  name: 'tenantry audience',
  protocolMapper: 'oidc-audience-mapper',
  config: { 'included.client.audience': loginClientId, 'access.token.claim': 'true' },
};

/** What a stand-in starts with: the master realm, its clients, the demo accounts, and secrets made at random. */
export async function seedState(): Promise<State> {
  const administratorPassword = randomBytes(18).toString('base64url');
  const master = await newRealm('master', {
    enabled: true,
    accessTokenLifespan: 60,
    settings: { displayName: 'Keycloak' },
  });
  master.roles.push(newRole('admin'), newRole('create-realm'));
  addClients(master);
  await addUsers(master, administratorPassword);
  return { version: 1, port: 0, administratorPassword, realms: [master] };
}

function addClients(master: Realm): void {
  const login = addClient(
    master,
    newClient({
      clientId: loginClientId,
      standardFlowEnabled: false,
      directAccessGrantsEnabled: true,
      fullScopeAllowed: false,
      attributes: platformLifespan,
      protocolMappers: [audienceMapper],
    }),
  );
  login.roles = roleNames.map((name) => newRole(name));
  const component = newClient({
    clientId: 'core-component',
    secret: demoPassword,
    standardFlowEnabled: false,
    serviceAccountsEnabled: true,
    fullScopeAllowed: false,
    attributes: platformLifespan,
    protocolMappers: [audienceMapper],
  });
  component.scopeMappings = login.roles.map(({ id }) => id);
  giveServiceAccount(addClient(master, component), master, { [loginClientId]: ['tenant-token-issuer'] }, []);
  const lightweight = { 'client.use.lightweight.access.token.enabled': 'true' };
  const admin = newClient({
    clientId: adminClientId,
    secret: newSecret(),
    standardFlowEnabled: false,
    serviceAccountsEnabled: true,
    attributes: lightweight,
  });
  giveServiceAccount(addClient(master, admin), master, {}, ['create-realm']);
}

function giveServiceAccount(
  client: ReturnType<typeof newClient>,
  realm: Realm,
  clientRoles: Readonly<Record<string, readonly string[]>>,
  realmRoles: readonly string[],
): void {
  const account = serviceAccount(realm, client);
  if (!account) throw new Error(`${client.clientId} has no service account`);
  grantClientRoles(realm, account, clientRoles);
  grantRealmRoles(realm, account, realmRoles);
}

async function addUsers(master: Realm, administratorPassword: string): Promise<void> {
  const person = (username: string, password: string) => ({
    username,
    email: `${username}@example.com`,
    firstName: 'Demo',
    lastName: username,
    enabled: true,
    credentials: [{ type: 'password', value: password }],
  });
  for (const [username, role] of Object.entries(demoUsers)) {
    await addUser(master, { ...person(username, demoPassword), clientRoles: { [loginClientId]: [role] } }, []);
  }
  await addUser(master, { ...person(administratorName, administratorPassword), realmRoles: ['admin'] }, []);
}
