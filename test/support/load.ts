import { Agent, request } from 'node:http';
import { setImmediate } from 'node:timers/promises';

import type { Answer } from './client.js';

/** What became of a request: a whole answer, a connection that was never accepted, or one that broke. */
export type Outcome =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'refused' }
  | { readonly kind: 'cut'; readonly code: string };

/** Sends GraphQL over connections that stay open, as a portal's or a component's client does. */
export class LoadClient {
  readonly #agent: Agent;

  constructor(
    readonly url: string,
    connections: number,
  ) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Never throws: what went wrong with the connection is the outcome. */
  send(query: string, variables: unknown, token: string): Promise<Outcome> {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    return new Promise((resolve) => {
      const sent = request(`${this.url}/graphql`, { method: 'POST', agent: this.#agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('error', () => resolve({ kind: 'cut', code: 'in the answer' }))
          .on('end', () => {
            const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Omit<Answer, 'status'>;
            resolve({ kind: 'answered', answer: { status: response.statusCode ?? 0, ...body } });
          });
      });
      sent.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) =>
        resolve(code === 'ECONNREFUSED' ? { kind: 'refused' } : { kind: 'cut', code }),
      );
      sent.end(JSON.stringify({ query, variables }));
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Runs the work again and again, in so many lanes, until it returns false. */
export async function inLanes(lanes: number, work: (lane: number) => Promise<boolean>): Promise<void> {
  const all = Array.from({ length: lanes }, async (_none, lane) => {
    while (await work(lane)) await setImmediate(); // also where there was nothing to send: others have to get their turn
  });
  await Promise.all(all);
}
