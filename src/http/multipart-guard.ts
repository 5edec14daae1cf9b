import type { IncomingMessage } from 'node:http';
import type { Readable, Writable } from 'node:stream';

import { TransportFault } from './graphql-errors.js';

/** A few files, at a few places each. */
const maxPaths = 20;
/** Inputs are not that deep. */
const maxPathLength = 200;

type OnField = (name: string, value: string, ...rest: unknown[]) => void;

/**
 * Stands between the multipart parser and the upload library, for what the library leaves open: it follows `map`'s paths
 * through inherited members, so that `variables.toString.call` would write to built-ins, and it drops files that `map`
 * does not name.
 */
export class MultipartGuard {
  #operations: unknown;
  /** Files that are still to come. */
  #named = new Set<string>();
  #hasStrayFile = false;
  #ended: Promise<void> = Promise.resolve();

  /** The request, to be handed to the library instead of the bare one. */
  watch(request: IncomingMessage): IncomingMessage {
    const pipe = request.pipe.bind(request) as (parser: Writable) => Writable;
    return Object.assign(request, {
      pipe: (parser: Writable) => {
        this.#attach(parser);
        return pipe(parser);
      },
    });
  }

  /**
   * Resolves once the whole body was parsed.
   *
   * @throws TransportFault where it held a file that `map` does not name, or more than are allowed
   */
  async end(): Promise<void> {
    await this.#ended;
    if (this.#hasStrayFile)
      throw new TransportFault(400, 'The request holds a file that "map" does not name, or one twice.');
  }

  #attach(parser: Writable): void {
    const [onField] = parser.listeners('field') as OnField[];
    parser.removeAllListeners('field');
    parser.on('field', (name: string, value: string, ...rest: unknown[]) => {
      const fault = this.#check(name, value);
      if (fault === undefined) onField?.(name, value, ...rest);
      else parser.destroy(fault);
    });
    parser.on('file', (name: string, stream: Readable) => {
      if (this.#named.delete(name)) return;
      this.#hasStrayFile = true;
      stream.resume(); // nobody else reads it, and the parser waits until somebody has
    });
    parser.on('filesLimit', () => {
      this.#hasStrayFile = true;
    });
    this.#ended = new Promise((resolve) => parser.once('close', resolve));
  }

  #check(name: string, value: string): TransportFault | undefined {
    if (name === 'operations') this.#operations = parsed(value);
    if (name !== 'map') return undefined;
    const map = parsed(value);
    const entries = typeof map === 'object' && map !== null ? Object.entries(map) : [];
    this.#named = new Set(entries.map(([file]) => file));
    const lists = entries.map(([, list]: [string, unknown]) => (Array.isArray(list) ? (list as unknown[]) : undefined));
    const paths = lists.flat();
    if (paths.length > maxPaths) return new TransportFault(400, `"map" may hold at most ${maxPaths} paths.`);
    const leadsToNull = (path: unknown): boolean =>
      typeof path === 'string' && path.length <= maxPathLength && memberAt(this.#operations, path) === null;
    // A file without a place of its own would never be read, and the parser would wait for that.
    const eachHasItsPlace = lists.every((list) => list?.length !== 0) && new Set(paths).size === paths.length;
    return eachHasItsPlace && paths.every(leadsToNull)
      ? undefined
      : new TransportFault(400, 'Each file of "map" needs paths of its own that lead to a null in "operations".');
  }
}

/** Undefined where it is no JSON: the library refuses it with a message of its own. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

/** What is there, followed through own members alone. */
function memberAt(holder: unknown, path: string): unknown {
  let at = holder;
  for (const key of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}
