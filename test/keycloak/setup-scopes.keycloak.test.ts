import { decodeJwt } from 'jose';
import { expect, it } from 'vitest';

import { sharedRealKeycloak } from '../support/keycloak.js';
import { Installation } from './installation.js';
import { post, tokensOf } from './provider.js';

// At the real Keycloak alone: the stand-in has no client scopes, and the claims of all of them in every token.

const { provider } = await sharedRealKeycloak();
const change = 'make "basic", "roles" default client scopes of the client';

it('gives the login client the client scopes without which its tokens have neither `sub` nor roles', async () => {
  const setup = new Installation(provider);
  const { stdout: file, settings } = await setup.run();
  const person = await setup.person(['tenant-admin']);
  const basic = `${setup.clientId}:${settings['KEYCLOAK_CLIENT_SECRET']}`;
  const claims = async (): Promise<Readonly<Record<string, unknown>>> =>
    decodeJwt(
      tokensOf(await post(provider.url, 'master', 'token', { grant_type: 'password', ...person }, basic)).access_token,
    );
  const whole = {
    sub: expect.any(String) as string,
    resource_access: { [setup.clientId]: { roles: ['tenant-admin'] } },
  };
  expect(await claims()).toMatchObject(whole);

  const client = `/clients/${(await setup.client())!.id}`;
  const ids = await setup.clientScopes();
  for (const id of [ids.basic, ids.roles]) await setup.call('DELETE', `${client}/default-client-scopes/${id}`);
  await setup.call('PUT', `${client}/optional-client-scopes/${ids.basic}`);
  const bare = await claims();
  expect(bare).not.toHaveProperty('sub');
  expect(bare).not.toHaveProperty('resource_access');

  const dry = await setup.run({}, { file, args: ['--dry-run'] });
  expect(dry.stderr).toBe(`To do: ${change} "${setup.clientId}"\n1 change to make; none was made (--dry-run).\n`);
  const mended = await setup.run({}, { file });
  expect([mended.code, mended.stderr]).toEqual([0, `Done: ${change} "${setup.clientId}"\n1 change made.\n`]);
  expect(await claims()).toMatchObject(whole);
  expect((await setup.run({}, { file })).stderr).toContain('Nothing to change');
});

it('does so too where a realm gives new clients others, and asks for none that the realm does not have', async () => {
  const setup = new Installation(provider);
  const realm = `operators-${setup.clientId}`;
  await setup.call('POST', '/..', { realm, enabled: true });
  const ids = await setup.clientScopes(realm);
  for (const id of [ids.basic, ids.roles]) {
    await setup.call('DELETE', `/../${realm}/default-default-client-scopes/${id}`);
  }
  const changes = (stderr: string): string[] => stderr.match(/(?<=^(Done|To do): ).*/gm) ?? [];
  const dry = await setup.run({ KEYCLOAK_REALM: realm }, { args: ['--dry-run'] });
  const { code, stdout: file, stderr } = await setup.run({ KEYCLOAK_REALM: realm });
  expect(code).toBe(0);
  expect(changes(stderr)).toContain(`${change} "${setup.clientId}"`);
  expect(changes(dry.stderr)).toHaveLength(changes(stderr).length);

  await setup.call('DELETE', `/../${realm}/client-scopes/${ids.basic}`);
  expect((await setup.run({}, { file })).stderr).toContain('Nothing to change');
  await setup.call('DELETE', `/../${realm}`);
});
