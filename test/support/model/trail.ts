import { isDeepStrictEqual } from 'node:util';

import type { Json, ModelEntry, ModelTenant } from './state.js';

/** A value that only ever shows that it changed. */
class Secret {
  constructor(readonly value: unknown) {}
}

/** The keys of a list in their order. */
class Order {
  constructor(readonly keys: readonly string[]) {}
}

const orNull = (value: object): object | null => (Object.keys(value).length > 0 ? value : null);
const secretsUnder = (prefix: string, secrets: Json): Json =>
  under(
    `${prefix}.secrets`,
    Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, new Secret(value)])),
  );

function under(prefix: string, group: object | null): Json {
  return Object.fromEntries(
    Object.entries(group ?? {}).map(([field, value]) => [`${prefix}.${field}`, value as unknown]),
  );
}

/** Every leaf of a tenant that its trail follows. */
function leavesOf(tenant: ModelTenant): Json {
  const { keycloak, campaigns, providers } = tenant;
  const leaves: Json = {
    tenantId: tenant.tenantId,
    code: tenant.code,
    domain: tenant.domain,
    name: tenant.name,
    description: tenant.description,
    ...under('keycloak', { ...keycloak, scope: orNull(keycloak.scope) }),
    'keycloak.clientSecret': tenant.clientSecret === null ? null : new Secret(tenant.clientSecret),
    ...under('twoFactor', tenant.twoFactor),
    ...under('dialer', tenant.dialer),
    ...under('mediaServer', tenant.mediaServer),
    'branding.logo.sha256': tenant.logo?.sha256,
    ...under('branding.colors', tenant.colors),
    ...under('branding.typography', tenant.typography),
    'branding.customCss': tenant.customCss,
    ...under('region', tenant.region),
    ...under('contacts.business', tenant.contacts?.business ?? null),
    ...under('contacts.technical', tenant.contacts?.technical ?? null),
    ...under('subscription', tenant.subscription),
    metadata: orNull(tenant.metadata),
    campaigns: new Order(campaigns.map(({ name }) => name)),
    providers: new Order(providers.map(({ kind, name }) => `${kind}.${name}`)),
  };
  for (const { name, password, secrets, settings, ...campaign } of campaigns) {
    const prefix = `campaigns.${name}`;
    const hidden = { password: password === null ? null : new Secret(password) };
    Object.assign(
      leaves,
      under(prefix, { ...campaign, ...hidden, settings: orNull(settings) }),
      secretsUnder(prefix, secrets),
    );
  }
  for (const { kind, name, secrets, settings, ...provider } of providers) {
    const prefix = `providers.${kind}.${name}`;
    Object.assign(leaves, under(prefix, { ...provider, settings: orNull(settings) }), secretsUnder(prefix, secrets));
  }
  return leaves;
}

/** What the trail says of a change, path by path. */
export function changesBetween(before: ModelTenant | undefined, after: ModelTenant): Json {
  const [old, present] = [before ? leavesOf(before) : {}, leavesOf(after)];
  const paths = new Set([...Object.keys(old), ...Object.keys(present)]);
  return Object.fromEntries(
    [...paths].flatMap((path) => {
      const change = changeOf(old[path] ?? null, present[path] ?? null);
      return change ? [[path, change]] : [];
    }),
  );
}

function changeOf(old: unknown, present: unknown): Json | undefined {
  if (old instanceof Order || present instanceof Order) return orderChange(old, present);
  if (isDeepStrictEqual(old, present)) return undefined;
  return old instanceof Secret || present instanceof Secret ? { changed: true } : { old, new: present };
}

/** Members that came or went are told by their own leaves. */
function orderChange(old: unknown, present: unknown): Json | undefined {
  if (!(old instanceof Order) || !(present instanceof Order)) return undefined;
  const stayed = old.keys.filter((key) => present.keys.includes(key));
  const moved = present.keys.filter((key) => old.keys.includes(key));
  return isDeepStrictEqual(stayed, moved) ? undefined : { old: old.keys, new: present.keys };
}

/** An entry with nothing in it but who and when. */
export const entry = (action: string, at: string, actor = 'admin', more: Partial<ModelEntry> = {}): ModelEntry => ({
  action,
  at,
  actor,
  fromStatus: null,
  toStatus: null,
  reason: null,
  errorCode: null,
  changes: {},
  ...more,
});
