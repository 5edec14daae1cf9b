import type { GraphQLObjectType } from 'graphql';
import { Mutation, Query, Resolver } from 'type-graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { rootFieldAccess } from '../../src/graphql/authorization.js';
import { buildApiSchema } from '../../src/graphql/schema.js';
import { codes, post, startSmallApi, type SmallApi } from '../support/small-api.js';
import { smallApiResolvers } from '../support/small-schema.js';

const secret = 'hunter2';
let api: SmallApi;
beforeAll(async () => {
  api = await startSmallApi();
});
afterAll(() => api.server.stop());

const createThing = 'mutation ($input: ThingInput!) { createThing(input: $input) { thing userErrors { code path } } }';

describe('who is calling', () => {
  test.each([
    ['nobody', 'UNAUTHENTICATED'],
    ['expired', 'UNAUTHENTICATED'],
    ['suspended', 'FORBIDDEN'],
    ['tenant', 'FORBIDDEN'],
  ])('%s is refused with %s, and only that field', async (caller, code) => {
    const answer = await post(api, '{ thing(by: { id: "1" }) { id } __typename }', {}, { caller });
    expect(answer.status).toBe(200);
    expect(answer.data).toEqual({ thing: null, __typename: 'Query' });
    expect(codes(answer)).toEqual([code]);
    expect(answer.errors[0]?.path).toEqual(['thing']);
  });

  test('a reason is passed on', async () => {
    const answer = await post(api, '{ whoAmI }', {}, { caller: 'suspended' });
    expect(answer.errors[0]?.extensions).toEqual({ code: 'FORBIDDEN', reason: 'TENANT_NOT_OPERATIONAL' });
  });

  test('public fields answer although the token is refused', async () => {
    const answer = await post(
      api,
      'mutation { login(input: { username: "a", password: "b" }) { session } }',
      {},
      { caller: 'expired' },
    );
    expect(answer.data).toEqual({ login: { session: 'of a' } });
  });

  test('a property with a permission of its own is guarded, its neighbours are not', async () => {
    const query = '{ thing(by: { id: "1" }) { id createdAt secretNote } }';
    const refused = await post(api, query, {}, { caller: 'viewer' });
    expect(refused.data).toEqual({ thing: { id: '1', createdAt: '2026-01-02T03:04:05.678Z', secretNote: null } });
    expect(codes(refused)).toEqual(['FORBIDDEN']);
    const allowed = await post(api, query);
    expect(allowed.data).toMatchObject({ thing: { secretNote: 'note' } });
  });
});

describe('each root field declares what it needs', () => {
  test('and all of them can be listed', async () => {
    const access = rootFieldAccess(await buildApiSchema([...smallApiResolvers]));
    expect(access).toContainEqual({ operation: 'query', field: 'whoAmI', permissions: [] });
    expect(access).toContainEqual({ operation: 'query', field: 'thing', permissions: ['READ_TENANTS'] });
    expect(access).toContainEqual({ operation: 'mutation', field: 'createThing', permissions: ['CREATE_TENANTS'] });
    expect(access).toContainEqual({ operation: 'mutation', field: 'login', permissions: 'public' });
  });

  test('one that declares nothing stops the build', async () => {
    @Resolver()
    class OpenResolver {
      @Query(() => String)
      forgotten(): string {
        return '';
      }
      @Mutation(() => String)
      forgottenToo(): string {
        return '';
      }
    }
    await expect(buildApiSchema([OpenResolver])).rejects.toThrow('forgotten, forgottenToo');
  });

  test('plain properties have no resolver of their own', async () => {
    const schema = await buildApiSchema([...smallApiResolvers]);
    const fields = (schema.getType('Thing') as GraphQLObjectType).getFields();
    expect([fields['id']?.resolve, fields['createdAt']?.resolve]).toEqual([undefined, undefined]);
    expect(fields['secretNote']?.resolve).toBeTypeOf('function');
    expect(fields['children']?.resolve).toBeTypeOf('function');
  });
});

describe('what goes wrong in a field', () => {
  const failing = (how: string) => post(api, 'query ($how: String!) { fail(how: $how) }', { how });

  test('user faults are userErrors of the payload', async () => {
    const answer = await post(api, createThing, { input: { name: 'bad', parent: { id: '1' } } });
    expect(answer.errors).toEqual([]);
    expect(answer.data).toEqual({
      createThing: { thing: null, userErrors: [{ code: 'INVALID', path: ['input', 'name'] }] },
    });
    const logout = await post(api, 'mutation { logout { loggedOut userErrors { code } } }');
    expect(logout.data).toEqual({ logout: { loggedOut: false, userErrors: [{ code: 'SESSION_EXPIRED' }] } });
  });

  test('request faults keep code, path and reason', async () => {
    expect((await failing('input')).errors[0]).toMatchObject({
      extensions: { code: 'BAD_USER_INPUT', path: ['after'] },
    });
    expect((await failing('reason')).errors[0]?.extensions['reason']).toBe('TENANT_NOT_OPERATIONAL');
    expect((await failing('userFault')).errors[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', path: ['first'] });
  });

  test.each(['unavailable', 'refused', 'starting', 'poolTimeout', 'wrapped'])(
    '%s is SERVICE_UNAVAILABLE',
    async (how) => {
      expect(codes(await failing(how))).toEqual(['SERVICE_UNAVAILABLE']);
    },
  );

  test.each(['defect', secret])('anything else is an internal error with the request id alone (%s)', async (how) => {
    const answer = await failing(how);
    const { message, extensions } = answer.errors[0]!;
    expect(message).toBe('Internal error');
    expect(Object.keys(extensions).sort()).toEqual(['code', 'requestId']);
    expect(extensions['code']).toBe('INTERNAL_SERVER_ERROR');
    expect(api.logged()).toContain(extensions['requestId']);
    expect(answer.text).not.toContain(secret);
  });

  test("a driver's error is logged without its message, detail or parameters", async () => {
    await failing('defect');
    expect(api.logged()).toContain('23505');
  });
});

test('no suggestion gives names of the schema away', async () => {
  const answer = await post(api, '{ whoAmII thing(bye: { id: "1" }) { idd } }', {}, { caller: 'nobody' });
  expect(new Set(codes(answer))).toEqual(new Set(['GRAPHQL_VALIDATION_FAILED']));
  expect(answer.text).not.toMatch(/did you mean/i);
});

describe('reading the schema', () => {
  const query = '{ __schema { queryType { name } } }';

  test.each(['nobody', 'tenant', 'expired'])('%s may not', async (caller) => {
    const answer = await post(api, query, {}, { caller });
    expect(codes(answer)).toEqual(['UNAUTHENTICATED']);
    expect(
      codes(await post(api, '{ ...F } fragment F on Query { __type(name: "Thing") { name } }', {}, { caller })),
    ).toEqual(['UNAUTHENTICATED']);
  });

  test('platform callers may, and __typename is for everybody', async () => {
    expect((await post(api, query, {}, { caller: 'viewer' })).errors).toEqual([]);
    expect((await post(api, '{ __typename }', {}, { caller: 'nobody' })).data).toEqual({ __typename: 'Query' });
  });
});

describe('login, refreshSession and logout', () => {
  const login = 'login(input: { username: "a", password: "b" }) { session }';
  test.each([
    [`mutation { a: ${login} b: ${login} }`],
    [`mutation { ${login} logout { loggedOut } }`],
    [`mutation { ${login} ...F } fragment F on Mutation { logout { loggedOut } }`],
    [`mutation { ... on Mutation { ${login} ${login} } }`],
    [`mutation { ${login} __typename }`],
  ])('stand alone: %s', async (query) => {
    expect(codes(await post(api, query))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });
});

afterAll(() => expect(api.logged()).not.toContain(secret));

test('an operation that the document does not have', async () => {
  const response = await api.server.app.inject({
    method: 'POST',
    url: '/graphql',
    payload: { query: 'query A { whoAmI }', operationName: secret },
  });
  expect(response.json<{ errors: { extensions: { code: string } }[] }>().errors[0]?.extensions.code).toBe(
    'GRAPHQL_VALIDATION_FAILED',
  );
  expect(response.body).not.toContain(secret);
  expect(codes(await post(api, 'subscription { whoAmI }'))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
});
