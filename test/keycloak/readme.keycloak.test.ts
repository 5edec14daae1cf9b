import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { expect, inject, it, onTestFinished } from 'vitest';

import { createBareDatabase } from '../support/database.js';
import { sharedRealKeycloak } from '../support/keycloak.js';
import { checkout } from '../tour/checkout.js';
import { blocksIn } from '../tour/readme-blocks.js';
import { blockOf, readReadme } from '../tour/readme-file.js';
import { inherited } from '../tour/service.js';
import { pasteLines } from '../tour/shell.js';
import { withoutVolatile } from '../tour/volatile.js';
import { Installation } from './installation.js';
import { liveATenantsLife } from './readme-life.js';
import { KeycloakTranscript } from './readme-transcript.js';

const { provider } = await sharedRealKeycloak();
const { url: keycloakUrl, administrator } = provider;
const keycloak = new Installation(provider);
const readme = readReadme();
const section = readme.slice(readme.indexOf('### Connect your Keycloak'), readme.indexOf('### When a realm'));
const warning = "Keycloak's issuer follows the Host header of whoever asks";

/** A block of the README with its Keycloak and its administrator exchanged for those at hand, and nothing else. */
const here = (block: string): string =>
  block
    .replaceAll('https://keycloak.example.com', keycloakUrl)
    .replaceAll(/(?<=KEYCLOAK_ADMIN_USERNAME=|--user )admin\b/g, administrator.username)
    .replaceAll('choose-one', administrator.password);

const asShown = new Map([
  [keycloakUrl, 'http://127.0.0.1:8080'],
  [administrator.username, 'admin'],
  [administrator.password, 'choose-one'],
]);

type Place = Parameters<typeof pasteLines>[1];

it('connects a Keycloak by the README’s blocks as they stand, and a tenant lives in it as shown', async () => {
  await fromNothing();
  const place = await freshCheckout();
  const transcript = new KeycloakTranscript(asShown);
  const url = await setUpAndStart(place, transcript);
  await giveRoles(place, transcript);
  await liveATenantsLife({ url, keycloakUrl, clientSecret, transcript });
  const [shown = ''] = blocksIn(blockOf(readme, 'keycloak'), 'console');
  expect(withoutVolatile(transcript.text())).toBe(withoutVolatile(shown));
});

/** The Keycloak is shared: what the README makes must not be there, and goes again. */
async function fromNothing(): Promise<void> {
  const { bruteForceProtected } = (await keycloak.call('GET', '')).body as Record<string, unknown>;
  await removeAll();
  await keycloak.call('PUT', '', { bruteForceProtected: false });
  // The first realm that a new Keycloak makes takes many times as long as all others, and may take too long here.
  await keycloak.call('POST', '/..', { realm: 'warm-up', enabled: true });
  await keycloak.call('DELETE', '/../warm-up');
  onTestFinished(async () => {
    await removeAll();
    await keycloak.call('PUT', '', { bruteForceProtected });
  });
}

async function removeAll(): Promise<void> {
  for (const clientId of ['tenantry', 'tenantry-admin', 'core-component']) {
    const client = await keycloak.client(clientId);
    if (client) await keycloak.call('DELETE', `/clients/${client.id}`);
  }
  const users = (await keycloak.call('GET', '/users?username=olga&exact=true')).body as { id: string }[];
  for (const { id } of users) await keycloak.call('DELETE', `/users/${id}`);
  await keycloak.call('DELETE', '/../tenant1');
}

/** With the settings that the README's blocks before this section have exported, and a `.env` as editors leave it. */
async function freshCheckout(): Promise<Place> {
  const { folder, remove } = await checkout();
  onTestFinished(remove);
  await writeFile(join(folder, '.env'), 'LOG_LEVEL=info'); // without a line break
  const database = await createBareDatabase();
  onTestFinished(database.drop);
  const programs = join(inject('realKeycloakHome') ?? '', 'bin');
  const env = {
    ...inherited(),
    PATH: [programs, process.env['PATH']].join(delimiter),
    KC_OPTS: `-Duser.home=${folder}`, // where kcadm.sh keeps its session
    DATABASE_URL: database.ownerUrl,
    SECRETS_KEY: Buffer.alloc(32, 7).toString('base64url'),
    PORT: '0',
  };
  return { cwd: folder, env };
}

/** The first block. @returns where the service serves */
async function setUpAndStart({ cwd, env }: Place, transcript: KeycloakTranscript): Promise<string> {
  const [block = ''] = blocksIn(section, 'shell').map(here);
  const [exports = '', ...commands] = block.trimEnd().split('\n');
  const started = pasteLines(block, { cwd, env });
  onTestFinished(started.interrupt);
  const [, url = ''] = await started.until(/"url":"([^"]+)","msg":"serving"/, 60_000);
  await started.until(new RegExp(warning), 5_000);
  expect(section.includes(warning), warning).toBe(true);
  const ready = await fetch(`${url}/health/ready`);
  const [, ...printed] = started.printed();
  [exports, ...commands].forEach((command, index) => {
    transcript.command(command, command === 'npm start' ? '' : (printed[index - 1] ?? ''));
  });
  transcript.command('curl http://127.0.0.1:4000/health/ready', await ready.text());
  transcript.command('cat .env', await readFile(join(cwd, '.env'), 'utf8'));
  return url;
}

/** The second block, after the set-up once more: the shell of the first one is taken by the service. */
async function giveRoles({ cwd, env }: Place, transcript: KeycloakTranscript): Promise<void> {
  const [shell = ''] = blocksIn(section, 'shell').map(here);
  const [exports = '', , setUp = ''] = shell.split('\n');
  const [block = ''] = blocksIn(section, 'console').map(here);
  const lines = [exports, setUp, ...block.trimEnd().split('\n')];
  const pasted = pasteLines(lines.join('\n'), { cwd, env });
  await pasted.ended;
  const printed = pasted.printed();
  lines.slice(1).forEach((line, index) => transcript.command(line, printed[index + 1] ?? ''));
}

async function clientSecret(): Promise<string> {
  const [client] = (await keycloak.call('GET', '/../tenant1/clients?clientId=cx-core')).body as { secret: string }[];
  return client?.secret ?? '';
}
