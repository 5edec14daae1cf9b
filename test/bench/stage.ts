import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startKeycloakStandIn, type StandIn } from '../../src/embedded/keycloak/index.js';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.js';
import { ApiClient } from '../support/client.js';
import { startChild, type Child } from './child.js';
import { makeDatabase, type BenchDatabase } from './data.js';
import type { Shot } from './load.js';

/** PostgreSQL, the stand-in for Keycloak, and whatever is started on them. */
export interface Stage {
  readonly standIn: StandIn;
  /** A database of so many tenants, and the service on it. */
  service(tenants: number): Promise<Service>;
  start(name: string, options: object): Promise<Child>;
  stop(): Promise<void>;
}

export interface Service extends Child {
  readonly database: BenchDatabase;
  readonly client: ApiClient;
  /** A request of an administrator. */
  shot(query: string, variables?: object): Promise<Shot>;
}

export async function setStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-bench-'));
  const log = { info: () => undefined, error: console.error };
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log });
  const standIn = await startKeycloakStandIn({ stateDir: join(folder, 'keycloak') });
  const secretsKey = randomBytes(32);
  const databases = new Map<number, Promise<BenchDatabase>>();
  const children: Child[] = [];
  const start: Stage['start'] = async (name, options) => {
    const child = await startChild(name, options);
    children.push(child);
    return child;
  };
  return {
    standIn,
    start,
    async service(tenants) {
      const database = await (databases.get(tenants) ?? makeDatabase(postgres.url, secretsKey, tenants));
      databases.set(tenants, Promise.resolve(database));
      const settings = { ...configOf(standIn, database), secretsKey: secretsKey.toString('base64url') };
      const child = await start('service', settings);
      const client = new ApiClient(child.url);
      const shot = async (query: string, variables: object = {}): Promise<Shot> => ({
        url: child.url,
        path: '/graphql',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${await client.login('admin')}` },
        body: JSON.stringify({ query, variables }),
      });
      return { ...child, database, client, shot };
    },
    async stop() {
      await Promise.all(children.map((child) => child.stop()));
      await standIn.stop();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** As in production: the log at its default level, nothing that only the embedded mode has. */
function configOf({ url, realm, clientId, clientSecret }: StandIn, database: BenchDatabase) {
  const http = {
    host: '127.0.0.1',
    port: 0,
    portGiven: true,
    trustedProxies: [],
    corsOrigins: [],
    shutdownGraceSeconds: 5,
  };
  return {
    http,
    database,
    keycloak: { url, publicUrl: url, realm, clientId, clientSecret },
    tenantBaseDomain: 'tenants.example.com',
    outboundAllow: ['127.0.0.0/8:*'],
    logLevel: 'info',
    seedDemo: false,
    sandbox: false,
    dataDir: '',
  };
}
