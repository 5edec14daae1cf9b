import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { MikroORM } from '@mikro-orm/postgresql';

import { startApp, type RunningApp } from '../../src/app.js';
import type { Config } from '../../src/config.js';
import { ormOptions } from '../../src/database/orm.js';
import { createLogger } from '../../src/log.js';
import { ApiClient, type Account, type Answer, type Asking } from './client.js';
import { createTestDatabase, testSecretsKey, type TestDatabase } from './database.js';
import { startTestKeycloak, type TestKeycloak } from './keycloak.js';
import { startOtpManager, type OtpManagerStandIn } from './otp-manager.js';

export interface TestAppOptions {
  /** What is to differ from an embedded start. */
  readonly config?: Partial<Config>;
  /** Whether the account that makes realms is configured; it is unless this says false. */
  readonly provisioning?: boolean;
  /** The Keycloak that it works with, where the test has one already; else it gets its own. */
  readonly keycloak?: TestKeycloak;
  /** The service's clock. */
  readonly now?: () => Date;
}

/** The whole service on a database, a Keycloak and an OTP manager of its own, spoken to over HTTP. */
export interface TestApp {
  readonly url: string;
  readonly client: ApiClient;
  readonly services: RunningApp['services'];
  readonly standIn: TestKeycloak;
  readonly otpManager: OtpManagerStandIn;
  readonly database: TestDatabase;
  /** Everything that was logged so far, from level trace. */
  readonly log: () => string;
  /** Rows of a statement, as the login that owns the schema. */
  sql<Row extends object>(statement: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Any query with any variables. */
  ask(query: string, asking?: Asking & { readonly variables?: unknown }): Promise<Answer>;
  tokenOf(account: Account): Promise<string>;
  stop(): Promise<void>;
}

/** Starts it all on free ports; `stop` leaves nothing behind. */
export async function startTestApp({
  config,
  provisioning = true,
  keycloak,
  now,
}: TestAppOptions = {}): Promise<TestApp> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-test-app-'));
  const [database, standIn, otpManager] = await Promise.all([
    createTestDatabase(),
    keycloak ?? startTestKeycloak(),
    startOtpManager(),
  ]);
  const lines: string[] = [];
  const log = createLogger('trace', { write: (line: string) => void lines.push(line) });
  const settings = { ...testConfig(database, keycloakSettings(standIn, provisioning), dataDir), ...config };
  const app = await startApp(settings, log, now);
  const client = new ApiClient(app.url);
  const owner = ownerConnection(database.ownerUrl);
  return {
    url: app.url,
    client,
    services: app.services,
    standIn,
    otpManager,
    database,
    log: () => lines.join(''),
    sql: async <Row extends object>(statement: string, values: readonly unknown[] = []) =>
      await owner.em.getConnection().execute<Row[]>(statement, values),
    ask: async (query, { variables, ...asking } = {}) => await client.raw(query, variables, asking),
    tokenOf: async (account) => await client.login(account),
    stop: async () => {
      await app.stop();
      await owner.close();
      await Promise.all([keycloak ? undefined : standIn.stop(), otpManager.stop()]);
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** One connection for all questions of a test file: opening one each time would take longer than the questions. */
function ownerConnection(url: string): MikroORM {
  const limits = { connections: 1, statementTimeoutMs: 10_000, lockTimeoutMs: 5_000 };
  return new MikroORM({ ...ormOptions(url, limits), entities: [], discovery: { warnWhenNoEntities: false } });
}

function keycloakSettings(standIn: TestKeycloak, provisioning: boolean): Config['keycloak'] {
  const { url, publicUrl = url, realm, clientId, clientSecret, adminClientId, adminClientSecret } = standIn;
  const admin = { clientId: adminClientId, clientSecret: adminClientSecret };
  return { url, publicUrl, realm, clientId, clientSecret, ...(provisioning && { admin }) };
}

function testConfig(database: TestDatabase, keycloak: Config['keycloak'], dataDir: string): Config {
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
    keycloak,
    secrets: { key: testSecretsKey },
    tenantBaseDomain: 'tenants.example.com',
    outboundAllow: ['localhost:*', '127.0.0.0/8:*', '[::1]:*'],
    logLevel: 'trace',
    seedDemo: false,
    sandbox: false,
    dataDir,
  };
}
