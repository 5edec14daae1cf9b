import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKeycloakStandIn } from '../../src/embedded/keycloak/index.js';
import { describeKeycloakBehaviour } from './conformance.js';

describeKeycloakBehaviour('the stand-in', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'stand-in-'));
  const standIn = await startKeycloakStandIn({ stateDir });
  const stop = async (): Promise<void> => {
    await standIn.stop();
    await rm(stateDir, { recursive: true });
  };
  return { provider: { url: standIn.url, administrator: standIn.administrator }, stop };
});
