import { randomUUID } from 'node:crypto';

import type { AddedRealm, Control, RealmToAdd, UserToAdd } from '../../src/embedded/keycloak/control.js';
import type { TokenLie } from '../../src/embedded/keycloak/faults.js';
import { admin, administratorToken, madeId, type Answer, type Provider } from '../keycloak/provider.js';
import { hardcodedClaim, tellLie } from './real-lies.js';

/** What the stand-in's control does, done to a real Keycloak by its administrator. */
export class RealControl implements Pick<Control, keyof Control> {
  readonly #provider: Provider;

  constructor(provider: Provider) {
    this.#provider = provider;
  }

  async addRealm(given: RealmToAdd = {}): Promise<AddedRealm> {
    const { realm = `realm-${randomUUID().slice(0, 8)}`, enabled = true } = given;
    const { clientId = 'cx-core', clientSecret = randomUUID() } = given;
    const client = {
      clientId,
      secret: clientSecret,
      serviceAccountsEnabled: true,
      directAccessGrantsEnabled: true,
      protocolMappers: mappers(given),
      ...given.client,
    };
    await this.#call('POST', '', { realm, enabled, clients: [client] });
    const { id } = (await this.#call('GET', `/${realm}`)).body as { id: string };
    return { id, realm, clientId, clientSecret };
  }

  async addUser(realm: string, given: UserToAdd): Promise<string> {
    const { username, password = 'demo', totpSecret, enabled = true, requiredActions, clientRoles = {} } = given;
    const { realmRoles = [] } = given;
    const profile = { email: `${username}@example.com`, firstName: 'Test', lastName: username };
    const credentials = [{ type: 'password', value: password }, ...oneTimeCodes(totpSecret)];
    const document = { username, enabled, requiredActions, ...profile, credentials };
    const id = madeId(await this.#call('POST', `/${realm}/users`, document));
    for (const name of realmRoles) {
      const { body: role } = await this.#call('GET', `/${realm}/roles/${name}`);
      await this.#call('POST', `/${realm}/users/${id}/role-mappings/realm`, [role]);
    }
    for (const [clientId, names] of Object.entries(clientRoles)) {
      const client = await this.#client(realm, clientId);
      for (const name of names) {
        const { body: role } = await this.#call('GET', `/${realm}/clients/${client}/roles/${name}`);
        await this.#call('POST', `/${realm}/users/${id}/role-mappings/clients/${client}`, [role]);
      }
    }
    return id;
  }

  disableRealm = async (realm: string): Promise<void> => this.#change(realm, { enabled: false });
  enableRealm = async (realm: string): Promise<void> => this.#change(realm, { enabled: true });
  renameRealm = async (realm: string, name: string): Promise<void> => this.#change(realm, { realm: name });

  async endAllSessions(realm: string): Promise<void> {
    await this.#call('POST', `/${realm}/logout-all`);
  }

  async removeRealm(realm: string): Promise<void> {
    await this.#call('DELETE', `/${realm}`);
  }

  async rotateKeys(realm: string, options: { forgetOld?: boolean } = {}): Promise<void> {
    const components = `/${realm}/components`;
    const type = 'org.keycloak.keys.KeyProvider';
    const old = (await this.#call('GET', `${components}?type=${type}`)).body as { id: string; providerId: string }[];
    // The newest key signs: each has to go before the one before it.
    const config = { priority: [String(Date.now())], keySize: ['2048'] };
    await this.#call('POST', components, {
      name: randomUUID(),
      providerId: 'rsa-generated',
      providerType: type,
      config,
    });
    if (!options.forgetOld) return;
    for (const { id, providerId } of old) {
      if (providerId === 'rsa-generated') await this.#call('DELETE', `${components}/${id}`);
    }
  }

  async setClientSecret(realm: string, clientId: string, secret: string): Promise<void> {
    await this.#call('PUT', `/${realm}/clients/${await this.#client(realm, clientId)}`, { clientId, secret });
  }

  sign(): Promise<string> {
    throw new Error('A real Keycloak signs nothing that it is handed.');
  }

  /** See `TestKeycloak.lie`. */
  async lie(realm: string, lie: TokenLie, clientId: string): Promise<() => Promise<void>> {
    const at = { realm, clientId, client: `/${realm}/clients/${await this.#client(realm, clientId)}` };
    return await tellLie((method, path, body) => this.#call(method, path, body), at, lie);
  }

  async #change(realm: string, change: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#call('PUT', `/${realm}`, change);
  }

  async #client(realm: string, clientId: string): Promise<string> {
    const [client] = (await this.#call('GET', `/${realm}/clients?clientId=${clientId}`)).body as { id: string }[];
    if (!client) throw new Error(`No client ${clientId} in ${realm}`);
    return client.id;
  }

  async #call(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await admin(this.#provider.url, await administratorToken(this.#provider), method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  }
}

function oneTimeCodes(totpSecret: string | undefined): Readonly<Record<string, string>>[] {
  if (totpSecret === undefined) return [];
  const kind = { subType: 'totp', digits: 6, counter: 0, period: 30, algorithm: 'HmacSHA1' };
  const secretData = JSON.stringify({ value: totpSecret });
  return [{ type: 'otp', secretData, credentialData: JSON.stringify(kind) }];
}

function mappers({ audiences = [], claims = {} }: RealmToAdd): Readonly<Record<string, unknown>>[] {
  return [
    ...audiences.map((audience) => ({
      name: `audience ${audience}`,
      protocol: 'openid-connect',
      protocolMapper: 'oidc-audience-mapper',
      config: { 'access.token.claim': 'true', 'included.custom.audience': audience },
    })),
    ...Object.entries(claims).map(([name, value]) => hardcodedClaim(name, value)),
  ];
}
