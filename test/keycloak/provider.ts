/** A Keycloak, real or not, and somebody who may do everything in it. */
export interface Provider {
  url: string;
  administrator: { username: string; password: string };
}

export interface Answer {
  status: number;
  location: string | null;
  /** The JSON body; undefined where it was empty. */
  body: unknown;
}

export type Form = Readonly<Record<string, string>>;

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  return {
    status: response.status,
    location: response.headers.get('location'),
    body: text ? JSON.parse(text) : undefined,
  };
}

/** Posts a form to one of a realm's OpenID Connect endpoints. */
export async function post(base: string, realm: string, endpoint: string, form: Form, basic?: string): Promise<Answer> {
  const url = `${base}/realms/${encodeURIComponent(realm)}/protocol/openid-connect/${endpoint}`;
  const headers = basic === undefined ? {} : { authorization: `Basic ${Buffer.from(basic).toString('base64')}` };
  return read(await fetch(url, { method: 'POST', body: new URLSearchParams(form), headers }));
}

export const get = async (url: string): Promise<Answer> => read(await fetch(url));

/** One call of the admin API; the path begins after `/admin/realms`. */
export async function admin(
  base: string,
  token: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return read(
    await fetch(`${base}/admin/realms${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    }),
  );
}

/** What a token answer holds. */
export interface Tokens {
  access_token: string;
  refresh_token: string;
  id_token?: string;
  expires_in: number;
  [name: string]: unknown;
}

/** The tokens of an answer that must be good. */
export function tokensOf(answer: Answer): Tokens {
  if (answer.status !== 200) throw new Error(`No tokens: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as Tokens;
}

const administratorTokens = new Map<string, { readonly token: Promise<string>; readonly until: number }>();

/**
 * An access token of the administrator, by the password grant of `admin-cli`; one is used for half of its life. Logins
 * of one account that meet each other count as an attack where brute-force detection is on.
 */
export async function administratorToken(provider: Provider): Promise<string> {
  const key = `${provider.url} ${provider.administrator.password}`;
  const known = administratorTokens.get(key);
  if (known && known.until > Date.now()) return await known.token;
  const entry = { token: logIn(provider), until: Date.now() + 30_000 };
  administratorTokens.set(key, entry);
  return await entry.token;
}

async function logIn({ url, administrator }: Provider): Promise<string> {
  const form = { grant_type: 'password', client_id: 'admin-cli', ...administrator };
  return tokensOf(await post(url, 'master', 'token', form)).access_token;
}

/** The id at the end of a `Location`. */
export const madeId = (answer: Answer): string => answer.location?.split('/').at(-1) ?? '';
