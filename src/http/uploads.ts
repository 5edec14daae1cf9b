import type { IncomingMessage, ServerResponse } from 'node:http';

import type { FastifyRequest } from 'fastify';
import { processRequest, Upload, type FileUpload } from 'graphql-upload-minimal';

import type { GraphQLContext } from '../graphql/authorization.js';
import { UploadedFile } from '../graphql/upload.js';
import { TransportFault } from './graphql-errors.js';

/** What a multipart request may hold. */
export const uploadLimits = { files: 3, fileBytes: 2_097_152, fieldBytes: 262_144 } as const;

/** Three files, `operations` and `map`, and room for the parts' own headers. */
const MAX_BODY_BYTES = uploadLimits.files * uploadLimits.fileBytes + 2 * uploadLimits.fieldBytes + 16_384;

export function isMultipart(request: FastifyRequest): boolean {
  return /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '');
}

/**
 * Refuses an upload by its headers alone, before a byte of it is read.
 *
 * @throws TransportFault
 */
export function checkUploadHeaders({ headers }: FastifyRequest): void {
  if (!headers['apollo-require-preflight'] && !headers['x-apollo-operation-name']) {
    throw new TransportFault(400, 'A multipart request needs the header apollo-require-preflight.');
  }
  const length = headers['content-length'];
  if (length === undefined) throw new TransportFault(411, 'A multipart request needs a Content-Length.');
  if (Number(length) > MAX_BODY_BYTES) {
    throw new TransportFault(413, `The request body is larger than ${MAX_BODY_BYTES} bytes.`);
  }
}

/**
 * Refuses an upload by who sends it: reading files is for those whose token was accepted.
 *
 * @throws TransportFault
 */
export function checkUploader({ viewer, refusal }: GraphQLContext): void {
  if (refusal !== undefined) {
    const status = refusal.code === 'FORBIDDEN' ? 403 : refusal.code === 'UNAUTHENTICATED' ? 401 : 400;
    throw new TransportFault(status, refusal.message, refusal.code, refusal.details.reason);
  }
  if (viewer === undefined) throw new TransportFault(401, 'An upload needs a bearer token.', 'UNAUTHENTICATED');
}

/**
 * Reads a GraphQL multipart request with its files and returns the operation, an `UploadedFile` at each mapped place.
 *
 * @throws TransportFault where the request is malformed, has too many files, or lacks one
 */
export async function readMultipart(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
  const uploads = new Map<Upload, Promise<UploadedFile>>();
  try {
    const operations = await processRequest(checkingMap(request), response, {
      maxFiles: uploadLimits.files,
      maxFileSize: uploadLimits.fileBytes,
      maxFieldSize: uploadLimits.fieldBytes,
    });
    // All at once: the parser hands out the files in the order of the body and waits for each to be read.
    forEachUpload(operations, (upload) => uploads.set(upload, uploads.get(upload) ?? readFile(upload)));
    const files = new Map<Upload, UploadedFile>();
    await Promise.all([...uploads].map(async ([upload, file]) => files.set(upload, await file)));
    forEachUpload(operations, (upload, holder, key) => (holder[key] = files.get(upload)));
    return operations;
  } catch (error) {
    throw asTransportFault(error);
  }
}

type Holder = Record<string, unknown>;

function forEachUpload(value: unknown, visit: (upload: Upload, holder: Holder, key: string) => unknown): void {
  const holders = [value];
  for (let holder = holders.pop(); holder !== undefined; holder = holders.pop()) {
    for (const [key, member] of Object.entries(holder as Holder)) {
      if (member instanceof Upload) visit(member, holder as Holder, key);
      else if (typeof member === 'object' && member !== null) holders.push(member);
    }
  }
}

async function readFile(upload: Upload): Promise<UploadedFile> {
  const file = await upload.promise;
  const stream = openStream(file);
  if (stream === undefined) return new UploadedFile(file.filename, Buffer.alloc(0), true);
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  // A longer file is cut without an error; only the stream says so.
  return new UploadedFile(file.filename, Buffer.concat(chunks), stream.truncated === true);
}

/** Undefined where the file was already found to be too large before it could be opened. */
function openStream(file: FileUpload): (AsyncIterable<unknown> & { readonly truncated?: boolean }) | undefined {
  try {
    return file.createReadStream();
  } catch (error) {
    if ((error as { statusCode?: unknown }).statusCode === 413) return undefined;
    throw error;
  }
}

interface FieldParser {
  listeners(event: 'field'): ((...args: unknown[]) => void)[];
  removeAllListeners(event: 'field'): void;
  on(event: 'field', listener: (name: string, value: string, ...rest: unknown[]) => void): void;
  destroy(error: Error): void;
}

/**
 * Lets the library see `map` only when each of its paths leads through own members to a null, as the specification has
 * it. The library itself follows inherited members: a path like `variables.toString.call` would write to built-ins.
 */
function checkingMap(request: IncomingMessage): IncomingMessage {
  const pipe = request.pipe.bind(request) as (parser: unknown) => unknown;
  const piping = (parser: FieldParser): unknown => {
    const [onField] = parser.listeners('field');
    let operations: unknown;
    parser.removeAllListeners('field');
    parser.on('field', (name, value, ...rest) => {
      if (name === 'operations') operations = parsed(value);
      if (name === 'map' && operations !== undefined && !mapsToNulls(parsed(value), operations)) {
        parser.destroy(new TransportFault(400, 'Each path of "map" must lead to a null in "operations".'));
      } else onField?.(name, value, ...rest);
    });
    return pipe(parser);
  };
  return Object.assign(request, { pipe: piping });
}

/** Undefined where it is no JSON: the library's own message follows. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

function mapsToNulls(map: unknown, operations: unknown): boolean {
  const entries = typeof map === 'object' && map !== null ? Object.values(map) : [];
  const paths = entries.flat().filter((path) => typeof path === 'string');
  return paths.every((path) => ownMember(operations, path.split('.')) === null);
}

function ownMember(holder: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return holder;
  return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key)
    ? ownMember((holder as Holder)[key], rest)
    : undefined;
}

function asTransportFault(error: unknown): unknown {
  const { statusCode, message } = error as { statusCode?: unknown; message?: unknown };
  if (error instanceof TransportFault || typeof message !== 'string') return error;
  if (statusCode === 413) return new TransportFault(413, 'More files, or a longer field, than a request may have.');
  if (statusCode === 400 && message.startsWith('File missing')) {
    return new TransportFault(400, 'A file that "map" names is missing.', 'BAD_USER_INPUT');
  }
  // The rest is a malformed body, whether the library or the multipart parser below it says so.
  return new TransportFault(400, 'The body is not a GraphQL multipart request.');
}
