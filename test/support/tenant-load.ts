import { randomInt } from 'node:crypto';

import { print } from 'graphql';

import {
  CreateTenantDocument,
  DeleteTenantDocument,
  PatchTenantDocument,
  ReactivateTenantDocument,
  SetTenantCampaignsDocument,
  SetTenantDialerDocument,
  SuspendTenantDocument,
  TenantsDocument,
} from './generated/operations.js';
import { inLanes, LoadClient, type Outcome } from './load.js';

/** What a client was told, and what it cannot know: to be compared with what is there. */
export interface Ledger {
  /** tenantId → version that was answered last; creates and changes that were acknowledged. */
  readonly versions: Map<string, number>;
  /** Names that acknowledged changes gave to tenants: each stands in the trail exactly once. */
  readonly names: Set<string>;
  /** Names of changes that broke off: each stands in the trail once, or not at all. */
  readonly unknownNames: Set<string>;
  /** Creates that broke off, with the name that each asked for. */
  readonly unknownCreates: Map<string, string>;
  readonly outcomes: Record<Outcome['kind'] | 'unavailable', number>;
  /** Answers that were neither a success nor an outage. */
  readonly odd: string[];
}

export function emptyLedger(): Ledger {
  return {
    versions: new Map(),
    names: new Set(),
    unknownNames: new Set(),
    unknownCreates: new Map(),
    outcomes: { answered: 0, refused: 0, cut: 0, unavailable: 0 },
    odd: [],
  };
}

const create = print(CreateTenantDocument);
const patch = print(PatchTenantDocument);
const read = print(TenantsDocument);
const others = [
  ['suspendTenant', print(SuspendTenantDocument)],
  ['reactivateTenant', print(ReactivateTenantDocument)],
  ['setTenantDialer', print(SetTenantDialerDocument)],
  ['setTenantCampaigns', print(SetTenantCampaignsDocument)],
  ['deleteTenant', print(DeleteTenantDocument)],
] as const;

/** Faults of a change that another lane got ahead of: as good as done. */
const overtaken = ['INVALID_TRANSITION', 'TENANT_DELETED'];
let count = 0;

export interface TenantLoad {
  readonly url: string;
  /** An administrator's token. */
  readonly token: string;
  readonly ledger: Ledger;
  /** The load goes on as long as this says so. */
  readonly goesOn: () => boolean;
  /** Makes the names of this load its own. */
  readonly prefix: string;
}

/** Two lanes create tenants with realms of their own, four change them in every way, two read; until it is over. */
export async function loadTenants({ url, token, ledger, goesOn, prefix }: TenantLoad): Promise<void> {
  const client = new LoadClient(url, 8);
  const send = async (query: string, variables: unknown): Promise<Record<string, unknown> | 'unknown' | undefined> =>
    told(ledger, await client.send(query, variables, token));
  const lanes = [...repeat(2, createOne), ...repeat(3, patchOne), changeOne, ...repeat(2, readPage)];
  await inLanes(lanes.length, async (lane) => {
    await lanes[lane]?.({ send, ledger, prefix });
    return goesOn();
  });
  client.close();
}

interface Lane {
  readonly send: (query: string, variables: unknown) => Promise<Record<string, unknown> | 'unknown' | undefined>;
  readonly ledger: Ledger;
  readonly prefix: string;
}

function repeat<T>(times: number, value: T): T[] {
  return Array.from({ length: times }, () => value);
}

/** The payload; `unknown` where the client cannot know what was done, undefined where nothing was. */
function told(ledger: Ledger, outcome: Outcome): Record<string, unknown> | 'unknown' | undefined {
  const { outcomes, odd } = ledger;
  outcomes[outcome.kind] += 1;
  if (outcome.kind !== 'answered') return outcome.kind === 'cut' ? 'unknown' : undefined;
  const { data, errors } = outcome.answer;
  if (errors?.every(({ extensions }) => extensions?.['code'] === 'SERVICE_UNAVAILABLE')) {
    outcomes.unavailable += 1;
    return 'unknown';
  }
  if (errors !== undefined) odd.push(JSON.stringify(outcome.answer));
  return (Object.values(data ?? {})[0] ?? {}) as Record<string, unknown>;
}

async function createOne({ send, ledger, prefix }: Lane): Promise<void> {
  const tenantId = `${prefix}-${(count += 1)}`;
  const name = `Created ${tenantId}`;
  const payload = await send(create, { input: createInput(prefix, tenantId, name) });
  if (payload === 'unknown') ledger.unknownCreates.set(tenantId, name);
  else acknowledge(ledger, payload, name, ['IDENTITY_PROVIDER_UNAVAILABLE']);
}

/** What a client sends again, key included, when it does not know what became of it. */
export function createInput(prefix: string, tenantId: string, name: string): object {
  return {
    tenantId,
    name,
    code: `${prefix.toUpperCase()}${tenantId.slice(prefix.length + 1)}`,
    keycloak: { realm: { provision: {} } },
    twoFactor: { disabled: {} },
    campaigns: [{ name: 'first', serviceUrl: 'https://first.example.com', password: 'a campaign password' }],
    idempotencyKey: tenantId,
  };
}

async function patchOne({ send, ledger }: Lane): Promise<void> {
  const tenantId = anyTenant(ledger);
  if (tenantId === undefined) return;
  const name = `Patched ${(count += 1)} of ${tenantId}`;
  const payload = await send(patch, { tenant: { tenantId }, patch: { profile: { name } } });
  if (payload === 'unknown') ledger.unknownNames.add(name);
  else acknowledge(ledger, payload, name, overtaken);
}

async function changeOne({ send, ledger }: Lane): Promise<void> {
  const tenantId = anyTenant(ledger);
  if (tenantId === undefined) return;
  count += 1;
  // Deletes are rare, or soon nothing else would be left.
  const [, document] = others[randomInt(40) === 0 ? 4 : randomInt(4)] ?? others[0];
  const campaigns = [{ name: 'second', serviceUrl: `https://c${count}.example.com` }, { name: 'first' }];
  const dialer = { serviceIdentifier: 'd', maxConcurrentCalls: count, maxCallTimeMinutes: 1, callsPerSecond: 1 };
  const variables = { tenant: { tenantId }, reason: 'load', campaigns, dialer };
  const payload = await send(document, variables);
  if (payload !== 'unknown') acknowledge(ledger, payload, undefined, overtaken);
}

async function readPage({ send }: Lane): Promise<void> {
  await send(read, { first: 20 });
}

function anyTenant({ versions }: Ledger): string | undefined {
  return [...versions.keys()][randomInt(Math.max(versions.size, 1))];
}

function acknowledge(
  ledger: Ledger,
  payload: Record<string, unknown> | undefined,
  name: string | undefined,
  allowed: readonly string[],
): void {
  if (payload === undefined) return;
  const { tenant, userErrors } = payload as {
    tenant?: { tenantId: string; version: number } | null;
    userErrors?: { code: string }[];
  };
  const faults = (userErrors ?? []).filter(({ code }) => !allowed.includes(code));
  if (faults.length > 0) ledger.odd.push(JSON.stringify(payload['userErrors']));
  if (!tenant || userErrors?.length !== 0) return;
  if (name !== undefined) ledger.names.add(name);
  const known = ledger.versions.get(tenant.tenantId) ?? 0;
  ledger.versions.set(tenant.tenantId, Math.max(known, tenant.version));
}
