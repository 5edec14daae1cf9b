/** What the driver's errors say, in one place. The ORM wraps them and copies their fields; Kysely throws them as they are. */

/** The name of the unique constraint that a statement violated, e.g. `tenant_code_unique`; undefined for any other error. */
export function violatedUnique(error: unknown): string | undefined {
  return codeOf(error) === '23505' ? field(error, 'constraint') : undefined;
}

/** Whether the transaction failed only because of others at the same time, so that it may simply be tried again. */
export function isRetryable(error: unknown): boolean {
  const code = codeOf(error);
  return code === '40001' || code === '40P01';
}

/** SQLSTATE, or the code of a network error, through the ORM's wrapping. */
export function codeOf(error: unknown): string | undefined {
  return field(error, 'code');
}

function field(error: unknown, name: 'code' | 'constraint'): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const value = (at as Error & Record<typeof name, unknown>)[name];
    if (typeof value === 'string') return value;
  }
  return undefined;
}
