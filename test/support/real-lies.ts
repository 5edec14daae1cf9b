import type { TokenLie } from '../../src/embedded/keycloak/faults.js';
import { madeId, type Answer } from '../keycloak/provider.js';

/** One call of the admin API by the administrator; what fails is an error. */
type Call = (method: string, path: string, body?: unknown) => Promise<Answer>;

/** A client whose tokens are to be wrong. */
interface LyingClient {
  readonly realm: string;
  readonly clientId: string;
  /** Its path in the admin API, by its id. */
  readonly client: string;
}

type Undo = () => Promise<void>;

const noSuchIssuer = 'http://127.0.0.1:1';

/**
 * Sets a real Keycloak up so that a client's tokens are wrong in one way, and returns what takes that back.
 *
 * @throws Error where no setting does that: it signs with its own key, and says `Bearer` of each access token
 */
export async function tellLie(call: Call, at: LyingClient, lie: TokenLie): Promise<Undo> {
  switch (lie) {
    case 'wrong-azp':
      return await withClaim(call, at, 'azp', 'another-client');
    case 'oversize':
      return await withClaim(call, at, 'padding', 'x'.repeat(9_000));
    case 'with-sid':
      return await withClaim(call, at, 'sid', 'of-some-session');
    case 'wrong-audience':
      return await withoutAudience(call, at);
    case 'expired':
      return await livingFor(call, at, '0');
    case 'no-sub':
      return await withoutScope(call, at, 'basic');
    case 'wrong-issuer':
      return await withAddress(call, at, noSuchIssuer);
    default:
      throw new Error(`A real Keycloak cannot be made to tell this lie: ${lie}`);
  }
}

/** A mapper that writes a text into a client's access tokens. */
export const hardcodedClaim = (name: string, value: string) => ({
  name: `claim ${name}`,
  protocol: 'openid-connect',
  protocolMapper: 'oidc-hardcoded-claim-mapper',
  config: { 'access.token.claim': 'true', 'claim.name': name, 'claim.value': value, 'jsonType.label': 'String' },
});

async function withClaim(call: Call, { client }: LyingClient, name: string, value: string): Promise<Undo> {
  const path = `${client}/protocol-mappers/models`;
  const id = madeId(await call('POST', path, hardcodedClaim(name, value)));
  return async () => {
    await call('DELETE', `${path}/${id}`);
  };
}

async function withoutAudience(call: Call, { client }: LyingClient): Promise<Undo> {
  const path = `${client}/protocol-mappers/models`;
  const all = (await call('GET', path)).body as { id: string; protocolMapper: string }[];
  const gone = all.filter(({ protocolMapper }) => protocolMapper === 'oidc-audience-mapper');
  for (const { id } of gone) await call('DELETE', `${path}/${id}`);
  return async () => {
    for (const mapper of gone) await call('POST', path, mapper);
  };
}

/** @param lifespan of access tokens, in seconds */
async function livingFor(call: Call, { client, clientId }: LyingClient, lifespan: string): Promise<Undo> {
  const name = 'access.token.lifespan';
  const { attributes } = (await call('GET', client)).body as { attributes: Record<string, string> };
  const change = async (value: string): Promise<void> => {
    await call('PUT', client, { clientId, attributes: { [name]: value } });
  };
  await change(lifespan);
  return () => change(attributes[name] ?? '');
}

/** Persons' tokens have their `sub` from the scope `basic`; a service account's has its own, whatever the scopes. */
async function withoutScope(call: Call, { client }: LyingClient, name: string): Promise<Undo> {
  const path = `${client}/default-client-scopes`;
  const scopes = (await call('GET', path)).body as { id: string; name: string }[];
  const scope = scopes.find((one) => one.name === name);
  if (!scope) throw new Error(`The client has no scope ${name}`);
  await call('DELETE', `${path}/${scope.id}`);
  return async () => {
    await call('PUT', `${path}/${scope.id}`);
  };
}

async function withAddress(call: Call, { realm }: LyingClient, frontendUrl: string): Promise<Undo> {
  const { attributes } = (await call('GET', `/${realm}`)).body as { attributes: Record<string, string> };
  await call('PUT', `/${realm}`, { attributes: { ...attributes, frontendUrl } });
  return async () => {
    await call('PUT', `/${realm}`, { attributes });
  };
}
