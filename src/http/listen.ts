import type { FastifyInstance } from 'fastify';

import type { Config } from '../config.js';
import { StartupError } from '../startup-error.js';

const PORTS_TRIED = 20;

/**
 * Listens on the configured port; where none was given and it is taken, on the next free one.
 *
 * @throws StartupError where a given port is taken, or the address cannot be used
 */
export async function listenOnPort(app: FastifyInstance, { host, port, portGiven }: Config['http']): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await app.listen({ host, port: port + attempt, listenTextResolver: (address) => `listening at ${address}` });
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const mayMoveOn = !portGiven && attempt < PORTS_TRIED && port + attempt < 65_535;
      if (code === 'EADDRINUSE' && mayMoveOn) continue;
      throw new StartupError(`Cannot listen at ${host}:${port + attempt}: ${reason(code)}`);
    }
  }
}

function reason(code: string | undefined): string {
  if (code === 'EADDRINUSE') return 'the port is taken. Choose another with PORT, or PORT=0 for a free one.';
  if (code === 'EACCES') return 'this user may not use the port. Choose one above 1023 with PORT.';
  return `${code ?? 'unknown error'}. Check HOST and PORT.`;
}
