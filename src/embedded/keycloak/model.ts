import type { JWK } from 'jose';

/** What the stand-in remembers; the state file holds exactly this. */
export interface State {
  version: 1;
  /** Chosen once and kept: the issuers of all tokens name it. */
  port: number;
  /** Password of the master realm's administrator, made at random. */
  administratorPassword: string;
  realms: Realm[];
}

export interface Realm {
  id: string;
  realm: string;
  enabled: boolean;
  /** In seconds. */
  accessTokenLifespan: number;
  attributes: Record<string, string>;
  /** Every other field of the realm's representation that was ever set. */
  settings: Record<string, unknown>;
  /** Newest first; the first signs, all of them verify. */
  signingKeys: RealmKey[];
  encryptionKey: RealmKey;
  /** Signs refresh tokens; base64url. */
  hmac: { kid: string; secret: string };
  roles: Role[];
  clients: Client[];
  users: User[];
  sessions: Session[];
  /** `jti` of each revoked access token, with its `exp`. */
  revoked: Record<string, number>;
}

export interface RealmKey {
  kid: string;
  privateJwk: JWK;
}

export interface Role {
  id: string;
  name: string;
  description?: string;
}

export interface Mapper {
  id: string;
  name: string;
  protocol: string;
  protocolMapper: string;
  config: Record<string, string>;
}

export interface Client {
  id: string;
  clientId: string;
  name?: string;
  description?: string;
  enabled: boolean;
  publicClient: boolean;
  bearerOnly: boolean;
  secret?: string;
  standardFlowEnabled: boolean;
  implicitFlowEnabled: boolean;
  directAccessGrantsEnabled: boolean;
  serviceAccountsEnabled: boolean;
  fullScopeAllowed: boolean;
  redirectUris: string[];
  webOrigins: string[];
  attributes: Record<string, string>;
  protocolMappers: Mapper[];
  roles: Role[];
  /** Ids of roles that tokens of this client may carry although `fullScopeAllowed` is off. */
  scopeMappings: string[];
}

export interface User {
  id: string;
  username: string;
  email?: string;
  firstName?: string;
  lastName?: string;
  emailVerified: boolean;
  enabled: boolean;
  requiredActions: string[];
  /** Milliseconds since 1970. */
  createdTimestamp: number;
  /** Id of the client whose service account this is. */
  serviceAccountOf?: string;
  password?: { salt: string; hash: string };
  totp?: { secret: string; usedSteps: number[] };
  /** Ids of realm and client roles. */
  roles: string[];
  /** Ids of the realms that this user of `master` has made and may manage. */
  manages: string[];
}

export interface Session {
  id: string;
  userId: string;
  /** Id (not clientId) of the client that opened it. */
  client: string;
  scope: string;
  /** Seconds since 1970. */
  lastRefresh: number;
}
