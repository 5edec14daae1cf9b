import { makeKeyCommand, secretSettings, variables } from './config-variables.js';
import { readVariables, type ValuesOf } from './environment.js';
import { StartupError } from './startup-error.js';

/** Settings as the operator gave them: what is missing here is embedded, where it can be. */
export interface Settings {
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** A given port that is taken is an error; an unset one may move on. */
    readonly portGiven: boolean;
    readonly publicUrl: string | undefined;
    readonly trustedProxies: readonly string[];
    readonly corsOrigins: readonly string[] | undefined;
    readonly shutdownGraceSeconds: number;
  };
  readonly database: DatabaseSettings | undefined;
  readonly keycloak: KeycloakSettings | undefined;
  readonly secrets: { readonly key: Uint8Array; readonly previousKey?: Uint8Array } | undefined;
  readonly tenantBaseDomain: string;
  readonly outboundAllow: readonly string[] | undefined;
  readonly logLevel: string;
  readonly seedDemo: boolean | undefined;
  readonly sandbox: boolean | undefined;
  readonly dataDir: string;
}

export interface DatabaseSettings {
  /** The login that owns the schema and migrates. */
  readonly ownerUrl: string;
  readonly platformUrl?: string;
  readonly tenantUrl?: string;
}

export interface KeycloakSettings {
  /** Base address that Tenantry calls. */
  readonly url: string;
  /** Base address as it stands in tokens' `iss`. */
  readonly publicUrl: string;
  readonly realm: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The service account that makes realms. */
  readonly admin?: { readonly clientId: string; readonly clientSecret: string };
}

/** Everything a running service needs: the settings, with what embedded parts filled in. */
export type Config = Omit<
  Settings,
  'database' | 'keycloak' | 'secrets' | 'outboundAllow' | 'seedDemo' | 'sandbox' | 'http'
> & {
  readonly http: Omit<Settings['http'], 'corsOrigins'> & { readonly corsOrigins: readonly string[] };
  readonly database: DatabaseSettings;
  readonly keycloak: KeycloakSettings;
  readonly secrets: NonNullable<Settings['secrets']>;
  readonly outboundAllow: readonly string[];
  readonly seedDemo: boolean;
  readonly sandbox: boolean;
};

type Variable = keyof typeof variables;
type Values = ValuesOf<typeof variables>;

/**
 * Reads and checks the environment; the README has a table of all variables.
 *
 * @param hasEmbedded whether there are embedded parts to take the place of what is not configured
 * @throws StartupError with all problems in one message; a secret's value is never in it
 */
export function readSettings(env: NodeJS.ProcessEnv = process.env, hasEmbedded = true): Settings {
  const problems: string[] = [];
  const values = readVariables(env, variables, secretSettings, problems);
  problems.push(...(hasEmbedded ? [] : whatIsNotEmbedded(env)), ...contradictions(env), ...sameKeys(values));
  if (problems.length > 0) {
    throw new StartupError(`These settings stop the start:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
  return settingsFrom(values);
}

/** What is given and will not do is named as such already, and is not missing. */
function isGiven(env: NodeJS.ProcessEnv, name: Variable): boolean {
  return Boolean(env[name]) || Boolean(env[`${name}_FILE`]);
}

const whatSecretsKeyIs = `it encrypts tenants' secrets in your database; make one with: ${makeKeyCommand}`;
const whatClientSecretIs = 'the secret of the login client (KEYCLOAK_CLIENT_ID).';

/** Where nothing takes their place, a database and a Keycloak have to be given, with what goes with them. */
function whatIsNotEmbedded(env: NodeJS.ProcessEnv): string[] {
  const here = 'this image has no embedded one to take its place.';
  const groups: [Variable, string, Variable, string][] = [
    ['DATABASE_URL', `a PostgreSQL of your own; ${here}`, 'SECRETS_KEY', whatSecretsKeyIs],
    ['KEYCLOAK_URL', `a Keycloak of your own; ${here}`, 'KEYCLOAK_CLIENT_SECRET', whatClientSecretIs],
  ];
  const missing = groups.flatMap(([name, why, other, whyOther]) => {
    if (isGiven(env, name)) return [];
    return [`${name} is missing: ${why}`, ...(isGiven(env, other) ? [] : [`${other} is missing: ${whyOther}`])];
  });
  return env['SEED_DEMO'] === 'true' ? [...missing, 'SEED_DEMO is true, but this image holds no demo data.'] : missing;
}

function contradictions(env: NodeJS.ProcessEnv): string[] {
  const needs = (name: Variable, other: Variable, why: string): string[] =>
    isGiven(env, name) && !isGiven(env, other) ? [`${other} is missing: ${why}`] : [];
  return [
    ...needs('DATABASE_URL', 'SECRETS_KEY', whatSecretsKeyIs),
    ...needs('DATABASE_PLATFORM_URL', 'DATABASE_URL', 'the restricted logins go with the login that owns the schema.'),
    ...needs('DATABASE_TENANT_URL', 'DATABASE_URL', 'the restricted logins go with the login that owns the schema.'),
    ...needs('KEYCLOAK_URL', 'KEYCLOAK_CLIENT_SECRET', whatClientSecretIs),
    ...needs('KEYCLOAK_REALM', 'KEYCLOAK_URL', 'a realm is given, but no Keycloak.'),
    ...needs('KEYCLOAK_CLIENT_ID', 'KEYCLOAK_URL', 'a client is given, but no Keycloak.'),
    ...needs('KEYCLOAK_CLIENT_SECRET', 'KEYCLOAK_URL', 'a client secret is given, but no Keycloak.'),
    ...needs('KEYCLOAK_PUBLIC_URL', 'KEYCLOAK_URL', 'a public address is given, but no Keycloak.'),
    ...needs('KEYCLOAK_ADMIN_CLIENT_ID', 'KEYCLOAK_URL', 'a provisioning account is given, but no Keycloak.'),
    ...needs('KEYCLOAK_ADMIN_CLIENT_ID', 'KEYCLOAK_ADMIN_CLIENT_SECRET', 'the secret of the provisioning account.'),
    ...needs('KEYCLOAK_ADMIN_CLIENT_SECRET', 'KEYCLOAK_ADMIN_CLIENT_ID', 'the client id of the provisioning account.'),
    ...needs('SECRETS_KEY_PREVIOUS', 'SECRETS_KEY', 'a previous key goes with a present one.'),
  ];
}

function sameKeys({ SECRETS_KEY: key, SECRETS_KEY_PREVIOUS: previous }: Values): string[] {
  return key !== undefined && previous !== undefined && Buffer.from(key).equals(previous)
    ? ['SECRETS_KEY_PREVIOUS is the same as SECRETS_KEY: give the key before, or none.']
    : [];
}

function settingsFrom(values: Values): Settings {
  return Object.freeze({
    http: {
      host: values.HOST ?? '127.0.0.1',
      port: values.PORT ?? 4000,
      portGiven: values.PORT !== undefined,
      publicUrl: values.PUBLIC_URL,
      trustedProxies: values.TRUSTED_PROXIES ?? [],
      corsOrigins: values.CORS_ORIGINS,
      shutdownGraceSeconds: values.SHUTDOWN_GRACE_SECONDS ?? 20,
    },
    database: databaseFrom(values),
    keycloak: keycloakFrom(values),
    secrets: values.SECRETS_KEY && { key: values.SECRETS_KEY, previousKey: values.SECRETS_KEY_PREVIOUS },
    tenantBaseDomain: values.TENANT_BASE_DOMAIN ?? 'tenants.example.com',
    outboundAllow: values.OUTBOUND_ALLOW,
    logLevel: values.LOG_LEVEL ?? 'info',
    seedDemo: values.SEED_DEMO,
    sandbox: values.SANDBOX,
    dataDir: values.DATA_DIR ?? '.tenantry',
  });
}

function databaseFrom(values: Values): DatabaseSettings | undefined {
  return values.DATABASE_URL === undefined
    ? undefined
    : {
        ownerUrl: values.DATABASE_URL,
        platformUrl: values.DATABASE_PLATFORM_URL,
        tenantUrl: values.DATABASE_TENANT_URL,
      };
}

function keycloakFrom(values: Values): KeycloakSettings | undefined {
  if (values.KEYCLOAK_URL === undefined) return undefined;
  return {
    url: values.KEYCLOAK_URL,
    publicUrl: values.KEYCLOAK_PUBLIC_URL ?? values.KEYCLOAK_URL,
    realm: values.KEYCLOAK_REALM ?? 'master',
    clientId: values.KEYCLOAK_CLIENT_ID ?? 'tenantry',
    clientSecret: values.KEYCLOAK_CLIENT_SECRET ?? '',
    admin:
      values.KEYCLOAK_ADMIN_CLIENT_ID === undefined
        ? undefined
        : { clientId: values.KEYCLOAK_ADMIN_CLIENT_ID, clientSecret: values.KEYCLOAK_ADMIN_CLIENT_SECRET ?? '' },
  };
}
