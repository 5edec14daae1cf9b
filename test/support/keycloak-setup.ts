import { parseEnv } from 'node:util';

import { keycloakSetup } from '../../src/cli/keycloak-setup-command.js';
import type { Provider } from '../keycloak/provider.js';

/** What a run of the command printed, and how it ended. */
export interface SetupOutcome {
  readonly code: number;
  /** Lines for .env. */
  readonly stdout: string;
  readonly stderr: string;
  /** What the lines for .env hold. */
  readonly settings: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs `keycloak:setup`.
 *
 * @param env its whole environment
 * @param file what `.env` holds
 */
export async function runSetup(
  env: Readonly<Record<string, string>>,
  { args = [], file = '' }: { readonly args?: readonly string[]; readonly file?: string } = {},
): Promise<SetupOutcome> {
  let [stdout, stderr] = ['', ''];
  const code = await keycloakSetup({
    args,
    env,
    file: parseEnv(file),
    print: (line) => (stdout += `${line}\n`),
    tell: (line) => (stderr += `${line}\n`),
  });
  return { code, stdout, stderr, settings: parseEnv(stdout) };
}

/** The administrator's login, as the command wants it. */
export function administratorSettings({ url, administrator }: Provider): Record<string, string> {
  const { username, password } = administrator;
  return { KEYCLOAK_URL: url, KEYCLOAK_ADMIN_USERNAME: username, KEYCLOAK_ADMIN_PASSWORD: password };
}
