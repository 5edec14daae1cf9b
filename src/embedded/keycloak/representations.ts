import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { unreadable } from './answers.js';
import type { Client, Mapper, Realm, Role, User } from './model.js';
import { realmDefaults } from './realm-defaults.js';

const attributes = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

const mapperShape = z.strictObject({
  id: z.string().optional(),
  name: z.string(),
  protocol: z.string().optional(),
  protocolMapper: z.string(),
  consentRequired: z.boolean().optional(),
  config: z.record(z.string(), z.string()).optional(),
});

const clientShape = z.strictObject({
  id: z.string(),
  clientId: z.string(),
  name: z.string(),
  description: z.string(),
  enabled: z.boolean(),
  publicClient: z.boolean(),
  bearerOnly: z.boolean(),
  secret: z.string(),
  standardFlowEnabled: z.boolean(),
  implicitFlowEnabled: z.boolean(),
  directAccessGrantsEnabled: z.boolean(),
  serviceAccountsEnabled: z.boolean(),
  fullScopeAllowed: z.boolean(),
  redirectUris: z.array(z.string()),
  webOrigins: z.array(z.string()),
  attributes,
  protocolMappers: z.array(mapperShape),
  protocol: z.string(),
  surrogateAuthRequired: z.boolean(),
  alwaysDisplayInConsole: z.boolean(),
  clientAuthenticatorType: z.string(),
  rootUrl: z.string(),
  baseUrl: z.string(),
  adminUrl: z.string(),
  notBefore: z.number(),
  consentRequired: z.boolean(),
  frontchannelLogout: z.boolean(),
  authenticationFlowBindingOverrides: z.record(z.string(), z.string()),
  nodeReRegistrationTimeout: z.number(),
  defaultClientScopes: z.array(z.string()),
  optionalClientScopes: z.array(z.string()),
  access: z.record(z.string(), z.boolean()),
});

export const clientDocument = clientShape.partial();
export type ClientDocument = z.infer<typeof clientDocument>;
export const mapperDocument = mapperShape;
export type MapperDocument = z.infer<typeof mapperShape>;

/** Reads a request's document; a field that Keycloak does not know or a wrong type is refused as Keycloak refuses it. */
export function readDocument<T>(shape: z.ZodType<T>, body: unknown): T {
  const read = shape.safeParse(body);
  if (!read.success) throw unreadable();
  return read.data;
}

export const texts = (given: z.infer<typeof attributes> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]])));

export const newSecret = (): string => randomBytes(32).toString('base64url');

export function newMapper(given: MapperDocument): Mapper {
  const { id = randomUUID(), name, protocol = 'openid-connect', protocolMapper, config = {} } = given;
  return { id, name, protocol, protocolMapper, config };
}

/** The fields of a client that are kept just as they were sent. */
const plainFields = z
  .object(clientShape.shape)
  .pick({
    name: true,
    description: true,
    enabled: true,
    publicClient: true,
    bearerOnly: true,
    secret: true,
    standardFlowEnabled: true,
    implicitFlowEnabled: true,
    directAccessGrantsEnabled: true,
    serviceAccountsEnabled: true,
    fullScopeAllowed: true,
    redirectUris: true,
    webOrigins: true,
  })
  .partial();

/** A client as Keycloak makes it of a document: what is missing takes its defaults, a secret is made. */
export function newClient(given: ClientDocument & { clientId: string }): Client {
  return {
    id: given.id ?? randomUUID(),
    clientId: given.clientId,
    enabled: true,
    publicClient: false,
    bearerOnly: false,
    ...(!given.publicClient && { secret: newSecret() }),
    standardFlowEnabled: true,
    implicitFlowEnabled: false,
    directAccessGrantsEnabled: false,
    serviceAccountsEnabled: false,
    fullScopeAllowed: true,
    redirectUris: [],
    webOrigins: [],
    ...plainFields.parse(given),
    attributes: { realm_client: 'false', ...texts(given.attributes) },
    protocolMappers: (given.protocolMappers ?? []).map(newMapper),
    roles: [],
    scopeMappings: [],
  };
}

/** Puts a document's fields into a client: absent ones stay, attributes are merged, mappers replaced; a public client loses its secret. */
export function changeClient(client: Client, given: ClientDocument): void {
  const { clientId = client.clientId, attributes: changed, protocolMappers } = given;
  Object.assign(client, plainFields.parse(given), { clientId });
  if (client.publicClient) delete client.secret;
  else client.secret ??= newSecret();
  const kept = { ...client.attributes, ...texts(changed) };
  const removed = Object.entries(changed ?? {}).filter(([, value]) => value === null || value === '');
  client.attributes = Object.fromEntries(
    Object.entries(kept).filter(([name]) => !removed.some(([gone]) => gone === name)),
  );
  if (protocolMappers) client.protocolMappers = protocolMappers.map(newMapper);
}

export function clientRepresentation(client: Client): Record<string, unknown> {
  const { roles: _roles, scopeMappings: _scopeMappings, protocolMappers, ...own } = client;
  const mappers = protocolMappers.map((mapper) => ({ ...mapper, consentRequired: false }));
  const serviceScope = client.serviceAccountsEnabled ? ['service_account'] : [];
  return {
    ...own,
    surrogateAuthRequired: false,
    alwaysDisplayInConsole: false,
    clientAuthenticatorType: 'client-secret',
    notBefore: 0,
    consentRequired: false,
    frontchannelLogout: false,
    protocol: 'openid-connect',
    authenticationFlowBindingOverrides: {},
    nodeReRegistrationTimeout: -1,
    ...(mappers.length > 0 && { protocolMappers: mappers }),
    defaultClientScopes: ['web-origins', ...serviceScope, 'acr', 'profile', 'roles', 'basic', 'email'],
    optionalClientScopes: ['address', 'phone', 'offline_access', 'organization', 'microprofile-jwt'],
    access: { view: true, configure: true, manage: true },
  };
}

export function realmRepresentation(realm: Realm): Record<string, unknown> {
  const { id, enabled, accessTokenLifespan } = realm;
  return {
    id,
    realm: realm.realm,
    ...realmDefaults,
    accessTokenLifespan,
    enabled,
    ...realm.settings,
    attributes: realm.attributes,
  };
}

export function userRepresentation(user: User): Record<string, unknown> {
  const { id, username, firstName, lastName, email, emailVerified, enabled, createdTimestamp, requiredActions } = user;
  const totp = user.totp !== undefined;
  return {
    id,
    username,
    firstName,
    lastName,
    email,
    emailVerified,
    enabled,
    createdTimestamp,
    totp,
    disableableCredentialTypes: [],
    requiredActions,
    notBefore: 0,
  };
}

export const roleRepresentation = (
  role: Role,
  container: { id: string; isClient: boolean },
): Record<string, unknown> => ({
  ...role,
  composite: false,
  clientRole: container.isClient,
  containerId: container.id,
});
