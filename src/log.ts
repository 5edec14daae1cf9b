import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';

/** Names that hold a secret wherever they stand; a second net, since none is logged on purpose. */
const secretNames = [
  ...['password', 'secret', 'clientSecret', 'oneTimeCode', 'accessToken', 'refreshToken', 'token'],
  ...['authorization', 'cookie', 'variables', 'headers', 'body', 'query'],
];

/**
 * The service's log: one JSON object a line, pretty on a terminal.
 *
 * @param level a pino level
 * @param destination where the lines go; standard output where not given
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const terminal = destination === undefined && process.stdout.isTTY;
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError, error: describeError, req: describeNothing, res: describeNothing },
      redact: { paths: secretNames.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    },
    destination ?? (terminal ? pretty({ sync: true }) : pino.destination({ dest: 1, sync: true })),
  );
}

export interface DescribedError {
  readonly type: string;
  /** Only of errors whose messages our own code writes. */
  readonly message?: string;
  readonly code?: string;
  readonly constraint?: string;
  readonly table?: string;
  readonly stack?: readonly string[];
  readonly cause?: DescribedError;
}

/**
 * What the log may say of an error: its kind, its place, and the message only where no input can be part of it. Drivers
 * and parsers put statements and values into theirs.
 */
export function describeError(error: unknown, depth = 0): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, constraint, table, cause } = error as Error & Record<'code' | 'constraint' | 'table', unknown>;
  const speaksFreely = [Error.prototype, TypeError.prototype].includes(Object.getPrototypeOf(error) as Error);
  const isOurs = /Fault$|^StartupError$/.test(error.name);
  return {
    type: error.name === 'Error' ? error.constructor.name : error.name,
    ...((speaksFreely && code === undefined) || isOurs ? { message: error.message } : {}),
    ...textMember('code', code),
    ...textMember('constraint', constraint),
    ...textMember('table', table),
    stack: error.stack
      ?.split('\n')
      .filter((line) => /^\s+at /.test(line))
      .map((line) => line.trim()),
    ...(cause !== undefined && depth < 5 ? { cause: describeError(cause, depth + 1) } : {}),
  };
}

function textMember<Name extends string>(name: Name, value: unknown): { [key in Name]?: string } {
  return typeof value === 'string' ? ({ [name]: value } as { [key in Name]: string }) : {};
}

/** Fastify hands whole requests to its logger: addresses with query strings, headers. */
function describeNothing(): undefined {
  return undefined;
}
