import type { GraphQLFieldResolver, GraphQLSchema } from 'graphql';

import { UserFault, type UserErrorData } from '../errors.js';

/** The payload of a mutation that was refused; each payload type takes from it the fields that it has. */
export interface RefusedPayload {
  readonly userErrors: readonly UserErrorData[];
  /** UUID of the tenant to show as it is, where there is one. */
  readonly shownTenant: string | undefined;
  readonly loggedOut: false;
}

/** Turns a `UserFault` that a mutation throws into `userErrors` on its payload: the one place that does. */
export function answerUserFaults(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    if (field.resolve !== undefined) field.resolve = answering(field.resolve);
  }
}

function answering<Source, Context>(
  resolve: GraphQLFieldResolver<Source, Context>,
): GraphQLFieldResolver<Source, Context> {
  return async (...args) => {
    try {
      return { userErrors: [], ...((await resolve(...args)) as object) };
    } catch (error) {
      if (!(error instanceof UserFault)) throw error;
      const payload: RefusedPayload = { userErrors: error.errors, shownTenant: error.shownTenant, loggedOut: false };
      return payload;
    }
  };
}
