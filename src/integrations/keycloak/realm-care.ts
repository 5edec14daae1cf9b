import { z } from 'zod';

import type { AdminApi } from './admin-api.js';
import { pathOf, readOwn, unavailable, type RealmOwnership } from './realm-admin.js';
import {
  audienceMapper,
  coreClient,
  coreMappers,
  hardcodedClaim,
  tenantClaim,
  type CoreClaims,
  type CoreClientSpec,
  type MapperDocument,
} from './realm-document.js';

/** The client of a realm as it is now, measured against the one that Tenantry made. */
export interface ClientLook {
  /** Enabled, confidential, and known by a secret. */
  readonly isUsable: boolean;
  readonly hasServiceAccount: boolean;
  /** Its tokens carry the tenant's id, and no other. */
  readonly hasTenantClaim: boolean;
  readonly hasAudience: boolean;
  readonly secret: string | undefined;
}

export interface RealmLook {
  readonly enabled: boolean;
  /** undefined where there is no such client. */
  readonly client: ClientLook | undefined;
}

/**
 * Looking after realms that were made long ago. Nothing is read or changed before the realm's id was compared with the
 * tenant's. Everything throws KeycloakFault UNAVAILABLE where Keycloak does not do it in time.
 */
export interface RealmCare {
  /** Two calls. */
  inspect(
    realm: string,
    id: string,
    expected: Omit<CoreClientSpec, 'clientSecret'>,
  ): Promise<RealmLook | Exclude<RealmOwnership, 'OURS'>>;
  /** Gives the realm another name. @returns TAKEN where another realm has that name */
  rename(from: string, to: string, id: string): Promise<RealmOwnership | 'TAKEN'>;
  /**
   * Makes the client anew where it is gone; else puts right what its tokens depend on, and leaves the rest alone.
   *
   * @param spec its secret is that of a client that has to be made
   * @returns the secret that the client has now; undefined where the realm is not ours
   */
  restoreClient(realm: string, id: string, spec: CoreClientSpec): Promise<string | undefined>;
  /**
   * The names of all realms that the account made, by their ids. Its cost grows faster than their number: for a job in
   * the background alone, and rarely.
   */
  namesById(): Promise<ReadonlyMap<string, string>>;
}

const listWithinMs = 120_000;
const maxListBytes = 32 * 1024 * 1024;

const mapperSchema = z.object({
  name: z.string(),
  protocol: z.string().default('openid-connect'),
  protocolMapper: z.string(),
  config: z.record(z.string(), z.string()).default({}),
});
const clientSchema = z.object({
  id: z.string(),
  clientId: z.string(),
  enabled: z.boolean().default(false),
  publicClient: z.boolean().default(false),
  bearerOnly: z.boolean().default(false),
  clientAuthenticatorType: z.string().default(''),
  serviceAccountsEnabled: z.boolean().default(false),
  secret: z.string().optional(),
  protocolMappers: z.array(mapperSchema).default([]),
});
type ClientDocument = z.infer<typeof clientSchema>;

const realmNames = z.array(z.object({ id: z.string(), realm: z.string() }));

/** @param api the Admin API with the account that made the realms */
export function createRealmCare(api: AdminApi): RealmCare {
  return {
    async inspect(realm, id, { clientId, ...claims }) {
      const found = await readOwn(api, realm, id);
      if (typeof found === 'string') return found;
      const client = await readClient(api, realm, clientId);
      return { enabled: found.enabled, client: client && lookAt(client, claims) };
    },
    async rename(from, to, id) {
      const found = await readOwn(api, from, id);
      if (typeof found === 'string') return found;
      const answer = await api({ method: 'PUT', path: pathOf(from), body: { realm: to } });
      if (answer.status === 409) return 'TAKEN';
      if (answer.status !== 200 && answer.status !== 204) throw unavailable('realm not renamed', answer);
      return 'OURS';
    },
    async restoreClient(realm, id, spec) {
      if (typeof (await readOwn(api, realm, id)) === 'string') return undefined;
      const client = await readClient(api, realm, spec.clientId);
      await (client === undefined ? makeClient(api, realm, spec) : mendClient(api, realm, client, spec));
      return (await readClient(api, realm, spec.clientId))?.secret;
    },
    async namesById() {
      const path = '?briefRepresentation=true';
      const answer = await api({ method: 'GET', path, timeoutMs: listWithinMs, maxBytes: maxListBytes });
      // Without any realm of its own the account may not list.
      if (answer.status === 403) return new Map();
      const list = answer.status === 200 ? realmNames.safeParse(answer.body).data : undefined;
      if (list === undefined) throw unavailable('realms not listed', answer);
      return new Map(list.map(({ id, realm }) => [id, realm]));
    },
  };
}

async function readClient(api: AdminApi, realm: string, clientId: string): Promise<ClientDocument | undefined> {
  const answer = await api({
    method: 'GET',
    path: `${pathOf(realm)}/clients?clientId=${encodeURIComponent(clientId)}`,
  });
  const list = answer.status === 200 ? z.array(clientSchema).safeParse(answer.body).data : undefined;
  if (list === undefined) throw unavailable('client not read', answer);
  return list.find((client) => client.clientId === clientId);
}

function lookAt(client: ClientDocument, claims: CoreClaims): ClientLook {
  const { enabled, publicClient, bearerOnly, clientAuthenticatorType, protocolMappers } = client;
  const inAccessToken = protocolMappers.filter(({ config }) => config['access.token.claim'] === 'true');
  const tenantClaims = inAccessToken.filter(setsTenantClaim).map(({ config }) => config['claim.value']);
  return {
    isUsable: enabled && !publicClient && !bearerOnly && clientAuthenticatorType === 'client-secret',
    hasServiceAccount: client.serviceAccountsEnabled,
    hasTenantClaim: tenantClaims.length > 0 && tenantClaims.every((value) => value === claims.tenantId),
    hasAudience: inAccessToken.some((mapper) => addsAudience(mapper, claims.audience)),
    secret: client.secret,
  };
}

function setsTenantClaim({ protocolMapper, config }: MapperDocument): boolean {
  return protocolMapper === hardcodedClaim && config['claim.name'] === tenantClaim;
}

function addsAudience({ protocolMapper, config }: MapperDocument, audience: string): boolean {
  const named = [config['included.custom.audience'], config['included.client.audience']];
  return protocolMapper === audienceMapper && named.includes(audience);
}

async function makeClient(api: AdminApi, realm: string, spec: CoreClientSpec): Promise<void> {
  const answer = await api({ method: 'POST', path: `${pathOf(realm)}/clients`, body: coreClient(spec) });
  // 409: a try of ours whose answer was lost has made it.
  if (answer.status !== 201 && answer.status !== 409) throw unavailable('client not made', answer);
}

/** Mappers that others added stay, unless they stand in the way of ours. */
async function mendClient(api: AdminApi, realm: string, client: ClientDocument, spec: CoreClientSpec): Promise<void> {
  const ours = coreMappers(spec);
  const theirs = client.protocolMappers.filter(
    (mapper) => !setsTenantClaim(mapper) && !ours.some(({ name }) => name === mapper.name),
  );
  const body = {
    clientId: client.clientId,
    enabled: true,
    publicClient: false,
    bearerOnly: false,
    clientAuthenticatorType: 'client-secret',
    serviceAccountsEnabled: true,
    protocolMappers: [...theirs, ...ours],
  };
  const path = `${pathOf(realm)}/clients/${encodeURIComponent(client.id)}`;
  const answer = await api({ method: 'PUT', path, body });
  if (answer.status !== 200 && answer.status !== 204) throw unavailable('client not mended', answer);
}
