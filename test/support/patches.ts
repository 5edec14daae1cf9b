import type { TestApp } from './app.js';
import type { Asking } from './client.js';
import {
  PatchTenantDocument,
  type PatchTenantMutation,
  type PatchTenantMutationVariables,
  type TenantPatch,
} from './generated/operations.js';
import { created, provisionInput, smsTwoFactor, type TenantFields } from './tenants.js';

export type PatchPayload = NonNullable<PatchTenantMutation['patchTenant']>;

/** What the tenants that `patchable` makes have. */
export const media = { wssUrl: 'wss://media.example:7443', domainManagerUrl: 'https://media.example/' };

/** Sends a patch and returns its payload, whatever it holds. */
export async function sendPatch(
  app: TestApp,
  variables: PatchTenantMutationVariables,
  asking: Asking = { as: 'operator' },
): Promise<PatchPayload> {
  return (await app.client.data(PatchTenantDocument, variables, asking)).patchTenant!;
}

/** Sends a patch with a logo, beside whatever else it holds. */
export async function sendLogo(
  app: TestApp,
  tenantId: string,
  bytes: Uint8Array,
  change: TenantPatch = {},
): Promise<PatchPayload> {
  const variables = { tenant: { tenantId }, patch: { ...change, logo: null } };
  const files = [{ path: 'variables.patch.logo', bytes }];
  const { data, errors } = await app.client.upload(PatchTenantDocument, variables, files, { as: 'operator' });
  if (!data) throw new Error(JSON.stringify(errors));
  return data.patchTenant!;
}

/** A tenant with a media server, whose OTP manager is known; 2FA is on unless told otherwise. */
export async function patchable(app: TestApp, { twoFactor = true } = {}): Promise<TenantFields> {
  const tenant = await created(
    app,
    provisionInput({
      mediaServer: media,
      twoFactor: twoFactor ? smsTwoFactor : { disabled: {} },
      keycloak: { realm: { provision: {} }, otpManagerUrl: app.otpManager.url },
    }),
  );
  app.otpManager.reset();
  return tenant;
}
