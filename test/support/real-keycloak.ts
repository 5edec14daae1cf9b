import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Provider } from '../keycloak/provider.js';

const version = '26.7.0';
const run = promisify(execFile);

/** Milliseconds that fetching, building and starting may take the first time. */
export const realKeycloakStartMs = 900_000;

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The distribution: `KEYCLOAK_HOME`, or one that Maven fetches once into a cache outside the work tree. */
async function keycloakHome(): Promise<string> {
  const { KEYCLOAK_HOME, XDG_CACHE_HOME } = process.env;
  if (KEYCLOAK_HOME) return KEYCLOAK_HOME;
  const cache = join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tenantry');
  const home = join(cache, `keycloak-${version}`);
  if (await exists(home)) return home;
  const part = join(cache, `part-${randomUUID()}`);
  await mkdir(part, { recursive: true });
  const artifact = `org.keycloak:keycloak-quarkus-dist:${version}:tar.gz`;
  await run('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${part}`], {
    cwd: part,
  });
  await run('tar', ['xzf', join(part, `keycloak-quarkus-dist-${version}.tar.gz`), '-C', part]);
  await rename(join(part, `keycloak-${version}`), home).catch(async (error: unknown) => {
    if (!(await exists(home))) throw error;
  });
  await rm(part, { recursive: true, force: true });
  return home;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A real Keycloak on free ports with a database in memory, serving; the first start builds it. Needs a JDK ≥ 17. */
export async function startRealKeycloak(): Promise<{ provider: Provider; stop: () => Promise<void> }> {
  const home = await keycloakHome();
  const [port, managementPort] = [await freePort(), await freePort()];
  const administrator = { username: 'keycloak-admin', password: randomUUID() };
  const args = ['start-dev', '--db=dev-mem', `--http-port=${port}`, `--http-management-port=${managementPort}`];
  const keycloak = spawn(join(home, 'bin', 'kc.sh'), args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      KC_BOOTSTRAP_ADMIN_USERNAME: administrator.username,
      KC_BOOTSTRAP_ADMIN_PASSWORD: administrator.password,
    },
  });
  const url = `http://127.0.0.1:${port}`;
  const stop = stopper(keycloak);
  try {
    await untilServing(keycloak, url);
  } catch (error) {
    await stop();
    throw error;
  }
  return { provider: { url, administrator }, stop };
}

async function untilServing(keycloak: ChildProcess, url: string): Promise<void> {
  let log = '';
  const note = (chunk: Buffer): void => void (log = (log + chunk.toString()).slice(-4000));
  keycloak.stdout?.on('data', note);
  keycloak.stderr?.on('data', note);
  const deadline = Date.now() + 240_000;
  while (Date.now() < deadline && keycloak.exitCode === null) {
    const serves = await fetch(`${url}/realms/master`).then(
      (response) => response.ok,
      () => false,
    );
    if (serves) return;
    await setTimeout(500);
  }
  throw new Error(`Keycloak does not serve:\n${log}`);
}

/** Ends the whole process group: `kc.sh` and the virtual machine under it. */
function stopper(keycloak: ChildProcess): () => Promise<void> {
  const exited = new Promise<void>((resolve) => keycloak.once('exit', () => resolve()));
  const signal = (name: NodeJS.Signals): void => {
    if (keycloak.exitCode === null && keycloak.signalCode === null && keycloak.pid) process.kill(-keycloak.pid, name);
  };
  return async () => {
    signal('SIGTERM');
    await Promise.race([exited, setTimeout(15_000, undefined, { ref: false })]);
    signal('SIGKILL');
  };
}
