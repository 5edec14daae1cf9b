/** What Keycloak answers for a realm's settings that nobody set; the names also tell known fields from unknown ones. */
export const realmDefaults: Readonly<Record<string, unknown>> = {
  notBefore: 0,
  defaultSignatureAlgorithm: 'RS256',
  revokeRefreshToken: false,
  refreshTokenMaxReuse: 0,
  accessTokenLifespanForImplicitFlow: 900,
  ssoSessionIdleTimeout: 1800,
  ssoSessionMaxLifespan: 36_000,
  ssoSessionIdleTimeoutRememberMe: 0,
  ssoSessionMaxLifespanRememberMe: 0,
  offlineSessionIdleTimeout: 2_592_000,
  offlineSessionMaxLifespanEnabled: false,
  offlineSessionMaxLifespan: 5_184_000,
  clientSessionIdleTimeout: 0,
  clientSessionMaxLifespan: 0,
  accessCodeLifespan: 60,
  accessCodeLifespanUserAction: 300,
  accessCodeLifespanLogin: 1800,
  actionTokenGeneratedByAdminLifespan: 43_200,
  actionTokenGeneratedByUserLifespan: 300,
  sslRequired: 'external',
  registrationAllowed: false,
  registrationEmailAsUsername: false,
  rememberMe: false,
  verifyEmail: false,
  loginWithEmailAllowed: true,
  duplicateEmailsAllowed: false,
  resetPasswordAllowed: false,
  editUsernameAllowed: false,
  bruteForceProtected: false,
  permanentLockout: false,
  maxTemporaryLockouts: 0,
  bruteForceStrategy: 'MULTIPLE',
  maxFailureWaitSeconds: 900,
  minimumQuickLoginWaitSeconds: 60,
  waitIncrementSeconds: 60,
  quickLoginCheckMilliSeconds: 1000,
  maxDeltaTimeSeconds: 43_200,
  failureFactor: 30,
  requiredCredentials: ['password'],
  otpPolicyType: 'totp',
  otpPolicyAlgorithm: 'HmacSHA1',
  otpPolicyInitialCounter: 0,
  otpPolicyDigits: 6,
  otpPolicyLookAheadWindow: 1,
  otpPolicyPeriod: 30,
  otpPolicyCodeReusable: false,
  smtpServer: {},
  eventsEnabled: false,
  eventsListeners: ['jboss-logging'],
  enabledEventTypes: [],
  adminEventsEnabled: false,
  adminEventsDetailsEnabled: false,
  internationalizationEnabled: false,
  browserFlow: 'browser',
  registrationFlow: 'registration',
  directGrantFlow: 'direct grant',
  resetCredentialsFlow: 'reset credentials',
  clientAuthenticationFlow: 'clients',
  userManagedAccessAllowed: false,
  organizationsEnabled: false,
  verifiableCredentialsEnabled: false,
  adminPermissionsEnabled: false,
};

const furtherRealmFields = ['displayName', 'displayNameHtml', 'supportedLocales', 'defaultLocale', 'loginTheme'];

const ownRealmFields = [
  'id',
  'realm',
  'enabled',
  'accessTokenLifespan',
  'attributes',
  'clients',
  'users',
  'roles',
] as const;

const known = new Set([...Object.keys(realmDefaults), ...furtherRealmFields, ...ownRealmFields]);

/** Whether Keycloak's realm representation has such a field; it refuses documents with any other. */
export const isRealmField = (name: string): boolean => known.has(name);

/** Whether the field is a plain setting, kept and shown as it was sent. */
export const isRealmSetting = (name: string): boolean =>
  known.has(name) && !(ownRealmFields as readonly string[]).includes(name);
