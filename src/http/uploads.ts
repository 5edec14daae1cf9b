import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';

import type { FastifyRequest } from 'fastify';
import { processRequest, Upload, type FileUpload } from 'graphql-upload-minimal';

import type { GraphQLContext } from '../graphql/authorization.js';
import { UploadedFile } from '../graphql/upload.js';
import { TransportFault } from './graphql-errors.js';
import { MultipartGuard } from './multipart-guard.js';

/** What a multipart request may hold. */
export const uploadLimits = { files: 3, fileBytes: 2_097_152, fieldBytes: 262_144 } as const;

/** Three files, `operations` and `map`, and room for the parts' own headers. */
const MAX_BODY_BYTES = uploadLimits.files * uploadLimits.fileBytes + 2 * uploadLimits.fieldBytes + 16_384;

/** Of a refused body so much is read and thrown away, so that a browser, which reads no answer before it, gets to it. */
const MAX_IGNORED_BYTES = 33_554_432;

export function isMultipart(request: FastifyRequest): boolean {
  return /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '');
}

/** Does the work; where that refuses the upload, reads its body to the end first, unless that takes too much. */
export async function readAwayIfRefused<T>({ raw, headers }: FastifyRequest, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const bytes = Number(headers['content-length']);
    if (bytes <= MAX_IGNORED_BYTES) {
      const withinMs = 10_000 + Math.round(bytes / 1_000); // slow lines too, and less than a request may take
      await finished(raw.resume(), { signal: AbortSignal.timeout(withinMs) }).catch(() => undefined);
    }
    throw error;
  }
}

/**
 * Refuses an upload by its headers alone, before a byte of it is kept.
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

const statusByRefusal: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  SERVICE_UNAVAILABLE: 503,
};

/**
 * Refuses an upload by who sends it: reading files is for those whose token was accepted.
 *
 * @throws TransportFault
 */
export function checkUploader({ viewer, refusal, log }: GraphQLContext): void {
  if (refusal !== undefined) {
    if (refusal.code === 'SERVICE_UNAVAILABLE') log.warn({ err: refusal }, 'service unavailable');
    throw new TransportFault(
      statusByRefusal[refusal.code] ?? 400,
      refusal.message,
      refusal.code,
      refusal.details.reason,
    );
  }
  if (viewer === undefined) throw new TransportFault(401, 'An upload needs a bearer token.', 'UNAUTHENTICATED');
}

/**
 * Reads a GraphQL multipart request with its files and returns the operation, an `UploadedFile` at each mapped place.
 *
 * @throws TransportFault where the request is malformed, has too many files, or lacks one
 */
export async function readMultipart(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
  const guard = new MultipartGuard();
  const uploads = new Map<Upload, Promise<UploadedFile>>();
  try {
    const operations = await processRequest(guard.watch(request), response, {
      maxFiles: uploadLimits.files,
      maxFileSize: uploadLimits.fileBytes + 1, // the parser calls a file cut that reaches its limit
      maxFieldSize: uploadLimits.fieldBytes,
    });
    // All at once: the parser hands out the files in the order of the body and waits for each to be read.
    forEachUpload(operations, (upload) => uploads.set(upload, uploads.get(upload) ?? readFile(upload)));
    const files = new Map<Upload, UploadedFile>();
    await Promise.all([...uploads].map(async ([upload, file]) => files.set(upload, await file)));
    await guard.end();
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
  const bytes = Buffer.concat(chunks);
  return new UploadedFile(file.filename, bytes, bytes.length > uploadLimits.fileBytes);
}

/** Undefined where the file was already found to be too large before it could be opened. */
function openStream(file: FileUpload): AsyncIterable<unknown> | undefined {
  try {
    return file.createReadStream();
  } catch (error) {
    if ((error as { statusCode?: unknown }).statusCode === 413) return undefined;
    throw error;
  }
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
