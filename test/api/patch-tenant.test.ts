import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { codesOf, faultsOf, type Asking } from '../support/client.js';
import {
  DeleteTenantDocument,
  PatchTenantDocument,
  type PatchTenantMutation,
  type PatchTenantMutationVariables,
  type TenantPatch,
} from '../support/generated/operations.js';
import { png, svg } from '../support/pictures.js';
import { adoptInput, created, provisionInput, read, smsTwoFactor, type TenantFields } from '../support/tenants.js';
import { trailOf, writesNothing } from '../support/written.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
beforeEach(() => app.otpManager.reset());

type Payload = NonNullable<PatchTenantMutation['patchTenant']>;

async function send(variables: PatchTenantMutationVariables, asking: Asking = { as: 'operator' }): Promise<Payload> {
  return (await app.client.data(PatchTenantDocument, variables, asking)).patchTenant!;
}
const patch = async (tenantId: string, change: TenantPatch, expectedVersion?: number): Promise<Payload> =>
  await send({ tenant: { tenantId }, patch: change, expectedVersion });

/** Sends a logo, beside whatever else the patch holds. */
async function patchLogo(tenantId: string, bytes: Uint8Array, change: TenantPatch = {}): Promise<Payload> {
  const variables = { tenant: { tenantId }, patch: { ...change, logo: null } };
  const files = [{ path: 'variables.patch.logo', bytes }];
  const { data, errors } = await app.client.upload(PatchTenantDocument, variables, files, { as: 'operator' });
  if (!data) throw new Error(JSON.stringify(errors));
  return data.patchTenant!;
}

const media = { wssUrl: 'wss://media.example:7443', domainManagerUrl: 'https://media.example/' };

/** A tenant whose OTP manager is known; 2FA is on unless told otherwise. */
async function onboarded({ twoFactor = true } = {}): Promise<TenantFields> {
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

describe('patchTenant changes what it holds, and nothing else', () => {
  it('the logo alone: 2FA is neither needed nor touched', async () => {
    const tenant = await onboarded();
    const payload = await patchLogo(tenant.tenantId, await png(16, 16));
    const { branding, version, updatedAt, ...rest } = payload.tenant!;
    expect(rest).toMatchObject({ twoFactor: tenant.twoFactor, mediaServer: media, keycloak: tenant.keycloak });
    expect(branding.logo).toMatchObject({ contentType: 'image/png', width: 16, height: 16 });
    expect(version).toBe(2);
    expect(updatedAt > tenant.updatedAt).toBe(true);
    expect(app.otpManager.requests).toEqual([]);
    const [, entry] = await trailOf(app, tenant.tenantId);
    expect(entry).toMatchObject({
      action: 'PATCHED',
      actor_name: 'operator',
      changes: { 'branding.logo.sha256': { old: null, new: branding.logo!.sha256 } },
    });
  });

  it('the settings alone: 2FA is replaced whole', async () => {
    const { tenantId, branding } = await onboarded();
    const off = await patch(tenantId, { settings: { twoFactor: { disabled: { reason: 'not wanted' } } } });
    expect(off.tenant).toMatchObject({ twoFactor: { isEnabled: false, reason: 'not wanted' }, mediaServer: media, branding });
    const [row] = await app.sql('select * from tenantry.tenant where tenant_id = ?', [tenantId]);
    expect(row).toMatchObject({
      two_factor_channel: null,
      two_factor_service_identifier: null,
      otp_expiry_seconds: null,
      retry_limit: null,
    });
    const email = { channelType: 'EMAIL', serviceIdentifier: 'mail', otpExpirySeconds: 60, retryLimit: 1 } as const;
    const on = await patch(tenantId, { settings: { twoFactor: { enabled: email } } });
    expect(on.tenant!.twoFactor).toEqual({ isEnabled: true, ...email });
    expect((await trailOf(app, tenantId)).at(-1)!.changes).toEqual({
      'twoFactor.isEnabled': { old: false, new: true },
      'twoFactor.channelType': { old: null, new: 'EMAIL' },
      'twoFactor.serviceIdentifier': { old: null, new: 'mail' },
      'twoFactor.otpExpirySeconds': { old: null, new: 60 },
      'twoFactor.retryLimit': { old: null, new: 1 },
      'twoFactor.reason': { old: 'not wanted', new: null },
    });
  });

  it('logo and settings together: one version, one entry', async () => {
    const { tenantId } = await onboarded();
    const payload = await patchLogo(tenantId, svg, { settings: { twoFactor: { disabled: {} }, mediaServer: null } });
    expect(payload.tenant).toMatchObject({
      version: 2,
      twoFactor: { isEnabled: false },
      mediaServer: null,
      branding: { logo: { contentType: 'image/svg+xml' } },
    });
    expect((await trailOf(app, tenantId)).map(({ action }) => action)).toEqual(['CREATED', 'PATCHED']);
  });

  it('the media server, replaced whole, or cleared by null', async () => {
    const { tenantId } = await onboarded({ twoFactor: false });
    const wssUrl = 'wss://other.example';
    const change = (mediaServer: object | null | undefined): TenantPatch =>
      ({ settings: { twoFactor: { disabled: {} }, mediaServer } }) as TenantPatch;
    expect((await patch(tenantId, change({ wssUrl }))).tenant!.mediaServer).toEqual({ wssUrl, domainManagerUrl: null });
    expect((await patch(tenantId, change(undefined))).tenant!.mediaServer).toEqual({ wssUrl, domainManagerUrl: null });
    expect((await patch(tenantId, change(null))).tenant!.mediaServer).toBeNull();
  });

  it('the logo is removed by null, and the same logo again changes nothing', async () => {
    const { tenantId } = await onboarded();
    const bytes = await png(9, 9);
    const first = (await patchLogo(tenantId, bytes)).tenant!;
    expect((await patchLogo(tenantId, bytes)).tenant).toEqual(first);
    const removed = (await patch(tenantId, { logo: null })).tenant!;
    expect(removed).toMatchObject({ version: 3, branding: { logo: null } });
    expect((await patch(tenantId, { logo: null })).tenant).toEqual(removed);
  });

  it('values equal to what is there leave version, updatedAt and trail alone', async () => {
    const tenant = await onboarded();
    const settings = { twoFactor: smsTwoFactor, mediaServer: media, otpManagerUrl: app.otpManager.url };
    const payload = await writesNothing(app, () => patch(tenant.tenantId, { settings }));
    expect(faultsOf(payload)).toEqual([]);
    expect(payload.tenant).toEqual(tenant);
  });

  it.each(['TRIAL', 'SUSPENDED', 'MAINTENANCE', 'INACTIVE'] as const)('of a tenant that is %s', async (status) => {
    const { tenantId } = await onboarded();
    await app.sql('update tenantry.tenant set status = ?::tenantry.tenant_status where tenant_id = ?', [status, tenantId]);
    const { tenant } = await patch(tenantId, { settings: { twoFactor: { disabled: {} } } });
    expect(tenant).toMatchObject({ status, version: 2, twoFactor: { isEnabled: false } });
  });

  it('by id and by code too', async () => {
    const { id, code } = await onboarded();
    const change = { settings: { twoFactor: { disabled: {} } } };
    expect((await send({ tenant: { id: id.toUpperCase() }, patch: change })).tenant!.version).toBe(2);
    expect((await send({ tenant: { code }, patch: { logo: null } })).tenant!.version).toBe(2);
  });
});

describe('the OTP manager', () => {
  const on = (otpManagerUrl?: string | null): TenantPatch => ({
    settings: { twoFactor: smsTwoFactor, ...(otpManagerUrl !== undefined && { otpManagerUrl }) },
  });
  const off = (otpManagerUrl?: string | null): TenantPatch => ({
    settings: { twoFactor: { disabled: {} }, ...(otpManagerUrl !== undefined && { otpManagerUrl }) },
  });
  const unreachable = ['OTP_MANAGER_UNREACHABLE patch.settings.otpManagerUrl'];
  const elsewhere = (): string => `${app.otpManager.url}otp`;

  it('is asked when 2FA is switched on, at the address that is there', async () => {
    const { tenantId } = await onboarded({ twoFactor: false });
    expect(faultsOf(await patch(tenantId, on()))).toEqual([]);
    expect(app.otpManager.requests).toEqual(['GET /']);
  });

  it('is asked when its address changes while 2FA is on', async () => {
    const { tenantId } = await onboarded();
    expect((await patch(tenantId, on(elsewhere()))).tenant!.keycloak.otpManagerUrl).toBe(elsewhere());
    expect(app.otpManager.requests).toEqual(['GET /otp']);
  });

  it('is not asked for anything else', async () => {
    const { tenantId } = await onboarded();
    app.otpManager.behave(500);
    for (const change of [on(), on(app.otpManager.url), off(), off(elsewhere()), off(null)]) {
      expect(faultsOf(await patch(tenantId, change))).toEqual([]);
    }
    expect(app.otpManager.requests).toEqual([]);
  });

  it.each([500, 'cut', 'silent'] as const)('that does not answer (%s) leaves everything as it was', async (mood) => {
    const { tenantId } = await onboarded({ twoFactor: false });
    app.otpManager.behave(mood);
    expect(faultsOf(await writesNothing(app, () => patch(tenantId, on())))).toEqual(unreachable);
  });

  it('is needed by 2FA', async () => {
    const { tenantId } = await onboarded();
    const required = ['REQUIRED patch.settings.otpManagerUrl'];
    for (const url of [null, ' ']) {
      expect(faultsOf(await writesNothing(app, () => patch(tenantId, on(url))))).toEqual(required);
    }
    expect((await patch(tenantId, off(null))).tenant!.keycloak.otpManagerUrl).toBeNull();
    expect(faultsOf(await writesNothing(app, () => patch(tenantId, on())))).toEqual(required);
  });

  it('must be on the allow-list where it is private', async () => {
    const { tenantId } = await onboarded();
    for (const change of [on('http://10.0.0.1/'), off('http://10.0.0.1/')]) {
      expect(faultsOf(await writesNothing(app, () => patch(tenantId, change)))).toEqual([
        'ADDRESS_NOT_ALLOWED patch.settings.otpManagerUrl',
      ]);
    }
    expect(app.otpManager.requests).toEqual([]);
  });
});

describe('patchTenant refuses, and writes nothing', () => {
  const off: TenantPatch = { settings: { twoFactor: { disabled: {} } } };
  let tenant: TenantFields;
  beforeAll(async () => {
    tenant = await onboarded();
  });
  const refusal = async (change: TenantPatch): Promise<string[]> =>
    faultsOf(await writesNothing(app, () => patch(tenant.tenantId, change)));

  it('an empty patch', async () => {
    expect(await refusal({})).toEqual(['NOTHING_TO_CHANGE patch']);
  });

  it('settings that are null', async () => {
    expect(await refusal({ settings: null })).toEqual(['INVALID patch.settings']);
  });

  it('all faults together, before anything is asked', async () => {
    const settings = {
      twoFactor: { enabled: { channelType: 'SMS', serviceIdentifier: ' ', otpExpirySeconds: 0, retryLimit: 11 } },
      mediaServer: { wssUrl: 'http://a.example', domainManagerUrl: 'wss://a.example' },
      otpManagerUrl: 'nonsense',
    } as const;
    const payload = await writesNothing(app, () => patchLogo(tenant.tenantId, Buffer.from('no picture'), { settings }));
    expect(faultsOf(payload).sort()).toEqual([
      'FILE_TYPE_NOT_ALLOWED patch.logo',
      'INVALID patch.settings.mediaServer.domainManagerUrl',
      'INVALID patch.settings.mediaServer.wssUrl',
      'INVALID patch.settings.otpManagerUrl',
      'INVALID patch.settings.twoFactor.enabled.otpExpirySeconds',
      'INVALID patch.settings.twoFactor.enabled.retryLimit',
      'INVALID patch.settings.twoFactor.enabled.serviceIdentifier',
    ]);
    expect(app.otpManager.requests).toEqual([]);
  });

  it.each([
    ['too large', Buffer.alloc(2_097_153, 'x'), 'FILE_TOO_LARGE'],
    ['a script', Buffer.from('#!/bin/sh\n'), 'FILE_TYPE_NOT_ALLOWED'],
    ['a broken PNG', Buffer.from('\x89PNG\r\n\x1a\nbroken', 'latin1'), 'FILE_TYPE_NOT_ALLOWED'],
    ['an icon', Buffer.from([0, 0, 1, 0, 1, 0]), 'FILE_TYPE_NOT_ALLOWED'],
    ['a broken SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><g></svg>'), 'FILE_TYPE_NOT_ALLOWED'],
  ])('a logo that is %s', async (_label, bytes, code) => {
    const payload = await writesNothing(app, () => patchLogo(tenant.tenantId, bytes));
    expect(faultsOf(payload)).toEqual([`${code} patch.logo`]);
  });

  it('a logo with a side of more than 4096 pixels', async () => {
    const payload = await writesNothing(app, async () => patchLogo(tenant.tenantId, await png(4_097, 1)));
    expect(faultsOf(payload)).toEqual(['FILE_TOO_LARGE patch.logo']);
  });

  it('a tenant that is not there, however it is named', async () => {
    const nobody = '0190f3a0-0000-7000-8000-000000000000';
    for (const by of [{ id: nobody }, { id: 'no-uuid' }, { tenantId: 'nobody' }, { tenantId: 'a\u0000b' }, { code: 'NOBODY' }]) {
      const payload = await writesNothing(app, () => send({ tenant: by, patch: { settings: null }, expectedVersion: 9 }));
      expect(faultsOf(payload)).toEqual(['NOT_FOUND tenant']);
      expect(payload.tenant).toBeNull();
    }
  });

  it('another version than the present one, and shows the tenant as it is', async () => {
    const payload = await writesNothing(app, () => patch(tenant.tenantId, { settings: null }, 7));
    expect(faultsOf(payload)).toEqual(['VERSION_CONFLICT expectedVersion']);
    expect(payload.tenant).toEqual(await read(app, tenant.tenantId));
    expect((await patch(tenant.tenantId, off, tenant.version)).tenant!.version).toBe(tenant.version + 1);
  });

  it('a deleted tenant, whatever else is wrong', async () => {
    const { tenantId } = await created(app, adoptInput(app));
    await app.client.data(DeleteTenantDocument, { tenant: { tenantId } }, { as: 'admin' });
    const payload = await writesNothing(app, () => patch(tenantId, { settings: null }, 99));
    expect(faultsOf(payload)).toEqual(['TENANT_DELETED tenant']);
    expect(payload.tenant).toBeNull();
  });

  it('a tenant named in no way, or in two', async () => {
    for (const by of [{}, { tenantId: 'a', code: 'AB' }, { id: null }]) {
      const variables = { tenant: by, patch: off } as unknown as PatchTenantMutationVariables;
      const [code] = codesOf(await app.client.execute(PatchTenantDocument, variables, { as: 'operator' }));
      expect(code).toMatch(/^BAD_USER_INPUT tenant/);
    }
  });

  it('settings without 2FA', async () => {
    const variables = { tenant: { code: 'AB' }, patch: { settings: { mediaServer: null } } };
    const answer = await app.client.raw(
      'mutation ($tenant: TenantRef!, $patch: TenantPatch!) { patchTenant(tenant: $tenant, patch: $patch) { userErrors { code } } }',
      variables,
      { as: 'operator' },
    );
    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT patch.settings.twoFactor']);
  });
});

describe('twenty patches at once', () => {
  const reason = (index: number): TenantPatch => ({
    settings: { twoFactor: { disabled: { reason: `reason ${index}` } } },
  });

  it('with one expectedVersion: one wins', async () => {
    const { tenantId, version } = await onboarded();
    const payloads = await Promise.all(
      Array.from({ length: 20 }, (_, index) => patch(tenantId, reason(index), version)),
    );
    expect(payloads.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1);
    expect(payloads.filter((payload) => faultsOf(payload)[0] === 'VERSION_CONFLICT expectedVersion')).toHaveLength(19);
    expect((await read(app, tenantId))!.version).toBe(version + 1);
  });

  it('without one: each raises the version by one, and each has its entry', async () => {
    const { tenantId, version } = await onboarded();
    await Promise.all(Array.from({ length: 20 }, (_, index) => patch(tenantId, reason(index))));
    expect((await read(app, tenantId))!.version).toBe(version + 20);
    expect(await trailOf(app, tenantId)).toHaveLength(21);
  });
});
