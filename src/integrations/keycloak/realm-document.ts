/** What a provisioned realm is made of. */
export interface RealmSpec {
  /** The tenant's UUID: the realm's administrator can rename the realm, but never change its id. */
  readonly id: string;
  readonly realm: string;
  readonly displayName?: string | null;
  /** Value of the hard-coded claim `tenant_id`. */
  readonly tenantId: string;
  /** What the realm's tokens are for: the operators' login client (`KEYCLOAK_CLIENT_ID`). */
  readonly audience: string;
  /** The confidential client whose service account the tenant's tokens are for. */
  readonly clientId: string;
  readonly clientSecret: string;
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

function coreClient({ clientId, clientSecret, tenantId, audience }: RealmSpec): Record<string, unknown> {
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
    protocolMappers: [
      mapper('tenant-id', 'oidc-hardcoded-claim-mapper', {
        'claim.name': 'tenant_id',
        'claim.value': tenantId,
        'jsonType.label': 'String',
      }),
      mapper('tenantry-audience', 'oidc-audience-mapper', { 'included.custom.audience': audience }),
    ],
  };
}

function mapper(name: string, kind: string, config: Readonly<Record<string, string>>): Record<string, unknown> {
  const where = { 'access.token.claim': 'true', 'id.token.claim': 'false', 'introspection.token.claim': 'true' };
  return { name, protocol: 'openid-connect', protocolMapper: kind, config: { ...config, ...where } };
}
