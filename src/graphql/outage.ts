/** SQLSTATEs and Node.js codes that say "the database cannot serve this now", as opposed to "the statement is wrong". */
const outageCodes = new Set([
  ...['57P01', '57P02', '57P03', '57P05'], // shut down, crashed, starting up, idle session ended
  ...['57014', '55P03', '25P03', '25P04'], // statement, lock, idle-in-transaction and transaction time-outs
  ...['53000', '53100', '53200', '53300', '53400'], // out of resources, too many connections
  ...['40001', '40P01'], // still in conflict after its retries
  ...[
    'ECONNREFUSED',
    'ECONNRESET',
    'ETIMEDOUT',
    'EPIPE',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOTFOUND',
    'EAI_AGAIN',
    'ENOENT',
  ],
]);

/** Errors that pg raises without a code. */
const outageMessages =
  /^(timeout exceeded when trying to connect|connection terminated|client has encountered a connection error|query read timeout)/i;

/**
 * Whether an error means that the database is away or overloaded. Looks through wrappers: the ORM and Kysely each put
 * the driver's error into another one.
 */
export function isDatabaseOutage(error: unknown): boolean {
  for (const cause of causes(error)) {
    const { code, name, message } = cause as Partial<Record<'code' | 'name' | 'message', unknown>>;
    if (name === 'ConnectionException') return true;
    if (typeof code === 'string' && (outageCodes.has(code) || code.startsWith('08'))) return true;
    if (typeof message === 'string' && outageMessages.test(message)) return true;
  }
  return false;
}

/** The error and what caused it, outermost first; the bound keeps a circle of causes from being endless. */
function causes(error: unknown): object[] {
  const chain: object[] = [];
  let next: unknown = error;
  while (typeof next === 'object' && next !== null && chain.length < 10) {
    chain.push(next);
    const { cause, previous, errors } = next as { cause?: unknown; previous?: unknown; errors?: unknown };
    next = cause ?? previous ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return chain;
}
