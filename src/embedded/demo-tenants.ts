import type { TenantRequestWithFiles } from '../modules/tenant/create-tenant.service.js';

const core = { realm: { provision: {} } };
const off = { disabled: { reason: 'Not asked for yet' } };

/** Tenants that a newcomer finds, so that lists and dashboard show something. */
export const demoTenants: readonly TenantRequestWithFiles[] = [
  {
    tenantId: 'acme',
    name: 'Acme Contact Center',
    description: 'Retail customer care in three languages',
    keycloak: core,
    twoFactor: off,
    campaigns: [
      {
        name: 'Spring sale',
        serviceUrl: 'https://campaigns.acme.example/',
        isEnabled: true,
        settings: { priority: 1 },
      },
    ],
    dialer: { serviceIdentifier: 'acme-dialer', maxConcurrentCalls: 50, maxCallTimeMinutes: 30, callsPerSecond: 5 },
    mediaServer: { wssUrl: 'wss://media.acme.example:7443' },
    metadata: { industry: 'retail' },
  },
  {
    tenantId: 'globex',
    name: 'Globex Support',
    keycloak: core,
    twoFactor: off,
    metadata: { industry: 'energy' },
  },
  { tenantId: 'initech', name: 'Initech', keycloak: core, twoFactor: off },
];
