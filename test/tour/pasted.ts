import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';

import { shellBlocks } from './readme-blocks.js';
import { json } from './transcript.js';

/** What one block printed when it was pasted. */
export interface Pasted {
  readonly command: string;
  /** As the README shows it; undefined where it shows nothing. */
  readonly shown: string | undefined;
  /** The answers that came, formatted as in the README. */
  readonly printed: string;
}

const mark = '=== next block ===';

/**
 * Pastes the README's runnable blocks into one shell, one after the other.
 *
 * @param url of a service that was started just now, without a path
 */
export async function pasteReadme(readme: string, url: string): Promise<Pasted[]> {
  const blocks = shellBlocks(readme);
  const otpPort = String(await freePort());
  const script = blocks.map(({ command }) => `${command}\necho '${mark}'`).join('\n');
  const output = await bash(script.replaceAll('127.0.0.1:4000', new URL(url).host).replaceAll('3900', otpPort));
  const printed = output.replaceAll(otpPort, '3900').split(`${mark}\n`);
  return blocks.map(({ command, answer }, index) => ({
    command,
    shown: answer?.trimEnd(),
    printed: (printed[index] ?? '').split('\n').filter(Boolean).map(inLines).join('\n'),
  }));
}

/** One answer, with line breaks where it is long. */
function inLines(line: string): string {
  try {
    return json(JSON.parse(line));
  } catch {
    return line;
  }
}

async function bash(script: string): Promise<string> {
  const child = spawn('bash', ['-s'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (text) => (output += String(text)));
  child.stdin.end(script);
  await new Promise((resolve) => child.on('close', resolve));
  return output;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
