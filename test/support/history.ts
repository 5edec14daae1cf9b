import type { TestApp } from './app.js';
import { createdIn, patched } from './changes.js';
import {
  AuditEntriesDocument,
  TenantHistoryDocument,
  type AuditEntriesQueryVariables,
  type AuditPageFragment,
  type TenantHistoryQueryVariables,
} from './generated/operations.js';
import type { TenantFields } from './tenants.js';

export type Entry = AuditPageFragment['edges'][number]['node'];
type Paging = Omit<TenantHistoryQueryVariables, 'by'>;

/** A page of a tenant's history, as an operator. */
export async function historyOf(app: TestApp, tenantId: string, paging: Paging = {}): Promise<AuditPageFragment> {
  const { tenant } = await app.client.data(TenantHistoryDocument, { by: { tenantId }, ...paging }, { as: 'operator' });
  return tenant!.history!;
}

/** A page of the trail over all tenants, as an operator. */
export async function auditEntries(
  app: TestApp,
  filter: AuditEntriesQueryVariables['filter'],
  paging: Paging = {},
): Promise<AuditPageFragment> {
  const data = await app.client.data(AuditEntriesDocument, { filter, ...paging }, { as: 'operator' });
  return data.auditEntries!;
}

export const entriesOf = ({ edges }: AuditPageFragment): Entry[] => edges.map(({ node }) => node);

/** What the last change of a tenant was, path by path. */
export async function lastChanges(app: TestApp, tenantId: string): Promise<Record<string, unknown>> {
  return entriesOf(await historyOf(app, tenantId, { first: 1 }))[0]!.changes;
}

/** A tenant with so many entries: one for its creation, the others for its names. */
export async function renamed(app: TestApp, entries: number): Promise<TenantFields> {
  let tenant = await createdIn(app, 'ACTIVE');
  for (let n = 1; n < entries; n += 1) {
    tenant = await patched(app, tenant.tenantId, { profile: { name: `name ${n}` } });
  }
  return tenant;
}
