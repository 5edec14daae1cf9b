import { z } from 'zod';

import { OutboundFault, type Outbound, type OutboundResponse } from '../../guarded-fetch.js';
import { administratorsRealm } from '../realm-address.js';
import { MissingRight, SetupFault } from './setup-fault.js';

/** What Keycloak asks of whoever calls: a role, and the realm that it is a right in. */
export interface Right {
  readonly role:
    'view-realm' | 'manage-realm' | 'view-clients' | 'manage-clients' | 'view-users' | 'manage-users' | 'create-realm';
  readonly realm: string;
}

/** Keycloak's Admin API with an administrator's own login. Both calls throw MissingRight and SetupFault. */
export interface Administration {
  /** The JSON found at a path below `/admin/realms`; undefined where there is nothing. */
  read(path: string, right: Right): Promise<unknown>;
  write(method: 'POST' | 'PUT' | 'DELETE', path: string, right: Right, body: unknown): Promise<void>;
  /** What to throw where Keycloak shows less than was asked for in place of a refusal. */
  missing(what: string, right: Right): MissingRight;
}

export interface AdministratorLogin {
  readonly outbound: Outbound;
  /** Base address of Keycloak. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

const timeoutMs = 15_000;

/**
 * Logs in as Keycloak's own command line does: with the password grant of `admin-cli`, in the realm `master`.
 *
 * @throws SetupFault where Keycloak does not answer or refuses the login
 */
export async function openAdministration(login: AdministratorLogin): Promise<Administration> {
  let token = await accessToken(login);
  const call = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) =>
    await ask(login, `/admin/realms${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, accept: 'application/json', 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  const send: typeof call = async (method, path, body) => {
    const first = await call(method, path, body);
    if (first.status !== 401) return first;
    token = await accessToken(login); // it lives a minute
    return await call(method, path, body);
  };
  const missing: Administration['missing'] = (what, right) => missingRight(login.username, what, right);
  const check = (answer: OutboundResponse, what: string, right: Right): void => {
    if (answer.status === 403) throw missing(what, right);
    if (answer.status < 200 || answer.status > 299) {
      throw new SetupFault(`Keycloak does not ${what}: HTTP ${answer.status}, ${reasonOf(answer)}.`);
    }
  };
  return {
    missing,
    async read(path, right) {
      const answer = await send('GET', path);
      if (answer.status === 404) return undefined;
      check(answer, `read ${path}`, right);
      return jsonOf(answer);
    },
    async write(method, path, right, body) {
      check(await send(method, path, body), `change ${path}`, right);
    },
  };
}

function missingRight(username: string, what: string, { role, realm }: Right): MissingRight {
  const kind = role === 'create-realm' ? 'realm role' : `client role of "${realm}-realm"`;
  return new MissingRight(
    `"${username}" may not ${what}: it lacks "${role}" (${kind} in "${administratorsRealm}"; the realm role "admin" holds ` +
      'all rights).',
  );
}

/** The base address that Keycloak puts into its tokens; undefined where it cannot be told. */
export async function namedServerUrl(outbound: Outbound, url: string, realm: string): Promise<string | undefined> {
  const path = `/realms/${encodeURIComponent(realm)}`;
  const request = { method: 'GET', headers: { accept: 'application/json' }, body: undefined } as const;
  const answer = await ask({ outbound, url }, `${path}/.well-known/openid-configuration`, request).catch(
    () => undefined,
  );
  const issuer = answer && z.object({ issuer: z.string() }).safeParse(jsonOf(answer)).data?.issuer;
  return issuer?.endsWith(path) ? issuer.slice(0, -path.length) : undefined;
}

async function accessToken(login: AdministratorLogin): Promise<string> {
  const { username, password } = login;
  const form = new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', username, password });
  const answer = await ask(login, `/realms/${administratorsRealm}/protocol/openid-connect/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
  const token = z.object({ access_token: z.string() }).safeParse(jsonOf(answer)).data?.access_token;
  if (answer.status === 200 && token !== undefined) return token;
  if (answer.status === 400 || answer.status === 401) {
    throw new SetupFault(
      `Keycloak refuses the login of "${username}" in the realm "${administratorsRealm}": ${reasonOf(answer)}. Expected: ` +
        'an administrator with a password and no second factor in KEYCLOAK_ADMIN_USERNAME and KEYCLOAK_ADMIN_PASSWORD ' +
        '("kc.sh bootstrap-admin user" makes one for a while).',
    );
  }
  throw new SetupFault(`KEYCLOAK_URL: no Keycloak answers at ${login.url} (HTTP ${answer.status}).`);
}

async function ask(
  { outbound, url }: Pick<AdministratorLogin, 'outbound' | 'url'>,
  path: string,
  request: { method: 'GET' | 'POST' | 'PUT' | 'DELETE'; headers: Record<string, string>; body: string | undefined },
): Promise<OutboundResponse> {
  try {
    return await outbound.request(url + path, {
      purpose: 'platform',
      timeoutMs,
      maxBytes: 4 * 1024 * 1024,
      ...request,
    });
  } catch (error) {
    if (!(error instanceof OutboundFault)) throw error;
    throw new SetupFault(`KEYCLOAK_URL: ${url} does not answer: ${error.message}.`);
  }
}

const complaint = z.object({
  error: z.string().optional(),
  error_description: z.string().optional(),
  errorMessage: z.string().optional(),
});

function reasonOf(answer: OutboundResponse): string {
  const { error, error_description: description, errorMessage } = complaint.safeParse(jsonOf(answer)).data ?? {};
  return description ?? errorMessage ?? error ?? 'no reason given';
}

function jsonOf({ body }: OutboundResponse): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
