import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { onTestFinished } from 'vitest';

import { settleBinaries, settleHome } from '../../src/embedded/postgres-home.js';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.js';

/** A PostgreSQL that a test may treat badly, at an address that stays. */
export interface OwnCluster {
  /** Of the login that owns everything. */
  readonly url: string;
  /** fast: ends sessions and writes everything out; immediate: as if the power went. */
  stop(mode: 'fast' | 'immediate'): Promise<void>;
  start(): Promise<void>;
}

/** Starts one in a folder that every user may enter; it goes with the test. */
export async function startOwnCluster(dataDir: string): Promise<OwnCluster> {
  const log = { info: () => undefined, error: () => undefined };
  const postgres = await startEmbeddedPostgres({ dataDir, log });
  const { url } = postgres;
  onTestFinished(() => postgres.stop());
  const home = settleHome(dataDir, log);
  const { pg_ctl: program } = await settleBinaries(home);
  const cluster = `${home.directory}/cluster`;
  const control = async (...args: string[]): Promise<void> => {
    const options = { cwd: home.directory, env: { LC_ALL: 'C' }, ...home.runAs };
    await promisify(execFile)(program, ['-D', cluster, '-w', '-s', ...args], options);
  };
  // The options of the last start, the port among them, lie beside the data.
  const serverOptions = ['-c', `port=${new URL(url).port}`, '-c', 'unix_socket_directories=', '-c', 'timezone=UTC'];
  return {
    url,
    stop: async (mode) => await control('stop', '-m', mode),
    start: async () => await control('start', '-l', `${home.directory}/server.log`, '-o', serverOptions.join(' ')),
  };
}
