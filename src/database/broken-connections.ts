import type { Pool, PoolClient } from 'pg';

/** Long enough for whoever holds the connection to notice and to give it back. */
const graceMs = 1000;

/**
 * Gives back to the pool what nobody else does: where the rollback of a transaction fails, since its connection broke,
 * Kysely 0.29 keeps the connection for ever (kysely-org/kysely#1990). A restart of PostgreSQL under load would leave
 * the pool without any.
 */
export function releaseBrokenConnections(pool: Pool): void {
  const held = new Set<PoolClient>();
  pool.on('acquire', (client) => held.add(client));
  pool.on('release', (_error, client) => held.delete(client));
  pool.on('connect', (client) => {
    client.once('end', () => {
      setTimeout(() => {
        if (held.has(client)) client.release(true);
      }, graceMs);
    });
  });
}
