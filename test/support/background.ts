import { setTimeout as sleep } from 'node:timers/promises';

import { onTestFinished } from 'vitest';

import { startApp, type RunningApp } from '../../src/app.js';
import { createLogger } from '../../src/log.js';
import type { TestApp } from './app.js';

const betweenLooksMs = 50;

/**
 * Looks again and again until what it sees is so.
 *
 * @param withinMs after this it gives up, and returns what it saw last for the test to complain about
 */
export async function eventually<T>(look: () => Promise<T>, isSo: (seen: T) => boolean, withinMs = 10_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (isSo(seen) || Date.now() > deadline) return seen;
    await sleep(betweenLooksMs);
  }
}

/** What the realm answers to a client that it does not know: enabled, disabled, or no such realm. */
export async function realmStateOf(app: TestApp, realm: string): Promise<'ENABLED' | 'DISABLED' | 'MISSING'> {
  const answer = await fetch(`${app.standIn.url}/realms/${realm}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'nobody', client_secret: 'nothing' }),
  });
  if (answer.status === 404) return 'MISSING';
  return answer.status === 403 ? 'DISABLED' : 'ENABLED';
}

/** Another replica on the same database and Keycloak, for the present test. */
export async function startReplica({ services }: TestApp): Promise<RunningApp> {
  const replica = await startApp(services.config, createLogger('silent'));
  onTestFinished(() => replica.stop());
  return replica;
}

/** Changes of a realm that Keycloak was asked for. */
export function realmChanges({ standIn }: TestApp, realm: string): number {
  return standIn.faults.requests(new RegExp(`^/admin/realms/${realm}$`), 'PUT');
}
