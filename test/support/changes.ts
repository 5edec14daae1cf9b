import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { expect } from 'vitest';

import type { TestApp } from './app.js';
import { faultsOf, type Asking } from './client.js';
import {
  ActivateTenantDocument,
  CompleteTenantMaintenanceDocument,
  DeactivateTenantDocument,
  DeleteTenantDocument,
  IssueTenantTokenDocument,
  PatchTenantDocument,
  ReactivateTenantDocument,
  StartTenantMaintenanceDocument,
  SuspendTenantDocument,
  type CreateTenantInput,
  type IssueTenantTokenMutation,
  type SubscriptionInput,
  type TenantChangeFragment,
  type TenantPatch,
  type TenantStatus,
  type TenantTransition,
} from './generated/operations.js';
import { adoptInput, created, provisionInput, type TenantFields } from './tenants.js';

export type ChangePayload = TenantChangeFragment;

export interface TransitionDetails {
  readonly reason?: string | null;
  readonly subscription?: SubscriptionInput;
  readonly expectedVersion?: number;
}

type ChangeDocument = TypedDocumentNode<Record<string, ChangePayload | null>, Record<string, unknown>>;

const documents = {
  ACTIVATE: ActivateTenantDocument,
  SUSPEND: SuspendTenantDocument,
  REACTIVATE: ReactivateTenantDocument,
  START_MAINTENANCE: StartTenantMaintenanceDocument,
  COMPLETE_MAINTENANCE: CompleteTenantMaintenanceDocument,
  DEACTIVATE: DeactivateTenantDocument,
  DELETE: DeleteTenantDocument,
} as unknown as Record<TenantTransition, ChangeDocument>;

/** The transitions by which a new tenant, which is TRIAL or ACTIVE, comes into a status. */
const waysInto: Record<TenantStatus, readonly TenantTransition[]> = {
  TRIAL: [],
  ACTIVE: [],
  SUSPENDED: ['SUSPEND'],
  MAINTENANCE: ['START_MAINTENANCE'],
  INACTIVE: ['DEACTIVATE'],
  DELETED: ['DELETE'],
};

/** Sends one lifecycle mutation; a suspension has a reason unless the details say otherwise. */
export async function transition(
  app: TestApp,
  tenantId: string,
  action: TenantTransition,
  details: TransitionDetails = {},
  asking: Asking = { as: 'admin' },
): Promise<ChangePayload> {
  const variables = { tenant: { tenantId }, ...(action === 'SUSPEND' && { reason: 'unpaid' }), ...details };
  return Object.values(await app.client.data(documents[action], variables, asking))[0]!;
}

/** The tenant after a transition that must succeed. */
export async function transitioned(
  app: TestApp,
  tenantId: string,
  action: TenantTransition,
  details: TransitionDetails = {},
): Promise<TenantFields> {
  const payload = await transition(app, tenantId, action, details);
  expect(faultsOf(payload)).toEqual([]);
  return payload.tenant!;
}

/** A trial that ends some day. */
export const trial: SubscriptionInput = {
  tier: 'TRIAL',
  startsAt: '2026-01-01T00:00:00.000Z',
  endsAt: '2099-01-01T00:00:00.000Z',
};

/** Onboards a tenant in a realm that was there, and brings it into a status. */
export async function createdIn(
  app: TestApp,
  status: TenantStatus,
  change: Partial<CreateTenantInput> = {},
): Promise<TenantFields> {
  return await broughtInto(app, status, await adoptInput(app, withTrial(status, change)));
}

/** Onboards a tenant with a realm of its own making, and brings it into a status. */
export async function provisionedIn(
  app: TestApp,
  status: TenantStatus,
  change: Partial<CreateTenantInput> = {},
): Promise<TenantFields> {
  return await broughtInto(app, status, provisionInput(withTrial(status, change)));
}

function withTrial(status: TenantStatus, change: Partial<CreateTenantInput>): Partial<CreateTenantInput> {
  return status === 'TRIAL' ? { subscription: trial, ...change } : change;
}

async function broughtInto(app: TestApp, status: TenantStatus, input: CreateTenantInput): Promise<TenantFields> {
  let tenant = await created(app, input);
  for (const action of waysInto[status]) tenant = await transitioned(app, tenant.tenantId, action);
  expect(tenant.status).toBe(status);
  return tenant;
}

/** Sends a patch and returns its payload, whatever it holds. */
export async function patch(
  app: TestApp,
  tenantId: string,
  patch: TenantPatch,
  { expectedVersion, ...asking }: Asking & { readonly expectedVersion?: number } = { as: 'operator' },
): Promise<ChangePayload> {
  const variables = { tenant: { tenantId }, patch, expectedVersion };
  const { patchTenant } = await app.client.data(PatchTenantDocument, variables, { as: 'operator', ...asking });
  return patchTenant!;
}

/** The tenant after a patch that must succeed. */
export async function patched(app: TestApp, tenantId: string, changes: TenantPatch): Promise<TenantFields> {
  const payload = await patch(app, tenantId, changes);
  expect(faultsOf(payload)).toEqual([]);
  return payload.tenant!;
}

export type TokenPayload = NonNullable<IssueTenantTokenMutation['issueTenantToken']>;
export type IssuedToken = NonNullable<TokenPayload['token']>;

/** Asks for a token bound to a tenant, as the core component does. */
export async function issue(app: TestApp, tenantId: string, scope?: readonly string[]): Promise<TokenPayload> {
  const variables = { tenant: { tenantId }, scope };
  const { issueTenantToken } = await app.client.data(IssueTenantTokenDocument, variables, { as: 'component' });
  return issueTenantToken!;
}

/** A token bound to a tenant; whatever goes wrong fails the test. */
export async function issued(app: TestApp, tenantId: string): Promise<IssuedToken> {
  const payload = await issue(app, tenantId);
  expect(faultsOf(payload)).toEqual([]);
  return payload.token!;
}
