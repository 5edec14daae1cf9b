import type { FastifyRequest } from 'fastify';

import type { AppServices, RequestContext } from './context.js';
import { RequestFault } from './errors.js';
import { authenticate } from './modules/identity/bearer.js';

/** Who asks, from the request's headers. A refused token does not fail the request: fields that are public still answer. */
export async function makeContext(app: AppServices, request: FastifyRequest): Promise<RequestContext> {
  const context = {
    requestId: request.id,
    remoteAddress: request.ip,
    now: app.now,
    log: request.log as RequestContext['log'],
    app,
  };
  try {
    return { ...context, viewer: await authenticate(app, request.headers.authorization) };
  } catch (error) {
    if (!(error instanceof RequestFault)) throw error;
    return { ...context, viewer: undefined, refusal: error };
  }
}
