import type { RequestContext } from '../../context.js';
import { RequestFault, userFault } from '../../errors.js';
import { Faults } from '../../faults.js';
import { KeycloakFault } from '../../integrations/keycloak/keycloak-fault.js';
import type { TokenSet } from '../../integrations/keycloak/platform-login.js';
import { optionalText, requiredText, secretText, textLimits } from '../../validation/text.rules.js';
import type { PlatformToken } from '../identity/platform-token.service.js';
import { TokenRefusal } from '../identity/token-refusal.rules.js';
import type { Viewer } from '../identity/viewer.rules.js';

export interface LoginDetails {
  readonly user?: { readonly username: string; readonly password: string; readonly oneTimeCode?: string | null } | null;
  readonly client?: { readonly clientId: string; readonly clientSecret: string } | null;
}

/** A session in the operators' realm, as the caller is to keep it. */
export interface SessionDetails {
  readonly accessToken: string;
  readonly tokenType: string;
  readonly expiresAt: Date;
  readonly refreshToken: string | null;
  readonly refreshExpiresAt: Date | null;
  readonly scope: readonly string[];
  readonly viewer: Viewer;
}

const tokenPath = ['input', 'refreshToken'];
/** Keycloak's are below 2 KiB; what is longer cannot be one. */
const maxTokenLength = 8_192;

/**
 * Logs a person or a service account in to the operators' realm.
 *
 * @throws UserFault INVALID, INVALID_CREDENTIALS, ACCOUNT_NOT_READY, TOO_MANY_ATTEMPTS
 * @throws RequestFault SERVICE_UNAVAILABLE; FORBIDDEN where the realm is set up so that sessions could do too much
 */
export async function login(ctx: RequestContext, { user, client }: LoginDetails): Promise<SessionDetails> {
  if (user) return await loginUser(ctx, user);
  if (client) return await loginClient(ctx, client);
  throw new TypeError('neither a user nor a client: the schema lets exactly one through');
}

async function loginUser(
  ctx: RequestContext,
  { username, password, oneTimeCode }: NonNullable<LoginDetails['user']>,
): Promise<SessionDetails> {
  const path = ['input', 'user'];
  const faults = new Faults();
  const credentials = {
    username: requiredText(faults, [...path, 'username'], username, textLimits.identifier),
    password: secretText(faults, [...path, 'password'], password),
    oneTimeCode: optionalText(faults, [...path, 'oneTimeCode'], oneTimeCode, textLimits.identifier) ?? undefined,
  };
  faults.throwIfAny();
  const whom = { account: `user ${credentials.username}`, remoteAddress: ctx.remoteAddress };
  const tokens = await ctx.app.loginAttempts
    .attempt(whom, path, async (withinMs) => await ctx.app.login.user(credentials, withinMs))
    .catch((error: unknown) => translate(error, path));
  return await openSession(ctx, tokens, { isSession: true });
}

async function loginClient(
  ctx: RequestContext,
  { clientId, clientSecret }: NonNullable<LoginDetails['client']>,
): Promise<SessionDetails> {
  const path = ['input', 'client'];
  const faults = new Faults();
  const credentials = {
    clientId: requiredText(faults, [...path, 'clientId'], clientId, textLimits.identifier),
    clientSecret: secretText(faults, [...path, 'clientSecret'], clientSecret),
  };
  faults.throwIfAny();
  const whom = { account: `client ${credentials.clientId}`, remoteAddress: ctx.remoteAddress };
  const tokens = await ctx.app.loginAttempts
    .attempt(whom, path, async (withinMs) => await ctx.app.login.client(credentials, withinMs))
    .catch((error: unknown) => translate(error, path));
  return await openSession(ctx, tokens, { isSession: false });
}

/**
 * Goes on with a person's session.
 *
 * @throws UserFault SESSION_EXPIRED
 * @throws RequestFault SERVICE_UNAVAILABLE, FORBIDDEN as for `login`
 */
export async function refreshSession(ctx: RequestContext, refreshToken: string): Promise<SessionDetails> {
  if (refreshToken === '' || refreshToken.length > maxTokenLength) return fail('SESSION_EXPIRED', tokenPath);
  const tokens = await ctx.app.login.refresh(refreshToken).catch((error: unknown) => translate(error, tokenPath));
  return await openSession(ctx, tokens, { isSession: true });
}

/**
 * Ends a session. Whatever opens none needs no ending.
 *
 * @throws RequestFault SERVICE_UNAVAILABLE
 */
export async function logout(ctx: RequestContext, refreshToken: string): Promise<void> {
  if (refreshToken === '' || refreshToken.length > maxTokenLength) return;
  await ctx.app.login.logout(refreshToken).catch((error: unknown) => translate(error, tokenPath));
}

/** Hands out nothing that our own bearer check would refuse, or that could do more than call Tenantry. */
async function openSession(
  ctx: RequestContext,
  tokens: TokenSet,
  expected: { readonly isSession: boolean },
): Promise<SessionDetails> {
  const { viewer, expiresAt } = await checked(ctx, tokens, expected.isSession);
  const { accessToken, refreshToken = null, refreshExpiresInSeconds: seconds, scope } = tokens;
  const refreshExpiresAt = seconds === undefined ? null : new Date(ctx.now().getTime() + seconds * 1_000);
  return { accessToken, tokenType: 'Bearer', expiresAt, refreshToken, refreshExpiresAt, scope, viewer };
}

async function checked(ctx: RequestContext, tokens: TokenSet, isSession: boolean): Promise<PlatformToken> {
  const { clientId } = ctx.app.config.keycloak;
  try {
    const token = await ctx.app.platformTokens.verify(tokens.accessToken);
    const others = token.clients.filter((name) => name !== clientId);
    if (isSession && others.length > 0) throw new TokenRefusal(`the session also holds roles of ${others.join(', ')}`);
    if (isSession !== token.isSession) throw new TokenRefusal('a session is expected of persons, and of them alone');
    return token;
  } catch (error) {
    if (!(error instanceof TokenRefusal)) return translate(error, []);
    if (tokens.refreshToken !== undefined) await ctx.app.login.logout(tokens.refreshToken).catch(() => undefined);
    const remedy =
      `set up the client "${clientId}": an audience mapper for itself, full scope off with its four roles as scope ` +
      'mappings, lightweight tokens off, and KEYCLOAK_PUBLIC_URL as issuers name it; keycloak:setup does the former';
    ctx.log.error({ reason: error.message, remedy }, "login refused: the operators' realm is not set up");
    throw new RequestFault('FORBIDDEN', "The operators' realm is not set up for Tenantry; the service's log says how.");
  }
}

const messages = {
  INVALID_CREDENTIALS: 'The credentials are not right.',
  ACCOUNT_NOT_READY: 'The account is disabled, or has actions pending in Keycloak.',
  SESSION_EXPIRED: 'The session has ended; log in again.',
} as const;

function fail(code: keyof typeof messages, path: readonly string[]): never {
  return userFault(code, path, messages[code]);
}

function translate(error: unknown, path: readonly string[]): never {
  if (!(error instanceof KeycloakFault)) throw error;
  if (error.kind in messages) fail(error.kind as keyof typeof messages, path);
  throw new RequestFault(
    'SERVICE_UNAVAILABLE',
    "The operators' Keycloak does not answer; try again.",
    {},
    { cause: error },
  );
}
