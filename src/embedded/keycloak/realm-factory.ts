import { randomUUID } from 'node:crypto';
import { newRealmKeys } from './keys.js';
import type { Client, Realm, Role, User } from './model.js';
import { newClient } from './representations.js';
import { defaultRoles } from './roles.js';

export const newRole = (name: string, description?: string): Role => ({ id: randomUUID(), name, description });

/** A realm as Keycloak makes it: keys, default roles, the clients `account` and `admin-cli`. */
export async function newRealm(name: string, given: Partial<Realm> = {}): Promise<Realm> {
  const account = newClient({ clientId: 'account', publicClient: true });
  account.roles = ['manage-account', 'manage-account-links', 'view-profile'].map((role) => newRole(role));
  return {
    id: randomUUID(),
    realm: name,
    enabled: false,
    accessTokenLifespan: 300,
    attributes: {},
    settings: {},
    ...(await newRealmKeys()),
    roles: [`default-roles-${name}`, 'offline_access', 'uma_authorization'].map((role) => newRole(role)),
    clients: [account, adminCli()],
    users: [],
    sessions: [],
    revoked: {},
    ...given,
  };
}

/** Its tokens are lightweight, as in Keycloak since 26: no subject, no roles. */
const adminCli = (): Client =>
  newClient({
    clientId: 'admin-cli',
    publicClient: true,
    standardFlowEnabled: false,
    directAccessGrantsEnabled: true,
    attributes: { 'client.use.lightweight.access.token.enabled': 'true' },
  });

export function newUser(username: string, given: Partial<User> = {}): User {
  return {
    id: randomUUID(),
    username: username.toLowerCase(),
    emailVerified: false,
    enabled: false,
    requiredActions: [],
    createdTimestamp: Date.now(),
    roles: [],
    manages: [],
    ...given,
  };
}

/** Adds a client, with its service account where it has one. */
export function addClient(realm: Realm, client: Client): Client {
  realm.clients.push(client);
  syncServiceAccount(realm, client);
  return client;
}

/** Makes or removes the service account, as the client's setting says. */
export function syncServiceAccount(realm: Realm, client: Client): void {
  const existing = realm.users.find((user) => user.serviceAccountOf === client.id);
  if (client.serviceAccountsEnabled && !existing) {
    const name = `service-account-${client.clientId}`;
    realm.users.push(newUser(name, { enabled: true, serviceAccountOf: client.id, roles: defaultRoles(realm) }));
  }
  if (!client.serviceAccountsEnabled && existing) realm.users = realm.users.filter((user) => user !== existing);
}

/** Gives client roles by name, making those that are missing. */
export function grantClientRoles(
  realm: Realm,
  user: User,
  byClient: Readonly<Record<string, readonly string[]>>,
): void {
  for (const [clientId, names] of Object.entries(byClient)) {
    const client = realm.clients.find((one) => one.clientId === clientId);
    for (const name of client ? names : []) user.roles.push(ensureRole(client?.roles ?? [], name).id);
  }
}

/** Gives realm roles by name, making those that are missing. */
export function grantRealmRoles(realm: Realm, user: User, names: readonly string[]): void {
  for (const name of names) user.roles.push(ensureRole(realm.roles, name).id);
}

function ensureRole(roles: Role[], name: string): Role {
  const known = roles.find((role) => role.name === name);
  if (known) return known;
  const role = newRole(name);
  roles.push(role);
  return role;
}
