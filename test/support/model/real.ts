import { Kind, print, type DocumentNode } from 'graphql';
import { expect } from 'vitest';

import { startTestApp, type TestApp } from '../app.js';
import { faultsOf } from '../client.js';
import {
  PatchTenantDocument,
  TenantDocument,
  TenantHistoryDocument,
  type AuditPageFragment,
  type LogoPartsFragment,
  type TenantRef,
} from '../generated/operations.js';
import { svg } from '../pictures.js';
import { created, provisionInput, type TenantFields } from '../tenants.js';
import type { Json, ModelEntry, Picture } from './state.js';

/** How far the service's clock goes on with each step, in milliseconds. */
const stepMs = 7_000;
const behindMs = 48 * 3_600_000;

/** The service with a clock that only steps move, so that every time it writes is known beforehand. */
export interface Real {
  readonly app: TestApp;
  readonly pictures: Readonly<Record<Picture, LogoPartsFragment>>;
  readonly now: () => Date;
  readonly tick: () => void;
  /** Numbers for names that nobody has. */
  readonly next: () => number;
}

export const pictureBytes: Readonly<Record<Picture, Uint8Array>> = {
  blue: svg,
  red: Buffer.from(svg.toString().replace('#369', '#933')),
};

/** Its clock lags behind, so that tokens are never too early for a tenant that has just come back into service. */
export async function startReal(): Promise<Real> {
  let at = Date.now() - behindMs;
  let count = 0;
  const now = (): Date => new Date(at);
  const app = await startTestApp({ now });
  return {
    app,
    now,
    tick: () => void (at += stepMs),
    next: () => (count += 1),
    pictures: { blue: await stored(app, 'blue'), red: await stored(app, 'red') },
  };
}

/** A picture as the service shows it once it is stored. */
async function stored(app: TestApp, picture: Picture): Promise<LogoPartsFragment> {
  const { tenantId } = await created(app, provisionInput());
  const variables = { tenant: { tenantId }, patch: { logo: null } };
  const files = [{ path: 'variables.patch.logo', bytes: pictureBytes[picture] }];
  const { data } = await app.client.upload(PatchTenantDocument, variables, files, { as: 'operator' });
  return data!.patchTenant!.tenant!.branding.logo!;
}

const fragmentsOf = ({ definitions }: DocumentNode): string[] =>
  definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION).map((fragment) => print(fragment));
const fragments = [...fragmentsOf(TenantDocument), ...fragmentsOf(TenantHistoryDocument)].join('\n');

export interface Seen {
  readonly tenant: Json;
  readonly entries: readonly ModelEntry[];
  readonly totalCount: number;
}

/** All that the API shows of some tenants, with their histories, as an operator. */
export async function look({ app }: Real, tenantIds: readonly string[]): Promise<Seen[]> {
  if (tenantIds.length === 0) return [];
  const parts = '...TenantParts history(first: 100) { ...AuditPage }';
  const fields = tenantIds.map((tenantId, n) => `t${n}: tenant(by: { tenantId: "${tenantId}" }) { ${parts} }`);
  const { data, errors } = await app.ask(`{ ${fields.join('\n')} }\n${fragments}`, { as: 'operator' });
  expect(errors).toBeUndefined();
  return Object.values(data as Record<string, TenantFields & { history: AuditPageFragment }>).map(
    ({ history, ...tenant }) => ({
      tenant: comparable(tenant),
      entries: history.edges.map(({ node }) => entryOf(node)),
      totalCount: history.totalCount,
    }),
  );
}

/** Without what Keycloak is still to follow with. */
export function comparable(tenant: TenantFields): Json {
  const { origin, serverUrl, realm, issuer, clientId, hasClientSecret, scope, otpManagerUrl } = tenant.keycloak;
  return {
    ...tenant,
    keycloak: { origin, serverUrl, realm, issuer, clientId, hasClientSecret, scope, otpManagerUrl },
  };
}

function entryOf(node: AuditPageFragment['edges'][number]['node']): ModelEntry {
  const { action, at, actor, fromStatus, toStatus, reason, errorCode, changes } = node;
  return { action, at, actor: actor.name, fromStatus, toStatus, reason, errorCode, changes };
}

/** What was wrong, in an order that can be compared. */
export const sortedFaults = (payload: Parameters<typeof faultsOf>[0]): string[] => faultsOf(payload).sort();

/** One of three ways to name a tenant. */
export function refOf(
  by: 'id' | 'tenantId' | 'code',
  tenant: { id: string; tenantId: string; code: string },
): TenantRef {
  if (by === 'id') return { id: tenant.id };
  return by === 'code' ? { code: tenant.code } : { tenantId: tenant.tenantId };
}
