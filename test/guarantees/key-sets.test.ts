import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { calculateJwkThumbprint, exportJWK, jwtVerify, SignJWT, type JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createOutbound, type Outbound } from '../../src/integrations/guarded-fetch.js';
import { createKeySets, type KeySets, type KeySource } from '../../src/integrations/keycloak/key-sets.js';
import { parseAllowEntry } from '../../src/integrations/outbound.rules.js';

let server: Server;
let outbound: Outbound;
let source: KeySource;
let listener: RequestListener;
let requests: number;
let clock: number;
let keySets: KeySets;

beforeEach(async () => {
  requests = 0;
  clock = 1_000_000;
  server = createServer((request, response) => {
    requests += 1;
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const certsUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/certs`;
  source = { issuer: 'https://issuer.example', certsUrl, purpose: 'keycloak' };
  outbound = createOutbound({ allow: [parseAllowEntry('127.0.0.1:*')!] });
  keySets = createKeySets({ outbound, now: () => clock });
});
afterEach(async () => {
  await outbound.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

interface Pair {
  readonly privateKey: KeyObject;
  readonly jwk: JWK;
}

async function pair(kid: string, modulusLength = 2_048): Promise<Pair> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'RS256' } };
}

const publish = (...keys: unknown[]): void => {
  listener = (_request, response) => response.end(JSON.stringify({ keys }));
};

async function verify({ privateKey, jwk }: Pair): Promise<string> {
  const token = await new SignJWT({}).setProtectedHeader({ alg: 'RS256', kid: jwk.kid }).sign(privateKey);
  return await jwtVerify(token, keySets.keyFor(source)).then(
    () => 'ok',
    (error: unknown) => {
      const { kind, code } = error as { kind?: string; code?: string };
      return kind ?? code ?? 'no code';
    },
  );
}

describe('the keys of an issuer', () => {
  it('are fetched once, when they are needed', async () => {
    const key = await pair('a');
    publish(key.jwk);
    expect(keySets.has(source.issuer)).toBe(false);
    const answers = await Promise.all([verify(key), verify(key), verify(key)]);
    expect(answers).toEqual(['ok', 'ok', 'ok']);
    expect([requests, keySets.has(source.issuer)]).toEqual([1, true]);
  });

  it('are followed when they change, but not asked for more than every 30 s', async () => {
    const [old, renewed] = [await pair('old'), await pair('new')];
    publish(old.jwk);
    expect(await verify(old)).toBe('ok');
    publish(renewed.jwk);
    expect(await verify(renewed)).toBe('ERR_JWKS_NO_MATCHING_KEY');
    clock += 30_000;
    expect(await verify(renewed)).toBe('ok');
    expect(await verify(old)).toBe('ERR_JWKS_NO_MATCHING_KEY');
    expect(requests).toBe(2);
  });

  it('stay in use while the issuer is down', async () => {
    const key = await pair('a');
    publish(key.jwk);
    expect(await verify(key)).toBe('ok');
    listener = (_request, response) => response.writeHead(500).end();
    clock += 3_600_000;
    expect([await verify(key), await verify(key)]).toEqual(['ok', 'ok']);
  });

  it('that could not be had are tried again after a while only', async () => {
    listener = (_request, response) => response.writeHead(503).end();
    const key = await pair('a');
    expect([await verify(key), await verify(key)]).toEqual(['UNAVAILABLE', 'UNAVAILABLE']);
    expect(requests).toBe(1);
    publish(key.jwk);
    clock += 30_000;
    expect(await verify(key)).toBe('ok');
  });

  it('are waited for by 50 at most', async () => {
    listener = () => undefined;
    const key = await pair('a');
    const answers = await Promise.all(Array.from({ length: 60 }, async () => [await verify(key), Date.now()] as const));
    expect(new Set(answers.map(([answer]) => answer))).toEqual(new Set(['UNAVAILABLE']));
    expect(requests).toBe(1);
    const last = Math.max(...answers.map(([, at]) => at));
    expect(answers.filter(([, at]) => last - at > 1_000)).toHaveLength(10);
  });

  it('are taken only where they are sound: RSA of 2048 to 4096 bits, short exponent, for signatures', async () => {
    const good = await pair('good');
    const weak = await pair('weak', 1_024);
    const huge = { ...good.jwk, kid: 'huge', n: 'A'.repeat(1_400) };
    const slow = { ...good.jwk, kid: 'slow', e: good.jwk.n };
    const encryption = { ...good.jwk, kid: 'enc', use: 'enc' };
    publish(good.jwk, weak.jwk, huge, slow, encryption, { kty: 'oct', k: 'c2VjcmV0', kid: 'oct' }, null, 'x', {
      kty: 'RSA',
    });
    expect(await verify(good)).toBe('ok');
    expect(await keySets.thumbprints(source)).toEqual([await calculateJwkThumbprint(good.jwk)]);
  });

  it.each<[string, RequestListener]>([
    ['more than 50 keys', (_request, response) => response.end(JSON.stringify({ keys: Array(51).fill({}) }))],
    ['more than 256 KiB', (_request, response) => response.end(`{"keys":[],"x":"${'x'.repeat(300_000)}"}`)],
    ['no JSON', (_request, response) => response.end('<html>')],
    ['no list', (_request, response) => response.end('{"keys":{}}')],
    ['a redirect', (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end()],
  ])('are refused whole: %s', async (_name, hostile) => {
    listener = hostile;
    expect(await verify(await pair('a'))).toBe('UNAVAILABLE');
    expect(requests).toBe(1);
  });
});
