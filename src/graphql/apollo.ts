import {
  ApolloServer,
  type ApolloServerPlugin,
  type BaseContext,
  type GraphQLRequestContext,
  type GraphQLRequestListener,
} from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';

import type { GraphQLContext } from './authorization.js';
import { documentLimits } from './document-limits.js';
import { causeOf, formatted, syntaxMessage } from './error-format.js';
import { Operations, type OperationAnswer } from './operation.js';

export interface ApolloOptions {
  /** Apollo Sandbox at `GET /graphql`, and the schema for everyone. */
  readonly sandbox: boolean;
  readonly log: Logger;
}

/** Apollo Server over the schema; not started yet. It does HTTP, CSRF and parsing; `Operations` does the rest. */
export function createApollo(schema: GraphQLSchema, { sandbox, log }: ApolloOptions): ApolloServer<GraphQLContext> {
  const operations = new Operations(
    schema,
    ({ viewer }) => sandbox || (viewer !== undefined && viewer.tenant === null),
  );
  return new ApolloServer<GraphQLContext>({
    schema,
    logger: apolloLogger(log),
    nodeEnv: 'production',
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    introspection: true, // decided by role, in Operations
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: documentLimits.tokens, maxComments: documentLimits.comments },
    dangerouslyDisableValidation: true, // Operations validates, once the document's limits are known to hold
    formatError: (error, cause) => formatEarlyError(error, cause, log),
    plugins: [
      executing(operations),
      // An APOLLO_KEY in the environment alone would switch the reports on.
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      sandbox
        ? ApolloServerPluginLandingPageLocalDefault({ embed: true, includeCookies: false, footer: false })
        : ApolloServerPluginLandingPageDisabled(),
    ],
  });
}

/** Executes in place of Apollo, and sets the status that GraphQL over HTTP asks for. */
function executing(operations: Operations): ApolloServerPlugin<GraphQLContext> {
  const listener: GraphQLRequestListener<GraphQLContext> = {
    async responseForOperation({ document, operation, request, contextValue, response }) {
      const variables = request.variables ?? {};
      const answer = await operations.run({ document, operation, variables }, contextValue);
      response.http.status = statusOf(answer, request.http?.headers.get('accept'));
      const { data, errors } = answer.result;
      return { http: response.http, body: { kind: 'single', singleResult: { data, errors } } };
    },
    async willSendResponse(context) {
      if (failedToParse(context) && !knowsGraphQLResponse(context.request.http?.headers.get('accept'))) {
        context.response.http.status = 200;
      }
    },
  };
  return { requestDidStart: async () => listener };
}

function statusOf({ outcome }: OperationAnswer, accept: string | undefined): number {
  if (outcome === 'executed') return 200;
  return outcome === 'over-limit' || knowsGraphQLResponse(accept) ? 400 : 200;
}

/** Others take a 4xx for a failure of the transport and do not read the body. */
function knowsGraphQLResponse(accept: string | undefined): boolean {
  return accept?.includes('application/graphql-response+json') ?? false;
}

function failedToParse({ response: { body } }: GraphQLRequestContext<BaseContext>): boolean {
  const errors = body?.kind === 'single' ? body.singleResult.errors : undefined;
  return errors?.[0]?.extensions?.['code'] === 'GRAPHQL_PARSE_FAILED';
}

/** Errors from before an operation is known: Apollo's own about HTTP, and the parser's. */
function formatEarlyError(error: GraphQLFormattedError, cause: unknown, log: Logger): GraphQLFormattedError {
  const code = error.extensions?.['code'];
  const { message, locations } = error;
  if (code === 'GRAPHQL_PARSE_FAILED') {
    return isOverLimit(message)
      ? formatted(`The document exceeds the limit of ${documentLimits.tokens} tokens, or is nested too deeply.`, {
          code: 'GRAPHQL_VALIDATION_FAILED',
        })
      : formatted(syntaxMessage(message), { code }, { locations });
  }
  // Their texts are Apollo's own, without anything of the request.
  if (code === 'BAD_REQUEST' || code === 'PERSISTED_QUERY_NOT_SUPPORTED') return formatted(message.trim(), { code });
  log.error({ err: cause instanceof GraphQLError ? causeOf(cause) : cause }, 'failed outside of an operation');
  return formatted('Internal error', { code: 'INTERNAL_SERVER_ERROR' });
}

/** Too many tokens or comments, or values nested until the parser's stack was full. */
function isOverLimit(message: string): boolean {
  return message.includes('Parsing aborted') || !message.startsWith('Syntax Error');
}

/** Apollo's messages about itself; none of them concerns a request. */
function apolloLogger(log: Logger) {
  return {
    debug: (message?: unknown) => log.debug(String(message)),
    info: (message?: unknown) => log.debug(String(message)),
    warn: (message?: unknown) => log.warn(String(message)),
    error: (message?: unknown) => log.error(String(message)),
  };
}
