import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { MikroORM } from '@mikro-orm/postgresql';

import { readSettings } from '../config.js';
import { ormOptions } from '../database/orm.js';
import { prepareDatabase } from '../database/prepare.js';
import { makeKeyRing } from '../secrets/key-ring.js';
import { StartupError } from '../startup-error.js';
import { readOptions } from './read-options.js';

const usage = `Brings the database of DATABASE_URL up to date, as a start would.

  npm run migrate                      in the image: node dist/src/cli/migrate.js
  npm run migrate -- --create <name>   writes the migration from the last snapshot to the entities as they are now
  npm run migrate -- --check           fails where that would be a change; like --create it needs no database
  npm run migrate -- --help            this text
`;

async function main(): Promise<void> {
  const values = readOptions(usage, { create: { type: 'string' }, check: { type: 'boolean' } });
  if (values === undefined) return;
  if (values.create !== undefined) await create(values.create);
  else if (values.check) await check();
  else await migrate();
}

async function migrate(): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const { database, secrets } = readSettings(process.env);
  if (!database || !secrets) {
    throw new StartupError('DATABASE_URL is not set. The embedded PostgreSQL is migrated by each start.');
  }
  const log = { info: (details: object, message: string) => say(`${message}: ${JSON.stringify(details)}`) };
  await prepareDatabase({ ...database, keyRing: makeKeyRing(secrets.key, secrets.previousKey), log });
  say('The database is up to date.');
}

async function create(name: string): Promise<void> {
  const orm = sources();
  const { fileName } = await orm.migrator.create(undefined, false, false, name);
  say(fileName === '' ? 'The entities are as in the last snapshot.' : `migrations/${fileName}`);
}

async function check(): Promise<void> {
  if (!(await sources().migrator.checkSchema())) return;
  throw new StartupError('The entities have changed since the last migration: npm run migrate -- --create <name>');
}

/** The migrations as sources, which compiled code does not lie beside; nothing connects. */
function sources(): MikroORM {
  const options = ormOptions('postgres://127.0.0.1/none', { connections: 1, statementTimeoutMs: 0, lockTimeoutMs: 0 });
  return new MikroORM({ ...options, migrations: { ...options.migrations, path: join(process.cwd(), 'migrations') } });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main().catch((error: unknown) => {
  if (!(error instanceof StartupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
