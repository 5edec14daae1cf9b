import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { TestProject } from 'vitest/node';

import { prepareDatabase } from '../../src/database/prepare.js';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.js';
import { databaseUrl, executeSql, templateName, testKeyRing } from './database.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the owner of the tests' PostgreSQL. */
    clusterUrl: string;
  }
}

/** One PostgreSQL for the whole run, with a migrated template that each test file clones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-test-'));
  const log = { info: () => undefined, error: (details: object, message: string) => console.error(message, details) };
  const postgres = await startEmbeddedPostgres({ dataDir, log, durable: false });
  await executeSql(postgres.url, `create database ${templateName}`);
  await prepareDatabase({ ownerUrl: databaseUrl(postgres.url, templateName), keyRing: testKeyRing });
  project.provide('clusterUrl', postgres.url);
  return async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
