import type { JWTPayload } from 'jose';
import type { Client } from './model.js';

/** Claims that Keycloak lets no mapper write. */
const heldClaims = new Set(['iss', 'typ', 'exp', 'iat', 'jti', 'scope', 'nonce', 'session_state']);

/** Claims that are a text whatever type the mapper names, and have no parts. */
const textClaims = new Set(['azp', 'sub']);

type Config = Readonly<Record<string, string>>;

const accessMappers = (client: Client, kind: string): Config[] =>
  client.protocolMappers
    .filter(({ protocolMapper, config }) => protocolMapper === kind && config['access.token.claim'] === 'true')
    .map(({ config }) => config);

const hardcodedMappers = (client: Client): Config[] => accessMappers(client, 'oidc-hardcoded-claim-mapper');

/**
 * What mappers add to a token's audience. At Keycloak a hard-coded `aud` takes the place of what mappers before it have
 * added, in no certain order; here it takes none away.
 */
export function mappedAudiences(client: Client): string[] {
  const hardcoded = hardcodedMappers(client)
    .filter((config) => config['claim.name'] === 'aud')
    .map((config) => config['claim.value']);
  const audiences = accessMappers(client, 'oidc-audience-mapper').map(
    (config) => config['included.client.audience'] || config['included.custom.audience'],
  );
  return [...hardcoded, ...audiences].flatMap((audience) => (audience ? [audience] : []));
}

/**
 * What hard-coded mappers write into a token, to be put over its other claims. Keycloak applies them in no certain
 * order with the mappers of its client scopes, so `client_id`, `acr` and the profile it overwrites at times only; here
 * it is always, which is the worse case.
 */
export function hardcodedClaims(client: Client): JWTPayload {
  return Object.fromEntries(hardcodedMappers(client).flatMap(claimOf));
}

function claimOf(config: Config): [string, unknown][] {
  const { 'claim.name': claim = '', 'claim.value': text = '', 'jsonType.label': type = 'String' } = config;
  const [name = '', ...parts] = claim.split(/(?<!\\)\./).map((part) => part.replaceAll('\\.', '.'));
  if (name === '' || name === 'aud' || heldClaims.has(name)) return [];
  const isText = textClaims.has(name);
  if ((isText || name === 'sid') && parts.length > 0) return [];
  const value = valueOf(text, isText ? 'String' : type);
  if (value === undefined) return [];
  return [[name, parts.reduceRight((inner, part) => ({ [part]: inner }), value)]];
}

/** The value as the type that the mapper names; undefined, and then no claim, where it is none. */
function valueOf(text: string, type: string): unknown {
  if (text === '') return undefined;
  if (type === 'boolean') return text.toLowerCase() === 'true';
  if (type === 'int' || type === 'long') return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
  if (type !== 'JSON') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
