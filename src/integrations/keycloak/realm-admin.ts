import { setTimeout as sleep } from 'node:timers/promises';

import { z } from 'zod';

import type { AdminAnswer, AdminApi } from './admin-api.js';
import { timeLeft } from '../deadline.js';
import { KeycloakFault } from './keycloak-fault.js';
import { realmDocument, type RealmSpec } from './realm-document.js';

/** A realm under its name: ours by id, somebody else's (or one that we may not look into), or none. */
export type RealmOwnership = 'OURS' | 'FOREIGN' | 'MISSING';

/**
 * Making and keeping realms through the Admin API. Realms are never listed, and nothing is changed before the realm's id
 * was compared with the tenant's. Everything throws KeycloakFault UNAVAILABLE where Keycloak does not do it in time.
 */
export interface RealmAdmin {
  /**
   * Makes the realm, disabled, as one document; settles an unknown outcome by looking the realm up. Within 4.5 s, or
   * what is left of a deadline.
   * Realms must not be made in parallel: the caller sees to that over all replicas.
   *
   * @returns TAKEN where another realm has the name, HIDDEN where we may not see which one has it; else the secret that
   *   the realm's client has
   */
  create(spec: RealmSpec): Promise<{ readonly clientSecret: string } | 'TAKEN' | 'HIDDEN'>;
  find(realm: string, id: string): Promise<RealmOwnership>;
  /** Does nothing where the realm is not ours. */
  setEnabled(realm: string, id: string, enabled: boolean): Promise<RealmOwnership>;
  /** Does nothing where the realm is not ours. OURS means that it is gone now. */
  remove(realm: string, id: string): Promise<RealmOwnership>;
  /** @returns undefined where the realm is not ours or has no such client */
  readClientSecret(realm: string, id: string, clientId: string): Promise<string | undefined>;
  /** Makes Keycloak choose a new secret; the old one stops working at once. */
  regenerateClientSecret(realm: string, id: string, clientId: string): Promise<string | undefined>;
}

const createWithinMs = 4_500;
/** Keycloak takes half a second for a realm, and more under load; asking again meanwhile would only add to that. */
const firstPostMs = 3_000;
/** Of what is left of a deadline, the part that the first POST may take. */
const firstPostShare = 0.7;
/** What a second POST leaves of the time for looking. */
const lookMs = 600;
const lookEveryMs = 150;
/** A realm of somebody else shows as a stub without an id for ever, one that is being made only for a moment. */
const stubStaysMs = 2_000;

const representation = z.object({ id: z.string().optional(), enabled: z.boolean().optional() });
const clientList = z.array(z.object({ id: z.string(), clientId: z.string() }));
const secretDocument = z.object({ value: z.string().min(1) });

/** @param api the Admin API with an account that may create realms */
export function createRealmAdmin(api: AdminApi): RealmAdmin {
  const secretOf = async (
    method: 'GET' | 'POST',
    realm: string,
    id: string,
    clientId: string,
  ): Promise<string | undefined> => {
    if ((await find(api, realm, id)) !== 'OURS') return undefined;
    return await clientSecret(api, method, realm, clientId);
  };
  return {
    create: async (spec) => await create(api, spec),
    find: async (realm, id) => await find(api, realm, id),
    setEnabled: async (realm, id, enabled) =>
      await changeOwn(api, realm, id, () => api({ method: 'PUT', path: pathOf(realm), body: { realm, enabled } })),
    remove: async (realm, id) => await changeOwn(api, realm, id, () => api({ method: 'DELETE', path: pathOf(realm) })),
    readClientSecret: async (realm, id, clientId) => await secretOf('GET', realm, id, clientId),
    regenerateClientSecret: async (realm, id, clientId) => await secretOf('POST', realm, id, clientId),
  };
}

/** Below `/admin/realms`. */
export function pathOf(realm: string): string {
  return `/${encodeURIComponent(realm)}`;
}

/** An answer that is none of the expected ones. */
export function unavailable(what: string, { status }: AdminAnswer): KeycloakFault {
  return new KeycloakFault('UNAVAILABLE', `${what}: HTTP ${status === 0 ? 'none' : status}`);
}

async function create(api: AdminApi, spec: RealmSpec): ReturnType<RealmAdmin['create']> {
  const withinMs = Math.min(createWithinMs, timeLeft());
  const deadline = Date.now() + withinMs;
  const body = realmDocument(spec);
  const first = await api({
    method: 'POST',
    path: '',
    body,
    timeoutMs: Math.min(firstPostMs, withinMs * firstPostShare),
  });
  if (first.status === 201) return { clientSecret: spec.clientSecret };
  const isOpen = [0, 400, 409].includes(first.status) || first.status >= 500;
  if (!isOpen) throw unavailable('realm not made', first);
  const second = await api({ method: 'POST', path: '', body, timeoutMs: left(deadline - lookMs) });
  if (second.status === 201) return { clientSecret: spec.clientSecret };
  return await settle(api, spec, deadline);
}

/** After POSTs without a clear answer: nothing at first, then perhaps a stub without id, then the realm. */
async function settle(
  api: AdminApi,
  { realm, id, clientId }: RealmSpec,
  deadline: number,
): ReturnType<RealmAdmin['create']> {
  let stubSince: number | undefined;
  do {
    const answer = await api({ method: 'GET', path: pathOf(realm), timeoutMs: left(deadline) });
    const found = answer.status === 200 ? representation.safeParse(answer.body).data?.id : undefined;
    if (found !== undefined && found !== id) return 'TAKEN';
    if (found === id) {
      const secret = await clientSecret(api, 'GET', realm, clientId, deadline);
      if (secret !== undefined) return { clientSecret: secret };
    }
    // The last look may be too short for an answer, which says nothing against what was seen before.
    const isStub = found === undefined && (answer.status === 200 || answer.status === 403);
    if (answer.status !== 0) stubSince = isStub ? (stubSince ?? Date.now()) : undefined;
    if (stubSince !== undefined && Date.now() - stubSince >= stubStaysMs) return 'HIDDEN';
    await sleep(Math.min(lookEveryMs, left(deadline)));
  } while (Date.now() < deadline);
  throw new KeycloakFault('UNAVAILABLE', 'the realm did not appear in time');
}

function left(deadline: number): number {
  return Math.max(deadline - Date.now(), 1);
}

async function find(api: AdminApi, realm: string, id: string): Promise<RealmOwnership> {
  const found = await readOwn(api, realm, id);
  return typeof found === 'string' ? found : 'OURS';
}

/** The realm of this name, where it is ours by its id. */
export async function readOwn(
  api: AdminApi,
  realm: string,
  id: string,
): Promise<{ readonly enabled: boolean } | Exclude<RealmOwnership, 'OURS'>> {
  const answer = await api({ method: 'GET', path: pathOf(realm) });
  if (answer.status === 404) return 'MISSING';
  if (answer.status === 403) return 'FOREIGN';
  if (answer.status !== 200) throw unavailable('realm not read', answer);
  const found = representation.safeParse(answer.body).data;
  return found?.id === id ? { enabled: found.enabled ?? false } : 'FOREIGN';
}

async function changeOwn(
  api: AdminApi,
  realm: string,
  id: string,
  change: () => Promise<AdminAnswer>,
): Promise<RealmOwnership> {
  const ownership = await find(api, realm, id);
  if (ownership !== 'OURS') return ownership;
  const answer = await change();
  if (answer.status !== 200 && answer.status !== 204) throw unavailable('realm not changed', answer);
  return 'OURS';
}

/** Reads a client's secret, or has a new one made. The realm's id must have been compared. `deadline` as of `Date.now()`. */
async function clientSecret(
  api: AdminApi,
  method: 'GET' | 'POST',
  realm: string,
  clientId: string,
  deadline?: number,
): Promise<string | undefined> {
  const timeoutMs = (): number | undefined => (deadline === undefined ? undefined : left(deadline));
  const path = `${pathOf(realm)}/clients`;
  const byName = `${path}?clientId=${encodeURIComponent(clientId)}`;
  const list = await api({ method: 'GET', path: byName, timeoutMs: timeoutMs() });
  if (list.status !== 200) throw unavailable('clients not read', list);
  const client = clientList.safeParse(list.body).data?.find((candidate) => candidate.clientId === clientId);
  if (client === undefined) return undefined;
  const secretPath = `${path}/${encodeURIComponent(client.id)}/client-secret`;
  const answer = await api({ method, path: secretPath, timeoutMs: timeoutMs() });
  if (answer.status !== 200) throw unavailable('client secret not read', answer);
  return secretDocument.safeParse(answer.body).data?.value;
}
