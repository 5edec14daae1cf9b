import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Faults } from './faults.js';
import type { Store } from './store.js';

/** What all routes share. */
export interface RouteContext {
  store: Store;
  faults: Faults;
  /** The base address of tokens' issuers for this request: by the caller's Host header, as Keycloak does it. */
  base(request: FastifyRequest): string;
}

/** Answers once the change is on disk: 201 with the address of what was made, its name or id given, else 204. */
export async function saved(context: RouteContext, reply: FastifyReply, made?: string): Promise<FastifyReply> {
  await context.store.save();
  if (made === undefined) return reply.code(204).send();
  const location = `${context.base(reply.request)}${reply.request.url}/${encodeURIComponent(made)}`;
  return reply.code(201).header('location', location).send();
}
