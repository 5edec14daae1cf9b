import { HeaderMap, type ApolloServer, type HTTPGraphQLRequest } from '@apollo/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { GraphQLContext } from '../graphql/authorization.js';
import { answerTransportError } from './graphql-errors.js';
import { checkUploader, checkUploadHeaders, isMultipart, readAwayIfRefused, readMultipart } from './uploads.js';

const JSON_BODY_BYTES = 262_144;

export type MakeContext = (request: FastifyRequest) => Promise<GraphQLContext>;

/** `/graphql`: JSON bodies, and uploads by the GraphQL multipart request. */
export function graphqlRoute(apollo: ApolloServer<GraphQLContext>, makeContext: MakeContext) {
  const contexts = new WeakMap<FastifyRequest, Promise<GraphQLContext>>();
  const contextOf = (request: FastifyRequest): Promise<GraphQLContext> => {
    const context = contexts.get(request) ?? makeContext(request);
    contexts.set(request, context);
    return context;
  };

  return async (scope: FastifyInstance): Promise<void> => {
    scope.setErrorHandler(answerTransportError);
    // The body is left unread: who sends it, and how much, is decided first.
    scope.addContentTypeParser('multipart/form-data', (_request, _payload, done) => done(null));
    scope.addHook('onRequest', async (request, reply) => {
      void reply.header('cache-control', 'no-store');
      if (!isMultipart(request)) return;
      void reply.header('connection', 'close'); // what is left of a refused body must not hold the connection
      await readAwayIfRefused(request, async () => {
        checkUploadHeaders(request);
        checkUploader(await contextOf(request));
      });
    });
    scope.addHook('preValidation', async (request, reply) => {
      if (!isMultipart(request)) return;
      request.body = await readAwayIfRefused(request, () => readMultipart(request.raw, reply.raw));
    });
    scope.route({
      method: ['GET', 'POST'],
      url: '/graphql',
      bodyLimit: JSON_BODY_BYTES,
      handler: async (request, reply) => {
        const httpGraphQLRequest = toHTTPGraphQLRequest(request);
        const made = await contextOf(request); // here, so that a defect answers as one of ours, and not as Apollo's
        return answer(reply, await apollo.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: async () => made }));
      },
    });
  };
}

/** Apollo's own integration builds an address from the Host header, and throws where that is none. */
function toHTTPGraphQLRequest({ body, method, headers, url }: FastifyRequest): HTTPGraphQLRequest {
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const start = url.indexOf('?');
  return { body, method, headers: map, search: start === -1 ? '' : url.slice(start) };
}

type Answer = Awaited<ReturnType<ApolloServer<GraphQLContext>['executeHTTPGraphQLRequest']>>;

function answer(reply: FastifyReply, { status, headers, body }: Answer): string {
  for (const [name, value] of headers) void reply.header(name, value);
  void reply.code(status ?? 200);
  if (body.kind === 'chunked') throw new TypeError('The API has no incremental delivery.');
  return body.string;
}
