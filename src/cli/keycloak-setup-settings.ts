import { z } from 'zod';

import { variables } from '../config-variables.js';
import { readVariables } from '../environment.js';
import type { SetupWishes } from '../integrations/keycloak/setup/set-up-keycloak.js';
import { StartupError } from '../startup-error.js';

/** Where Keycloak is, who sets it up, and what it shall hold. */
export interface SetupSettings {
  /** Base address that is called. */
  readonly url: string;
  /** Base address as it stands in tokens' `iss`, where the operator named it. */
  readonly publicUrl: string | undefined;
  readonly administrator: { readonly username: string; readonly password: string };
  readonly wishes: SetupWishes;
}

const table = {
  KEYCLOAK_URL: variables.KEYCLOAK_URL,
  KEYCLOAK_PUBLIC_URL: variables.KEYCLOAK_PUBLIC_URL,
  KEYCLOAK_REALM: variables.KEYCLOAK_REALM,
  KEYCLOAK_CLIENT_ID: variables.KEYCLOAK_CLIENT_ID,
  KEYCLOAK_CLIENT_SECRET: variables.KEYCLOAK_CLIENT_SECRET,
  KEYCLOAK_ADMIN_CLIENT_ID: variables.KEYCLOAK_ADMIN_CLIENT_ID,
  KEYCLOAK_ADMIN_CLIENT_SECRET: variables.KEYCLOAK_ADMIN_CLIENT_SECRET,
  KEYCLOAK_ADMIN_USERNAME: [z.string().min(1), 'the name of a Keycloak administrator'],
  KEYCLOAK_ADMIN_PASSWORD: [z.string().min(1), 'the password of that administrator'],
} as const;
const secrets = ['KEYCLOAK_CLIENT_SECRET', 'KEYCLOAK_ADMIN_CLIENT_SECRET', 'KEYCLOAK_ADMIN_PASSWORD'];
const required = ['KEYCLOAK_URL', 'KEYCLOAK_ADMIN_USERNAME', 'KEYCLOAK_ADMIN_PASSWORD'] as const;

/**
 * The settings of the set-up; those that the service reads too mean the same here, and the secrets may be missing.
 *
 * @throws StartupError with all problems in one message
 */
export function readSetupSettings(env: NodeJS.ProcessEnv): SetupSettings {
  const problems: string[] = [];
  const values = readVariables(env, table, secrets, problems);
  for (const name of required) {
    if (values[name] === undefined && !problems.some((problem) => problem.startsWith(name))) {
      problems.push(`${name} is missing: expected ${table[name][1]}.`);
    }
  }
  const { KEYCLOAK_CLIENT_ID: clientId = 'tenantry', KEYCLOAK_ADMIN_CLIENT_ID: adminClientId = 'tenantry-admin' } =
    values;
  if (clientId === adminClientId)
    problems.push('KEYCLOAK_CLIENT_ID and KEYCLOAK_ADMIN_CLIENT_ID name the same client.');
  if (problems.length > 0) {
    throw new StartupError(
      `These settings stop the set-up:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
  }
  return {
    url: values.KEYCLOAK_URL ?? '',
    publicUrl: values.KEYCLOAK_PUBLIC_URL,
    administrator: { username: values.KEYCLOAK_ADMIN_USERNAME ?? '', password: values.KEYCLOAK_ADMIN_PASSWORD ?? '' },
    wishes: {
      realm: values.KEYCLOAK_REALM ?? 'master',
      clientId,
      clientSecret: values.KEYCLOAK_CLIENT_SECRET,
      adminClientId,
      adminClientSecret: values.KEYCLOAK_ADMIN_CLIENT_SECRET,
    },
  };
}
