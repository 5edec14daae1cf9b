import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** Lines that were pasted into a shell of their own. */
export interface Shell {
  /** What each line has printed so far, on both outputs. */
  readonly printed: () => string[];
  /** Waits for a text; an end without it is an error. */
  readonly until: (text: RegExp, withinMs: number) => Promise<RegExpExecArray>;
  readonly ended: Promise<unknown>;
  /** Ctrl-C. */
  readonly interrupt: () => Promise<void>;
}

const mark = '=== next line ===';

/** Pastes a block as it stands, each line when the one before it has ended. */
export function pasteLines(block: string, options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }): Shell {
  const lines = block.trimEnd().split('\n');
  const script = ['exec 2>&1', ...lines.flatMap((line) => [line, `echo '${mark}'`])].join('\n');
  const child = spawn('bash', ['-c', script], { ...options, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  let output = '';
  let hasEnded = false;
  child.stdout.on('data', (text) => (output += String(text)));
  const ended = once(child, 'close').finally(() => (hasEnded = true));
  return {
    ended,
    printed: () => output.split(`${mark}\n`).slice(0, lines.length),
    until: async (text, withinMs) => {
      for (const deadline = Date.now() + withinMs; ;) {
        const found = text.exec(output);
        if (found) return found;
        await sleep(50);
        if (hasEnded || Date.now() > deadline) throw new Error(`${String(text)} was not printed:\n${output}`);
      }
    },
    interrupt: async () => {
      if (!hasEnded && child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
      await ended;
    },
  };
}
