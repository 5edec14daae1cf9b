import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A server in a process of its own. */
export interface Child {
  readonly url: string;
  /** Resident memory in MiB. */
  memory(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts `<name>.ts` of this folder (or another file) with these options; its log goes nowhere, as fast as it can. */
export async function startChild(name: string, options: object, folder = import.meta.dirname): Promise<Child> {
  const child = fork(join(folder, `${name}.ts`), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  child.send(options);
  const url = await answerOf<string>(child);
  return {
    url,
    memory: async () => {
      child.send('memory');
      return await answerOf<number>(child);
    },
    stop: async () => {
      const exited = once(child, 'exit');
      child.send('stop');
      await exited;
    },
  };
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  const failed = once(child, 'exit').then(() => Promise.reject(new Error('a server has ended')));
  const [answer] = (await Promise.race([once(child, 'message'), failed])) as [T];
  return answer;
}

/** The other side: serves with what it is given until it is told to stop. */
export async function serveAsChild<Options>(
  start: (options: Options) => Promise<{ url: string; stop: () => Promise<void> }>,
): Promise<void> {
  const [options] = (await once(process, 'message')) as [Options];
  const { url, stop } = await start(options);
  process.on('message', (message) => {
    if (message === 'memory') process.send?.(Math.round(process.memoryUsage().rss / 1_048_576));
    if (message === 'stop') {
      void stop().then(() => {
        process.disconnect();
      });
    }
  });
  process.send?.(url);
}
