import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';

import type { ApolloServer } from '@apollo/server';
import fastifyCors from '@fastify/cors';
import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';

import type { Config } from '../config.js';
import type { GraphQLContext } from '../graphql/authorization.js';
import { graphqlRoute, type MakeContext } from './graphql-route.js';
import { healthRoutes, type ReadHealth } from './health-route.js';
import { listenOnPort } from './listen.js';
import { logoRoute, type ReadLogo } from './logo-route.js';
import { answerOtherErrors, secureHeaders } from './replies.js';
import { stopGracefully } from './stop.js';

export interface HttpServerParts {
  readonly config: Pick<Config, 'http'>;
  /** Not started yet. */
  readonly apollo: ApolloServer<GraphQLContext>;
  /** Called once a request; it puts a refused token into `refusal` instead of throwing. */
  readonly makeContext: MakeContext;
  readonly health: ReadHealth;
  readonly readLogo: ReadLogo;
  readonly log: Logger;
}

export interface HttpServer {
  readonly app: FastifyInstance;
  /**
   * Starts to listen; returns the port.
   *
   * @throws StartupError where a given port is taken
   */
  listen(): Promise<number>;
  /** Stops accepting, lets requests in flight finish within the grace, then resolves. */
  stop(): Promise<void>;
}

/** The HTTP server with all its routes, not listening yet. */
export async function createHttpServer(parts: HttpServerParts): Promise<HttpServer> {
  const { config, apollo, log } = parts;
  const app = createApp(config.http, log);
  let isStopping = false;
  app.addHook('onSend', async (_request, reply) => {
    if (isStopping) void reply.header('connection', 'close');
  });
  await apollo.start();
  await app.register(graphqlRoute(apollo, parts.makeContext));
  await app.register(healthRoutes(parts.health));
  await app.register(logoRoute(parts.readLogo));
  await app.ready();
  return {
    app,
    async listen() {
      await listenOnPort(app, config.http);
      return (app.server.address() as AddressInfo).port;
    },
    async stop() {
      isStopping = true;
      await stopGracefully(app, config.http.shutdownGraceSeconds * 1_000);
      await apollo.stop();
    },
  };
}

function createApp(http: Config['http'], log: Logger): FastifyInstance {
  const loggerInstance: FastifyBaseLogger = log;
  const app = fastify({
    loggerInstance,
    // Fastify's own request lines hold whole addresses, query strings included.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    trustProxy: http.trustedProxies.length > 0 ? [...http.trustedProxies] : false,
    requestTimeout: 60_000,
    return503OnClosing: false, // a request that still gets in is served
    // Keys such as __proto__ stay ordinary members here; the domain refuses them where JSON is an input.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
  });
  secureHeaders(app);
  answerOtherErrors(app);
  app.addHook('onResponse', async (request, reply) => {
    const [path] = request.url.split('?', 1);
    const ms = Math.round(reply.elapsedTime);
    request.log.info({ method: request.method, path, status: reply.statusCode, ms }, 'request');
  });
  if (http.corsOrigins.length > 0) {
    void app.register(fastifyCors, {
      origin: [...http.corsOrigins],
      credentials: false,
      methods: ['GET', 'POST'],
      exposedHeaders: ['x-request-id'],
      maxAge: 600,
    });
  }
  return app;
}
