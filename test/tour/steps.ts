import type { Step } from './transcript.js';

// Written as a person would paste them: the formatter leaves untagged texts alone.

export const login: Step = {
  title: 'An administrator logs in',
  query: `
    mutation {
      login(input: { user: { username: "admin", password: "demo" } }) {
        session { accessToken tokenType expiresAt viewer { username roles permissions } }
        userErrors { code path }
      }
    }`,
};

export const lookUp: Step = {
  title: '',
  query: `
    query ($by: TenantRef!) { tenant(by: $by) { tenantId } }`,
};

export const create: Step = {
  title: 'Onboard a contact centre in full',
  query: `
    mutation ($input: CreateTenantInput!) {
      createTenant(input: $input) {
        tenant {
          id tenantId code name domain status version
          keycloak { origin realm issuer clientId hasClientSecret otpManagerUrl realmState sync { state } }
          twoFactor { ... on TwoFactorEnabled { isEnabled channelType serviceIdentifier otpExpirySeconds retryLimit } }
          campaigns { name serviceUrl username hasPassword isEnabled settings secretNames }
          dialer { serviceIdentifier maxConcurrentCalls maxCallTimeMinutes callsPerSecond }
          mediaServer { wssUrl domainManagerUrl }
          branding { logo { contentType byteSize width height } }
        }
        userErrors { code path message }
      }
    }`,
};

/** What the contact-centre platform asks for of a tenant, whole. */
export function contactCenter(tenantId: string, otpManagerUrl: string): Record<string, unknown> {
  return {
    tenantId,
    name: 'Tenant One',
    keycloak: { realm: { provision: { displayName: 'Tenant One' } }, otpManagerUrl },
    twoFactor: {
      enabled: { channelType: 'SMS', serviceIdentifier: 'twilio-sms', otpExpirySeconds: 300, retryLimit: 3 },
    },
    campaigns: [
      {
        name: 'Outbound sales',
        serviceUrl: 'https://campaigns.expertflow.com/',
        username: 'campaign-user',
        password: 'campaign-password',
        settings: { priority: 1 },
        secrets: { apiKey: 'campaign-api-key' },
      },
      { name: 'Customer survey', isEnabled: false },
    ],
    dialer: { serviceIdentifier: 'cx-dialer', maxConcurrentCalls: 20, maxCallTimeMinutes: 30, callsPerSecond: 2 },
    mediaServer: {
      wssUrl: 'wss://media.expertflow.com:7443',
      domainManagerUrl: 'https://media.expertflow.com/domains',
    },
    logo: null,
  };
}

export const patch: Step = {
  title: '',
  query: `
    mutation ($tenant: TenantRef!, $patch: TenantPatch!) {
      patchTenant(tenant: $tenant, patch: $patch) {
        tenant {
          version
          twoFactor {
            ... on TwoFactorEnabled { isEnabled channelType serviceIdentifier otpExpirySeconds retryLimit }
            ... on TwoFactorDisabled { isEnabled reason }
          }
          mediaServer { wssUrl }
          branding { logo { contentType byteSize width height } }
        }
        userErrors { code path message }
      }
    }`,
};

export const twoFactorChanges = [
  ['Switch 2FA off', { disabled: { reason: 'The SMS provider is being replaced' } }],
  [
    'Switch 2FA on again, by e-mail',
    { enabled: { channelType: 'EMAIL', serviceIdentifier: 'smtp', otpExpirySeconds: 600, retryLimit: 5 } },
  ],
] as const;

export const componentLogin: Step = {
  title: 'A core component logs in with its service account',
  query: `
    mutation {
      login(input: { client: { clientId: "core-component", clientSecret: "demo" } }) {
        session { accessToken viewer { roles permissions } }
        userErrors { code path }
      }
    }`,
};

export const issueToken: Step = {
  title: 'It gets a token bound to the tenant',
  query: `
    mutation ($tenant: TenantRef!) {
      issueTenantToken(tenant: $tenant) {
        token { accessToken tokenType expiresAt issuer domain tenantId }
        userErrors { code path }
      }
    }`,
};

export const readOwn: Step = {
  title: 'With that token it reads the tenant’s configuration and secrets, and nobody else’s',
  query: `
    query {
      viewer { roles permissions tenant { tenantId } }
      currentTenant { tenantId domain twoFactor { ... on TwoFactorEnabled { channelType serviceIdentifier } } }
      currentTenantSecrets { campaigns { name username password secrets } }
    }`,
};

export const dashboard: Step = {
  title: 'The dashboard',
  query: `
    query {
      dashboard {
        totals { total active inactive expired byStatus { status count } byTier { tier count } }
        tenants(first: 3) { nodes { tenantId name status } totalCount }
        newTenantsByMonth { month count }
        upcomingExpiries(withinDays: 30, first: 2) { nodes { tenantId subscription { daysRemaining } } totalCount }
        expired { nodes { tenantId status } }
      }
    }`,
};

export const remove: Step = {
  title: 'The tenant leaves',
  query: `
    mutation ($tenant: TenantRef!) {
      deleteTenant(tenant: $tenant, reason: "The contract has ended") {
        tenant {
          tenantId status isActive statusReason
          history(first: 2) { nodes { action fromStatus toStatus actor { name } } }
        }
        tokensValidUntil
        userErrors { code path }
      }
    }`,
};

export const issueAgain: Step = { ...issueToken, title: 'From now on there is no token for it' };

export const useDeadToken: Step = {
  title: 'and the one that was issued before opens nothing any more',
  query: 'query { currentTenant { tenantId } }',
};
