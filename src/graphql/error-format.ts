import { GraphQLError, isValueNode, Kind, type GraphQLFormattedError, type SourceLocation } from 'graphql';

import { RequestFault, UserFault } from '../errors.js';
import type { GraphQLContext } from './authorization.js';
import { isDatabaseOutage } from './outage.js';

/** Codes that GraphQL itself knows, beside those of `requestErrorCodes`. */
export type ApiErrorCode =
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | 'BAD_USER_INPUT'
  | 'BAD_REQUEST'
  | 'SERVICE_UNAVAILABLE'
  | 'INTERNAL_SERVER_ERROR';

/**
 * What a caller sees of an error that a field raised: the one place where faults become top-level errors. A defect is
 * logged with the request's id, and answered with that id and nothing else.
 */
export function fieldError(error: GraphQLError, { log, requestId }: GraphQLContext): GraphQLFormattedError {
  const { locations, path } = error;
  const place = { locations, path };
  const cause = causeOf(error);
  const fault = asRequestFault(cause);
  if (fault?.code === 'SERVICE_UNAVAILABLE') log.warn({ err: cause, path }, 'service unavailable');
  if (fault) return formatted(fault.message, { code: fault.code, ...fault.details }, place);
  const argument = refusedArgument(cause);
  if (argument) {
    const extensions = { code: 'BAD_USER_INPUT', path: argument };
    return formatted('A variable of this argument is null or missing where its type needs a value.', extensions, place);
  }
  log.error({ err: cause, path }, 'internal error');
  return formatted('Internal error', { code: 'INTERNAL_SERVER_ERROR', requestId }, place);
}

/** The fault that an error stands for where it is one of the caller's or the infrastructure's, else undefined. */
export function asRequestFault(error: unknown): RequestFault | undefined {
  if (error instanceof RequestFault) return error;
  if (error instanceof UserFault) {
    // Outside a mutation's payload there is no userErrors: a query's argument was wrong.
    const [first] = error.errors;
    return new RequestFault('BAD_USER_INPUT', first?.message ?? error.message, { path: first?.path });
  }
  return isDatabaseOutage(error)
    ? new RequestFault('SERVICE_UNAVAILABLE', 'The service cannot answer now; try again.', {}, { cause: error })
    : undefined;
}

/** One error in GraphQL's format; undefined members are left out of the answer. */
export function formatted(
  message: string,
  extensions: { code: string; path?: readonly string[]; reason?: string; requestId?: string },
  place: { locations?: readonly SourceLocation[] | undefined; path?: readonly (string | number)[] | undefined } = {},
): GraphQLFormattedError {
  return { message, ...place, extensions };
}

/** What a syntax error may say: graphql-js quotes the token that it met, which may be a secret. */
export function syntaxMessage(message: string): string {
  return message.replace(/".*"/s, '(…)');
}

/** What was thrown, out of the wrappers that GraphQL puts around it. */
export function causeOf(error: GraphQLError): unknown {
  const { originalError } = error;
  return originalError instanceof GraphQLError && originalError.originalError
    ? causeOf(originalError)
    : (originalError ?? error);
}

/** graphql-js found out only while executing: a null variable where a default would have been allowed. */
function refusedArgument(error: unknown): string[] | undefined {
  const node = error instanceof GraphQLError ? error.nodes?.[0] : undefined;
  if (node === undefined || !(node.kind === Kind.ARGUMENT || isValueNode(node))) return undefined;
  return /^Argument "(\w+)"/.exec((error as GraphQLError).message)?.slice(1) ?? [];
}
