import type { FastifyInstance, FastifyRequest } from 'fastify';
import { managedRealm } from './admin-auth.js';
import { roleReferences } from './admin-client-routes.js';
import { conflict, notFound, Refusal } from './answers.js';
import type { Realm, Role, User } from './model.js';
import { saved, type RouteContext } from './route-context.js';
import { readDocument, roleRepresentation, userRepresentation } from './representations.js';
import { defaultRoles, findRole } from './roles.js';
import { endSessions, liveSession } from './sessions.js';
import { userByName } from './store.js';
import { addUser, changeUser, credentialDocument, setCredential, userDocument } from './user-import.js';

const usersPath = '/admin/realms/:realm/users';

async function managedUser(context: RouteContext, request: FastifyRequest): Promise<{ realm: Realm; user: User }> {
  const realm = await managedRealm(context, request);
  const user = realm.users.find(({ id }) => id === (request.params as { id: string }).id);
  if (!user) throw notFound('User not found');
  return { realm, user };
}

/** Users with their credentials, sessions and roles. */
export function adminUserRoutes(app: FastifyInstance, context: RouteContext): void {
  userRoutes(app, context);
  accountRoutes(app, context);
  roleMappingRoutes(app, context);
}

interface UserQuery {
  username?: string;
  search?: string;
  exact?: string;
  first?: string;
  max?: string;
}

function userRoutes(app: FastifyInstance, context: RouteContext): void {
  app.get(usersPath, async (request) => {
    const realm = await managedRealm(context, request);
    const { username, search, exact, first = '0', max = '100' } = request.query as UserQuery;
    const wanted = (username ?? search ?? '').toLowerCase();
    const fits = (user: User): boolean =>
      exact === 'true' ? user.username === wanted : user.username.includes(wanted);
    const found = realm.users.filter((user) => user.serviceAccountOf === undefined && fits(user));
    found.sort((a, b) => (a.username < b.username ? -1 : 1));
    return found.slice(Number(first), Number(first) + Number(max)).map(userRepresentation);
  });

  app.post(usersPath, async (request, reply) => {
    const realm = await managedRealm(context, request);
    const given = readDocument(userDocument, request.body);
    const username = given.username ?? '';
    if (username.length < 3 || username.length > 255) {
      throw new Refusal(400, { field: 'username', errorMessage: 'error-invalid-length', params: ['username', 3, 255] });
    }
    if (userByName(realm, username)) throw conflict('User exists with same username');
    const user = await addUser(realm, given, defaultRoles(realm));
    return saved(context, reply, user.id);
  });

  app.get(`${usersPath}/:id`, async (request) => userRepresentation((await managedUser(context, request)).user));

  app.put(`${usersPath}/:id`, async (request, reply) => {
    const { user } = await managedUser(context, request);
    await changeUser(user, readDocument(userDocument, request.body));
    return saved(context, reply);
  });

  app.delete(`${usersPath}/:id`, async (request, reply) => {
    const { realm, user } = await managedUser(context, request);
    realm.users = realm.users.filter((one) => one !== user);
    endSessions(realm, (session) => session.userId === user.id);
    return saved(context, reply);
  });
}

function accountRoutes(app: FastifyInstance, context: RouteContext): void {
  app.put(`${usersPath}/:id/reset-password`, async (request, reply) => {
    const { user } = await managedUser(context, request);
    await setCredential(user, readDocument(credentialDocument, request.body));
    return saved(context, reply);
  });

  app.post(`${usersPath}/:id/logout`, async (request, reply) => {
    const { realm, user } = await managedUser(context, request);
    endSessions(realm, (session) => session.userId === user.id);
    return saved(context, reply);
  });

  app.get(`${usersPath}/:id/sessions`, async (request) => {
    const { realm, user } = await managedUser(context, request);
    const sessions = realm.sessions.filter(({ id, userId }) => userId === user.id && liveSession(realm, id));
    return sessions.map(({ id, lastRefresh }) => ({
      id,
      userId: user.id,
      username: user.username,
      lastAccess: lastRefresh * 1000,
    }));
  });
}

/** Realm roles under `…/realm`, client roles under `…/clients/{id}`, and where roles are read by name. */
function roleMappingRoutes(app: FastifyInstance, context: RouteContext): void {
  app.get('/admin/realms/:realm/roles', async (request) => {
    const realm = await managedRealm(context, request);
    return realm.roles.map((role) => roleRepresentation(role, { id: realm.id, isClient: false }));
  });

  app.get('/admin/realms/:realm/roles/:name', async (request) => {
    const realm = await managedRealm(context, request);
    const role = findRole(realm.roles, (request.params as { name: string }).name);
    if (!role) throw notFound('Could not find role');
    return { ...roleRepresentation(role, { id: realm.id, isClient: false }), attributes: {} };
  });

  for (const path of ['realm', 'clients/:client']) {
    const url = `${usersPath}/:id/role-mappings/${path}`;
    app.get(url, async (request) => {
      const { user, container } = await mapping(context, request);
      const roles = container.roles.filter(({ id }) => user.roles.includes(id));
      return roles.map((role) => roleRepresentation(role, container));
    });
    app.post(url, async (request, reply) => {
      const { user, named } = await mapping(context, request);
      user.roles = [...new Set([...user.roles, ...named()])];
      return saved(context, reply);
    });
    app.delete(url, async (request, reply) => {
      const { user, named } = await mapping(context, request);
      const gone = named();
      user.roles = user.roles.filter((id) => !gone.includes(id));
      return saved(context, reply);
    });
  }
}

interface Mapping {
  user: User;
  container: { id: string; isClient: boolean; roles: Role[] };
  /** Ids of the roles that the request's body names. */
  named: () => string[];
}

async function mapping(context: RouteContext, request: FastifyRequest): Promise<Mapping> {
  const { realm, user } = await managedUser(context, request);
  const { client: clientId } = request.params as { client?: string };
  const client = realm.clients.find(({ id }) => id === clientId);
  if (clientId !== undefined && !client) throw notFound('Could not find client');
  const container = { id: client?.id ?? realm.id, isClient: client !== undefined, roles: (client ?? realm).roles };
  const named = (): string[] =>
    readDocument(roleReferences, request.body).map(({ id }) => {
      if (!container.roles.some((role) => role.id === id)) throw notFound('Role not found');
      return id;
    });
  return { user, container, named };
}
