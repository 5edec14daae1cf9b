import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { startKeycloakStandIn } from '../../src/embedded/keycloak/index.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/background.js';
import { codesOf } from '../support/client.js';
import { startTestKeycloak } from '../support/keycloak.js';

/** The service on a Keycloak whose issuer is, or is not, fixed. */
async function startOn(hostname: 'own' | undefined): Promise<TestApp> {
  const stateDir = await mkdtemp(join(tmpdir(), 'tenantry-stand-in-'));
  const keycloak = await startKeycloakStandIn({ stateDir, ...(hostname && { hostname }) });
  const { url, realm, clientId, clientSecret } = keycloak;
  const app = await startTestApp({ config: { keycloak: { url, publicUrl: url, realm, clientId, clientSecret } } });
  onTestFinished(async () => {
    await app.stop();
    await keycloak.stop();
    await rm(stateDir, { recursive: true, force: true });
  });
  await eventually(
    async () => keycloak.faults.requests('openid-configuration'),
    (asked) => asked === 2,
  );
  await app.ask('{ __typename }'); // the answers are there by now
  return app;
}

const warns = (app: TestApp): boolean => app.log().includes('follows the Host header');

it('the start warns where Keycloak names its issuer after whatever host it is asked under', async () => {
  const app = await startOn(undefined);
  expect(await eventually(async () => warns(app), Boolean, 2_000)).toBe(true);
});

it.each([
  ['the account in that is to make realms', { adminClientSecret: 'another' }],
  ['the login client in', { clientSecret: 'another' }],
])('the start warns where Keycloak does not let %s, and goes on', async (whom, wrong) => {
  const keycloak = await startTestKeycloak();
  const app = await startTestApp({ keycloak: { ...keycloak, ...wrong } });
  onTestFinished(async () => {
    await app.stop();
    await keycloak.stop();
  });
  const isTold = async (): Promise<boolean> => app.log().includes(`does not let ${whom}`);
  expect(await eventually(isTold, Boolean, 5_000)).toBe(true);
  expect(app.log()).not.toContain('another"');
  expect(codesOf(await app.ask('{ __typename }'))).toEqual([]);
});

it('the start is content with an issuer that stays the same, as that of the embedded stand-in does', async () => {
  const app = await startOn('own');
  expect(await eventually(async () => warns(app), Boolean, 500)).toBe(false);
});
