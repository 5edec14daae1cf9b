import { startApp } from '../../src/app.js';
import type { Config } from '../../src/config.js';
import { createLogger } from '../../src/log.js';
import { serveAsChild } from './child.js';

/** The service as it is started in production, but for what settings come as. */
await serveAsChild<Omit<Config, 'secrets'> & { secretsKey: string }>(async ({ secretsKey, ...config }) => {
  const secrets = { key: new Uint8Array(Buffer.from(secretsKey, 'base64url')) };
  return await startApp({ ...config, secrets }, createLogger(config.logLevel));
});
