import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { StartupError } from '../startup-error.js';
import { handOver, settleBinaries, settleHome, type Binaries, type Home } from './postgres-home.js';

export interface EmbeddedPostgresOptions {
  /** Made where it is missing; one process at a time, which the caller sees to. */
  readonly dataDir: string;
  readonly log: { info(details: object, message: string): void; error(details: object, message: string): void };
  /** False for tests: nothing is forced to disk, so a power cut may destroy the data. */
  readonly durable?: boolean;
}

export interface EmbeddedPostgres {
  /** Of the login that owns everything, on a port of the loopback address that changes with each start. */
  readonly url: string;
  /** Ends sessions, writes everything out, and returns when the server is gone. */
  stop(): Promise<void>;
}

const run = promisify(execFile);
const startTimeoutMs = 60_000;
/** A port may be taken by another at the last moment, and what is left of a killed server needs a moment to go. */
const maxAttempts = 5;
const logBytesKept = 1_048_576;

/**
 * Starts the PostgreSQL that comes with the packages, in a process group of its own: a Ctrl-C in the terminal reaches
 * only Tenantry, which stops the server once the last request is answered. One that a killed Tenantry left behind is
 * stopped first.
 *
 * @throws StartupError where it does not come up, with the end of its log
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const home = settleHome(options.dataDir, options.log);
  const server = new Server(home, await settleBinaries(home), options);
  await server.clearOrphan();
  await server.initialise();
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    if (await server.start(port)) {
      const url = `postgres://tenantry:${server.password}@127.0.0.1:${port}/tenantry`;
      return { url, stop: () => server.stop() };
    }
    if (attempt === maxAttempts) throw new StartupError(`The embedded PostgreSQL did not start:\n${server.logTail()}`);
    await sleep(attempt * 300);
  }
}

class Server {
  readonly #cluster: string;
  readonly #logFile: string;
  readonly #passwordFile: string;
  readonly #pidFile: string;
  #stopping = false;

  constructor(
    readonly home: Home,
    readonly binaries: Binaries,
    readonly options: EmbeddedPostgresOptions,
  ) {
    this.#cluster = join(home.directory, 'cluster');
    this.#pidFile = join(this.#cluster, 'postmaster.pid');
    this.#logFile = join(home.directory, 'server.log');
    this.#passwordFile = join(home.directory, 'password');
  }

  get password(): string {
    return readFileSync(this.#passwordFile, 'utf8').trim();
  }

  /**
   * Stops the server of a Tenantry that was killed. A process that only got the same number is left alone; else the file
   * stays, since PostgreSQL tells by it whether processes of a killed server are still at work on the data.
   */
  async clearOrphan(): Promise<void> {
    const command = await this.#recordedCommand();
    if (command.includes(this.#cluster)) {
      this.options.log.info({}, 'stopping the embedded PostgreSQL that an earlier run left behind');
      await this.stop();
    } else if (command !== '') {
      rmSync(this.#pidFile, { force: true });
    }
    this.#stopping = false;
  }

  /** Makes the cluster under another name first, so that one that was cut off is never taken for a whole one. */
  async initialise(): Promise<void> {
    if (existsSync(this.#cluster)) return;
    const draft = `${this.#cluster}.new`;
    rmSync(draft, { recursive: true, force: true });
    writeFileSync(this.#passwordFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
    handOver(this.#passwordFile, this.home.runAs);
    const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
    const access = ['--username=tenantry', '--auth=scram-sha-256', `--pwfile=${this.#passwordFile}`];
    const sync = this.options.durable === false ? ['--no-sync'] : [];
    await this.#run(this.binaries.initdb, [`--pgdata=${draft}`, ...access, ...locale, ...sync, '--no-instructions']);
    await this.#run(this.binaries.postgres, ['--single', '-D', draft, 'postgres'], 'create database tenantry;\n');
    renameSync(draft, this.#cluster);
  }

  /** @returns false where the server ended before it was ready, its port taken by another perhaps */
  async start(port: number): Promise<boolean> {
    const size = statSync(this.#logFile, { throwIfNoEntry: false })?.size ?? 0;
    const log = openSync(this.#logFile, size > logBytesKept ? 'w' : 'a', 0o600);
    handOver(this.#logFile, this.home.runAs);
    const child = spawn(this.binaries.postgres, ['-D', this.#cluster, ...this.#settings(port)], {
      ...this.#processOptions(),
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    const ended = new AbortController();
    child.once('error', (error) => {
      ended.abort();
      this.options.log.error({ error }, 'the embedded PostgreSQL cannot be run');
    });
    child.once('exit', (code, signal) => {
      ended.abort();
      if (this.#stopping) return;
      this.options.log.error({ code, signal, log: this.#logFile }, 'the embedded PostgreSQL ended');
    });
    child.unref();
    const interrupt = (): void => void child.kill('SIGINT'); // where this process goes without having stopped it
    process.once('exit', interrupt);
    child.once('exit', () => process.off('exit', interrupt));
    const deadline = Date.now() + startTimeoutMs;
    while (!ended.signal.aborted) {
      if (this.#isReady(child.pid)) return true;
      if (Date.now() > deadline) await this.stop();
      await sleep(10);
    }
    return false;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (!(await this.#isRunning())) return;
    await this.#run(this.binaries.pg_ctl, ['stop', '-D', this.#cluster, '-m', 'fast', '-w', '-t', '60']);
  }

  logTail(): string {
    return existsSync(this.#logFile)
      ? readFileSync(this.#logFile, 'utf8').trimEnd().split('\n').slice(-10).join('\n')
      : '';
  }

  /** The eighth line of the file is the server's own word on its state. */
  #isReady(pid: number | undefined): boolean {
    try {
      const lines = readFileSync(this.#pidFile, 'utf8').split('\n');
      return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
    } catch {
      return false;
    }
  }

  /** Small in memory; the log keeps no row's values. */
  #settings(port: number): string[] {
    const settings = {
      listen_addresses: '127.0.0.1',
      port,
      unix_socket_directories: '',
      max_connections: 60,
      shared_buffers: '32MB',
      min_wal_size: '32MB',
      max_wal_size: '256MB',
      wal_level: 'minimal',
      max_wal_senders: 0,
      jit: 'off',
      log_error_verbosity: 'terse',
      log_timezone: 'UTC',
      timezone: 'UTC',
      ...(this.options.durable === false && {
        fsync: 'off',
        synchronous_commit: 'off',
        full_page_writes: 'off',
        max_connections: 200,
      }),
    };
    return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  }

  async #isRunning(): Promise<boolean> {
    return (await this.#recordedCommand()).includes(this.#cluster);
  }

  /** The command line of the process that the file names; empty where there is none. */
  async #recordedCommand(): Promise<string> {
    return existsSync(this.#pidFile) ? await commandOf(Number(readFileSync(this.#pidFile, 'utf8').split('\n')[0])) : '';
  }

  async #run(program: string, args: string[], input = ''): Promise<void> {
    try {
      const running = run(program, args, this.#processOptions());
      running.child.stdin?.end(input);
      await running;
    } catch (error) {
      const said = (error as { stderr?: string }).stderr ?? '';
      throw new StartupError(`The embedded PostgreSQL failed: ${said.trim() || String(error)}`, { cause: error });
    }
  }

  /** Nothing of the environment: PGDATA, PGPORT and the like would be heeded. */
  #processOptions(): { cwd: string; env: NodeJS.ProcessEnv; uid?: number; gid?: number } {
    return { cwd: this.home.directory, env: { LC_ALL: 'C' }, ...this.home.runAs };
  }
}

/** The command line of a process, empty where there is none. /proc first: small images have no ps. */
async function commandOf(pid: number): Promise<string> {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return (await run('ps', ['-p', String(pid), '-o', 'command='])).stdout;
  } catch {
    return '';
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
