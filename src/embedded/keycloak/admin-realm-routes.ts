import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { administrator, managedRealm } from './admin-auth.js';
import { conflict, duplicate, forbidden, realmNotFound, Refusal, unreadable } from './answers.js';
import { newKey } from './keys.js';
import type { Realm } from './model.js';
import { saved, type RouteContext } from './route-context.js';
import { isRealmField, isRealmSetting } from './realm-defaults.js';
import { addClient, grantClientRoles, grantRealmRoles, newRealm, newRole } from './realm-factory.js';
import { clientDocument, newClient, readDocument, realmRepresentation, texts } from './representations.js';
import { clientByClientId, serviceAccount, type Store } from './store.js';
import { addUser, userDocument, type UserDocument } from './user-import.js';

const roleDocument = z.looseObject({ name: z.string(), description: z.string().optional() });

const realmDocument = z.looseObject({
  id: z.string().optional(),
  realm: z.string().optional(),
  enabled: z.boolean().optional(),
  accessTokenLifespan: z.number().optional(),
  attributes: z.record(z.string(), z.union([z.string(), z.null()])).optional(),
  clients: z.array(clientDocument).optional(),
  users: z.array(userDocument).optional(),
  roles: z
    .object({ realm: z.array(roleDocument).optional(), client: z.record(z.string(), z.array(roleDocument)).optional() })
    .optional(),
});
type RealmDocument = z.infer<typeof realmDocument>;

interface Params {
  realm: string;
}

/** Making, reading, changing and deleting realms. */
export function adminRealmRoutes(app: FastifyInstance, context: RouteContext): void {
  makingRoutes(app, context);
  readingRoutes(app, context);
  changingRoutes(app, context);
}

function makingRoutes(app: FastifyInstance, context: RouteContext): void {
  const { store } = context;

  app.post('/admin/realms', async (request, reply) => {
    const caller = await administrator(context, request);
    if (!caller.creates) throw forbidden();
    const realm = await createRealm(store, readRealm(request.body));
    caller.user.manages.push(realm.id);
    return saved(context, reply, realm.realm);
  });
}

function readingRoutes(app: FastifyInstance, context: RouteContext): void {
  const { store } = context;

  app.get('/admin/realms', async (request) => {
    const caller = await administrator(context, request);
    const managed = store.state.realms.filter((realm) => caller.manages(realm));
    if (managed.length === 0) throw forbidden();
    return managed.map(({ id, realm, enabled, settings }) => ({
      id,
      realm,
      displayName: settings['displayName'],
      enabled,
    }));
  });

  app.get('/admin/realms/:realm', async (request) => {
    const caller = await administrator(context, request);
    const realm = store.realm((request.params as Params).realm);
    if (!realm) throw realmNotFound();
    if (caller.manages(realm)) return realmRepresentation(realm);
    if (!caller.isAny) throw forbidden();
    const displayName = realm.settings['displayName'];
    return {
      realm: realm.realm,
      displayName,
      bruteForceProtected: false,
      supportedLocales: [],
      organizationsEnabled: false,
    };
  });
}

function changingRoutes(app: FastifyInstance, context: RouteContext): void {
  const { store } = context;

  app.put('/admin/realms/:realm', async (request, reply) => {
    const realm = await managedRealm(context, request);
    const given = readRealm(request.body);
    const named = given.realm === undefined ? undefined : store.realm(given.realm);
    if (named && named !== realm) throw conflict('Realm with same name exists');
    changeRealm(realm, given);
    return saved(context, reply);
  });

  app.delete('/admin/realms/:realm', async (request, reply) => {
    const realm = await managedRealm(context, request);
    if (realm.realm === 'master') throw new Refusal(400, { errorMessage: "Can't remove master realm" });
    store.state.realms = store.state.realms.filter((one) => one !== realm);
    for (const user of store.state.realms.flatMap((one) => one.users)) {
      user.manages = user.manages.filter((id) => id !== realm.id);
    }
    return saved(context, reply);
  });

  app.post('/admin/realms/:realm/components', async (request, reply) => {
    const realm = await managedRealm(context, request);
    const { providerId } = readDocument(z.looseObject({ providerId: z.string() }), request.body);
    if (providerId !== 'rsa-generated')
      throw new Refusal(400, { errorMessage: 'Invalid provider type or no such provider' });
    realm.signingKeys.unshift(await newKey());
    return saved(context, reply, randomUUID());
  });
}

function readRealm(body: unknown): RealmDocument {
  const document = readDocument(realmDocument, body);
  if (!Object.keys(document).every(isRealmField)) throw unreadable();
  return document;
}

/** One document makes the whole realm; keys are made before the names are looked at, so two at once cannot both pass. */
async function createRealm(store: Store, given: RealmDocument): Promise<Realm> {
  const name = given.realm;
  if (!name) throw new Refusal(400, { errorMessage: 'Realm name cannot be empty' });
  const reserved = /[/\\?#%&=;,"'<>]/.exec(name);
  if (reserved) throw new Refusal(400, { error: `Character '${reserved[0]}' not allowed.` });
  if (store.realm(name)) throw conflict(`Realm ${name} already exists`);
  const realm = await newRealm(name, given.id === undefined ? {} : { id: given.id });
  await fillRealm(realm, given);
  if (store.realm(name)) throw conflict(`Realm ${name} already exists`);
  if (store.state.realms.some(({ id }) => id === realm.id)) throw duplicate();
  store.state.realms.push(realm);
  return realm;
}

async function fillRealm(realm: Realm, given: RealmDocument): Promise<void> {
  changeRealm(realm, given);
  for (const client of given.clients ?? []) {
    if (client.clientId !== undefined && clientByClientId(realm, client.clientId)) throw duplicate();
    addClient(realm, newClient({ ...client, clientId: client.clientId ?? '' }));
  }
  realm.roles.push(...(given.roles?.realm ?? []).map((role) => newRole(role.name, role.description)));
  for (const [clientId, roles] of Object.entries(given.roles?.client ?? {})) {
    const client = realm.clients.find((one) => one.clientId === clientId);
    client?.roles.push(...roles.map((role) => newRole(role.name, role.description)));
  }
  for (const user of given.users ?? []) {
    const owner = realm.clients.find((one) => one.clientId === user.serviceAccountClientId);
    const account = owner && serviceAccount(realm, owner);
    if (account) {
      grantClientRoles(realm, account, user.clientRoles ?? {});
      grantRealmRoles(realm, account, user.realmRoles ?? []);
    } else await addUser(realm, withLastingPasswords(user), []);
  }
}

/** An import takes a temporary password for a lasting one; only the users' own endpoints heed the difference. */
const withLastingPasswords = (user: UserDocument): UserDocument => ({
  ...user,
  credentials: user.credentials?.map((credential) => ({ ...credential, temporary: false })),
});

function changeRealm(realm: Realm, given: RealmDocument): void {
  realm.realm = given.realm ?? realm.realm;
  realm.enabled = given.enabled ?? realm.enabled;
  realm.accessTokenLifespan = given.accessTokenLifespan ?? realm.accessTokenLifespan;
  if (given.attributes) realm.attributes = texts(given.attributes);
  Object.assign(realm.settings, Object.fromEntries(Object.entries(given).filter(([name]) => isRealmSetting(name))));
}
