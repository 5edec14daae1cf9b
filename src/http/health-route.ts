import type { FastifyInstance } from 'fastify';

export type HealthPart = 'database' | 'keycloak' | 'jobs';

export interface Health {
  /** Whether requests can be served; Keycloak may be down as long as its keys are in hand. */
  readonly isReady: boolean;
  /** Each part in a word or a short sentence, such as `up`; never an address or a credential. */
  readonly parts: Readonly<Record<HealthPart, string>>;
}

export type ReadHealth = () => Promise<Health>;

/** `/health/live` says that the process runs, `/health/ready` whether it can serve. */
export function healthRoutes(readHealth: ReadHealth) {
  return async (scope: FastifyInstance): Promise<void> => {
    scope.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'));
    scope.get('/health/live', async () => ({ status: 'live' }));
    scope.get('/health/ready', async (_request, reply) => {
      const { isReady, parts } = await readHealth();
      return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready', parts });
    });
  };
}
