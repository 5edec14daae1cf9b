import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { codesOf, faultsOf } from '../support/client.js';
import {
  DeleteTenantDocument,
  PatchTenantDocument,
  type PatchTenantMutationVariables,
  type TenantPatch,
} from '../support/generated/operations.js';
import { patchable, sendLogo, sendPatch, type PatchPayload } from '../support/patches.js';
import { png } from '../support/pictures.js';
import { adoptInput, created, read, type TenantFields } from '../support/tenants.js';
import { writesNothing } from '../support/written.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
beforeEach(() => app.otpManager.reset());

const patch = async (tenantId: string, change: TenantPatch, expectedVersion?: number): Promise<PatchPayload> =>
  await sendPatch(app, { tenant: { tenantId }, patch: change, expectedVersion });

describe('patchTenant refuses, and writes nothing', () => {
  const off: TenantPatch = { settings: { twoFactor: { disabled: {} } } };
  let tenant: TenantFields;
  beforeAll(async () => {
    tenant = await patchable(app);
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
    const payload = await writesNothing(app, () =>
      sendLogo(app, tenant.tenantId, Buffer.from('no picture'), { settings }),
    );
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
    const payload = await writesNothing(app, () => sendLogo(app, tenant.tenantId, bytes));
    expect(faultsOf(payload)).toEqual([`${code} patch.logo`]);
  });

  it('a logo with a side of more than 4096 pixels', async () => {
    const payload = await writesNothing(app, async () => sendLogo(app, tenant.tenantId, await png(4_097, 1)));
    expect(faultsOf(payload)).toEqual(['FILE_TOO_LARGE patch.logo']);
  });

  it('a tenant that is not there, however it is named', async () => {
    const nobody = '0190f3a0-0000-7000-8000-000000000000';
    for (const by of [
      { id: nobody },
      { id: 'no-uuid' },
      { tenantId: 'nobody' },
      { tenantId: 'a\u0000b' },
      { code: 'NOBODY' },
    ]) {
      const payload = await writesNothing(app, () =>
        sendPatch(app, { tenant: by, patch: { settings: null }, expectedVersion: 9 }),
      );
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
