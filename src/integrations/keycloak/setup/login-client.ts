import { z } from 'zod';

import type { Right } from './administration.js';
import { setUpClientScopes } from './client-scopes.js';
import { namesOf, readRoles, setUpClient, type RoleRepresentation, type SettledClient } from './client-setup.js';
import type { SetupRun } from './setup-run.js';

export interface LoginClient {
  readonly realm: string;
  readonly clientId: string;
  readonly secret: string | undefined;
}

/** The client's roles: what operators and core components are given, and what each may do. */
const roles: Readonly<Record<string, string>> = {
  'tenant-admin': 'Everything that an operator may do, deleting tenants, issuing tokens for them',
  'tenant-operator': 'Everything that a viewer may do, creating and changing tenants, the audit trail',
  'tenant-viewer': 'Reading tenants and the dashboard',
  'tenant-token-issuer': 'Issuing tokens for tenants: for core components',
};

/** Seconds that access tokens live: logging out or disabling an account takes effect within this time. */
const accessTokenLifespanSeconds = 120;

/**
 * The client that operators' sessions belong to. Its tokens carry its own roles and no others, so that a session of
 * Tenantry's opens nothing else in Keycloak, the Admin API least of all.
 *
 * @throws MissingRight, SetupFault
 */
export async function setUpLoginClient(run: SetupRun, client: LoginClient): Promise<void> {
  const { realm, clientId, secret } = client;
  const settled = await setUpClient(run, {
    realm,
    clientId,
    secret,
    secretSetting: 'KEYCLOAK_CLIENT_SECRET',
    flags: {
      enabled: true,
      publicClient: false,
      bearerOnly: false,
      standardFlowEnabled: false,
      implicitFlowEnabled: false,
      directAccessGrantsEnabled: true,
      serviceAccountsEnabled: false,
      fullScopeAllowed: false,
    },
    attributes: {
      'access.token.lifespan': String(accessTokenLifespanSeconds),
      'client.use.lightweight.access.token.enabled': 'false',
      'use.refresh.tokens': 'true',
    },
  });
  await setUpClientScopes(run, client, settled);
  await setUpAudience(run, client, settled);
  await setUpRoles(run, client, settled);
  await setUpScope(run, client, settled);
}

const mapperList = z.array(
  z.looseObject({
    id: z.string(),
    name: z.string(),
    protocolMapper: z.string(),
    config: z.record(z.string(), z.string()).optional(),
  }),
);

/** A mapper that puts the client into `aud` of its own tokens, which Keycloak does not do by itself. */
async function setUpAudience(run: SetupRun, { realm, clientId }: LoginClient, { path }: SettledClient): Promise<void> {
  const name = 'tenantry-audience';
  const protocolMapper = 'oidc-audience-mapper';
  const config = { 'included.client.audience': clientId, 'access.token.claim': 'true' };
  const models = `${path}/protocol-mappers/models`;
  const known = mapperList.parse((await run.admin.read(models, { role: 'view-clients', realm })) ?? []);
  const fits = (found: Readonly<Record<string, string>> = {}): boolean =>
    Object.entries(config).every(([key, value]) => found[key] === value);
  if (known.some((mapper) => mapper.protocolMapper === protocolMapper && fits(mapper.config))) return;
  const same = known.find((mapper) => mapper.name === name);
  const body = {
    ...same,
    name,
    protocol: 'openid-connect',
    protocolMapper,
    config: { ...config, 'id.token.claim': 'false' },
  };
  await run.change(`map the audience "${clientId}" into the tokens of the client "${clientId}"`, async () => {
    const right: Right = { role: 'manage-clients', realm };
    await (same
      ? run.admin.write('PUT', `${models}/${same.id}`, right, body)
      : run.admin.write('POST', models, right, body));
  });
}

async function setUpRoles(run: SetupRun, { realm, clientId }: LoginClient, { path }: SettledClient): Promise<void> {
  const known = await readRoles(run, `${path}/roles`, { role: 'view-clients', realm });
  for (const [name, description] of Object.entries(roles)) {
    if (known.some((role) => role.name === name)) continue;
    await run.change(`make the role "${name}" of the client "${clientId}"`, async () => {
      await run.admin.write('POST', `${path}/roles`, { role: 'manage-clients', realm }, { name, description });
    });
  }
}

const scopeMappings = z.object({
  realmMappings: z.array(z.looseObject({ id: z.string(), name: z.string() })).optional(),
  clientMappings: z
    .record(
      z.string(),
      z.object({ id: z.string(), mappings: z.array(z.looseObject({ id: z.string(), name: z.string() })) }),
    )
    .optional(),
});

/** Which roles the client's tokens may carry: its own four, and whatever else there was goes. */
async function setUpScope(run: SetupRun, { realm, clientId }: LoginClient, { id, path }: SettledClient): Promise<void> {
  const view: Right = { role: 'view-clients', realm };
  const found = scopeMappings.parse((await run.admin.read(`${path}/scope-mappings`, view)) ?? {});
  const change = async (
    method: 'POST' | 'DELETE',
    what: string,
    kind: string,
    body: readonly RoleRepresentation[],
  ): Promise<void> => {
    await run.change(what, async () => {
      await run.admin.write(method, `${path}/scope-mappings/${kind}`, { role: 'manage-clients', realm }, body);
    });
  };
  const foreign = [
    { kind: 'realm', mappings: found.realmMappings ?? [] },
    ...Object.entries(found.clientMappings ?? {})
      .filter(([name]) => name !== clientId)
      .map(([, { id, mappings }]) => ({ kind: `clients/${id}`, mappings })),
  ];
  for (const { kind, mappings } of foreign) {
    if (mappings.length === 0) continue;
    await change('DELETE', `take ${namesOf(mappings)} out of the scope of the client "${clientId}"`, kind, mappings);
  }
  const mapped = found.clientMappings?.[clientId]?.mappings ?? [];
  const missing = Object.keys(roles).filter((name) => !mapped.some((role) => role.name === name));
  if (missing.length === 0) return;
  await run.change(`put ${missing.join(', ')} into the scope of the client "${clientId}"`, async () => {
    const own = (await readRoles(run, `${path}/roles`, view)).filter(({ name }) => missing.includes(name));
    const right: Right = { role: 'manage-clients', realm };
    await run.admin.write('POST', `${path}/scope-mappings/clients/${id}`, right, own);
  });
}
