import { randomBytes } from 'node:crypto';

import { z } from 'zod';

import type { Right } from './administration.js';
import type { SetupRun } from './setup-run.js';
import { SetupFault } from './setup-fault.js';

/** A confidential client as it shall be; what is not named here is the operator's own affair. */
export interface ClientSpec {
  readonly realm: string;
  readonly clientId: string;
  /** Where undefined, one is made for a client without any; else the client keeps its own. */
  readonly secret: string | undefined;
  /** The setting that holds the secret. */
  readonly secretSetting: string;
  readonly flags: Readonly<Record<string, boolean>>;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A client that is there, or the place where a dry run would have made it: nothing is found below. */
export interface SettledClient {
  readonly id: string;
  readonly path: string;
  readonly isThere: boolean;
  readonly hasServiceAccount: boolean;
}

const representation = z.looseObject({
  id: z.string(),
  clientId: z.string(),
  secret: z.string().optional(),
  serviceAccountsEnabled: z.boolean().optional(),
  attributes: z.record(z.string(), z.string()).optional(),
});
type Representation = z.infer<typeof representation>;

/** What an attribute means where a client does not have it. */
const keycloakDefaults: Readonly<Record<string, string>> = {
  'client.use.lightweight.access.token.enabled': 'false',
  'use.refresh.tokens': 'true',
};

export const realmPath = (realm: string): string => `/${encodeURIComponent(realm)}`;

/** What Keycloak calls the client; undefined where there is none. */
export async function findClient(
  { admin }: SetupRun,
  realm: string,
  clientId: string,
): Promise<Representation | undefined> {
  const right: Right = { role: 'view-clients', realm };
  const path = `${realmPath(realm)}/clients?clientId=${encodeURIComponent(clientId)}`;
  const list = z.array(representation).parse((await admin.read(path, right)) ?? []);
  return list.find((client) => client.clientId === clientId);
}

/**
 * Makes the client, or changes what differs.
 *
 * @throws MissingRight, SetupFault
 */
export async function setUpClient(run: SetupRun, spec: ClientSpec): Promise<SettledClient> {
  const { realm, clientId } = spec;
  const known = await findClient(run, realm, clientId);
  await (known ? changeClient(run, spec, known) : makeClient(run, spec));
  const settled = await findClient(run, realm, clientId);
  const { id = 'none', serviceAccountsEnabled: hasServiceAccount = false } = settled ?? {};
  return { id, path: `${realmPath(realm)}/clients/${id}`, isThere: settled !== undefined, hasServiceAccount };
}

async function makeClient(run: SetupRun, spec: ClientSpec): Promise<void> {
  const { realm, clientId, flags, attributes } = spec;
  const { secret, keep } = secretFor(run, spec);
  const body = {
    clientId,
    protocol: 'openid-connect',
    clientAuthenticatorType: 'client-secret',
    secret,
    ...flags,
    attributes,
  };
  await run.change(`make the client "${clientId}" in the realm "${realm}"`, async () => {
    await run.admin.write('POST', `${realmPath(realm)}/clients`, { role: 'manage-clients', realm }, body);
    keep();
  });
}

async function changeClient(run: SetupRun, spec: ClientSpec, known: Representation): Promise<void> {
  const { realm, clientId } = spec;
  const flags = differing(spec.flags, known);
  const attributes = differing(spec.attributes, { ...keycloakDefaults, ...known.attributes });
  const authenticator = differing({ clientAuthenticatorType: 'client-secret' }, known);
  const isSecretOpen = known.secret === undefined || (spec.secret !== undefined && spec.secret !== known.secret);
  const names = Object.keys({ ...flags, ...attributes, ...authenticator, ...(isSecretOpen && { secret: true }) });
  if (!isSecretOpen && spec.secret === undefined) {
    run.note(`Kept: the secret of the client "${clientId}"; ${spec.secretSetting} is not given.`);
  }
  if (names.length === 0) return;
  const { secret, keep } = isSecretOpen ? secretFor(run, spec) : { secret: undefined, keep: () => undefined };
  const body = { clientId, ...flags, ...authenticator, attributes, ...(secret !== undefined && { secret }) };
  await run.change(`set ${names.join(', ')} of the client "${clientId}" in the realm "${realm}"`, async () => {
    await run.admin.write('PUT', `${realmPath(realm)}/clients/${known.id}`, { role: 'manage-clients', realm }, body);
    keep();
  });
}

/** The secret that the operator gave, or one made now, which has to be told once it is set. */
function secretFor(run: SetupRun, { secret, secretSetting }: ClientSpec): { secret: string; keep: () => void } {
  if (secret !== undefined) return { secret, keep: () => undefined };
  const made = randomBytes(32).toString('base64url');
  return { secret: made, keep: () => run.keepSecret(secretSetting, made) };
}

function differing<T>(
  wanted: Readonly<Record<string, T>>,
  found: Readonly<Record<string, unknown>>,
): Record<string, T> {
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => found[name] !== value));
}

const role = z.looseObject({ id: z.string(), name: z.string() });
/** A role as Keycloak's lists show it, and wants it back in changes. */
export type RoleRepresentation = z.infer<typeof role>;

/** Reads a list of roles. @throws SetupFault where it is something else */
export async function readRoles(
  { admin }: SetupRun,
  path: string,
  right: Right,
): Promise<readonly RoleRepresentation[]> {
  const read = z.array(role).safeParse((await admin.read(path, right)) ?? []);
  if (!read.success) throw new SetupFault(`Keycloak answers ${path} with something else than a list of roles.`);
  return read.data;
}

export const namesOf = (named: readonly { readonly name: string }[]): string =>
  named.map(({ name }) => `"${name}"`).join(', ');
