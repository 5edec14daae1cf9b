import { randomUUID } from 'node:crypto';
import type { JWTHeaderParameters, JWTPayload } from 'jose';
import { newKey } from './keys.js';
import type { Realm } from './model.js';
import { addClient, newRealm } from './realm-factory.js';
import { newClient, type ClientDocument, type MapperDocument } from './representations.js';
import { endSessions } from './sessions.js';
import type { Store } from './store.js';
import { nowSeconds, sign } from './tokens.js';
import { addUser } from './user-import.js';

export interface RealmToAdd {
  /** Random where absent. */
  realm?: string;
  enabled?: boolean;
  clientId?: string;
  clientSecret?: string;
  /** Further audiences of the client's tokens. */
  audiences?: readonly string[];
  /** Hard-coded text claims of the client's tokens. */
  claims?: Readonly<Record<string, string>>;
  /** Whatever else the client shall be. */
  client?: ClientDocument;
}

export interface AddedRealm {
  id: string;
  realm: string;
  clientId: string;
  clientSecret: string;
}

export interface UserToAdd {
  username: string;
  password?: string;
  enabled?: boolean;
  requiredActions?: string[];
  /** The text that `totpCode` of `totp.ts` computes codes from. */
  totpSecret?: string;
  /** Client roles by clientId. */
  clientRoles?: Record<string, string[]>;
  realmRoles?: string[];
}

/** What somebody with Keycloak's console could do, for tests; all of it is kept like any other change. */
export class Control {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** A realm with one client that has a service account and direct grants: one that could be adopted. */
  async addRealm(given: RealmToAdd = {}): Promise<AddedRealm> {
    const realm = await newRealm(given.realm ?? `realm-${randomUUID().slice(0, 8)}`, {
      enabled: given.enabled ?? true,
    });
    const added = addClient(
      realm,
      newClient({
        ...(given.clientSecret !== undefined && { secret: given.clientSecret }),
        serviceAccountsEnabled: true,
        directAccessGrantsEnabled: true,
        protocolMappers: mappers(given),
        ...given.client,
        clientId: given.clientId ?? 'cx-core',
      }),
    );
    this.#store.state.realms.push(realm);
    await this.#store.save();
    return { id: realm.id, realm: realm.realm, clientId: added.clientId, clientSecret: added.secret ?? '' };
  }

  async addUser(realm: string, given: UserToAdd): Promise<string> {
    const { username, password = 'demo', totpSecret, enabled = true, ...rest } = given;
    const otp = totpSecret === undefined ? [] : [{ type: 'otp', secretData: JSON.stringify({ value: totpSecret }) }];
    const credentials = [{ type: 'password', value: password }, ...otp];
    const profile = { email: `${username}@example.com`, firstName: 'Test', lastName: username };
    const user = await addUser(this.#realm(realm), { username, enabled, ...profile, ...rest, credentials }, []);
    await this.#store.save();
    return user.id;
  }

  disableRealm = (realm: string): Promise<void> => this.#change(realm, (found) => void (found.enabled = false));
  enableRealm = (realm: string): Promise<void> => this.#change(realm, (found) => void (found.enabled = true));
  renameRealm = (realm: string, name: string): Promise<void> =>
    this.#change(realm, (found) => void (found.realm = name));
  endAllSessions = (realm: string): Promise<void> => this.#change(realm, (found) => endSessions(found, () => true));

  async removeRealm(realm: string): Promise<void> {
    const gone = this.#realm(realm);
    this.#store.state.realms = this.#store.state.realms.filter((one) => one !== gone);
    await this.#store.save();
  }

  /** A new signing key; with `forgetOld` tokens signed before can no longer be verified. */
  async rotateKeys(realm: string, options: { forgetOld?: boolean } = {}): Promise<void> {
    const key = await newKey();
    await this.#change(
      realm,
      (found) => void (found.signingKeys = [key, ...(options.forgetOld ? [] : found.signingKeys)]),
    );
  }

  async setClientSecret(realm: string, clientId: string, secret: string): Promise<void> {
    await this.#change(realm, ({ clients }) => {
      const client = clients.find((one) => one.clientId === clientId);
      if (client) client.secret = secret;
    });
  }

  /** Any claims at all under the realm's own signing key; `iat` and `exp` (in 300 s) where they are not given. */
  sign(realm: string, claims: JWTPayload, header: Partial<JWTHeaderParameters> = {}): Promise<string> {
    const [key] = this.#realm(realm).signingKeys;
    if (!key) throw new Error(`The realm ${realm} has no key`);
    return sign({ iat: nowSeconds(), exp: nowSeconds() + 300, jti: randomUUID(), ...claims }, key, {
      alg: 'RS256',
      ...header,
    });
  }

  #realm(name: string): Realm {
    const realm = this.#store.realm(name);
    if (!realm) throw new Error(`No realm ${name}`);
    return realm;
  }

  async #change(name: string, change: (realm: Realm) => void): Promise<void> {
    change(this.#realm(name));
    await this.#store.save();
  }
}

function mappers({ audiences = [], claims = {} }: RealmToAdd): MapperDocument[] {
  const always = { 'access.token.claim': 'true' };
  return [
    ...audiences.map((audience) => ({
      name: `audience ${audience}`,
      protocolMapper: 'oidc-audience-mapper',
      config: { ...always, 'included.custom.audience': audience },
    })),
    ...Object.entries(claims).map(([name, value]) => ({
      name: `claim ${name}`,
      protocolMapper: 'oidc-hardcoded-claim-mapper',
      config: { ...always, 'claim.name': name, 'claim.value': value, 'jsonType.label': 'String' },
    })),
  ];
}
