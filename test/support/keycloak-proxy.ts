import type { AddressInfo } from 'node:net';

import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { Agent, request as undiciRequest } from 'undici';

import { applyFaults, Faults, type FaultControl } from '../../src/embedded/keycloak/faults.js';

/** Stands before a Keycloak and can be told to be slow, silent, cut off or failing; it cannot lie. */
export interface KeycloakProxy {
  readonly url: string;
  readonly faults: FaultControl;
  stop(): Promise<void>;
}

/** @param target base address of the Keycloak, which sees the proxy's own Host header and names its issuers after it */
export async function startKeycloakProxy(target: string): Promise<KeycloakProxy> {
  const app = Fastify({ forceCloseConnections: true });
  const faults = new Faults();
  const agent = new Agent();
  const wake = applyFaults(app, faults);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => body);
  app.all('*', async (request, reply) => await forward(agent, target, request, reply));
  await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    faults,
    stop: async () => {
      wake();
      await app.close();
      await agent.destroy();
    },
  };
}

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'expect']);

async function forward(
  agent: Agent,
  target: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !hopByHop.has(name)));
  const answer = await undiciRequest(target + request.url, {
    dispatcher: agent,
    method: request.method,
    headers,
    body: request.body instanceof Buffer ? request.body : null,
  });
  const body = Buffer.from(await answer.body.arrayBuffer());
  const passedOn = Object.entries(answer.headers).filter(([name]) => !hopByHop.has(name));
  return await reply.code(answer.statusCode).headers(Object.fromEntries(passedOn)).send(body);
}
