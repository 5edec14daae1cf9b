import { join } from 'node:path';

import { Migrator } from '@mikro-orm/migrations';
import { defineConfig, MikroORM, type PostgreSqlConnection } from '@mikro-orm/postgresql';

import { releaseBrokenConnections } from './broken-connections.js';
import { entities } from './entities.js';

/** The one schema of Tenantry's own tables. */
export const schemaName = 'tenantry';

/** How long a login may keep the database busy; 0 is without end. */
export interface ConnectionLimits {
  readonly connections: number;
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
}

/**
 * The ORM's options for one login.
 *
 * The address is handed to the driver as it stands: the ORM's own `clientUrl` drops its query parameters, `sslmode`
 * among them. Sessions are in UTC, so that timestamps which stay text all look alike.
 *
 * @param url a PostgreSQL connection URI
 */
export function ormOptions(url: string, limits: ConnectionLimits) {
  return defineConfig({
    entities,
    schema: schemaName,
    dbName: databaseName(url),
    driverOptions: {
      connectionString: url,
      application_name: 'tenantry',
      options: '-c TimeZone=UTC',
      connectionTimeoutMillis: 5000,
      keepAlive: true,
      onPoolCreated: releaseBrokenConnections,
      statement_timeout: limits.statementTimeoutMs,
      lock_timeout: limits.lockTimeoutMs,
      idle_in_transaction_session_timeout: limits.statementTimeoutMs * 6,
    },
    pool: { min: 0, max: limits.connections, idleTimeoutMillis: 30_000 },
    timezone: 'UTC',
    allowGlobalContext: false,
    extensions: [Migrator],
    migrations: {
      path: join(import.meta.dirname, '../../migrations'),
      snapshotName: '.snapshot',
      snapshotOnMigrate: false,
      emit: 'ts',
      silent: true,
    },
  });
}

/** Opens one connection without any entities, for a question or two to the server. */
export async function withConnection<T>(
  url: string,
  work: (connection: PostgreSqlConnection) => Promise<T>,
): Promise<T> {
  const limits = { connections: 1, statementTimeoutMs: 10_000, lockTimeoutMs: 5000 };
  const orm = new MikroORM({ ...ormOptions(url, limits), entities: [], discovery: { warnWhenNoEntities: false } });
  try {
    return await work(orm.em.getConnection());
  } finally {
    await orm.close();
  }
}

/** The database that a connection URI names; the driver falls back to the user's name, which the ORM need not know. */
function databaseName(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1)) || 'postgres';
}
