import { z } from 'zod';

import { realmPath } from './client-setup.js';
import { setUpLoginClient } from './login-client.js';
import { setUpProvisioningAccount } from './provisioning-account.js';
import { MissingRight, SetupFault } from './setup-fault.js';
import type { SetupRun } from './setup-run.js';

/** What Keycloak shall hold for Tenantry. A secret that is undefined is made where there is none yet. */
export interface SetupWishes {
  /** Where operators log in; it must be there. */
  readonly realm: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly adminClientId: string;
  readonly adminClientSecret: string | undefined;
}

/**
 * Brings Keycloak to what Tenantry needs, and no further; what is so already is left alone, so that it can be run again.
 * Where the administrator lacks a right for one part, the others are done.
 *
 * @returns what the administrator may not do
 * @throws SetupFault where Keycloak does not answer, or something else than was asked
 */
export async function setUpKeycloak(run: SetupRun, wishes: SetupWishes): Promise<readonly MissingRight[]> {
  const { realm, clientId, adminClientId } = wishes;
  const parts = [
    () => setUpBruteForceDetection(run, realm),
    () => setUpLoginClient(run, { realm, clientId, secret: wishes.clientSecret }),
    () =>
      setUpProvisioningAccount(run, {
        clientId: adminClientId,
        secret: wishes.adminClientSecret,
        operatorsRealm: realm,
      }),
  ];
  const refused: MissingRight[] = [];
  for (const part of parts) {
    await part().catch((error: unknown) => {
      if (!(error instanceof MissingRight)) throw error;
      refused.push(error);
    });
  }
  return refused;
}

/** Passwords can be tried at Keycloak itself too, past the limit of the login API. */
async function setUpBruteForceDetection(run: SetupRun, realm: string): Promise<void> {
  const found = await run.admin.read(realmPath(realm), { role: 'view-realm', realm });
  if (found === undefined) throw new SetupFault(`KEYCLOAK_REALM: Keycloak has no realm "${realm}". Make it first.`);
  const shown = z.object({ id: z.string(), bruteForceProtected: z.boolean() }).safeParse(found).data;
  // Whoever may not see a realm is told that it is there, without its id and with made-up settings.
  if (shown === undefined) throw run.admin.missing(`read ${realmPath(realm)}`, { role: 'view-realm', realm });
  if (shown.bruteForceProtected) return;
  await run.change(`switch brute-force detection on in the realm "${realm}"`, async () => {
    await run.admin.write('PUT', realmPath(realm), { role: 'manage-realm', realm }, { bruteForceProtected: true });
  });
}
