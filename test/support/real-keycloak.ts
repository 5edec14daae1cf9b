import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import type { Provider } from '../keycloak/provider.js';
import { keycloakHome } from './keycloak-home.js';

/** Milliseconds that fetching, building and starting may take the first time. */
export const realKeycloakStartMs = 900_000;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface RealKeycloakOptions {
  /** Where its database is kept, so that it survives a restart; in memory unless given. */
  readonly folder?: string;
  /** The name that stands in its tokens with its own port, whatever address it is called by. */
  readonly hostname?: string;
}

/** A real Keycloak as a process of the test's own. */
export interface RealKeycloak {
  readonly provider: Provider;
  /** Where its programs are. */
  readonly home: string;
  /** The address that stands in its tokens. */
  readonly publicUrl: string;
  /** SIGSTOP and SIGCONT freeze and thaw it. */
  signal(name: NodeJS.Signals): void;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again after that, on the same port; resolves once it serves. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one on free ports, serving; the first start ever builds it. Needs a JDK ≥ 17. */
export async function startRealKeycloak(options: RealKeycloakOptions = {}): Promise<RealKeycloak> {
  const home = await keycloakHome();
  const [port, managementPort] = [await freePort(), await freePort()];
  const administrator = { username: 'keycloak-admin', password: randomUUID() };
  const url = `http://127.0.0.1:${port}`;
  const publicUrl = options.hostname === undefined ? url : `http://${options.hostname}:${port}`;
  const args = ['start-dev', '--db=dev-mem', `--http-port=${port}`];
  args.push(`--http-management-port=${managementPort}`, ...(options.hostname ? [`--hostname=${publicUrl}`] : []));
  const start = async (): Promise<ChildProcess> => {
    const keycloak = spawn(join(home, 'bin', 'kc.sh'), args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        ...(options.folder && {
          KC_DB_URL: `jdbc:h2:file:${options.folder}/keycloak;NON_KEYWORDS=VALUE;WRITE_DELAY=0`,
        }),
        KC_BOOTSTRAP_ADMIN_USERNAME: administrator.username,
        KC_BOOTSTRAP_ADMIN_PASSWORD: administrator.password,
      },
    });
    await untilServing(keycloak, url).catch(async (error: unknown) => {
      await end(keycloak, 'SIGKILL');
      throw error;
    });
    return keycloak;
  };
  let keycloak = await start();
  return {
    provider: { url, administrator },
    home,
    publicUrl,
    signal: (name) => signal(keycloak, name),
    kill: async () => await end(keycloak, 'SIGKILL'),
    restart: async () => void (keycloak = await start()),
    stop: async () => {
      signal(keycloak, 'SIGCONT');
      await end(keycloak, 'SIGTERM');
    },
  };
}

async function untilServing(keycloak: ChildProcess, url: string): Promise<void> {
  let log = '';
  const note = (chunk: Buffer): void => void (log = (log + chunk.toString()).slice(-4000));
  keycloak.stdout?.on('data', note);
  keycloak.stderr?.on('data', note);
  keycloak.on('error', ({ message }) => note(Buffer.from(message))); // it could not be started at all
  const deadline = Date.now() + 240_000;
  while (Date.now() < deadline && keycloak.exitCode === null) {
    const serves = await fetch(`${url}/realms/master`).then(
      (response) => response.ok,
      () => false,
    );
    if (serves) return;
    await setTimeout(500);
  }
  throw new Error(`Keycloak does not serve; it needs a JDK from 17 on, by JAVA_HOME or as java. It says:\n${log}`);
}

/** Reaches the whole process group: `kc.sh` and the virtual machine under it. */
function signal(keycloak: ChildProcess, name: NodeJS.Signals): void {
  if (keycloak.exitCode === null && keycloak.signalCode === null && keycloak.pid) process.kill(-keycloak.pid, name);
}

async function end(keycloak: ChildProcess, name: NodeJS.Signals): Promise<void> {
  if (keycloak.pid === undefined || keycloak.exitCode !== null || keycloak.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => keycloak.once('exit', () => resolve()));
  signal(keycloak, name);
  await Promise.race([exited, setTimeout(15_000, undefined, { ref: false })]);
  signal(keycloak, 'SIGKILL');
}
