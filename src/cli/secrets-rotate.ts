import { existsSync } from 'node:fs';

import { readSettings } from '../config.js';
import { makeKeyRing } from '../secrets/key-ring.js';
import { rotateSecrets, type RotationProgress } from '../secrets/rotate.js';
import { StartupError } from '../startup-error.js';
import { readOptions } from './read-options.js';

const usage = `Encrypts everything in the database anew under SECRETS_KEY, while the service serves.

  npm run secrets:rotate            in the image: node dist/src/cli/secrets-rotate.js
  npm run secrets:rotate -- --help  this text

To replace the key:
  1. Make a new key. Give it as SECRETS_KEY and the old one as SECRETS_KEY_PREVIOUS, and restart every instance.
     Where several instances are restarted one after the other, first give the new key as SECRETS_KEY_PREVIOUS to all
     of them, so that none meets a value that it cannot read; then exchange the two.
  2. Run this, with the same settings (DATABASE_URL, SECRETS_KEY, SECRETS_KEY_PREVIOUS). It may be broken off and run again.
  3. Once it has said so, drop SECRETS_KEY_PREVIOUS and restart. From then on a start with the old key is refused.

Keys for other purposes are derived from SECRETS_KEY, so that step 1 ends what they made: cursors of lists are refused
(begin at the first page), and an idempotencyKey that is sent again counts as a new one. The passwords of the database
logins, tenants' secrets and tokens stay as they are.
`;

const betweenReportsMs = 2_000;

async function main(): Promise<void> {
  if (readOptions(usage, {}) === undefined) return;
  if (existsSync('.env')) process.loadEnvFile('.env');
  const { database, secrets } = readSettings(process.env);
  if (!database || !secrets) {
    throw new StartupError('DATABASE_URL is not set. The key of the embedded PostgreSQL is not rotated.');
  }
  const keyRing = makeKeyRing(secrets.key, secrets.previousKey);
  const resealed = await rotateSecrets({ ownerUrl: database.ownerUrl, keyRing, report: reporter() });
  say(
    `Everything is encrypted under SECRETS_KEY; ${resealed} values were encrypted anew. ` +
      'SECRETS_KEY_PREVIOUS is not needed any more.',
  );
}

/** One line every two seconds. */
function reporter(): (progress: RotationProgress) => void {
  let last = Date.now();
  return ({ tenants, resealed }) => {
    if (Date.now() - last < betweenReportsMs) return;
    last = Date.now();
    say(`${tenants} tenants gone through; ${resealed} values encrypted anew`);
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main().catch((error: unknown) => {
  if (!(error instanceof StartupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
