import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

import { onTestFinished } from 'vitest';

/** A port of the loopback interface that nobody listens on, as far as one can tell. */
export async function freePort(): Promise<number> {
  const server = await listening(0);
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A port that somebody else has until the present test ends: any, or the one that is named. */
export async function takenPort(port = 0): Promise<number> {
  const server = await listening(port);
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function listening(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
