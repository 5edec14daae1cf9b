import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { onboardAndRetire } from './onboarding.js';
import { pasteReadme } from './pasted.js';
import { withAnswers } from './readme-blocks.js';
import { readReadme, withBlock, writeReadme } from './readme-file.js';
import { npmStart } from './service.js';

/**
 * `npm run tour`: starts Tenantry on a data folder of its own and does the main job on it, telling what it asks and what
 * comes back. `-- http://127.0.0.1:4000`: does it on one that is running, with the demo accounts.
 * `-- --write-readme`: puts the transcript, and the answers to the README's own queries, into the README.
 * `-- --start-times`: only measures how long a first and a second start take.
 */
async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { 'write-readme': { type: 'boolean' }, 'start-times': { type: 'boolean' } },
  });
  const [given] = positionals;
  if (values['start-times']) await measureStarts();
  else if (values['write-readme']) await rewriteReadme();
  else if (given !== undefined) await onboardAndRetire(given.replace(/\/(graphql)?$/, ''), say);
  else await withService((url) => onboardAndRetire(url, say));
}

async function rewriteReadme(): Promise<void> {
  const said: string[] = [];
  await withService((url) => onboardAndRetire(url, (text) => said.push(text)));
  const transcript = `\`\`\`text\n${said.join('\n').trimEnd()}\n\`\`\``;
  const readme = withBlock(readReadme(), 'tour', transcript);
  await withService(async (url) => {
    const pasted = await pasteReadme(readme, url);
    writeReadme(
      withAnswers(
        readme,
        pasted.map(({ printed }) => printed),
      ),
    );
  });
}

async function measureStarts(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-starts-'));
  try {
    for (const title of ['the first start', 'the second one']) {
      const { startedInMs, stop } = await npmStart({ DATA_DIR: dataDir });
      say(`${title}: ${(startedInMs / 1_000).toFixed(1)} s from npm start to serving`);
      await stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function withService(work: (url: string) => Promise<void>): Promise<void> {
  const service = await npmStart();
  try {
    await work(service.url);
  } finally {
    await service.stop();
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main();
