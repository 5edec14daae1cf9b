import { defineConfig } from 'vitest/config';
import { suite } from './vitest.shared.js';

/** What the API does with Keycloak, held to the real one by the very tests that the stand-in passes. */
const apiTests = [
  ...['auth', 'auth-attempts', 'create-tenant', 'create-tenant-provision', 'create-tenant-races'],
  ...[
    'create-tenant-realms',
    'delete-tenant',
    'tenant-token',
    'tenant-token-faults',
    'lifecycle',
    'lifecycle-tokens',
    'own-access',
    'client-secret',
    'realm-sync',
    'drift',
    'reconcile',
    'quarantine',
  ],
];

export default defineConfig(
  suite({
    name: 'keycloak',
    include: [
      'test/**/*.keycloak.test.ts',
      ...['crash-steps', 'keycloak-slow', 'left-realms'].map((file) => `test/guarantees/${file}.slow.test.ts`),
      ...apiTests.map((file) => `test/api/${file}.test.ts`),
    ],
    testTimeoutMs: 120_000,
    globalSetup: ['test/support/keycloak-global-setup.ts'],
    workers: 1, // the files share one Keycloak, and the other core is its own
  }),
);
