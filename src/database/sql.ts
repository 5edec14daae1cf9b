import { sql, type RawBuilder } from 'kysely';

/**
 * A timestamp column that is only passed on: it comes as the text of PostgreSQL, in UTC since sessions are, and the
 * API's scalar writes it as RFC 3339. Having PostgreSQL format it costs several times as much, and so does a Date.
 */
export function timestamp(column: string): RawBuilder<string> {
  return sql<string>`${sql.ref(column)}`;
}
