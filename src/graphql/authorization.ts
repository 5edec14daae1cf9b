import type { GraphQLSchema } from 'graphql';
import { Extensions, getMetadataStorage, type AuthCheckerFn } from 'type-graphql';

import type { RequestContext } from '../context.js';
import { RequestFault } from '../errors.js';
import type { Permission } from '../modules/identity/permission.rules.js';

/** What the GraphQL layer itself needs to know of a request. */
export type GraphQLContext = Pick<RequestContext, 'requestId' | 'viewer' | 'refusal' | 'log'>;

/** A root field that needs no token. Every root field has either this or `@Authorized(…)`. */
export const Public = (): MethodDecorator => Extensions({ isPublic: true });

/**
 * `@Authorized('READ_TENANTS')`: the caller holds that permission (of several, one). `@Authorized()`: anybody with an
 * accepted token.
 *
 * @throws RequestFault why the token was refused, UNAUTHENTICATED without one, FORBIDDEN without the permission
 */
export const checkPermission: AuthCheckerFn<GraphQLContext, Permission> = ({ context }, required) => {
  const { refusal, viewer } = context;
  if (refusal !== undefined) throw refusal;
  if (viewer === undefined) throw new RequestFault('UNAUTHENTICATED', 'A bearer token is needed.');
  if (required.length > 0 && !required.some((permission) => viewer.permissions.includes(permission))) {
    throw new RequestFault('FORBIDDEN', `The permission ${required.join(' or ')} is needed.`);
  }
  return true;
};

export interface RootFieldAccess {
  readonly operation: 'query' | 'mutation';
  readonly field: string;
  /** Empty: anybody with an accepted token. */
  readonly permissions: readonly Permission[] | 'public';
}

/**
 * Every root field of the schema with what it needs, as declared on its resolver.
 *
 * @throws Error naming the root fields that declare nothing, so that none is left open by being forgotten
 */
export function rootFieldAccess(schema: GraphQLSchema): RootFieldAccess[] {
  const access: RootFieldAccess[] = [];
  const undeclared: string[] = [];
  for (const operation of ['query', 'mutation'] as const) {
    const root = operation === 'query' ? schema.getQueryType() : schema.getMutationType();
    for (const [field, { extensions }] of Object.entries(root?.getFields() ?? {})) {
      const permissions = extensions['isPublic'] === true ? 'public' : declaredPermissions(operation, field);
      if (permissions === undefined) undeclared.push(field);
      else access.push({ operation, field, permissions });
    }
  }
  if (undeclared.length > 0) throw new Error(`Neither @Authorized nor @Public: ${undeclared.join(', ')}`);
  return access;
}

function declaredPermissions(operation: 'query' | 'mutation', field: string): readonly Permission[] | undefined {
  const { queries, mutations, authorizedFields } = getMetadataStorage();
  const handlers = operation === 'query' ? queries : mutations;
  const guards = handlers
    .filter(({ schemaName }) => schemaName === field)
    .flatMap(({ target, methodName }) =>
      authorizedFields.filter((guard) => guard.target === target && guard.fieldName === methodName),
    );
  return guards[0]?.roles as readonly Permission[] | undefined;
}
