import type { FastifyRequest } from 'fastify';

import { RequestFault } from '../../src/errors.js';
import { createApollo } from '../../src/graphql/apollo.js';
import type { GraphQLContext } from '../../src/graphql/authorization.js';
import { buildApiSchema } from '../../src/graphql/schema.js';
import type { Health } from '../../src/http/health-route.js';
import { createHttpServer, type HttpServer } from '../../src/http/server.js';
import { createLogger } from '../../src/log.js';
import { permissionsByRole, type Role } from '../../src/modules/identity/permission.rules.js';
import type { Viewer } from '../../src/modules/identity/viewer.rules.js';
import { smallApiResolvers } from './small-schema.js';

function viewerOf(role: Role, tenant: string | null = null): Viewer {
  const subject = `user-${role}`;
  return {
    subject,
    issuer: 'test',
    username: subject,
    roles: [role],
    permissions: permissionsByRole[role],
    tenant,
    name: subject,
  };
}

/** `Authorization: Bearer <one of these>` stands for an accepted, or a refused, token. */
const callers: Record<string, Pick<GraphQLContext, 'viewer' | 'refusal'>> = {
  admin: { viewer: viewerOf('TENANT_ADMIN') },
  viewer: { viewer: viewerOf('TENANT_VIEWER') },
  tenant: { viewer: viewerOf('TENANT', '018f0000-0000-7000-8000-000000000000') },
  expired: { viewer: undefined, refusal: new RequestFault('UNAUTHENTICATED', 'The token has expired.') },
  suspended: {
    viewer: undefined,
    refusal: new RequestFault('FORBIDDEN', 'The tenant is suspended.', { reason: 'TENANT_NOT_OPERATIONAL' }),
  },
};

export interface SmallApi {
  readonly server: HttpServer;
  /** Lines that were logged so far. */
  readonly logged: () => string;
}

export interface SmallApiOptions {
  readonly sandbox?: boolean;
  readonly http?: Partial<Parameters<typeof createHttpServer>[0]['config']['http']>;
  readonly health?: () => Promise<Health>;
  readonly resolvers?: Parameters<typeof buildApiSchema>[0];
  readonly readLogo?: Parameters<typeof createHttpServer>[0]['readLogo'];
}

/** The small API, not listening: call through `server.app.inject` or `server.listen`. */
export async function startSmallApi(options: SmallApiOptions = {}): Promise<SmallApi> {
  const lines: string[] = [];
  const log = createLogger('trace', { write: (line: string) => void lines.push(line) });
  const schema = await buildApiSchema(options.resolvers ?? [...smallApiResolvers]);
  const server = await createHttpServer({
    config: { http: { ...defaultHttp, ...options.http } },
    apollo: createApollo(schema, { sandbox: options.sandbox ?? false, log }),
    makeContext: async (request: FastifyRequest) => {
      const caller = callers[(request.headers.authorization ?? '').replace('Bearer ', '')] ?? { viewer: undefined };
      return { requestId: request.id, log: request.log as GraphQLContext['log'], ...caller };
    },
    health: options.health ?? (async () => ({ isReady: true, parts: { database: 'up', keycloak: 'up', jobs: 'up' } })),
    readLogo: options.readLogo ?? (async () => undefined),
    log,
  });
  return { server, logged: () => lines.join('') };
}

const defaultHttp = {
  host: '127.0.0.1',
  port: 0,
  portGiven: true,
  publicUrl: undefined,
  trustedProxies: [],
  corsOrigins: [],
  shutdownGraceSeconds: 2,
};

export interface GraphQLAnswer {
  readonly status: number;
  readonly text: string;
  readonly data: Record<string, unknown> | null | undefined;
  readonly errors: readonly { message: string; path?: unknown; extensions: Record<string, unknown> }[];
}

/** Posts one operation as `caller` (a name of `callers`). */
export async function post(
  api: SmallApi,
  query: string,
  variables: Record<string, unknown> = {},
  { caller = 'admin', accept = 'application/json' }: { caller?: string; accept?: string } = {},
): Promise<GraphQLAnswer> {
  const response = await api.server.app.inject({
    method: 'POST',
    url: '/graphql',
    headers: { accept, authorization: `Bearer ${caller}` },
    payload: { query, variables },
  });
  return answerOf(response.statusCode, response.body);
}

export function answerOf(status: number, text: string): GraphQLAnswer {
  const body = JSON.parse(text) as Partial<GraphQLAnswer>;
  return { status, text, data: body.data, errors: body.errors ?? [] };
}

/** The codes of an answer's top-level errors. */
export const codes = ({ errors }: GraphQLAnswer): unknown[] => errors.map(({ extensions }) => extensions['code']);
