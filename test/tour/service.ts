import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const root = join(import.meta.dirname, '../..');
const startWithinMs = 120_000;

/** `npm start`, as a newcomer runs it, on a data folder of its own. */
export interface StartedService {
  /** Where the API answers, without a path. */
  readonly url: string;
  /** From the command to the line that says where it serves, in milliseconds. */
  readonly startedInMs: number;
  /** By SIGTERM, as a supervisor does it; returns the exit code. */
  readonly stop: () => Promise<number | null>;
}

/**
 * Runs `npm start` until it has said that it serves.
 *
 * @param settings environment variables beside a free port and an empty DATA_DIR
 */
export async function npmStart(settings: Readonly<Record<string, string>> = {}): Promise<StartedService> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-tour-'));
  const env = { ...inherited(), PORT: '0', DATA_DIR: dataDir, ...settings };
  const began = Date.now();
  const child = spawn('npm', ['start'], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const ended = once(child, 'close').then(async ([code]: unknown[]) => {
    await rm(dataDir, { recursive: true, force: true });
    return typeof code === 'number' ? code : null;
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)));
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null) killGroup(child, 'SIGTERM');
    return await ended;
  };
  try {
    return { url: await addressIn(() => output, ended), startedInMs: Date.now() - began, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Without the settings of whoever runs this: they are for another service. */
export function inherited(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'USER', 'TMPDIR', 'LANG', 'SHELL', 'JAVA_HOME'];
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => kept.includes(name)));
}

async function addressIn(output: () => string, ended: Promise<unknown>): Promise<string> {
  const hasEnded = ended.then(() => true);
  for (const until = Date.now() + startWithinMs; Date.now() < until;) {
    const [, url] = /Tenantry +(http\S+)\/graphql[^]*Ctrl-C/.exec(output()) ?? [];
    if (url !== undefined) return url;
    if (await Promise.race([hasEnded, sleep(50, false)])) break;
  }
  throw new Error(`npm start does not serve:\n${output()}`);
}

/** npm hands a signal on to what it started; where it is gone already, nothing is left to stop. */
function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(pid, signal);
}
