import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { keycloakHome } from '../support/keycloak-home.js';

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'keycloak-home-'));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  return folder;
}

it('says that a KEYCLOAK_HOME is none', async () => {
  const folder = await emptyFolder();
  await expect(keycloakHome({ KEYCLOAK_HOME: folder })).rejects.toThrow(
    `KEYCLOAK_HOME is ${folder}, where there is no`,
  );
});

it('says that Maven is missing, and leaves nothing behind', async () => {
  const folder = await emptyFolder();
  const missing = keycloakHome({ PATH: folder, XDG_CACHE_HOME: folder });
  await expect(missing).rejects.toThrow(/Maven \(mvn\) is missing.*KEYCLOAK_HOME/);
  expect(await readdir(join(folder, 'tenantry'))).toEqual([]);
});
