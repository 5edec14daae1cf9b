import { admin, administratorToken, type Answer } from '../keycloak/provider.js';
import type { TestApp } from './app.js';
import { RealmDriftDocument, ReconcileTenantRealmDocument, type RealmDriftCode } from './generated/operations.js';

/** What somebody with Keycloak's console does to a realm and its client. */
export interface RealmConsole {
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Changes the realm's client `cx-core`. */
  changeClient(realm: string, change: Readonly<Record<string, unknown>>): Promise<void>;
  removeClient(realm: string): Promise<void>;
  /** Takes away the client's protocol mappers of one kind. */
  removeMappers(realm: string, kind: string): Promise<void>;
}

interface ClientDocument {
  readonly id: string;
  readonly protocolMappers?: readonly { readonly protocolMapper: string }[];
}

export async function realmConsole({ standIn }: TestApp): Promise<RealmConsole> {
  const call: RealmConsole['call'] = async (method, path, body) => {
    const answer = await admin(standIn.url, await administratorToken(standIn), method, path, body);
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  };
  const client = async (realm: string): Promise<ClientDocument> => {
    const [found] = (await call('GET', `/${realm}/clients?clientId=cx-core`)).body as ClientDocument[];
    if (!found) throw new Error(`The realm ${realm} has no client cx-core`);
    return found;
  };
  const changeClient: RealmConsole['changeClient'] = async (realm, change) => {
    await call('PUT', `/${realm}/clients/${(await client(realm)).id}`, { clientId: 'cx-core', ...change });
  };
  return {
    call,
    changeClient,
    removeClient: async (realm) => {
      await call('DELETE', `/${realm}/clients/${(await client(realm)).id}`);
    },
    removeMappers: async (realm, kind) => {
      const { protocolMappers = [] } = await client(realm);
      await changeClient(realm, { protocolMappers: protocolMappers.filter((one) => one.protocolMapper !== kind) });
    },
  };
}

/** What the drift of one tenant's realm holds: codes, those that can be mended with a `+`. */
export async function driftOf(app: TestApp, tenantId: string): Promise<string[]> {
  const { tenant } = await app.client.data(RealmDriftDocument, { by: { tenantId } }, { as: 'viewer' });
  return found(tenant?.keycloak.drift);
}

/** Reconciles, and says what the payload held: user errors, or the drift that is left. */
export async function reconcile(
  app: TestApp,
  tenantId: string,
  acceptNewKeys?: boolean,
): Promise<{ faults: string[]; left: string[]; version: number | undefined }> {
  const variables = { tenant: { tenantId }, ...(acceptNewKeys !== undefined && { acceptNewKeys }) };
  const { reconcileTenantRealm } = await app.client.data(ReconcileTenantRealmDocument, variables, { as: 'operator' });
  const { userErrors, tenant } = reconcileTenantRealm!;
  return {
    faults: userErrors.map(({ code, path }) => `${code} ${path.join('.')}`),
    left: tenant ? found(tenant.keycloak.drift) : [],
    version: tenant?.version,
  };
}

interface Drift {
  readonly findings: readonly { readonly code: RealmDriftCode; readonly canReconcile: boolean }[];
}

function found(drift: Drift | null | undefined): string[] {
  if (!drift) throw new Error('There is no drift');
  return drift.findings.map(({ code, canReconcile }) => `${code}${canReconcile ? '+' : ''}`);
}
