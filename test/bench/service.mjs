import { startApp } from '../../dist/src/app.js';
import { createLogger } from '../../dist/src/log.js';
import { serve } from './serve.mjs';

/** The service as it is started in production, but for where its settings come from. */
await serve(async ({ secretsKey, ...config }) => {
  const secrets = { key: new Uint8Array(Buffer.from(secretsKey, 'base64url')) };
  return await startApp({ ...config, secrets }, createLogger(config.logLevel));
});
