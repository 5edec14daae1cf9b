import { z } from 'zod';

import { administratorsRealm as realm } from '../realm-address.js';
import type { Right } from './administration.js';
import { findClient, namesOf, readRoles, realmPath, setUpClient, type SettledClient } from './client-setup.js';
import { SetupFault } from './setup-fault.js';
import type { SetupRun } from './setup-run.js';

export interface ProvisioningAccount {
  readonly clientId: string;
  readonly secret: string | undefined;
  /** Where operators log in: a realm that the account has to keep away from. */
  readonly operatorsRealm: string;
}

const onlyRole = 'create-realm';

/**
 * The service account that makes tenants' realms. Keycloak makes it the administrator of each realm that it has made,
 * and of no other; its tokens are lightweight, since others grow with every realm until no server takes them.
 *
 * @throws MissingRight, SetupFault
 */
export async function setUpProvisioningAccount(run: SetupRun, account: ProvisioningAccount): Promise<void> {
  const { clientId, secret } = account;
  const client = await setUpClient(run, {
    realm,
    clientId,
    secret,
    secretSetting: 'KEYCLOAK_ADMIN_CLIENT_SECRET',
    flags: {
      enabled: true,
      publicClient: false,
      bearerOnly: false,
      standardFlowEnabled: false,
      implicitFlowEnabled: false,
      directAccessGrantsEnabled: false,
      serviceAccountsEnabled: true,
      fullScopeAllowed: true, // within which its rights over the realms to come must lie
    },
    attributes: { 'client.use.lightweight.access.token.enabled': 'true' },
  });
  const mappings = await mappingsPath(run, client);
  await setUpRoles(run, clientId, mappings);
  await takeRights(run, account, mappings);
}

/** Where the roles of the service account are. */
async function mappingsPath({ admin }: SetupRun, { path, hasServiceAccount }: SettledClient): Promise<string> {
  const found = hasServiceAccount ? await admin.read(`${path}/service-account-user`, view) : undefined;
  const { id } = z.object({ id: z.string().default('none') }).parse(found ?? {});
  return `${realmPath(realm)}/users/${id}/role-mappings`;
}

const view: Right = { role: 'view-users', realm };
const manage: Right = { role: 'manage-users', realm };

/** Making realms is all that it may do; what Keycloak gives to every account goes too. */
async function setUpRoles(run: SetupRun, clientId: string, mappings: string): Promise<void> {
  const held = await readRoles(run, `${mappings}/realm`, view);
  const others = held.filter(({ name }) => name !== onlyRole);
  if (held.length === 1 && others.length === 0) return;
  const instead = others.length > 0 ? `, and no longer ${namesOf(others)}` : '';
  await run.change(
    `give the service account of "${clientId}" the realm role "${onlyRole}" alone${instead}`,
    async () => {
      const role = await run.admin.read(`${realmPath(realm)}/roles/${onlyRole}`, { role: 'view-realm', realm });
      if (role === undefined) throw new SetupFault(`The realm "${realm}" has no role "${onlyRole}".`);
      if (held.length === others.length) {
        await run.admin.write('POST', `${mappings}/realm`, { role: onlyRole, realm }, [role]);
      }
      const taken = (await readRoles(run, `${mappings}/realm`, view)).filter(({ name }) => name !== onlyRole);
      if (taken.length > 0) await run.admin.write('DELETE', `${mappings}/realm`, manage, taken);
    },
  );
}

/** Rights over the realms of people, which no account that makes tenants' realms should have. */
async function takeRights(
  run: SetupRun,
  { clientId, operatorsRealm }: ProvisioningAccount,
  mappings: string,
): Promise<void> {
  for (const name of new Set([realm, operatorsRealm])) {
    const client = await findClient(run, realm, `${name}-realm`);
    const path = `${mappings}/clients/${client?.id ?? 'none'}`;
    const held = await readRoles(run, path, view);
    if (held.length === 0) continue;
    await run.change(`take ${namesOf(held)} over "${name}" from the service account of "${clientId}"`, async () => {
      await run.admin.write('DELETE', path, manage, held);
    });
  }
}
