import { defineConfig } from 'vitest/config';
import { suite } from './vitest.shared.js';

export default defineConfig(
  suite({ name: 'keycloak', include: ['test/**/*.keycloak.test.ts'], testTimeoutMs: 120_000 }),
);
