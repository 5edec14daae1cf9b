/** What the tokens of a realm's client are to say. */
export interface CoreClaims {
  /** Value of the hard-coded claim `tenant_id`. */
  readonly tenantId: string;
  /** What the realm's tokens are for: the operators' login client (`KEYCLOAK_CLIENT_ID`). */
  readonly audience: string;
}

/** The confidential client whose service account the tenant's tokens are for. */
export interface CoreClientSpec extends CoreClaims {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** A protocol mapper, as the Admin API has it. */
export interface MapperDocument {
  readonly name: string;
  readonly protocol: string;
  readonly protocolMapper: string;
  readonly config: Readonly<Record<string, string>>;
}

export const hardcodedClaim = 'oidc-hardcoded-claim-mapper';
export const audienceMapper = 'oidc-audience-mapper';
export const tenantClaim = 'tenant_id';

/** What a provisioned realm is made of. */
export interface RealmSpec extends CoreClientSpec {
  /** The tenant's UUID: the realm's administrator can rename the realm, but never change its id. */
  readonly id: string;
  readonly realm: string;
  readonly displayName?: string | null;
  /** Seconds; 300 unless given. */
  readonly accessTokenLifespanSeconds?: number;
}

/** What that client is called in every realm that Tenantry makes. */
export const coreClientId = 'cx-core';

/** The whole realm as one document, so that it is there completely or not at all. Disabled until it is committed. */
export function realmDocument(spec: RealmSpec): Record<string, unknown> {
  const { id, realm, displayName, accessTokenLifespanSeconds = 300 } = spec;
  return {
    id,
    realm,
    enabled: false,
    ...(displayName && { displayName }),
    accessTokenLifespan: accessTokenLifespanSeconds,
    clients: [coreClient(spec)],
  };
}

/** The client whose service account the tenant's tokens are for. */
export function coreClient({ clientId, clientSecret, ...claims }: CoreClientSpec): Record<string, unknown> {
  return {
    clientId,
    name: 'Core components',
    enabled: true,
    protocol: 'openid-connect',
    publicClient: false,
    clientAuthenticatorType: 'client-secret',
    secret: clientSecret,
    serviceAccountsEnabled: true,
    standardFlowEnabled: false,
    implicitFlowEnabled: false,
    directAccessGrantsEnabled: false,
    fullScopeAllowed: false,
    protocolMappers: coreMappers(claims),
  };
}

/** What puts the tenant's id and Tenantry's audience into the client's tokens. */
export function coreMappers({ tenantId, audience }: CoreClaims): MapperDocument[] {
  return [
    mapper('tenant-id', hardcodedClaim, {
      'claim.name': tenantClaim,
      'claim.value': tenantId,
      'jsonType.label': 'String',
    }),
    mapper('tenantry-audience', audienceMapper, { 'included.custom.audience': audience }),
  ];
}

function mapper(name: string, kind: string, config: Readonly<Record<string, string>>): MapperDocument {
  const where = { 'access.token.claim': 'true', 'id.token.claim': 'false', 'introspection.token.claim': 'true' };
  return { name, protocol: 'openid-connect', protocolMapper: kind, config: { ...config, ...where } };
}
