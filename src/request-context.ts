import type { FastifyRequest } from 'fastify';

import type { AppServices, RequestContext } from './context.js';
import { asRequestFault } from './graphql/error-format.js';
import { authenticate } from './modules/identity/bearer.service.js';
import { narrowed } from './modules/identity/tenant-header.service.js';

type Caller = Pick<RequestContext, 'viewer' | 'narrowedTo' | 'refusal'>;

/**
 * Who asks, from the request's headers. A refused token, or one that cannot be looked up in a database that is away,
 * does not fail the request: fields that are public still answer.
 */
export async function makeContext(app: AppServices, request: FastifyRequest): Promise<RequestContext> {
  return {
    ...(await callerOf(app, request)),
    requestId: request.id,
    remoteAddress: request.ip,
    now: app.now,
    log: request.log as RequestContext['log'],
    app,
  };
}

async function callerOf(app: AppServices, { headers }: FastifyRequest): Promise<Caller> {
  try {
    const viewer = await authenticate(app, headers.authorization);
    const header = headers['x-tenant-id'];
    if (viewer === undefined || header === undefined) return { viewer };
    return { viewer, narrowedTo: await narrowed(app, viewer, String(header)) };
  } catch (error) {
    const refusal = asRequestFault(error);
    if (refusal === undefined) throw error;
    return { viewer: undefined, refusal };
  }
}
