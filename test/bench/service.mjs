import { compiled, serve } from './serve.mjs';

const { startApp } = await compiled('app');
const { createLogger } = await compiled('log');

/** The service as it is started in production, but for where its settings come from. */
await serve(async ({ secretsKey, ...config }) => {
  const secrets = { key: new Uint8Array(Buffer.from(secretsKey, 'base64url')) };
  return await startApp({ ...config, secrets }, createLogger(config.logLevel));
});
