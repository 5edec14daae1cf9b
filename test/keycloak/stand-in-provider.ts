import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startKeycloakStandIn } from '../../src/embedded/keycloak/index.js';
import type { Provider } from './provider.js';

/** A stand-in with nothing in it but what it is seeded with. */
export async function startStandInProvider(): Promise<{ provider: Provider; stop: () => Promise<void> }> {
  const stateDir = await mkdtemp(join(tmpdir(), 'stand-in-'));
  const standIn = await startKeycloakStandIn({ stateDir });
  return {
    provider: { url: standIn.url, administrator: standIn.administrator },
    stop: async () => {
      await standIn.stop();
      await rm(stateDir, { recursive: true });
    },
  };
}
