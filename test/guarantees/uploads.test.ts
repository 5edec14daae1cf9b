import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text as readText } from 'node:stream/consumers';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { multipart, operations, type UploadRequest } from '../support/multipart.js';
import { answerOf, codes, startSmallApi, type GraphQLAnswer, type SmallApi } from '../support/small-api.js';

const MAX_FILE = 2_097_152;
let api: SmallApi;
let port: number;
beforeAll(async () => {
  api = await startSmallApi();
  port = await api.server.listen();
});
afterAll(() => api.server.stop());

/** Sends it over a real socket. */
async function upload(request: UploadRequest): Promise<GraphQLAnswer & { connection: string | null }> {
  const { headers, body } = await multipart(request);
  return send(headers, body);
}

/** Node's own client: `fetch` refuses to send a body without a length, or with a wrong one. */
function send(headers: Record<string, string>, bytes: Buffer): Promise<GraphQLAnswer & { connection: string | null }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, path: '/graphql', method: 'POST', headers, agent: false }, (response) => {
      void text(response).then((body) =>
        resolve({ ...answerOf(response.statusCode ?? 0, body), connection: response.headers.connection ?? null }),
      );
    });
    // A refused upload is answered while the client still sends.
    request.on('error', reject);
    request.end(bytes);
  });
}

async function text(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const filesOf = ({ data }: GraphQLAnswer): unknown => (data?.['createThing'] as { files: unknown } | undefined)?.files;

describe('files arrive', () => {
  test('one', async () => {
    const answer = await upload({});
    expect(answer.errors).toEqual([]);
    expect(filesOf(answer)).toEqual([{ filename: 'logo.png', byteSize: 5, isTruncated: false, start: 'bytes' }]);
  });

  test('three, in whatever order they are used', async () => {
    const answer = await upload({
      operations: operations({ logo: null, icon: null, dark: null }),
      map: { a: ['variables.input.dark'], b: ['variables.input.icon'], c: ['variables.input.logo'] },
      files: [
        ['a', 'A'.repeat(500_000)],
        ['b', 'B'.repeat(500_000)],
        ['c', 'C'.repeat(500_000)],
      ],
    });
    expect(filesOf(answer)).toMatchObject([{ start: 'CCCCCCCC' }, { start: 'BBBBBBBB' }, { start: 'AAAAAAAA' }]);
  });

  test('the same one at two places', async () => {
    const answer = await upload({
      operations: operations({ logo: null, icon: null }),
      map: { 0: ['variables.input.logo', 'variables.input.icon'] },
    });
    expect(filesOf(answer)).toMatchObject([{ byteSize: 5 }, { byteSize: 5 }]);
  });

  test('of exactly the largest size whole, of one byte more marked as cut', async () => {
    const whole = await upload({ files: [['0', new Uint8Array(MAX_FILE)]] });
    expect(filesOf(whole)).toMatchObject([{ byteSize: MAX_FILE, isTruncated: false }]);
    const cut = await upload({ files: [['0', new Uint8Array(MAX_FILE + 1)]] });
    expect(filesOf(cut)).toMatchObject([{ isTruncated: true }]);
  });

  test('names that lead elsewhere are only names', async () => {
    const answer = await upload({ files: [['0', 'x', '../../etc/passwd']] });
    expect(filesOf(answer)).toMatchObject([{ filename: expect.not.stringContaining('/') as string }]);
  });

  test('through app.inject as well', async () => {
    const { headers, body } = await multipart({});
    const response = await api.server.app.inject({ method: 'POST', url: '/graphql', payload: body, headers });
    expect(filesOf(answerOf(response.statusCode, response.body))).toMatchObject([{ byteSize: 5 }]);
  });
});

describe('refused by the headers alone, and the connection is given up', () => {
  const big = new Uint8Array(6_000_000);
  test.each<[string, UploadRequest, number, string]>([
    ['without a preflight header', { headers: { 'apollo-require-preflight': undefined } }, 400, 'BAD_REQUEST'],
    ['without a token', { headers: { authorization: undefined } }, 401, 'UNAUTHENTICATED'],
    ['with a refused token', { headers: { authorization: 'Bearer expired' } }, 401, 'UNAUTHENTICATED'],
    ['of a suspended tenant', { headers: { authorization: 'Bearer suspended' } }, 403, 'FORBIDDEN'],
    [
      'without a length',
      { headers: { 'content-length': undefined, 'transfer-encoding': 'chunked' } },
      411,
      'BAD_REQUEST',
    ],
    ['too large as a whole', { files: [['0', new Uint8Array(7_500_000)]] }, 413, 'BAD_REQUEST'],
    ['large, without a token', { headers: { authorization: undefined }, files: [['0', big]] }, 401, 'UNAUTHENTICATED'],
  ])('%s', async (_name, request, status, code) => {
    const answer = await upload(request);
    expect([answer.status, codes(answer), answer.connection]).toEqual([status, [code], 'close']);
  });
});

describe('refused, the answer reaches a client that reads none before it has sent all', () => {
  const big = new Uint8Array(6_000_000);
  const unauthorized = { authorization: undefined };
  const tooLong = JSON.stringify({ query: ' '.repeat(300_000) });
  test.each<[string, UploadRequest, number]>([
    ['without a token', { headers: unauthorized, files: [['0', big]] }, 401],
    ['too large as a whole', { files: [['0', new Uint8Array(25_000_000)]] }, 413],
    ['malformed', { operations: tooLong, files: [['0', big]] }, 413],
  ])('%s', async (_name, request, status) => {
    const { headers, body } = await multipart(request);
    const head = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.write(`POST /graphql HTTP/1.1\r\n${head.join('')}\r\n`);
      socket.write(body, (error) => (error ? reject(error) : resolve()));
    });
    const [statusLine] = (await readText(socket)).split('\r\n');
    expect(statusLine).toMatch(`HTTP/1.1 ${status} `);
  });
});

test('refused and very large, it is answered without a byte of it', async () => {
  const { headers } = await multipart({ headers: { 'content-length': '40000000' } });
  const answer = await send(headers, Buffer.alloc(0));
  expect([answer.status, answer.connection]).toEqual([413, 'close']);
});

test('a path that leads deeper than any input is refused at once', async () => {
  const depth = 40_000;
  const nested = `${'{"a":'.repeat(depth)}null${'}'.repeat(depth)}`;
  const started = performance.now();
  const answer = await upload({
    operations: `{"query":"{ __typename }","variables":${nested}}`,
    map: { 0: [`variables${'.a'.repeat(depth)}`] },
  });
  expect(performance.now() - started).toBeLessThan(1_000);
  expect([answer.status, codes(answer)]).toEqual([400, ['BAD_REQUEST']]);
});

describe('malformed', () => {
  const two: NonNullable<UploadRequest['files']> = [
    ['0', 'x'.repeat(300_000)],
    ['1', 'x'],
  ];
  test.each<[string, UploadRequest, number]>([
    [
      'too many files',
      {
        operations: operations({ logo: null, icon: null, dark: null, settings: null }),
        map: Object.fromEntries(
          ['logo', 'icon', 'dark', 'settings'].map((name, i) => [i, [`variables.input.${name}`]]),
        ),
      },
      413,
    ],
    ['more files than allowed', { files: Array.from({ length: 5 }, (_, i) => [String(i), 'x']) }, 400],
    [
      'a file that the map does not name',
      {
        files: [
          ['0', 'x'],
          ['stray', 'x'],
        ],
      },
      400,
    ],
    ['a file that is missing', { files: [] }, 400],
    ['operations that are no JSON', { operations: '{' }, 400],
    ['operations that are too long', { operations: JSON.stringify({ query: ' '.repeat(300_000) }) }, 413],
    ['operations that are text', { operations: '"x"' }, 400],
    ['a map that is no JSON', { map: '{' }, 400],
    ['a map that is a list', { map: [['variables.input.logo']] }, 400],
    ['a path that leads nowhere', { map: { 0: ['variables.other.logo'] } }, 400],
    ['a path to something that is no null', { map: { 0: ['variables.input.name'] } }, 400],
    ['a path that is empty', { map: { 0: [''] } }, 400],
    ['a path through __proto__', { map: { 0: ['variables.__proto__.polluted'] } }, 400],
    ['a path through constructor', { map: { 0: ['variables.constructor.prototype.polluted'] } }, 400],
    ['a path through an inherited member', { map: { 0: ['variables.toString.polluted'] } }, 400],
    ['two files for one place', { map: { 0: ['variables.input.logo'], 1: ['variables.input.logo'] }, files: two }, 400],
    ['the same file twice', { files: [two[0]!, two[0]!] }, 400],
    ['a file without a place', { map: { 0: ['variables.input.logo'], 1: [] }, files: two }, 400],
    ['a batch', { operations: [operations()], map: { 0: ['0.variables.input.logo'] } }, 400],
    ['paths that are no text', { map: { 0: [5] } }, 400],
    ['entries that are no lists', { map: { 0: 'variables.input.logo' } }, 400],
  ])('%s', async (_name, request, status) => {
    const answer = await upload(request);
    expect(answer.status).toBe(status);
    expect(answer.errors).toHaveLength(1);
    expect(['BAD_REQUEST', 'BAD_USER_INPUT']).toContain(codes(answer)[0]);
    expect(answer.data).toBeUndefined();
    expect(Object.getOwnPropertyDescriptor(Object.prototype, 'toString')?.value).not.toHaveProperty('polluted');
  });

  test.each([
    ['no boundary', 'multipart/form-data'],
    ['another boundary', 'multipart/form-data; boundary=other'],
    ['broken parameters', 'multipart/form-data; boundary='],
  ])('%s', async (_name, contentType) => {
    const answer = await upload({ headers: { 'content-type': contentType } });
    expect([answer.status, codes(answer)]).toEqual([400, ['BAD_REQUEST']]);
  });

  test('a client that goes away in the middle of a file leaves nothing behind', async () => {
    const before = api.logged().length;
    const { headers, body } = await multipart({ files: [['0', new Uint8Array(MAX_FILE)]] });
    await new Promise<void>((resolve) => {
      const request = httpRequest({ port, path: '/graphql', method: 'POST', headers, agent: false });
      request.on('error', () => resolve());
      request.write(body.subarray(0, 1_000_000), () => request.destroy());
    });
    await expect.poll(() => api.logged().slice(before)).toContain('client error');
    expect(filesOf(await upload({}))).toMatchObject([{ byteSize: 5 }]);
    expect(api.logged().slice(before)).not.toContain('"level":"error"');
  });

  test('a value that is no file is refused where a file is expected', async () => {
    const response = await api.server.app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { authorization: 'Bearer admin' },
      payload: operations({ logo: { filename: 'x' } }),
    });
    expect(codes(answerOf(response.statusCode, response.body))).toEqual(['BAD_USER_INPUT']);
  });
});
