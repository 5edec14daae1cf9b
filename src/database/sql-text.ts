/** A name as an SQL identifier, for statements that take no parameters (DDL). */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A value as an SQL string, for statements that take no parameters (DDL). */
export function literal(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
