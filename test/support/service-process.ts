import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { afterAll, expect, onTestFinished } from 'vitest';

import { ApiClient } from './client.js';

const root = join(import.meta.dirname, '../..');
const compiled = join(root, 'dist', `test-${process.pid}`);
const main = join(compiled, 'src', 'main.js');
const servingWithinMs = 30_000;

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The service as a process of its own, compiled from the present sources. */
export interface ServiceProcess {
  readonly pid: number;
  /** Both outputs so far. */
  readonly output: () => string;
  /** The ending, once it has come. */
  readonly ended: Promise<Ending>;
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, unless it has ended. */
  stop(): Promise<Ending>;
}

export interface ServingProcess extends ServiceProcess {
  readonly url: string;
  readonly client: ApiClient;
}

export interface StartOptions {
  /** Settings; nothing of the test's own environment goes along but PATH. */
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** The program and its arguments in place of Node.js and the service. */
  readonly command?: readonly [string, ...string[]];
  readonly cwd?: string;
}

let compiling: Promise<unknown> | undefined;

/** Compiles the sources, once a test file, to a place of the file's own below `dist`. */
async function compile(): Promise<void> {
  compiling ??= promisify(execFile)(process.execPath, [
    join(root, 'node_modules/typescript7/bin/tsc'),
    ...['-p', root, '--outDir', compiled, '--noCheck', '--incremental', 'false'],
  ]);
  await compiling;
}

afterAll(async () => await rm(compiled, { recursive: true, force: true }));

/** A folder that every user may enter, the one that PostgreSQL runs as for root among them; it goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'tenantry-process-'));
  await chmod(path, 0o755);
  onTestFinished(async () => await rm(path, { recursive: true, force: true, maxRetries: 3 }));
  return path;
}

/** Starts the service and does not wait for it. It heads a process group of its own, and goes with the test. */
export async function launch({
  env = {},
  args = [],
  command,
  cwd = tmpdir(),
}: StartOptions = {}): Promise<ServiceProcess> {
  await compile();
  const [program, ...programArgs] = command ?? [process.execPath, main];
  const child = spawn(program, [...programArgs, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const service = watch(child);
  onTestFinished(() => endGroup(service));
  return service;
}

/** Whatever became of it: by force where it does not go by itself. */
async function endGroup(service: ServiceProcess): Promise<void> {
  const forced = setTimeout(() => process.kill(-service.pid, 'SIGKILL'), 15_000);
  await service.stop();
  clearTimeout(forced);
}

/** The compiled entry point, for other programs than the present Node.js. */
export async function entryPoint(): Promise<string> {
  await compile();
  return main;
}

function watch(child: ChildProcess): ServiceProcess {
  const chunks: string[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk.toString('utf8')));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk.toString('utf8')));
  let ending: Ending | undefined;
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => {
    ending = { code: code as number | null, signal: signal as NodeJS.Signals | null };
    return ending;
  });
  const service: ServiceProcess = {
    pid: child.pid ?? 0,
    output: () => chunks.join(''),
    ended,
    signal: (signal) => void child.kill(signal),
    stop: async () => {
      if (ending === undefined) child.kill('SIGTERM');
      return await ended;
    },
  };
  return service;
}

/** Starts the service and waits until it serves; whatever it says instead is the error. */
export async function serve(options: StartOptions = {}): Promise<ServingProcess> {
  return await serving(await launch(options));
}

/** Waits until a launched service serves. */
export async function serving(service: ServiceProcess): Promise<ServingProcess> {
  const deadline = Date.now() + servingWithinMs;
  const isOver = new AbortController();
  void service.ended.then(() => isOver.abort());
  for (;;) {
    const url = /"url":"([^"]+)","msg":"serving"/.exec(service.output())?.[1];
    if (url !== undefined) return { ...service, url, client: new ApiClient(url) };
    if (isOver.signal.aborted || Date.now() > deadline) {
      throw new Error(`The service does not serve:\n${service.output()}`);
    }
    await sleep(10);
  }
}

/** Processes of this machine whose command line names the text; not those that have ended and wait for their parent. */
export function processesNaming(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/cmdline`))
    .filter((name) => commandLine(name).includes(text))
    .map(Number);
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // ended meanwhile
  }
}

/** Settings of a start in a folder of its own, on any port, without demo data. */
export async function serviceSettings(more: Readonly<Record<string, string>> = {}): Promise<Record<string, string>> {
  return { DATA_DIR: join(await temporaryFolder(), 'data'), PORT: '0', SEED_DEMO: 'false', ...more };
}

/** What a start that must fail says; never with a stack, which is for nobody who runs it. */
export async function refusedStart(env: Readonly<Record<string, string>>): Promise<string> {
  const service = await launch({ env });
  expect(await service.ended).toEqual({ code: 1, signal: null });
  expect(service.output()).not.toMatch(/^\s+at /m);
  return service.output();
}
