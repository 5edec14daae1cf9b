import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startApp, type RunningApp } from '../../src/app.js';
import type { Config } from '../../src/config.js';
import { startKeycloakStandIn, type StandIn } from '../../src/embedded/keycloak/index.js';
import { createLogger } from '../../src/log.js';
import { createTestDatabase, testSecretsKey, type TestDatabase } from './database.js';

export interface GraphQLAnswer {
  readonly status: number;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Record<string, unknown> }[];
}

export interface Asking {
  readonly variables?: Record<string, unknown>;
  readonly token?: string;
  readonly headers?: Record<string, string>;
}

/** The whole service on a database and a stand-in for Keycloak of its own, spoken to over HTTP. */
export interface TestApp {
  readonly url: string;
  readonly services: RunningApp['services'];
  readonly standIn: StandIn;
  readonly database: TestDatabase;
  /** Everything that was logged so far. */
  readonly log: () => string;
  ask(query: string, asking?: Asking): Promise<GraphQLAnswer>;
  /** An access token of a demo account. */
  tokenOf(username: 'admin' | 'operator' | 'viewer'): Promise<string>;
  /** An access token of the demo component. */
  componentToken(): Promise<string>;
  stop(): Promise<void>;
}

/** @param change what is to differ from an embedded start */
export async function startTestApp(change: Partial<Config> = {}): Promise<TestApp> {
  const stateDir = await mkdtemp(join(tmpdir(), 'tenantry-stand-in-'));
  const [database, standIn] = await Promise.all([createTestDatabase(), startKeycloakStandIn({ stateDir })]);
  const lines: string[] = [];
  const log = createLogger('trace', { write: (line: string) => void lines.push(line) });
  const app = await startApp({ ...testConfig(database, standIn, stateDir), ...change }, log);
  const ask = async (query: string, { variables, token, headers }: Asking = {}): Promise<GraphQLAnswer> => {
    const answer = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    });
    return { status: answer.status, ...((await answer.json()) as Omit<GraphQLAnswer, 'status'>) };
  };
  const { login } = app.services;
  return {
    url: app.url,
    services: app.services,
    standIn,
    database,
    log: () => lines.join(''),
    ask,
    tokenOf: async (username) => (await login.user({ username, password: 'demo' })).accessToken,
    componentToken: async () => (await login.client({ clientId: 'core-component', clientSecret: 'demo' })).accessToken,
    stop: async () => {
      await app.stop();
      await standIn.stop();
      await database.drop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

function testConfig(database: TestDatabase, standIn: StandIn, dataDir: string): Config {
  const { url, realm, clientId, clientSecret, adminClientId, adminClientSecret } = standIn;
  return {
    http: {
      host: '127.0.0.1',
      port: 0,
      portGiven: true,
      publicUrl: undefined,
      trustedProxies: [],
      corsOrigins: [],
      shutdownGraceSeconds: 1,
    },
    database,
    keycloak: {
      url,
      publicUrl: url,
      realm,
      clientId,
      clientSecret,
      admin: { clientId: adminClientId, clientSecret: adminClientSecret },
    },
    secrets: { key: testSecretsKey },
    tenantBaseDomain: 'tenants.example.com',
    outboundAllow: ['localhost:*', '127.0.0.0/8:*', '[::1]:*'],
    logLevel: 'trace',
    seedDemo: false,
    sandbox: false,
    dataDir,
  };
}
