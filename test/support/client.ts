import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';

import { LoginDocument, type LoginInput } from './generated/operations.js';

/** One of the accounts that the stand-in for Keycloak is seeded with. */
export type Account = 'admin' | 'operator' | 'viewer' | 'component';

export interface TopLevelError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

export interface Answer<Data = Record<string, unknown>> {
  readonly status: number;
  readonly data?: Data | null;
  readonly errors?: readonly TopLevelError[];
}

/** Who asks: one of the accounts, or whoever holds a token; nobody without either. */
export interface Asking {
  readonly as?: Account;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A file of a multipart request, for the place that the path names: `variables.input.logo`. */
export interface FileToSend {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly name?: string;
  readonly type?: string;
}

const credentials: Readonly<Record<Account, LoginInput>> = {
  admin: { user: { username: 'admin', password: 'demo' } },
  operator: { user: { username: 'operator', password: 'demo' } },
  viewer: { user: { username: 'viewer', password: 'demo' } },
  component: { client: { clientId: 'core-component', clientSecret: 'demo' } },
};

/** Tokens of the accounts live two minutes; one is used for half of them. */
const tokenServesMs = 60_000;

/** Speaks to a running service as a program of its users does: GraphQL over HTTP, and multipart for files. */
export class ApiClient {
  readonly #tokens = new Map<Account, { readonly token: Promise<string>; readonly until: number }>();

  constructor(readonly url: string) {}

  /** An access token of an account, by the login API. */
  async login(account: Account): Promise<string> {
    const known = this.#tokens.get(account);
    if (known && known.until > Date.now()) return await known.token;
    const entry = { token: this.#logIn(account), until: Date.now() + tokenServesMs };
    this.#tokens.set(account, entry);
    return await entry.token;
  }

  async execute<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    asking: Asking = {},
  ): Promise<Answer<Data>> {
    return (await this.raw(print(document), variables, asking)) as Answer<Data>;
  }

  /** The data of an operation that must not meet a top-level error. */
  async data<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    asking: Asking = {},
  ): Promise<Data> {
    const { data, errors } = await this.execute(document, variables, asking);
    if (errors !== undefined || !data) throw new Error(`The operation failed: ${JSON.stringify(errors)}`);
    return data;
  }

  /** Any text with any variables. */
  async raw(query: string, variables: unknown = {}, asking: Asking = {}): Promise<Answer> {
    return this.#send(JSON.stringify({ query, variables }), { 'content-type': 'application/json' }, asking);
  }

  /** Sends files along, by the GraphQL multipart request specification. */
  async upload<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    files: readonly FileToSend[],
    asking: Asking = {},
  ): Promise<Answer<Data>> {
    const form = new FormData();
    form.append('operations', JSON.stringify({ query: print(document), variables }));
    form.append('map', JSON.stringify(Object.fromEntries(files.map(({ path }, index) => [index, [path]]))));
    for (const [index, { bytes, name = 'logo', type = 'application/octet-stream' }] of files.entries()) {
      form.append(String(index), new Blob([Buffer.from(bytes)], { type }), name);
    }
    const encoded = new Response(form);
    const headers = {
      'content-type': encoded.headers.get('content-type') ?? '',
      'apollo-require-preflight': 'true',
    };
    return (await this.#send(new Uint8Array(await encoded.arrayBuffer()), headers, asking)) as Answer<Data>;
  }

  async #send(
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string>,
    asking: Asking,
  ): Promise<Answer> {
    const token = asking.token ?? (asking.as && (await this.login(asking.as)));
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }), ...asking.headers },
      body,
    });
    return { status: response.status, ...((await response.json()) as Omit<Answer, 'status'>) };
  }

  async #logIn(account: Account): Promise<string> {
    const { login } = await this.data(LoginDocument, { input: credentials[account] });
    if (!login?.session) throw new Error(`No session for ${account}: ${JSON.stringify(login?.userErrors)}`);
    return login.session.accessToken;
  }
}

/** User errors as `CODE path.to.the.field`, which is what tests compare: messages may change. */
export function faultsOf(
  payload: { readonly userErrors: readonly Pick<UserErrorLike, 'code' | 'path'>[] } | null | undefined,
): string[] {
  return payload?.userErrors.map(({ code, path }) => `${code} ${path.join('.')}`) ?? ['no payload'];
}

interface UserErrorLike {
  readonly code: string;
  readonly path: readonly string[];
}

/** Codes of top-level errors, with the path that some carry: `BAD_USER_INPUT input.logo`. */
export function codesOf({ errors = [] }: Pick<Answer, 'errors'>): string[] {
  return errors.map(({ extensions = {} }) => {
    const { code, path } = extensions;
    return Array.isArray(path) ? `${String(code)} ${path.join('.')}` : String(code);
  });
}
