import type { Logger } from 'pino';

import type { Config } from './config.js';
import type { AppServices } from './context.js';
import { connectDatabases, type Databases } from './database/databases.js';
import { prepareDatabase } from './database/prepare.js';
import { createApollo } from './graphql/apollo.js';
import { buildApiSchema } from './graphql/schema.js';
import { readHealth } from './health.js';
import { createHttpServer } from './http/server.js';
import { createOutbound } from './integrations/guarded-fetch.js';
import { createAdminApi } from './integrations/keycloak/admin-api.js';
import { createKeySets } from './integrations/keycloak/key-sets.js';
import { followsHostHeader } from './integrations/keycloak/host-header.js';
import { createPlatformLogin } from './integrations/keycloak/platform-login.js';
import { administratorsRealm, realmAddress } from './integrations/keycloak/realm-address.js';
import { createRealmAdmin } from './integrations/keycloak/realm-admin.js';
import { createRealmCare } from './integrations/keycloak/realm-care.js';
import { createOtpManager } from './integrations/otp-manager.js';
import { parseAllowEntry } from './integrations/outbound.rules.js';
import { createJobs } from './jobs/create-jobs.js';
import { createLoginAttempts } from './modules/auth/login-attempts.service.js';
import { findLogo } from './modules/branding/logo-image.service.js';
import { createPlatformTokens } from './modules/identity/platform-token.service.js';
import { createTenantBearer } from './modules/identity/tenant-bearer.service.js';
import { tenantByIssuer } from './modules/identity/tenant-issuer.query.js';
import { admitKeys, noteProvenKey } from './modules/realm/realm-keys.service.js';
import { createTenantTokens } from './modules/tenant-token/token-cache.service.js';
import { makeContext } from './request-context.js';
import { resolvers } from './resolvers.js';
import { makeKeyRing, type KeyRing } from './secrets/key-ring.js';

export interface RunningApp {
  /** Where the API answers, without a path. */
  readonly url: string;
  readonly services: AppServices;
  /** Lets requests in flight finish, then lets go of everything. */
  readonly stop: () => Promise<void>;
}

/**
 * The composition root: prepares the database, wires everything together, and listens.
 *
 * @throws StartupError with what the operator has to do
 */
export async function startApp(config: Config, log: Logger, now = (): Date => new Date()): Promise<RunningApp> {
  const keyRing = makeKeyRing(config.secrets.key, config.secrets.previousKey);
  const urls = await prepareDatabase({ ...config.database, keyRing, log });
  const db = connectDatabases(urls);
  const address = { url: config.http.publicUrl ?? '' };
  const services = wire({ config, log, now, keyRing, db, address, platformUrl: urls.platformUrl });
  const letGo = async (graceMs: number): Promise<void> => {
    await services.jobs.stop(graceMs);
    await services.outbound.close();
    await db.close();
  };
  try {
    const schema = await buildApiSchema(resolvers);
    const server = await createHttpServer({
      config,
      apollo: createApollo(schema, { sandbox: config.sandbox, log }),
      makeContext: (request) => makeContext(services, request),
      health: () => readHealth(services),
      readLogo: async (sha256) => {
        const logo = await findLogo(db.platform.em.fork(), sha256);
        return logo && { contentType: logo.contentType, bytes: logo.data };
      },
      log,
    });
    await services.jobs.start();
    const url = `http://${hostInUrl(config.http.host)}:${await server.listen()}`;
    address.url ||= url;
    void warnOfHostHeader(services);
    void warnOfAccounts(services);
    const stop = async (): Promise<void> => {
      const deadline = Date.now() + config.http.shutdownGraceSeconds * 1_000;
      await server.stop();
      await letGo(deadline - Date.now());
    };
    return { url, services, stop };
  } catch (error) {
    await letGo(0);
    throw error;
  }
}

interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly now: () => Date;
  readonly keyRing: KeyRing;
  readonly db: Databases;
  /** Known once the server listens. */
  readonly address: { readonly url: string };
  readonly platformUrl: string;
}

function wire({ config, log, now, keyRing, db, address, platformUrl }: Parts): AppServices {
  const { keycloak } = config;
  const outbound = createOutbound({ allow: config.outboundAllow.flatMap((entry) => parseAllowEntry(entry) ?? []) });
  const keySets = createKeySets({ outbound, admit: ({ issuer }, keys) => admitKeys(services, issuer, keys) });
  const platformRealm = realmAddress(keycloak, keycloak.realm);
  const client = { clientId: keycloak.clientId, clientSecret: keycloak.clientSecret };
  const { clientId } = client;
  const admin = keycloak.admin && createAdminApi({ outbound, platform: keycloak, client: keycloak.admin });
  const services: AppServices = {
    config,
    get publicUrl() {
      return address.url;
    },
    db,
    keyRing,
    cursorKey: keyRing.derive('cursor'),
    outbound,
    otpManager: createOtpManager(outbound),
    keySets,
    platformRealm,
    login: createPlatformLogin({ outbound, address: platformRealm, client }),
    loginAttempts: createLoginAttempts(),
    platformTokens: createPlatformTokens({ keySets, address: platformRealm, clientId }),
    tenantBearer: createTenantBearer({
      keySets,
      platform: keycloak,
      clientId,
      findTenantByIssuer: tenantByIssuer(db.platform),
      noteProvenKey: (tenant, thumbprint) => noteProvenKey(services, tenant, thumbprint),
    }),
    tenantTokens: createTenantTokens(),
    realmAdmin: admin && createRealmAdmin(admin),
    realmCare: admin && createRealmCare(admin),
    jobs: createJobs(platformUrl, () => services),
    now,
    log,
  };
  return services;
}

/** Such a Keycloak has as many issuers as it has names. */
async function warnOfHostHeader({ outbound, config, log }: AppServices): Promise<void> {
  const { url, realm } = config.keycloak;
  if ((await followsHostHeader(outbound, url, realm)) !== true) return;
  log.warn({ url, realm }, "Keycloak's issuer follows the Host header of whoever asks: set Keycloak's hostname");
}

/** Else the first login, and the first create, would be the first to learn of it. */
async function warnOfAccounts({ login, realmAdmin, config, log }: AppServices): Promise<void> {
  const { clientId, admin } = config.keycloak;
  const warn = (client: string | undefined, message: string) => (error: unknown) => {
    log.warn({ client, reason: error instanceof Error ? error.message : String(error) }, message);
  };
  await login
    .logout('no session')
    .catch(
      warn(clientId, 'Keycloak does not let the login client in: nobody can log in now (KEYCLOAK_CLIENT_SECRET?)'),
    );
  await realmAdmin
    ?.find(administratorsRealm, '00000000-0000-0000-0000-000000000000')
    .catch(warn(admin?.clientId, 'Keycloak does not let the account in that is to make realms: none can be made now'));
}

function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
