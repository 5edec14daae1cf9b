import 'reflect-metadata';

import type { FastifyRequest } from 'fastify';
import {
  Arg,
  Authorized,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql';

import { RequestFault, UserFault } from '../../src/errors.js';
import { createApollo } from '../../src/graphql/apollo.js';
import { Public, type GraphQLContext } from '../../src/graphql/authorization.js';
import { OneOf } from '../../src/graphql/one-of.js';
import { UserError } from '../../src/graphql/payload.type.js';
import * as scalars from '../../src/graphql/scalars.js';
import { buildApiSchema } from '../../src/graphql/schema.js';
import { UploadedFile } from '../../src/graphql/upload.js';
import { createHttpServer, type HttpServer } from '../../src/http/server.js';
import type { Health } from '../../src/http/health-route.js';
import { createLogger } from '../../src/log.js';
import { permissionsByRole, type Role } from '../../src/modules/identity/permission.rules.js';
import type { Viewer } from '../../src/modules/identity/viewer.js';

/** A small API with one of everything that the GraphQL layer treats in its own way; real schema, server and HTTP. */
@OneOf()
@InputType({ description: 'One way to name a thing.' })
class ThingRef {
  @Field(() => ID, { nullable: true }) id?: string;
  @Field(() => String, { nullable: true }) code?: string;
}

@OneOf()
@InputType({ description: 'The oneOf of the specification: a String and an Int.' })
class SpecInput {
  @Field(() => String, { nullable: true }) a?: string;
  @Field(() => Int, { nullable: true }) b?: number;
}

@InputType()
class LoginInput {
  @Field(() => String) username!: string;
  @Field(() => String) password!: string;
}

@InputType()
class PartInput {
  @Field(() => String) name!: string;
  @Field(() => Int) size!: number;
}

@InputType()
class ThingInput {
  @Field(() => String) name!: string;
  @Field(() => ThingRef) parent!: ThingRef;
  @Field(() => [PartInput], { nullable: true }) parts?: PartInput[];
  @Field(() => scalars.DateTimeScalar, { nullable: true }) startsAt?: Date;
  @Field(() => scalars.JSONObjectScalar, { nullable: true }) settings?: Record<string, unknown>;
  @Field(() => scalars.UploadScalar, { nullable: true }) logo?: UploadedFile;
  @Field(() => scalars.UploadScalar, { nullable: true }) icon?: UploadedFile;
  @Field(() => scalars.UploadScalar, { nullable: true }) dark?: UploadedFile;
}

@ObjectType()
class FileSeen {
  @Field(() => String) filename!: string;
  @Field(() => Int) byteSize!: number;
  @Field(() => Boolean) isTruncated!: boolean;
  @Field(() => String) start!: string;
}

@ObjectType()
class ThingPayload {
  @Field(() => String, { nullable: true }) thing?: string;
  @Field(() => [FileSeen]) files!: FileSeen[];
  @Field(() => [UserError]) userErrors!: UserError[];
}

@ObjectType()
class SessionPayload {
  @Field(() => String, { nullable: true }) session?: string;
  @Field(() => [UserError]) userErrors!: UserError[];
}

@ObjectType()
class LogoutPayload {
  @Field(() => Boolean) loggedOut!: boolean;
  @Field(() => [UserError]) userErrors!: UserError[];
}

@ObjectType()
class Thing {
  @Field(() => ID) id!: string;
  @Field(() => scalars.DateTimeScalar) createdAt!: Date | string;
  @Authorized('READ_AUDIT')
  @Field(() => String, { nullable: true })
  secretNote?: string;
}

@ObjectType()
class ThingEdge {
  @Field(() => Thing) node!: Thing;
}

@ObjectType()
class ThingConnection {
  @Field(() => [Thing]) nodes!: Thing[];
  @Field(() => [ThingEdge]) edges!: ThingEdge[];
  @Field(() => Int) totalCount!: number;
}

const thing: Thing = { id: 't1', createdAt: '2026-01-02T03:04:05.678+00:00', secretNote: 'note' };
const noThings: ThingConnection = { nodes: [], edges: [], totalCount: 0 };

@Resolver(() => Thing)
class ThingResolver {
  @Authorized('READ_TENANTS')
  @Query(() => Thing, { nullable: true })
  thing(@Arg('by', () => ThingRef) by: ThingRef): Thing {
    return { ...thing, id: by.id ?? by.code ?? 'none' };
  }

  @Authorized('READ_TENANTS')
  @Query(() => ThingConnection, { nullable: true })
  things(
    @Arg('first', () => Int, { nullable: true }) _first: number,
    @Arg('last', () => Int, { nullable: true }) _last: number,
  ) {
    return noThings;
  }

  @FieldResolver(() => ThingConnection)
  children(@Arg('first', () => Int, { nullable: true }) _first: number, @Root() _thing: Thing): ThingConnection {
    return noThings;
  }

  @FieldResolver(() => Thing, { nullable: true })
  parent(@Root() _thing: Thing): Thing | null {
    return null;
  }

  @Authorized()
  @Query(() => String, { nullable: true })
  whoAmI(@Ctx() { viewer }: GraphQLContext): string {
    return viewer?.name ?? 'nobody';
  }

  @Public()
  @Query(() => String, { nullable: true })
  spec(@Arg('input', () => SpecInput) input: SpecInput): string {
    return JSON.stringify(input);
  }

  @Public()
  @Query(() => String, { nullable: true })
  specPair(@Arg('input', () => SpecInput, { nullable: true }) input: SpecInput | undefined): string {
    return JSON.stringify(input ?? null);
  }

  @Public()
  @Query(() => String, { nullable: true })
  since(
    @Arg('at', () => scalars.DateTimeScalar, { nullable: true }) at: Date | undefined,
    @Arg('count', () => Int, { defaultValue: 1 }) count: number,
  ): string {
    return `${at?.toISOString() ?? 'never'} ${count}`;
  }

  /** Fails in the way that it is asked to. */
  @Public()
  @Query(() => String, { nullable: true })
  fail(@Arg('how', () => String) how: string): string {
    throw failures[how] ?? new Error('a defect');
  }
}

const failures: Record<string, Error> = {
  unavailable: new RequestFault('SERVICE_UNAVAILABLE', 'Keycloak does not answer.'),
  reason: new RequestFault('FORBIDDEN', 'No.', { reason: 'TENANT_NOT_OPERATIONAL' }),
  input: new RequestFault('BAD_USER_INPUT', 'The cursor is broken.', { path: ['after'] }),
  userFault: new UserFault([{ code: 'INVALID', message: 'Too many.', path: ['first'] }]),
  refused: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
  starting: Object.assign(new Error('the database system is starting up'), { code: '57P03' }),
  poolTimeout: new Error('timeout exceeded when trying to connect'),
  wrapped: Object.assign(new Error('wrapped'), { cause: Object.assign(new Error('x'), { code: '55P03' }) }),
  defect: Object.assign(new Error('duplicate key (hunter2)'), { code: '23505', detail: 'Key (x)=(hunter2)' }),
};

@Resolver()
class ThingMutations {
  @Authorized('CREATE_TENANTS')
  @Mutation(() => ThingPayload, { nullable: true })
  createThing(@Arg('input', () => ThingInput) { name, ...input }: ThingInput): Partial<ThingPayload> {
    if (name === 'bad') throw new UserFault([{ code: 'INVALID', message: 'Bad.', path: ['input', 'name'] }], 'id');
    const files = [input.logo, input.icon, input.dark].filter((file) => file instanceof UploadedFile);
    return {
      thing: JSON.stringify({ name, parent: input.parent, settings: input.settings, startsAt: input.startsAt }),
      files: files.map(({ filename, bytes, isTruncated }) => {
        return { filename, byteSize: bytes.length, isTruncated, start: bytes.toString('latin1', 0, 8) };
      }),
      userErrors: [],
    };
  }

  @Public()
  @Mutation(() => SessionPayload, { nullable: true })
  login(@Arg('input', () => LoginInput) { username }: LoginInput): SessionPayload {
    return { session: `of ${username}`, userErrors: [] };
  }

  @Public()
  @Mutation(() => LogoutPayload, { nullable: true })
  logout(): LogoutPayload {
    throw new UserFault([{ code: 'SESSION_EXPIRED', message: 'Gone.', path: [] }]);
  }
}

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

export const smallApiResolvers = [ThingResolver, ThingMutations] as const;

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
