import type { FastifyReply, FastifyRequest } from 'fastify';

import { asRequestFault, formatted } from '../graphql/error-format.js';

/** A request that is refused before GraphQL sees it; answered in GraphQL's format all the same. */
export class TransportFault extends Error {
  override readonly name = 'TransportFault';

  constructor(
    readonly statusCode: number,
    message: string,
    readonly code: string = 'BAD_REQUEST',
    readonly reason?: string,
  ) {
    super(message);
  }
}

const messageByStatus: Readonly<Record<number, string>> = {
  400: 'The request body is not valid JSON, or not as long as it says.',
  413: 'The request body is larger than 262,144 bytes.',
  415: 'The content type must be application/json or, for uploads, multipart/form-data.',
};

/** Answers what went wrong on the way to GraphQL; bodies and headers are neither repeated nor logged. */
export async function answerTransportError(error: Error, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const fault = asRequestFault(error);
  const status = (error as { statusCode?: unknown }).statusCode;
  if (error instanceof TransportFault) {
    const { message, statusCode, code, reason } = error;
    await send(reply, statusCode, message, { code, reason });
  } else if (fault) {
    await send(reply, fault.code === 'SERVICE_UNAVAILABLE' ? 503 : 400, fault.message, {
      code: fault.code,
      ...fault.details,
    });
  } else if (typeof status === 'number' && status < 500) {
    await send(reply, status, messageByStatus[status] ?? 'The request cannot be read.', { code: 'BAD_REQUEST' });
  } else {
    request.log.error({ err: error }, 'internal error');
    await send(reply, 500, 'Internal error', { code: 'INTERNAL_SERVER_ERROR', requestId: request.id });
  }
}

async function send(
  reply: FastifyReply,
  status: number,
  message: string,
  extensions: Parameters<typeof formatted>[1],
): Promise<void> {
  await reply
    .code(status)
    .type('application/json; charset=utf-8')
    .send({ errors: [formatted(message, extensions)] });
}
