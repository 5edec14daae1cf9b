import type { Logger } from 'pino';

import type { Config } from './config.js';
import type { Databases } from './database/databases.js';
import type { RequestFault } from './errors.js';
import type { Outbound } from './integrations/guarded-fetch.js';
import type { KeySets } from './integrations/keycloak/key-sets.js';
import type { PlatformLogin } from './integrations/keycloak/platform-login.js';
import type { RealmAddress } from './integrations/keycloak/realm-address.js';
import type { RealmCare } from './integrations/keycloak/realm-care.js';
import type { RealmAdmin } from './integrations/keycloak/realm-admin.js';
import type { OtpManager } from './integrations/otp-manager.js';
import type { Jobs } from './jobs/jobs.js';
import type { LoginAttempts } from './modules/auth/login-attempts.service.js';
import type { PlatformTokens } from './modules/identity/platform-token.service.js';
import type { TenantBearer } from './modules/identity/tenant-bearer.service.js';
import type { Viewer } from './modules/identity/viewer.rules.js';
import type { TenantTokens } from './modules/tenant-token/token-cache.service.js';
import type { KeyRing } from './secrets/key-ring.js';

/** What the composition root made once, and every request and job works with. */
export interface AppServices {
  readonly config: Config;
  /** Base of the addresses that the API hands out. */
  readonly publicUrl: string;
  readonly db: Databases;
  readonly keyRing: KeyRing;
  /** Authenticates the cursors of lists. */
  readonly cursorKey: Uint8Array;
  readonly outbound: Outbound;
  readonly otpManager: OtpManager;
  readonly keySets: KeySets;
  /** The realm where operators log in. */
  readonly platformRealm: RealmAddress;
  readonly login: PlatformLogin;
  readonly loginAttempts: LoginAttempts;
  readonly platformTokens: PlatformTokens;
  readonly tenantBearer: TenantBearer;
  readonly tenantTokens: TenantTokens;
  /** undefined where no account that may make realms is configured. */
  readonly realmAdmin: RealmAdmin | undefined;
  /** As `realmAdmin`. */
  readonly realmCare: RealmCare | undefined;
  readonly jobs: Jobs;
  readonly now: () => Date;
  readonly log: Logger;
}

/** One request: who asks, and what it may work with. First parameter of every service. */
export interface RequestContext {
  readonly requestId: string;
  readonly viewer: Viewer | undefined;
  /** Why the bearer token or X-Tenant-ID was refused; thrown at the first field that needs authorisation. */
  readonly refusal?: RequestFault;
  /** UUID of the one tenant that a platform token has narrowed itself to with X-Tenant-ID. */
  readonly narrowedTo?: string;
  readonly remoteAddress: string;
  readonly now: () => Date;
  readonly log: Logger;
  readonly app: AppServices;
}
