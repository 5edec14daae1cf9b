import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A server in a process of its own. */
export interface Child {
  readonly url: string;
  /** What the process has used so far. */
  usage(): Promise<{ readonly cpuMicroseconds: number; readonly memoryMiB: number }>;
  stop(): Promise<void>;
}

/** Starts `<name>.mjs` of this folder with these options; what it logs goes nowhere. */
export async function startChild(name: string, options: object): Promise<Child> {
  const child = fork(join(import.meta.dirname, `${name}.mjs`), {
    execArgv: [],
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const answer = answers(child, exited);
  child.send(options);
  return {
    url: (await answer()) as string,
    usage: async () => {
      child.send('usage');
      return (await answer()) as { cpuMicroseconds: number; memoryMiB: number };
    },
    stop: async () => {
      if (child.connected) child.send('stop');
      await exited;
    },
  };
}

function answers(child: ChildProcess, exited: Promise<unknown>): () => Promise<unknown> {
  const failed = exited.then(() => Promise.reject(new Error('A server has ended. Is dist/ up to date? npm run build')));
  failed.catch(() => undefined);
  return async () => {
    const [message] = (await Promise.race([once(child, 'message'), failed])) as [unknown];
    return message;
  };
}
