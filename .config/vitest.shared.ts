import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ViteUserConfig } from 'vitest/config';

const root = join(import.meta.dirname, '..');
const inCi = process.env.CI === 'true';

/** What a suite adds to the settings that all suites have in common. */
interface Suite {
  /** Names the report that the gate adds up, `.reports/<name>.json`. */
  name: string;
  include: string[];
  exclude?: string[];
  testTimeoutMs: number;
  /** What is started for the run besides PostgreSQL. */
  globalSetup?: string[];
  /** Test files at a time; two unless given. */
  workers?: number;
}

/** Settings of one suite: real PostgreSQL and HTTP, so two workers are all that two cores carry. */
export function suite({
  name,
  include,
  exclude = [],
  testTimeoutMs,
  globalSetup = [],
  workers = 2,
}: Suite): ViteUserConfig {
  return {
    root,
    // As in tsconfig.json, which only names the sources: type-graphql needs the legacy decorators, and absent fields stay absent.
    oxc: {
      decorator: { legacy: true, emitDecoratorMetadata: false },
      assumptions: { setPublicClassFields: true },
      typescript: { removeClassFieldsWithoutInitializer: true },
      target: 'es2023',
    },
    resolve: {
      // One copy of graphql only: a second one (ESM beside CommonJS) answers "from another module or realm".
      alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }],
    },
    test: {
      name,
      include,
      exclude: ['**/node_modules/**', 'dist/**', 'test/bench/**', ...exclude],
      globalSetup: ['test/support/global-setup.ts', ...globalSetup],
      setupFiles: ['reflect-metadata'],
      pool: 'forks',
      maxWorkers: workers,
      testTimeout: testTimeoutMs,
      hookTimeout: 120_000,
      teardownTimeout: 60_000,
      reporters: inCi ? ['default', 'json'] : ['default'],
      outputFile: { json: join(root, `.reports/${name}.json`) },
    },
  };
}
