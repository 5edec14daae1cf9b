import { Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import type { FastifyInstance } from 'fastify';

/**
 * For so long kept-alive connections stay open after the port is closed, each answer saying `connection: close`: a
 * client that sends its next request just as the stop begins would else find its connection gone.
 */
const WINDING_DOWN_MS = 500;

/**
 * Closes the server: stops accepting, winds the open connections down, waits for requests in flight, and cuts what is
 * still running after `graceMs`.
 */
export async function stopGracefully(app: FastifyInstance, graceMs: number): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), graceMs);
  if (await hasConnections(app)) {
    if (app.server.listening) Server.prototype.close.call(app.server); // http's own closes idle connections at once
    await delay(Math.min(WINDING_DOWN_MS, graceMs));
  }
  await app.close();
  clearTimeout(cut);
}

function hasConnections({ server }: FastifyInstance): Promise<boolean> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error === null && count > 0)));
}
