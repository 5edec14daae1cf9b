import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { blocksIn } from './readme-blocks.js';
import { readReadme } from './readme-file.js';

// What it measures is for people: how long a start takes hangs on what else the machine does.
it('the README’s command measures a first and a second start', async () => {
  const [command = ''] = blocksIn(readReadme(), 'shell').filter((text) => text.includes('--start-times'));
  const { stdout } = await promisify(execFile)('bash', ['-c', command], { cwd: join(import.meta.dirname, '../..') });
  expect(stdout).toMatch(/^the first start: [\d.]+ s .*\nthe second one: [\d.]+ s /m);
});
