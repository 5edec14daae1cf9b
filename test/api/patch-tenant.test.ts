import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { faultsOf } from '../support/client.js';
import type { TenantPatch } from '../support/generated/operations.js';
import { media, patchable, sendLogo, sendPatch, type PatchPayload } from '../support/patches.js';
import { png, svg } from '../support/pictures.js';
import { read, smsTwoFactor } from '../support/tenants.js';
import { trailOf, writesNothing } from '../support/written.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
beforeEach(() => app.otpManager.reset());

const patch = async (tenantId: string, change: TenantPatch, expectedVersion?: number): Promise<PatchPayload> =>
  await sendPatch(app, { tenant: { tenantId }, patch: change, expectedVersion });

describe('patchTenant changes what it holds, and nothing else', () => {
  it('the logo alone: 2FA is neither needed nor touched', async () => {
    const tenant = await patchable(app);
    const payload = await sendLogo(app, tenant.tenantId, await png(16, 16));
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
    const { tenantId, branding } = await patchable(app);
    const off = await patch(tenantId, { settings: { twoFactor: { disabled: { reason: 'not wanted' } } } });
    expect(off.tenant).toMatchObject({
      twoFactor: { isEnabled: false, reason: 'not wanted' },
      mediaServer: media,
      branding,
    });
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
    const { tenantId } = await patchable(app);
    const payload = await sendLogo(app, tenantId, svg, {
      settings: { twoFactor: { disabled: {} }, mediaServer: null },
    });
    expect(payload.tenant).toMatchObject({
      version: 2,
      twoFactor: { isEnabled: false },
      mediaServer: null,
      branding: { logo: { contentType: 'image/svg+xml' } },
    });
    expect((await trailOf(app, tenantId)).map(({ action }) => action)).toEqual(['CREATED', 'PATCHED']);
  });

  it('the media server, replaced whole, or cleared by null', async () => {
    const { tenantId } = await patchable(app, { twoFactor: false });
    const wssUrl = 'wss://other.example';
    const change = (mediaServer: object | null | undefined): TenantPatch =>
      ({ settings: { twoFactor: { disabled: {} }, mediaServer } }) as TenantPatch;
    expect((await patch(tenantId, change({ wssUrl }))).tenant!.mediaServer).toEqual({ wssUrl, domainManagerUrl: null });
    expect((await patch(tenantId, change(undefined))).tenant!.mediaServer).toEqual({ wssUrl, domainManagerUrl: null });
    expect((await patch(tenantId, change(null))).tenant!.mediaServer).toBeNull();
  });

  it('the logo is removed by null, and the same logo again changes nothing', async () => {
    const { tenantId } = await patchable(app);
    const bytes = await png(9, 9);
    const first = (await sendLogo(app, tenantId, bytes)).tenant!;
    expect((await sendLogo(app, tenantId, bytes)).tenant).toEqual(first);
    const removed = (await patch(tenantId, { logo: null })).tenant!;
    expect(removed).toMatchObject({ version: 3, branding: { logo: null } });
    expect((await patch(tenantId, { logo: null })).tenant).toEqual(removed);
  });

  it('values equal to what is there leave version, updatedAt and trail alone', async () => {
    const tenant = await patchable(app);
    const settings = { twoFactor: smsTwoFactor, mediaServer: media, otpManagerUrl: app.otpManager.url };
    const payload = await writesNothing(app, () => patch(tenant.tenantId, { settings }));
    expect(faultsOf(payload)).toEqual([]);
    expect(payload.tenant).toEqual(tenant);
  });

  it.each(['TRIAL', 'SUSPENDED', 'MAINTENANCE', 'INACTIVE'] as const)('of a tenant that is %s', async (status) => {
    const { tenantId } = await patchable(app);
    await app.sql('update tenantry.tenant set status = ?::tenantry.tenant_status where tenant_id = ?', [
      status,
      tenantId,
    ]);
    const { tenant } = await patch(tenantId, { settings: { twoFactor: { disabled: {} } } });
    expect(tenant).toMatchObject({ status, version: 2, twoFactor: { isEnabled: false } });
  });

  it('by id and by code too', async () => {
    const { id, code } = await patchable(app);
    const change = { settings: { twoFactor: { disabled: {} } } };
    expect((await sendPatch(app, { tenant: { id: id.toUpperCase() }, patch: change })).tenant!.version).toBe(2);
    expect((await sendPatch(app, { tenant: { code }, patch: { logo: null } })).tenant!.version).toBe(2);
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
    const { tenantId } = await patchable(app, { twoFactor: false });
    expect(faultsOf(await patch(tenantId, on()))).toEqual([]);
    expect(app.otpManager.requests).toEqual(['GET /']);
  });

  it('is asked when its address changes while 2FA is on', async () => {
    const { tenantId } = await patchable(app);
    expect((await patch(tenantId, on(elsewhere()))).tenant!.keycloak.otpManagerUrl).toBe(elsewhere());
    expect(app.otpManager.requests).toEqual(['GET /otp']);
  });

  it('is not asked for anything else', async () => {
    const { tenantId } = await patchable(app);
    app.otpManager.behave(500);
    for (const change of [on(), on(app.otpManager.url), off(), off(elsewhere()), off(null)]) {
      expect(faultsOf(await patch(tenantId, change))).toEqual([]);
    }
    expect(app.otpManager.requests).toEqual([]);
  });

  it.each([500, 'cut', 'silent'] as const)('that does not answer (%s) leaves everything as it was', async (mood) => {
    const { tenantId } = await patchable(app, { twoFactor: false });
    app.otpManager.behave(mood);
    expect(faultsOf(await writesNothing(app, () => patch(tenantId, on())))).toEqual(unreachable);
  });

  it('is needed by 2FA', async () => {
    const { tenantId } = await patchable(app);
    const required = ['REQUIRED patch.settings.otpManagerUrl'];
    for (const url of [null, ' ']) {
      expect(faultsOf(await writesNothing(app, () => patch(tenantId, on(url))))).toEqual(required);
    }
    expect((await patch(tenantId, off(null))).tenant!.keycloak.otpManagerUrl).toBeNull();
    expect(faultsOf(await writesNothing(app, () => patch(tenantId, on())))).toEqual(required);
  });

  it('must be on the allow-list where it is private', async () => {
    const { tenantId } = await patchable(app);
    for (const change of [on('http://10.0.0.1/'), off('http://10.0.0.1/')]) {
      expect(faultsOf(await writesNothing(app, () => patch(tenantId, change)))).toEqual([
        'ADDRESS_NOT_ALLOWED patch.settings.otpManagerUrl',
      ]);
    }
    // One that was stored before the list became shorter is found out where it is needed again.
    await app.sql(
      `update tenantry.tenant set two_factor_enabled = false, otp_manager_url = 'http://10.0.0.1/',
      two_factor_channel = null, two_factor_service_identifier = null, otp_expiry_seconds = null, retry_limit = null
      where tenant_id = ?`,
      [tenantId],
    );
    expect(faultsOf(await writesNothing(app, () => patch(tenantId, on())))).toEqual([
      'ADDRESS_NOT_ALLOWED patch.settings.otpManagerUrl',
    ]);
    expect(app.otpManager.requests).toEqual([]);
  });
});

describe('twenty patches at once', () => {
  const reason = (index: number): TenantPatch => ({
    settings: { twoFactor: { disabled: { reason: `reason ${index}` } } },
  });

  it('with one expectedVersion: one wins', async () => {
    const { tenantId, version } = await patchable(app);
    const payloads = await Promise.all(
      Array.from({ length: 20 }, (_, index) => patch(tenantId, reason(index), version)),
    );
    expect(payloads.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1);
    expect(payloads.filter((payload) => faultsOf(payload)[0] === 'VERSION_CONFLICT expectedVersion')).toHaveLength(19);
    expect((await read(app, tenantId))!.version).toBe(version + 1);
  });

  it('without one: each raises the version by one, and each has its entry', async () => {
    const { tenantId, version } = await patchable(app);
    await Promise.all(Array.from({ length: 20 }, (_, index) => patch(tenantId, reason(index))));
    expect((await read(app, tenantId))!.version).toBe(version + 20);
    expect(await trailOf(app, tenantId)).toHaveLength(21);
  });
});
