import { setTimeout as delay } from 'node:timers/promises';

import type { FastifyInstance } from 'fastify';

/**
 * For so long requests are still taken, each answered with `connection: close`: a client that sends its next request on
 * a kept-alive connection just as the stop begins would else find it closed under its hands.
 */
const WINDING_DOWN_MS = 500;

/**
 * Closes the server: winds the open connections down, stops accepting, waits for requests in flight, and cuts what is
 * still running after `graceMs`.
 */
export async function stopGracefully(app: FastifyInstance, graceMs: number): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), graceMs);
  if (await hasConnections(app)) await delay(Math.min(WINDING_DOWN_MS, graceMs));
  await app.close();
  clearTimeout(cut);
}

function hasConnections({ server }: FastifyInstance): Promise<boolean> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error === null && count > 0)));
}
