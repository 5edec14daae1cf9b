import { setTimeout as sleep } from 'node:timers/promises';

import { PgBoss } from 'pg-boss';

import { StartupError } from '../startup-error.js';
import { codeOf } from './conflicts.js';
import { jobSchemaName } from './isolation.js';

const betweenLooksMs = 250;

/**
 * Makes the job library's schema, or brings it to the library's present version, as the owner: the login that the jobs
 * run under may create nothing. Does nothing where it is up to date. The caller sees to it that only one process does
 * this at a time.
 *
 * @param ownerUrl a PostgreSQL connection URI
 * @throws StartupError where the owner may not
 */
export async function prepareJobSchema(ownerUrl: string): Promise<void> {
  const library = new PgBoss({
    connectionString: ownerUrl,
    schema: jobSchemaName,
    application_name: 'tenantry',
    connectionTimeoutMillis: 5000,
    max: 2,
    supervise: false,
    schedule: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
  });
  library.on('error', () => undefined); // of its background work, which is looked after below
  try {
    await library.start();
    while (await isBuildingIndexes(library)) await sleep(betweenLooksMs);
  } catch (error) {
    if (codeOf(error) !== '42501') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupError(`The login of DATABASE_URL must own the schema "${jobSchemaName}": ${reason}`, {
      cause: error,
    });
  } finally {
    await library.stop({ graceful: false });
  }
}

/** After a migration the library builds indexes in the background, which it does for nobody but the owner. */
async function isBuildingIndexes(library: PgBoss): Promise<boolean> {
  const work = await library.getBamStatus();
  return work.some(({ status }) => status === 'pending' || status === 'in_progress');
}
