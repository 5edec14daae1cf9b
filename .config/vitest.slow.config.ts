import { defineConfig } from 'vitest/config';
import { suite } from './vitest.shared.js';

export default defineConfig(suite({ name: 'slow', include: ['test/**/*.slow.test.ts'], testTimeoutMs: 300_000 }));
