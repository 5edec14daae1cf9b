import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

import { StartupError } from '../startup-error.js';

/** Held as long as a process works in a data folder. */
export interface DataDirLock {
  release(): Promise<void>;
}

/**
 * Makes the data folder, for its owner alone, and takes it for this process. The lock is a socket, which ends with the
 * process however that ends: nothing is left behind that would have to be cleared away by hand.
 *
 * @throws StartupError where another process works in it
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new StartupError(`DATA_DIR: ${dataDir} cannot be made a folder (${code}).`, { cause: error });
  }
  const address = lockAddress(realpathSync(dataDir));
  if (await answers(address)) {
    throw new StartupError(
      `Another Tenantry is running on the data folder ${dataDir}. Stop it first, or choose another folder with DATA_DIR.`,
    );
  }
  const server = await hold(address, dataDir);
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** A short path whatever the folder's: socket addresses hold about 100 characters. */
function lockAddress(dataDir: string): string {
  const digest = createHash('sha256').update(dataDir).digest('hex').slice(0, 24);
  if (process.platform === 'linux') return `\0tenantry-${digest}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\tenantry-${digest}`;
  return join(tmpdir(), `tenantry-${userInfo().uid}-${digest}.sock`);
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address)
      .on('connect', () => {
        socket.destroy();
        resolve(true);
      })
      .on('error', () => resolve(false));
  });
}

function hold(address: string, dataDir: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.on('error', () => reject(new StartupError(`The data folder ${dataDir} cannot be locked.`)));
    server.listen(address, () => {
      server.unref();
      resolve(server);
    });
  });
}

/** The secrets key of an embedded database: made once, kept beside it. */
export function keptSecretsKey(dataDir: string): Uint8Array {
  const file = join(dataDir, 'secrets.key');
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64url');
  if (key.length !== 32) {
    throw new StartupError(`${file} does not hold a secrets key (32 bytes as base64url). Restore it from a backup.`);
  }
  return new Uint8Array(key);
}
