import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const version = '26.7.0';
const run = promisify(execFile);

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * The distribution: `KEYCLOAK_HOME`, or one that Maven fetches once into a cache outside the work tree.
 *
 * @throws Error with what is missing and what to do about it
 */
export async function keycloakHome(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const { KEYCLOAK_HOME, XDG_CACHE_HOME } = env;
  if (KEYCLOAK_HOME) {
    if (await exists(join(KEYCLOAK_HOME, 'bin', 'kc.sh'))) return KEYCLOAK_HOME;
    throw new Error(
      `KEYCLOAK_HOME is ${KEYCLOAK_HOME}, where there is no bin/kc.sh: name the folder of an unpacked Keycloak ` +
        `${version}, or unset it to have Maven fetch one.`,
    );
  }
  const cache = join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tenantry');
  const home = join(cache, `keycloak-${version}`);
  if (!(await exists(home))) await fetchInto(cache, home, env);
  return home;
}

async function fetchInto(cache: string, home: string, env: NodeJS.ProcessEnv): Promise<void> {
  const part = join(cache, `part-${randomUUID()}`);
  await mkdir(part, { recursive: true });
  const artifact = `org.keycloak:keycloak-quarkus-dist:${version}:tar.gz`;
  const copy = ['-q', '-B', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${part}`];
  try {
    await run('mvn', copy, { cwd: part, env }).catch((error: unknown) => {
      throw new Error(whyNotFetched(error));
    });
    await run('tar', ['xzf', join(part, `keycloak-quarkus-dist-${version}.tar.gz`), '-C', part]);
    await rename(join(part, `keycloak-${version}`), home).catch(async (error: unknown) => {
      if (!(await exists(home))) throw error; // another run was first
    });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

function whyNotFetched(error: unknown): string {
  const { code, stdout = '' } = error as { readonly code?: unknown; readonly stdout?: string };
  const instead = `set KEYCLOAK_HOME to the folder of an unpacked Keycloak ${version}`;
  if (code === 'ENOENT') return `Maven (mvn) is missing, which fetches Keycloak ${version}: install it, or ${instead}.`;
  const [said = 'it does not say why'] = stdout.split('\n').filter((line) => line.includes('ERROR'));
  return `Maven cannot fetch Keycloak ${version}: give it a way to its repository, or ${instead}. It says: ${said}`;
}
