import type { TestApp } from './app.js';
import { faultsOf, type Asking, type FileToSend } from './client.js';
import {
  CreateTenantDocument,
  type CreateTenantInput,
  type CreateTenantMutation,
  type TenantPartsFragment,
  TenantDocument,
} from './generated/operations.js';

export type TenantFields = TenantPartsFragment;
export type CreatePayload = NonNullable<CreateTenantMutation['createTenant']>;

let count = 0;

/** A tenantId that no other test of this file has. */
export function freshTenantId(prefix = 't'): string {
  count += 1;
  return `${prefix}${count}`;
}

/** The least that onboards a tenant with a realm of its own. */
export function provisionInput(change: Partial<CreateTenantInput> = {}): CreateTenantInput {
  const tenantId = change.tenantId ?? freshTenantId();
  return {
    tenantId,
    name: `Tenant ${tenantId}`,
    keycloak: { realm: { provision: {} } },
    twoFactor: { disabled: {} },
    ...change,
  };
}

/** The least that onboards a tenant in a realm that exists, which is made for it. */
export async function adoptInput(app: TestApp, change: Partial<CreateTenantInput> = {}): Promise<CreateTenantInput> {
  const { realm, clientId, clientSecret } = await app.standIn.control.addRealm();
  return provisionInput({ keycloak: { realm: { adopt: { realm, clientId, clientSecret } } }, ...change });
}

/** Sends a create and returns its payload, whatever it holds. */
export async function create(
  app: TestApp,
  input: CreateTenantInput,
  asking: Asking = { as: 'operator' },
): Promise<CreatePayload> {
  const { createTenant } = await app.client.data(CreateTenantDocument, { input }, asking);
  return createTenant!;
}

/** Onboards a tenant; whatever goes wrong fails the test. */
export async function created(
  app: TestApp,
  input: CreateTenantInput | Promise<CreateTenantInput>,
): Promise<TenantFields> {
  const payload = await create(app, await input);
  if (!payload.tenant) throw new Error(`Not onboarded: ${faultsOf(payload).join(', ')}`);
  return payload.tenant;
}

/** Onboards a tenant together with its pictures; whatever goes wrong fails the test. */
export async function createdWith(
  app: TestApp,
  input: CreateTenantInput,
  files: readonly FileToSend[],
): Promise<TenantFields> {
  const variables = { input: { ...input, logo: null } };
  const { data } = await app.client.upload(CreateTenantDocument, variables, files, { as: 'operator' });
  const payload = data?.createTenant;
  if (!payload?.tenant) throw new Error(`Not onboarded: ${faultsOf(payload).join(', ')}`);
  return payload.tenant;
}

/** The tenant as a reader sees it now. */
export async function read(app: TestApp, tenantId: string): Promise<TenantFields | null> {
  return (await app.client.data(TenantDocument, { by: { tenantId } }, { as: 'viewer' })).tenant;
}

/** 2FA by text message, in full. */
export const smsTwoFactor = {
  enabled: { channelType: 'SMS', serviceIdentifier: 'sms-service', otpExpirySeconds: 300, retryLimit: 3 },
} as const;
