import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it, vi } from 'vitest';

import { createOutbound, type Outbound } from '../../src/integrations/guarded-fetch.js';
import { createOtpManager } from '../../src/integrations/otp-manager.js';
import { parseAllowEntry } from '../../src/integrations/outbound.rules.js';

const servers: Server[] = [];
const ways: Outbound[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const outbound of ways.splice(0)) await outbound.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(listener: RequestListener): Promise<{ port: number; paths: string[] }> {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    listener(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, paths };
}

function outboundTo(...entries: string[]): Outbound {
  const outbound = createOutbound({ allow: entries.map((entry) => parseAllowEntry(entry)!) });
  ways.push(outbound);
  return outbound;
}

const get = { purpose: 'otp-manager', method: 'GET' } as const;

describe('outgoing calls', () => {
  it('reach nothing that is not listed, whatever loopback is written as', async () => {
    const { port, paths } = await serve((_request, response) => response.end('ok'));
    const outbound = outboundTo();
    for (const host of [
      '127.0.0.1',
      '2130706433',
      '0x7f.1',
      '0177.0.0.1',
      '127.1',
      'localhost',
      '0.0.0.0',
      '[::ffff:127.0.0.1]',
    ]) {
      await expect(outbound.request(`http://${host}:${port}/`, get)).rejects.toMatchObject({ kind: 'REFUSED' });
      expect(await outbound.check(`http://${host}:${port}/`, 'otp-manager')).toBe('NOT_LISTED');
    }
    expect(paths).toEqual([]);
  });

  it('reach what the operator listed, by name or by address', async () => {
    const { port } = await serve((_request, response) => response.end('ok'));
    for (const entry of ['localhost:*', `127.0.0.0/8:${port}`]) {
      const { status, body } = await outboundTo(entry, '[::1]:*').request(`http://localhost:${port}/`, get);
      expect([status, body.toString()]).toEqual([200, 'ok']);
    }
  });

  it('follow no redirect and take no proxy from the environment', async () => {
    const proxy = await serve((_request, response) => response.end('proxied'));
    vi.stubEnv('http_proxy', `http://127.0.0.1:${proxy.port}`);
    vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${proxy.port}`);
    const { port, paths } = await serve((_request, response) => response.writeHead(302, { location: '/there' }).end());
    const { status } = await outboundTo('127.0.0.1:*').request(`http://127.0.0.1:${port}/here`, get);
    expect([status, paths, proxy.paths]).toEqual([302, ['/here'], []]);
  });

  it('end after their time, whether the answer is late or trickles', async () => {
    const silent = await serve(() => undefined);
    const trickling = await serve((_request, response) => {
      const timer = setInterval(() => response.write('x'), 50);
      response.on('close', () => {
        clearInterval(timer);
      });
    });
    for (const { port } of [silent, trickling]) {
      const call = outboundTo('127.0.0.1:*').request(`http://127.0.0.1:${port}/`, { ...get, timeoutMs: 300 });
      await expect(call).rejects.toMatchObject({ kind: 'TIMED_OUT' });
    }
  });

  it('read no more than they were told to', async () => {
    const { port } = await serve((_request, response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      more();
    });
    const call = outboundTo('127.0.0.1:*').request(`http://127.0.0.1:${port}/`, { ...get, maxBytes: 100_000 });
    await expect(call).rejects.toMatchObject({ kind: 'TOO_LARGE' });
  });

  it('ask for no compression, and carry no credentials of a URL', async () => {
    const { port, paths } = await serve((request, response) => response.end(request.headers['accept-encoding']));
    const outbound = outboundTo('127.0.0.1:*');
    expect((await outbound.request(`http://127.0.0.1:${port}/`, get)).body.toString()).toBe('identity');
    await expect(outbound.request(`http://a:b@127.0.0.1:${port}/`, get)).rejects.toMatchObject({ kind: 'REFUSED' });
    expect(paths).toHaveLength(1);
  });
});

describe('the probe of an OTP manager', () => {
  it.each([
    [200, 'reachable'],
    [302, 'reachable'],
    [404, 'reachable'],
    [500, 'unreachable'],
    [503, 'unreachable'],
  ])('takes %i as %s', async (status, expected) => {
    const { port } = await serve((_request, response) => response.writeHead(status, { location: '/' }).end('x'));
    expect(await createOtpManager(outboundTo('127.0.0.1:*')).probe(`http://127.0.0.1:${port}/`)).toBe(expected);
  });

  it('finds nobody where nobody listens, and where it may not look', async () => {
    const { port } = await serve((_request, response) => response.end('x'));
    expect(await createOtpManager(outboundTo('127.0.0.1:*')).probe('http://127.0.0.1:1/')).toBe('unreachable');
    expect(await createOtpManager(outboundTo()).probe(`http://127.0.0.1:${port}/`)).toBe('unreachable');
  });
});
