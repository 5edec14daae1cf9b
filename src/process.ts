import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Logger } from 'pino';

import { startApp } from './app.js';
import { readSettings, type Config, type Settings } from './config.js';
import { createLogger } from './log.js';
import { StartupError } from './startup-error.js';

const usage = `Tenantry: tenants of a platform on Keycloak, as one GraphQL API.

  npm start            embedded PostgreSQL and Keycloak stand-in, each where no real one is configured
  npm start -- --help  this text

Settings are environment variables, also read from .env; the README has the table. The most important ones:
  DATABASE_URL, SECRETS_KEY                  a PostgreSQL of your own
  KEYCLOAK_URL, KEYCLOAK_CLIENT_SECRET       a Keycloak of your own
  HOST, PORT, PUBLIC_URL, DATA_DIR, LOG_LEVEL
`;

/** What has to be stopped, last started first. */
type Stop = () => Promise<void>;

/** The process: settings → parts → app → listen → stop on signals. */
export async function main(): Promise<void> {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    process.stdout.write(usage);
    return;
  }
  try {
    if (existsSync('.env')) process.loadEnvFile('.env');
    await serve(readSettings(undefined, hasEmbedded()));
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

async function serve(settings: Settings): Promise<void> {
  const log = createLogger(settings.logLevel);
  const stops: Stop[] = [];
  const starting = start(settings, log, stops);
  const stopAll = once(async () => {
    // What is half started cannot be stopped yet, and would be left behind.
    const graceMs = settings.http.shutdownGraceSeconds * 1_000;
    await Promise.race([starting.catch(() => undefined), sleep(graceMs, undefined, { ref: false })]);
    for (const stop of stops.reverse()) await stop();
  });
  onSignals(log, stopAll);
  try {
    await starting;
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function start(settings: Settings, log: Logger, stops: Stop[]): Promise<void> {
  const { config, announce } = await complete(settings, log, stops);
  const app = await startApp(config, log);
  stops.push(app.stop);
  if (config.seedDemo) await (await importEmbedded()).seedDemo(app.services);
  log.info({ url: app.url }, 'serving');
  announce(app.url);
}

/** Starts what is not configured. The code for it is not there in the production image. */
async function complete(
  settings: Settings,
  log: Logger,
  stops: Stop[],
): Promise<{ config: Config; announce: (url: string) => void }> {
  const { database, keycloak, secrets } = settings;
  if (database && keycloak && secrets) {
    const config = {
      ...settings,
      database,
      keycloak,
      secrets,
      http: { ...settings.http, portGiven: true, corsOrigins: settings.http.corsOrigins ?? [] },
      outboundAllow: settings.outboundAllow ?? [],
      seedDemo: settings.seedDemo ?? false,
      sandbox: settings.sandbox ?? false,
    };
    return { config, announce: () => undefined };
  }
  const { startEmbedded, announce } = await importEmbedded();
  const embedded = await startEmbedded(settings, log);
  stops.push(embedded.stop);
  return { config: embedded.config, announce: (url) => announce(url, embedded) };
}

/** The production image has none of it, and then the settings have to do without. */
function hasEmbedded(): boolean {
  return existsSync(join(import.meta.dirname, 'embedded'));
}

async function importEmbedded(): Promise<typeof import('./embedded/index.js')> {
  return await import('./embedded/index.js');
}

/** A Ctrl-C in the terminal comes twice under npm: from the terminal itself, and passed on by npm. */
const sameSignalWithinMs = 500;

/** The first signal stops in order, a second one at once. */
function onSignals(log: Logger, stopAll: Stop): void {
  let stoppingSince: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stoppingSince !== undefined) {
        if (performance.now() - stoppingSince > sameSignalWithinMs) process.exit(1);
        return;
      }
      stoppingSince = performance.now();
      log.info({ signal }, 'stopping');
      stopAll().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'stopping failed');
          process.exit(1);
        },
      );
    });
  }
}

function once(work: Stop): Stop {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}
