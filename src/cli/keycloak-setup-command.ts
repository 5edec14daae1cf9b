import { parseArgs } from 'node:util';

import { createOutbound, type Outbound } from '../integrations/guarded-fetch.js';
import { namedServerUrl, openAdministration } from '../integrations/keycloak/setup/administration.js';
import { setUpKeycloak } from '../integrations/keycloak/setup/set-up-keycloak.js';
import { SetupFault } from '../integrations/keycloak/setup/setup-fault.js';
import type { SetupRun } from '../integrations/keycloak/setup/setup-run.js';
import { StartupError } from '../startup-error.js';
import { readSetupSettings, type SetupSettings } from './keycloak-setup-settings.js';

const help = `npm run keycloak:setup [-- --dry-run]

Brings your Keycloak to what Tenantry needs: the client that operators log in with and its four roles, the service
account that makes tenants' realms, and brute-force detection. What is so already is left alone: it can be run again.

  --dry-run   says what would be changed, and changes nothing
  --help      this text

Settings, from the environment or .env (each secret also as a file, NAME_FILE):
  KEYCLOAK_URL                    where Keycloak is
  KEYCLOAK_ADMIN_USERNAME         an administrator of its realm "master", with the password grant of admin-cli:
  KEYCLOAK_ADMIN_PASSWORD           for this command alone; the service never needs them
  KEYCLOAK_REALM                  where operators log in; default: master
  KEYCLOAK_CLIENT_ID              the login client; default: tenantry
  KEYCLOAK_ADMIN_CLIENT_ID        the service account that makes realms; default: tenantry-admin
  KEYCLOAK_CLIENT_SECRET, KEYCLOAK_ADMIN_CLIENT_SECRET
                                  set where given; where not, a new client gets one made, and an old one keeps its own

What is done goes to standard error; lines for .env go to standard output, secrets that were made among them, this once:
  npm run --silent keycloak:setup >> .env

Ends with 0 where Keycloak is as it should be (with --dry-run: could be read), 1 where not, 2 where called wrongly.
`;

/** What the command is given, and where it says what. */
export interface CommandLine {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** What .env holds; the environment goes before it. */
  readonly file: NodeJS.Dict<string>;
  /** Takes lines for .env, or the help text. */
  readonly print: (line: string) => void;
  /** Takes what is said to whoever sits in front of it. */
  readonly tell: (line: string) => void;
}

/**
 * `npm run keycloak:setup`, as its help text says.
 *
 * @returns the exit code
 */
export async function keycloakSetup(command: CommandLine): Promise<number> {
  const outbound = createOutbound({ allow: [] });
  try {
    const options = readOptions(command.args);
    if (typeof options === 'string') {
      command.tell(`${options}\n\n${help}`);
      return 2;
    }
    if (options.help) {
      command.print(help);
      return 0;
    }
    const settings = readSetupSettings({ ...command.file, ...command.env });
    return await setUp(outbound, settings, command, options['dry-run']);
  } catch (error) {
    if (!(error instanceof StartupError || error instanceof SetupFault)) throw error;
    command.tell(error.message);
    return 1;
  } finally {
    await outbound.close();
  }
}

function readOptions(args: readonly string[]): { readonly help: boolean; readonly 'dry-run': boolean } | string {
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({ args: [...args], options: { help: flag, 'dry-run': flag } }).values;
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown options';
  }
}

async function setUp(
  outbound: Outbound,
  settings: SetupSettings,
  { file, print, tell }: CommandLine,
  isDryRun: boolean,
): Promise<number> {
  const { url, administrator, wishes } = settings;
  const secrets: Record<string, string> = {};
  let changes = 0;
  let isComplete = false;
  const run: SetupRun = {
    admin: await openAdministration({ outbound, url, ...administrator }),
    change: async (what, work) => {
      if (!isDryRun) await work();
      changes += 1;
      tell(`${isDryRun ? 'To do' : 'Done'}: ${what}`);
    },
    note: tell,
    keepSecret: (setting, secret) => (secrets[setting] = secret),
  };
  try {
    const refused = await setUpKeycloak(run, wishes);
    for (const { message } of refused) tell(`Refused: ${message}`);
    tell(summary(changes, refused.length, isDryRun));
    isComplete = refused.length === 0;
  } finally {
    // Also where the run has failed half-way: a secret that is set already is told nowhere else.
    if ((isComplete && !isDryRun) || Object.keys(secrets).length > 0) {
      const named = await publicUrl(outbound, settings, tell);
      const lines = settingsToKeep(settings, named, secrets, file);
      // They are appended: an empty line first, or a .env without a line break at its end would run into them.
      if (lines.length > 0) ['', ...lines].forEach(print);
    }
  }
  return isComplete ? 0 : 1;
}

function summary(changes: number, refused: number, isDryRun: boolean): string {
  if (refused > 0) return 'Not complete. Give the account the rights that it lacks, and run this again.';
  if (changes === 0) return 'Nothing to change: Keycloak is as Tenantry needs it.';
  const counted = `${changes} ${changes === 1 ? 'change' : 'changes'}`;
  return isDryRun ? `${counted} to make; none was made (--dry-run).` : `${counted} made.`;
}

/** The address that stands in Keycloak's tokens, where it is not the one that is called. */
async function publicUrl(
  outbound: Outbound,
  { url, publicUrl: given, wishes }: SetupSettings,
  tell: CommandLine['tell'],
): Promise<string | undefined> {
  const named = await namedServerUrl(outbound, url, wishes.realm);
  if (named === undefined || named === (given ?? url)) return given;
  if (given === undefined) return named;
  tell(`Beware: KEYCLOAK_PUBLIC_URL is ${given}, but Keycloak's tokens name ${named}; Tenantry would refuse them.`);
  return given;
}

/** What .env still lacks: the secrets that were made, and the settings that go with them. */
function settingsToKeep(
  { url, wishes }: SetupSettings,
  named: string | undefined,
  secrets: Readonly<Record<string, string>>,
  file: CommandLine['file'],
): string[] {
  const wanted: NodeJS.Dict<string> = {
    KEYCLOAK_URL: url,
    KEYCLOAK_PUBLIC_URL: named,
    KEYCLOAK_REALM: wishes.realm === 'master' ? undefined : wishes.realm,
    KEYCLOAK_CLIENT_ID: wishes.clientId === 'tenantry' ? undefined : wishes.clientId,
    KEYCLOAK_ADMIN_CLIENT_ID: wishes.adminClientId,
    ...secrets,
  };
  return Object.entries(wanted).flatMap(([name, value]) =>
    value === undefined || value === file[name] ? [] : [`${name}=${inQuotes(value)}`],
  );
}

/** As .env wants a value that is not just letters. */
function inQuotes(value: string): string {
  return /^[\w.:/@-]*$/.test(value) ? value : `"${value}"`;
}
