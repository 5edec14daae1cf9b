import { sql, type RawBuilder } from 'kysely';

/** A timestamp column as RFC 3339 text in UTC, with milliseconds: no Date is made for what is only passed on. */
export function timestamp(column: string): RawBuilder<string> {
  return sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
