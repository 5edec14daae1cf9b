import { defineConfig } from 'vitest/config';
import { suite } from './vitest.shared.js';

export default defineConfig(
  suite({
    name: 'fast',
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.keycloak.test.ts', 'test/**/*.slow.test.ts'],
    testTimeoutMs: 60_000,
  }),
);
