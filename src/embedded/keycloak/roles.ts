import type { Client, Realm, Role, User } from './model.js';

/** Roles by the names that tokens carry. */
export interface GrantedRoles {
  realm: string[];
  clients: Record<string, string[]>;
}

/** The roles of a user that a token of this client may carry: all with full scope, else the client's own and the mapped ones. */
export function rolesInToken(realm: Realm, client: Client, user: User): GrantedRoles {
  const inScope = (role: Role): boolean =>
    client.fullScopeAllowed || client.roles.includes(role) || client.scopeMappings.includes(role.id);
  const granted = (roles: readonly Role[]): string[] =>
    roles.filter((role) => user.roles.includes(role.id) && inScope(role)).map((role) => role.name);
  const clients = realm.clients.map(({ clientId, roles }) => [clientId, granted(roles)] as const);
  return { realm: granted(realm.roles), clients: Object.fromEntries(clients.filter(([, roles]) => roles.length > 0)) };
}

export const findRole = (roles: readonly Role[], name: string): Role | undefined =>
  roles.find((role) => role.name === name);

/** Ids of the roles that Keycloak gives to each new user: the realm's default ones and those of the account client. */
export function defaultRoles(realm: Realm): string[] {
  const account = realm.clients.find((client) => client.clientId === 'account');
  const names = [`default-roles-${realm.realm}`, 'offline_access', 'uma_authorization'];
  return [...realm.roles.filter((role) => names.includes(role.name)), ...(account?.roles ?? [])].map((role) => role.id);
}
