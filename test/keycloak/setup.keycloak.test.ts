import { expect, it } from 'vitest';

import { sharedRealKeycloak } from '../support/keycloak.js';
import { Installation } from './installation.js';
import { describeSetup } from './setup.js';

describeSetup('the real Keycloak', sharedRealKeycloak);

it('does what an account has the rights for, and names each right that it lacks', async () => {
  const { provider } = await sharedRealKeycloak();
  const setup = new Installation(provider);
  const { username, password } = await setup.person();
  const [person] = (await setup.call('GET', `/users?username=${username}&exact=true`)).body as [{ id: string }];
  const [rights] = (await setup.call('GET', '/clients?clientId=master-realm')).body as [{ id: string }];
  const give = async (...names: string[]): Promise<void> => {
    const roles = await Promise.all(
      names.map(async (name) => (await setup.call('GET', `/clients/${rights.id}/roles/${name}`)).body),
    );
    await setup.call('POST', `/users/${person.id}/role-mappings/clients/${rights.id}`, roles);
  };
  const env = { KEYCLOAK_ADMIN_USERNAME: username, KEYCLOAK_ADMIN_PASSWORD: password };
  await setup.call('PUT', '', { bruteForceProtected: false });

  await give('view-realm', 'view-clients', 'view-users');
  const reading = await setup.run(env);
  expect([reading.code, reading.stdout]).toEqual([1, '']);
  expect(reading.stderr).toContain('manage-realm');
  expect(reading.stderr).toContain('manage-clients');

  await give('manage-realm', 'manage-clients');
  const changing = await setup.run(env);
  expect(changing.code).toBe(1);
  expect(changing.settings).toHaveProperty('KEYCLOAK_ADMIN_CLIENT_SECRET'); // told nowhere else, though not all is done
  expect(changing.stderr).toContain('"create-realm"');

  const rest = await setup.run({}, { file: changing.stdout });
  expect([rest.code, rest.stdout]).toEqual([0, '']);
  expect(await setup.makerRoles()).toEqual(['create-realm']);
});
