import { print } from 'graphql';

import { admin, administratorToken } from '../keycloak/provider.js';
import {
  CreateTenantDocument,
  DashboardDocument,
  IssueTenantTokenDocument,
  type CreateTenantMutation,
} from '../support/generated/operations.js';
import { startRealKeycloak } from '../support/real-keycloak.js';
import { compare, latencies, median, volley, type Contestant, type Shot } from './load.js';
import type { Service, Stage } from './stage.js';

/** One line of the table. */
export interface Finding {
  readonly work: string;
  readonly against: string;
  readonly figures: string;
  readonly ratio: number;
  /** At least, or at most. */
  readonly target: readonly ['≥' | '≤' | '=', number];
}

export const pageQuery = `query Page { tenants(first: 20) { nodes {
  id tenantId code name description domain status isActive version statusChangedAt createdAt updatedAt } } }`;

const issueQuery = print(IssueTenantTokenDocument);
const perSecond = (rate: number): string => `${Math.round(rate)}/s`;

/** A page of 20 tenants with 12 fields, of 10,000. */
export async function page(stage: Stage, service: Service): Promise<Finding[]> {
  const bare = await stage.start('bare', bareOptions(stage, service));
  const [ceiling, own] = await compare([
    { name: 'Fastify + pg', shot: async () => ({ ...(await service.shot('')), url: bare.url, path: '/page' }) },
    { name: 'Tenantry', shot: () => service.shot(pageQuery) },
  ]);
  if (!ceiling || !own) return [];
  const figures = `${perSecond(own.rate)} : ${perSecond(ceiling.rate)}`;
  return [
    { work: 'page of 20 tenants, 12 fields', against: ceiling.name, figures, ratio: own.ofFirst, target: ['≥', 0.5] },
  ];
}

function bareOptions({ standIn }: Stage, { database }: Service, token = ''): object {
  const { url, realm, clientId } = standIn;
  return { databaseUrl: database.platformUrl, keycloak: { url, publicUrl: url, realm, clientId }, token };
}

/** A tenant's token that is at hand, its status checked each time. */
export async function warmToken(stage: Stage, service: Service, withKeycloak: boolean): Promise<Finding[]> {
  const tenant = { tenantId: await adopt(stage, service, 'warm') };
  const { issueTenantToken } = await service.client.data(IssueTenantTokenDocument, { tenant }, { as: 'admin' });
  const bare = await stage.start('bare', bareOptions(stage, service, issueTenantToken?.token?.accessToken));
  const own = (): Promise<Shot> => service.shot(issueQuery, { tenant });
  const contestants: Contestant[] = [
    { name: 'Tenantry', shot: own },
    { name: 'Fastify doing the three steps', shot: async () => ({ ...(await own()), url: bare.url, path: '/token' }) },
  ];
  const keycloak = withKeycloak ? await realGrant() : undefined;
  if (keycloak) contestants.push({ name: 'client_credentials at Keycloak', shot: async () => keycloak.shot });
  const [first, ...others] = await compare(contestants);
  await keycloak?.stop();
  return others.map(({ name, rate, ofFirst }) => ({
    work: 'issueTenantToken, warm',
    against: name,
    figures: `${perSecond(first?.rate ?? 0)} : ${perSecond(rate)}`,
    ratio: 1 / ofFirst,
    target: ['≥', name.includes('Keycloak') ? 4 : 0.6],
  }));
}

/** Many who ask for a token that nobody has yet. */
export async function coldTokens(stage: Stage, service: Service): Promise<Finding[]> {
  const callers = 100;
  const tenantId = await adopt(stage, service, 'cold');
  stage.standIn.faults.clearRequests();
  stage.standIn.faults.set({ match: `/realms/${tenantId}-realm/`, kind: 'slow', ms: 300 });
  await volley(await service.shot(issueQuery, { tenant: { tenantId } }), callers);
  stage.standIn.faults.clear();
  const calls = stage.standIn.faults.requests(`/realms/${tenantId}-realm/protocol/openid-connect/token`, 'POST');
  const figures = `${callers} callers, ${calls} calls`;
  return [{ work: 'issueTenantToken, cold', against: 'calls to Keycloak', figures, ratio: calls, target: ['=', 1] }];
}

/** The dashboard over many tenants against the one over few. */
export async function dashboard(few: Service, many: Service, tenants: string): Promise<Finding[]> {
  const query = print(DashboardDocument);
  const [small, large] = await inTurns([() => few.shot(query), () => many.shot(query)], 30);
  return [found('dashboard', `itself at 10,000, here at ${tenants}`, small, large, 2)];
}

/** The last page of the list against its first. */
export async function deepPage(service: Service, tenants: string): Promise<Finding[]> {
  const query = (page: string): string =>
    pageQuery.replace('first: 20', page).replace('{ nodes', '{ pageInfo { startCursor } nodes');
  const answer = await service.client.raw(query('last: 100'), {}, { as: 'admin' });
  const { tenants: last } = answer.data as { tenants: { pageInfo: { startCursor: string } } };
  const deep = query(`first: 20, after: ${JSON.stringify(last.pageInfo.startCursor)}`);
  const [first, deepest] = await inTurns([() => service.shot(query('first: 20')), () => service.shot(deep)], 200);
  return [found('last page', `first page of ${tenants}`, first, deepest, 1.2)];
}

async function inTurns(shots: readonly (() => Promise<Shot>)[], count: number): Promise<number[]> {
  const rounds = 5;
  const took = shots.map((): number[] => []);
  for (const shot of shots) await latencies(await shot(), count);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, shot] of shots.entries()) took[index]?.push(...(await latencies(await shot(), count)));
  }
  return took.map(median);
}

function found(work: string, against: string, base = Number.NaN, own = Number.NaN, atMost = 1): Finding {
  const figures = `${own.toFixed(2)} ms : ${base.toFixed(2)} ms`;
  return { work, against, figures, ratio: own / base, target: ['≤', atMost] };
}

/** Onboards a tenant in a realm that is there already. */
async function adopt({ standIn }: Stage, { client }: Service, tenantId: string): Promise<string> {
  const { realm, clientId, clientSecret } = await standIn.control.addRealm({ realm: `${tenantId}-realm` });
  const input = {
    tenantId,
    name: tenantId,
    keycloak: { realm: { adopt: { realm, clientId, clientSecret } } },
    twoFactor: { disabled: {} },
  };
  const made: CreateTenantMutation = await client.data(CreateTenantDocument, { input }, { as: 'admin' });
  if (!made.createTenant?.tenant) throw new Error(JSON.stringify(made.createTenant?.userErrors));
  return tenantId;
}

/** The grant that a component would ask Keycloak itself for. */
async function realGrant(): Promise<{ shot: Shot; stop: () => Promise<void> }> {
  const keycloak = await startRealKeycloak();
  const { provider } = keycloak;
  const client = { clientId: 'cx-core', secret: 'measured', serviceAccountsEnabled: true, publicClient: false };
  const realm = { realm: 'measured', enabled: true, sslRequired: 'none', clients: [client] };
  await admin(provider.url, await administratorToken(provider), 'POST', '', realm);
  const shot: Shot = {
    url: provider.url,
    path: '/realms/measured/protocol/openid-connect/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: client.clientId,
      client_secret: client.secret,
    }).toString(),
  };
  return { shot, stop: () => keycloak.stop() };
}
