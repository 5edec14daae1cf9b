import { randomInt } from 'node:crypto';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { StartupError } from '../../startup-error.js';
import { adminClientRoutes } from './admin-client-routes.js';
import { adminRealmRoutes } from './admin-realm-routes.js';
import { adminUserRoutes } from './admin-user-routes.js';
import { Refusal } from './answers.js';
import { Control } from './control.js';
import { applyFaults, Faults, type FaultControl } from './faults.js';
import type { State } from './model.js';
import { oidcRoutes } from './oidc-routes.js';
import type { RouteContext } from './route-context.js';
import { adminClientId, administratorName, loginClientId, seedState } from './seed.js';
import { clientByClientId, readState, Store } from './store.js';

export interface StandInOptions {
  /** Directory of its state (keys, secrets, sessions); made with mode 700. */
  stateDir: string;
  host?: string;
  /** Tried on the first start only: the port that was taken then is kept, since issuers name it. */
  port?: number;
  /**
   * Base address of all issuers; `own`: the one that it listens at. Without it they follow the caller's Host header, as
   * Keycloak's do.
   */
  hostname?: string;
}

/** A running stand-in for Keycloak, with the accounts that it was seeded with. */
export interface StandIn {
  url: string;
  realm: 'master';
  clientId: string;
  clientSecret: string;
  /** Service account that may make realms. */
  adminClientId: string;
  adminClientSecret: string;
  /** A person with all rights, for the `admin-cli` password grant. */
  administrator: { username: string; password: string };
  faults: FaultControl;
  control: Control;
  stop(): Promise<void>;
}

/**
 * Starts the stand-in: Keycloak's paths, claims, statuses and error bodies, as far as Tenantry and its tests use them.
 * @throws StartupError where its port is taken by now, or its state cannot be read
 */
export async function startKeycloakStandIn(options: StandInOptions): Promise<StandIn> {
  const { stateDir, host = '127.0.0.1' } = options;
  const known = await knownState(stateDir);
  const state = known ?? (await seedState());
  const store = new Store(stateDir, state);
  const faults = new Faults();
  const own = (): string => `http://${host.includes(':') ? `[${host}]` : host}:${state.port}`;
  const hostname = options.hostname === 'own' ? own : () => options.hostname;
  const base = (request: { host: string }): string => hostname() ?? `http://${request.host}`;
  const app = Fastify({ forceCloseConnections: true });
  const wake = applyFaults(app, faults);
  addRoutes(app, { store, faults, base });
  state.port = await listen(app, host, known ? { kept: known.port, stateDir } : { wished: options.port });
  await store.save();
  return {
    url: own(),
    ...accounts(state),
    faults,
    control: new Control(store),
    stop: async () => {
      wake();
      await app.close();
      await store.save();
    },
  };
}

async function knownState(stateDir: string): Promise<State | undefined> {
  try {
    return await readState(stateDir);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupError(`The Keycloak stand-in cannot read its state in ${stateDir}: ${reason}`);
  }
}

function accounts(
  state: State,
): Pick<StandIn, 'realm' | 'clientId' | 'clientSecret' | 'adminClientId' | 'adminClientSecret' | 'administrator'> {
  const master = state.realms.find(({ realm }) => realm === 'master');
  const secretOf = (clientId: string): string => (master && clientByClientId(master, clientId)?.secret) ?? '';
  return {
    realm: 'master',
    clientId: loginClientId,
    clientSecret: secretOf(loginClientId),
    adminClientId,
    adminClientSecret: secretOf(adminClientId),
    administrator: { username: administratorName, password: state.administratorPassword },
  };
}

function addRoutes(app: FastifyInstance, context: RouteContext): void {
  const parsed = { parseAs: 'string' } as const;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    parsed,
    async (_request: unknown, body: string) => new URLSearchParams(body),
  );
  app.addContentTypeParser('application/json', parsed, async (_request: unknown, body: string) => readJson(body));
  app.addContentTypeParser('*', parsed, async () => undefined);
  app.setErrorHandler((error: FastifyError | Refusal, _request, reply) => {
    if (error instanceof Refusal) return reply.code(error.status).send(error.body);
    return reply.code(error.statusCode ?? 500).send({ error: 'unknown_error', error_description: error.message });
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: 'Unable to find matching target resource method' }),
  );
  oidcRoutes(app, context);
  adminRealmRoutes(app, context);
  adminClientRoutes(app, context);
  adminUserRoutes(app, context);
}

/** Broken JSON becomes undefined, which every route that wants a document refuses. */
function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

type WhichPort = { kept: number; stateDir: string } | { wished: number | undefined };

/** Below the range that systems hand out for outgoing connections, so that the port is likely still free next time. */
const portRange = [18_000, 28_000] as const;

async function listen(app: FastifyInstance, host: string, which: WhichPort): Promise<number> {
  if ('kept' in which) {
    if (await listens(app, host, which.kept)) return which.kept;
    throw new StartupError(
      `Port ${which.kept} of the Keycloak stand-in is taken by another program. Issued tokens and stored tenants name ` +
        `that port, so it cannot change: free it, or start afresh with another DATA_DIR (state: ${which.stateDir}).`,
    );
  }
  if (which.wished && (await listens(app, host, which.wished))) return which.wished;
  for (let tries = 0; tries < 50; tries += 1) {
    const port = randomInt(...portRange);
    if (await listens(app, host, port)) return port;
  }
  throw new StartupError(`The Keycloak stand-in found no free port on ${host} between ${portRange.join(' and ')}.`);
}

async function listens(app: FastifyInstance, host: string, port: number): Promise<boolean> {
  try {
    await app.listen({ host, port });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return false;
    throw error;
  }
}
