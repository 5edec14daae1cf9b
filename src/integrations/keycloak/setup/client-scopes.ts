import { z } from 'zod';

import type { Right } from './administration.js';
import { namesOf, realmPath, type SettledClient } from './client-setup.js';
import { SetupFault } from './setup-fault.js';
import type { SetupRun } from './setup-run.js';

/**
 * Keycloak's own client scopes without which the login client's tokens are of no use: one puts `sub` into them, the
 * other the roles. A realm may lack them (a Keycloak before 25 has no `basic`, and `sub` in every token).
 */
const needed = ['basic', 'roles'];

const scopeList = z.array(z.looseObject({ id: z.string(), name: z.string() }));
type Scopes = z.infer<typeof scopeList>;

/**
 * Makes the needed ones default scopes of the client, which new clients get unless the realm's defaults were changed.
 *
 * @throws MissingRight, SetupFault
 */
export async function setUpClientScopes(
  run: SetupRun,
  { realm, clientId }: { readonly realm: string; readonly clientId: string },
  { path, isThere }: SettledClient,
): Promise<void> {
  const right: Right = { role: 'manage-clients', realm };
  const read = (from: string): Promise<Scopes> => readScopes(run, from, realm);
  const known = await read(`${realmPath(realm)}/client-scopes`);
  const offered = needed.flatMap((wanted) => known.filter(({ name }) => name === wanted));
  const assigned = await read(
    // What a client that a dry run would have made would get.
    isThere ? `${path}/default-client-scopes` : `${realmPath(realm)}/default-default-client-scopes`,
  );
  const missing = offered.filter(({ id }) => !assigned.some((scope) => scope.id === id));
  if (missing.length === 0) return;
  await run.change(`make ${namesOf(missing)} default client scopes of the client "${clientId}"`, async () => {
    const optional = await read(`${path}/optional-client-scopes`);
    for (const { id } of missing) {
      // Keycloak says yes to a default scope that is optional already, and does nothing.
      if (optional.some((scope) => scope.id === id)) {
        await run.admin.write('DELETE', `${path}/optional-client-scopes/${id}`, right, undefined);
      }
      await run.admin.write('PUT', `${path}/default-client-scopes/${id}`, right, undefined);
    }
  });
}

async function readScopes({ admin }: SetupRun, path: string, realm: string): Promise<Scopes> {
  const read = scopeList.safeParse((await admin.read(path, { role: 'view-clients', realm })) ?? []);
  if (!read.success) throw new SetupFault(`Keycloak answers ${path} with something else than a list of client scopes.`);
  return read.data;
}
