import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { managedRealm } from './admin-auth.js';
import { conflict, notFound, Refusal } from './answers.js';
import type { Client, Realm, Role } from './model.js';
import { saved, type RouteContext } from './route-context.js';
import { addClient, newRole, syncServiceAccount } from './realm-factory.js';
import {
  changeClient,
  clientDocument,
  clientRepresentation,
  mapperDocument,
  newClient,
  newMapper,
  newSecret,
  readDocument,
  roleRepresentation,
  userRepresentation,
} from './representations.js';
import { findRole } from './roles.js';
import { endSessions } from './sessions.js';
import { clientByClientId, serviceAccount } from './store.js';

const roleDocument = z.looseObject({ name: z.string(), description: z.string().optional() });

export const roleReferences = z.array(z.looseObject({ id: z.string(), name: z.string() }));

/** The client that the path names, in a realm that the caller may manage. */
async function managedClient(
  context: RouteContext,
  request: FastifyRequest,
): Promise<{ realm: Realm; client: Client }> {
  const realm = await managedRealm(context, request);
  const { id } = request.params as { id: string };
  const client = realm.clients.find((one) => one.id === id);
  if (!client) throw notFound('Could not find client');
  return { realm, client };
}

/** Clients with their secrets, service accounts, mappers, roles and scope mappings. */
export function adminClientRoutes(app: FastifyInstance, context: RouteContext): void {
  clientRoutes(app, context);
  secretRoutes(app, context);
  mapperRoutes(app, context);
  roleRoutes(app, context);
  scopeMappingRoutes(app, context);
  clientScopeRoutes(app, context);
}

const clientsPath = '/admin/realms/:realm/clients';

function clientRoutes(app: FastifyInstance, context: RouteContext): void {
  app.get(clientsPath, async (request) => {
    const realm = await managedRealm(context, request);
    const { clientId } = request.query as { clientId?: string };
    const found = realm.clients.filter((client) => clientId === undefined || client.clientId === clientId);
    return found.map(clientRepresentation);
  });

  app.post(clientsPath, async (request, reply) => {
    const realm = await managedRealm(context, request);
    const given = readDocument(clientDocument, request.body);
    const clientId = given.clientId ?? given.id ?? '';
    if (clientByClientId(realm, clientId)) throw conflict(`Client ${clientId} already exists`);
    const client = addClient(realm, newClient({ ...given, clientId }));
    return saved(context, reply, client.id);
  });

  app.get(`${clientsPath}/:id`, async (request) =>
    clientRepresentation((await managedClient(context, request)).client),
  );

  app.put(`${clientsPath}/:id`, async (request, reply) => {
    const { realm, client } = await managedClient(context, request);
    const given = readDocument(clientDocument, request.body);
    const named = given.clientId === undefined ? undefined : clientByClientId(realm, given.clientId);
    if (named && named !== client) {
      throw new Refusal(409, { error: 'conflict', error_description: 'Duplicate resource error' });
    }
    changeClient(client, given);
    syncServiceAccount(realm, client);
    return saved(context, reply);
  });

  app.delete(`${clientsPath}/:id`, async (request, reply) => {
    const { realm, client } = await managedClient(context, request);
    realm.clients = realm.clients.filter((one) => one !== client);
    realm.users = realm.users.filter((user) => user.serviceAccountOf !== client.id);
    endSessions(realm, (session) => session.client === client.id);
    return saved(context, reply);
  });
}

function secretRoutes(app: FastifyInstance, context: RouteContext): void {
  app.get(`${clientsPath}/:id/client-secret`, async (request) => {
    const { client } = await managedClient(context, request);
    return { type: 'secret', value: client.secret };
  });

  app.post(`${clientsPath}/:id/client-secret`, async (request) => {
    const { client } = await managedClient(context, request);
    client.secret = newSecret();
    await context.store.save();
    return { type: 'secret', value: client.secret };
  });

  app.get(`${clientsPath}/:id/service-account-user`, async (request) => {
    const { realm, client } = await managedClient(context, request);
    const user = serviceAccount(realm, client);
    if (user) return userRepresentation(user);
    throw new Refusal(400, { error: `Service account not enabled for the client '${client.clientId}'` });
  });
}

function mapperRoutes(app: FastifyInstance, context: RouteContext): void {
  const path = `${clientsPath}/:id/protocol-mappers/models`;

  app.get(path, async (request) => {
    const { client } = await managedClient(context, request);
    return client.protocolMappers.map((mapper) => ({ ...mapper, consentRequired: false }));
  });

  app.post(path, async (request, reply) => {
    const { client } = await managedClient(context, request);
    const mapper = newMapper(readDocument(mapperDocument, request.body));
    if (client.protocolMappers.some(({ name }) => name === mapper.name)) {
      throw conflict('Protocol mapper exists with same name');
    }
    client.protocolMappers.push(mapper);
    return saved(context, reply, mapper.id);
  });

  app.put(`${path}/:mapper`, async (request, reply) => {
    const { client } = await managedClient(context, request);
    const mapper = newMapper(readDocument(mapperDocument, request.body));
    const index = client.protocolMappers.findIndex(({ id }) => id === mapperId(request));
    if (index < 0) throw notFound('Model not found');
    client.protocolMappers[index] = { ...mapper, id: mapperId(request) };
    return saved(context, reply);
  });

  app.delete(`${path}/:mapper`, async (request, reply) => {
    const { client } = await managedClient(context, request);
    client.protocolMappers = client.protocolMappers.filter(({ id }) => id !== mapperId(request));
    return saved(context, reply);
  });
}

const mapperId = (request: FastifyRequest): string => (request.params as { mapper: string }).mapper;

function roleRoutes(app: FastifyInstance, context: RouteContext): void {
  const path = `${clientsPath}/:id/roles`;

  app.get(path, async (request) => {
    const { client } = await managedClient(context, request);
    return client.roles.map((role) => roleRepresentation(role, { id: client.id, isClient: true }));
  });

  app.post(path, async (request, reply) => {
    const { client } = await managedClient(context, request);
    const { name, description } = readDocument(roleDocument, request.body);
    if (findRole(client.roles, name)) throw conflict(`Role with name ${name} already exists`);
    client.roles.push(newRole(name, description));
    return saved(context, reply, name);
  });

  app.get(`${path}/:name`, async (request) => {
    const { client } = await managedClient(context, request);
    const role = findRole(client.roles, (request.params as { name: string }).name);
    if (!role) throw notFound('Could not find role');
    return { ...roleRepresentation(role, { id: client.id, isClient: true }), attributes: {} };
  });
}

/** Which roles of the realm and of other clients a client without full scope may carry. */
function scopeMappingRoutes(app: FastifyInstance, context: RouteContext): void {
  app.get(`${clientsPath}/:id/scope-mappings`, async (request) => {
    const { realm, client } = await managedClient(context, request);
    const mapped = (container: { id: string; isClient: boolean; roles: Role[] }) =>
      container.roles
        .filter(({ id }) => client.scopeMappings.includes(id))
        .map((role) => roleRepresentation(role, container));
    const realmMappings = mapped({ id: realm.id, isClient: false, roles: realm.roles });
    const byClient = realm.clients.map(
      ({ id, clientId, roles }) =>
        [clientId, { id, client: clientId, mappings: mapped({ id, isClient: true, roles }) }] as const,
    );
    const clientMappings = Object.fromEntries(byClient.filter(([, { mappings }]) => mappings.length > 0));
    return {
      ...(realmMappings.length > 0 && { realmMappings }),
      ...(Object.keys(clientMappings).length > 0 && { clientMappings }),
    };
  });

  for (const method of ['POST', 'DELETE'] as const) {
    app.route({
      method,
      url: `${clientsPath}/:id/scope-mappings/realm`,
      handler: async (request, reply) => {
        const { client } = await managedClient(context, request);
        const ids = readDocument(roleReferences, request.body).map(({ id }) => id);
        const others = client.scopeMappings.filter((id) => !ids.includes(id));
        client.scopeMappings = method === 'POST' ? [...others, ...ids] : others;
        return saved(context, reply);
      },
    });
  }
}

function clientScopeRoutes(app: FastifyInstance, context: RouteContext): void {
  const path = `${clientsPath}/:id/scope-mappings/clients/:other`;
  const mapped = async (request: FastifyRequest): Promise<{ client: Client; other: Client }> => {
    const { realm, client } = await managedClient(context, request);
    const other = realm.clients.find(({ id }) => id === (request.params as { other: string }).other);
    if (!other) throw notFound('Could not find client');
    return { client, other };
  };

  app.get(path, async (request) => {
    const { client, other } = await mapped(request);
    const roles = other.roles.filter(({ id }) => client.scopeMappings.includes(id));
    return roles.map((role) => roleRepresentation(role, { id: other.id, isClient: true }));
  });

  app.post(path, async (request, reply) => {
    const { client } = await mapped(request);
    const ids = readDocument(roleReferences, request.body).map(({ id }) => id);
    client.scopeMappings = [...new Set([...client.scopeMappings, ...ids])];
    return saved(context, reply);
  });

  app.delete(path, async (request, reply) => {
    const { client } = await mapped(request);
    const ids = readDocument(roleReferences, request.body).map(({ id }) => id);
    client.scopeMappings = client.scopeMappings.filter((id) => !ids.includes(id));
    return saved(context, reply);
  });
}
