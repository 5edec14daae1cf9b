import { join } from 'node:path';

import type { Logger } from 'pino';

import type { Config, Settings } from '../config.js';
import { welcome } from './announce.js';
import { keptSecretsKey, lockDataDir } from './data-dir.js';
import { startKeycloakStandIn, type StandIn } from './keycloak/index.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './postgres.js';

export { seedDemo } from './demo.js';

/** The parts that were not configured, running, and the settings completed with them. */
export interface Embedded {
  readonly config: Config;
  readonly keycloak: StandIn | undefined;
  readonly stop: () => Promise<void>;
}

const sandboxOrigins = ['https://studio.apollographql.com', 'https://sandbox.embed.apollographql.com'];
const loopback = ['localhost:*', '127.0.0.0/8:*', '[::1]:*'];

/**
 * Starts an embedded PostgreSQL and a stand-in for Keycloak, each only where no real one is configured.
 *
 * @throws StartupError where the data folder is in use, or a part does not start
 */
export async function startEmbedded(settings: Settings, log: Logger): Promise<Embedded> {
  const { dataDir } = settings;
  const lock = await lockDataDir(dataDir);
  let keycloak: StandIn | undefined;
  let postgres: EmbeddedPostgres | undefined;
  const stop = async (): Promise<void> => {
    await keycloak?.stop();
    await postgres?.stop();
    await lock.release();
  };
  try {
    if (!settings.keycloak)
      keycloak = await startKeycloakStandIn({ stateDir: join(dataDir, 'keycloak'), hostname: 'own' });
    if (!settings.database) postgres = await startEmbeddedPostgres({ dataDir, log });
    return { config: complete(settings, postgres, keycloak), keycloak, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function complete(settings: Settings, postgres: EmbeddedPostgres | undefined, standIn: StandIn | undefined): Config {
  const isAllEmbedded = postgres !== undefined && standIn !== undefined;
  const database = settings.database ?? (postgres && { ownerUrl: postgres.url });
  const keycloak = settings.keycloak ?? (standIn && keycloakSettings(standIn));
  if (database === undefined || keycloak === undefined) throw new Error('a part is neither configured nor embedded');
  return Object.freeze({
    ...settings,
    database,
    keycloak,
    secrets: settings.secrets ?? { key: keptSecretsKey(settings.dataDir) },
    http: {
      ...settings.http,
      portGiven: settings.http.portGiven || !isAllEmbedded,
      corsOrigins: settings.http.corsOrigins ?? (isAllEmbedded ? sandboxOrigins : []),
    },
    outboundAllow: settings.outboundAllow ?? (isAllEmbedded ? loopback : []),
    seedDemo: settings.seedDemo ?? isAllEmbedded,
    sandbox: settings.sandbox ?? isAllEmbedded,
  });
}

function keycloakSettings(standIn: StandIn): Config['keycloak'] {
  const { url, realm, clientId, clientSecret, adminClientId, adminClientSecret } = standIn;
  const admin = { clientId: adminClientId, clientSecret: adminClientSecret };
  return { url, publicUrl: url, realm, clientId, clientSecret, admin };
}

/** Prints where everything is, on standard output whatever the log level. */
export function announce(url: string, embedded: Embedded): void {
  const { http, sandbox } = embedded.config;
  process.stdout.write(welcome({ url, host: http.host, sandbox, standIn: embedded.keycloak }));
}
