import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { Query, Resolver } from 'type-graphql';
import { describe, expect, test } from 'vitest';

import { Public } from '../../src/graphql/authorization.js';
import { StartupError } from '../../src/startup-error.js';
import { startSmallApi } from '../support/small-api.js';

describe('ports', () => {
  test('a given one that is taken is an error that says so, an unset one moves on', async () => {
    const first = await startSmallApi();
    const port = await first.server.listen();
    const given = await startSmallApi({ http: { port } });
    await expect(given.server.listen()).rejects.toThrow(StartupError);
    const unset = await startSmallApi({ http: { port, portGiven: false } });
    expect(await unset.server.listen()).toBeGreaterThan(port);
    await Promise.all([first, given, unset].map(({ server }) => server.stop()));
  });
});

describe('stopping', () => {
  let release: () => void = () => undefined;

  @Resolver()
  class SlowResolver {
    @Public()
    @Query(() => String, { nullable: true })
    async slow(): Promise<string> {
      await new Promise<void>((resolve) => (release = resolve));
      return 'finished';
    }
  }

  const slowApi = async (shutdownGraceSeconds: number) => {
    const slow = await startSmallApi({ resolvers: [SlowResolver], http: { shutdownGraceSeconds } });
    return { slow, url: `http://127.0.0.1:${await slow.server.listen()}` };
  };
  const query = (url: string, text: string): Promise<Response> =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: text }),
    });

  test('accepts nothing new, and lets what is in flight finish', async () => {
    const { slow, url } = await slowApi(5);
    const inFlight = query(url, '{ slow }');
    await delay(100);
    const stopped = slow.server.stop();
    await delay(50);
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
    await delay(700);
    release();
    const response = await inFlight;
    expect(await response.json()).toEqual({ data: { slow: 'finished' } });
    await stopped;
  });

  test('cuts what outlasts the grace', async () => {
    const { slow, url } = await slowApi(1);
    const inFlight = query(url, '{ slow }');
    const failed = expect(inFlight).rejects.toThrow();
    await delay(100);
    const start = performance.now();
    await slow.server.stop();
    expect(performance.now() - start).toBeLessThan(2_500);
    await failed;
  });

  test('does not wait for idle connections', async () => {
    const { slow, url } = await slowApi(20);
    const agent = new Agent({ keepAlive: true });
    await new Promise<void>((resolve, reject) => {
      httpRequest(`${url}/health/live`, { agent }, (response) => response.resume().on('end', resolve))
        .on('error', reject)
        .end();
    });
    const start = performance.now();
    await slow.server.stop();
    expect(performance.now() - start).toBeLessThan(3_000);
    agent.destroy();
  });

  test('cuts no request of clients that keep on asking', async () => {
    const { slow, url } = await slowApi(5);
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const outcomes = { answered: 0, refused: 0, cut: 0 };
    let isOver = false;
    const ask = (): Promise<void> =>
      new Promise((resolve) => {
        httpRequest(`${url}/health/live`, { agent }, (response) => {
          response.resume().on('end', () => {
            outcomes.answered += 1;
            resolve();
          });
        })
          .on('error', (error: NodeJS.ErrnoException) => {
            isOver ||= error.code === 'ECONNREFUSED';
            outcomes[error.code === 'ECONNREFUSED' ? 'refused' : 'cut'] += 1;
            resolve();
          })
          .end();
      });
    const clients = Array.from({ length: 8 }, async () => {
      while (!isOver) await ask();
    });
    await delay(200);
    await slow.server.stop();
    await Promise.all(clients);
    agent.destroy();
    expect(outcomes.answered).toBeGreaterThan(20);
    expect(outcomes.cut).toBe(0);
  });
});
