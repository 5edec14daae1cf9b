import type { FastifyInstance } from 'fastify';

import { isDatabaseOutage } from '../graphql/outage.js';

/** Headers that every answer carries, unless its route has set its own. */
export function secureHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    });
  });
  app.addHook('onSend', async (_request, reply) => {
    const isPage = String(reply.getHeader('content-type')).startsWith('text/html'); // Apollo Sandbox loads its scripts
    if (!isPage && !reply.hasHeader('content-security-policy')) {
      void reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    }
  });
}

/** JSON for what is not GraphQL: unknown paths, and errors of the other routes. */
export function answerOtherErrors(app: FastifyInstance): void {
  app.setNotFoundHandler(async (_request, reply) => reply.code(404).send({ error: 'Not found' }));
  app.setErrorHandler<Error & { statusCode?: number }>(async (error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send({ error: 'Bad request' });
    if (isDatabaseOutage(error)) {
      request.log.warn({ err: error }, 'service unavailable');
      return reply.code(503).send({ error: 'Service unavailable' });
    }
    request.log.error({ err: error }, 'internal error');
    return reply.code(500).send({ error: 'Internal error', requestId: request.id });
  });
}
