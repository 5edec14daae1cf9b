import 'reflect-metadata';

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
import { Public, type GraphQLContext } from '../../src/graphql/authorization.js';
import { OneOf } from '../../src/graphql/one-of.js';
import { UserError } from '../../src/graphql/payload.type.js';
import * as scalars from '../../src/graphql/scalars.js';
import { UploadedFile } from '../../src/graphql/upload.js';

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
    return { id: by.id ?? by.code ?? 'none', createdAt: thing.createdAt, secretNote: thing.secretNote };
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

/** Everything above: what the small API is built from. */
export const smallApiResolvers = [ThingResolver, ThingMutations] as const;
