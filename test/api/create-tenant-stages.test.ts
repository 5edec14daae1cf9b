import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { faultsOf } from '../support/client.js';
import type { AdoptRealmInput, CreateTenantInput } from '../support/generated/operations.js';
import { adoptInput, create, created, freshTenantId, provisionInput, smsTwoFactor } from '../support/tenants.js';
import { writesNothing } from '../support/written.js';

let app: TestApp;
let elsewhere: TestApp;
beforeAll(async () => {
  [app, elsewhere] = await Promise.all([startTestApp(), startTestApp({ provisioning: false })]);
});
afterAll(() => Promise.all([app.stop(), elsewhere.stop()]));
afterEach(() => {
  app.standIn.faults.clear();
  app.otpManager.reset();
});

const at = 'input.keycloak.realm';
/** Paths of all realms but the operators' own, where the tests log in. */
const tenantRealms = /^\/realms\/(?!master\/)/;
const adopt = (realm: AdoptRealmInput, change: Partial<CreateTenantInput> = {}): CreateTenantInput =>
  provisionInput({ keycloak: { realm: { adopt: realm } }, ...change });

/** What a create is refused with, given that it writes nothing. */
async function refusal(input: CreateTenantInput): Promise<string[]> {
  const payload = await writesNothing(app, () => create(app, input));
  expect(payload.tenant).toBeNull();
  return faultsOf(payload);
}

describe('addresses', () => {
  it.each([
    'http://10.0.0.1/',
    'https://10.0.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::ffff:10.0.0.1]/',
    'http://0x0a000001/',
    'http://unlisted.example.com/',
  ])('outside the allow-list are refused before anything is asked: %s', async (address) => {
    const { realm, clientId, clientSecret } = await app.standIn.control.addRealm();
    app.standIn.faults.clearRequests();
    const otp = {
      twoFactor: smsTwoFactor,
      keycloak: { realm: { adopt: { realm, clientId, clientSecret } }, otpManagerUrl: address },
    };
    expect(await refusal(provisionInput(otp))).toEqual(['ADDRESS_NOT_ALLOWED input.keycloak.otpManagerUrl']);
    expect(await refusal(adopt({ realm, clientId, clientSecret, serverUrl: address }))).toEqual([
      `ADDRESS_NOT_ALLOWED ${at}.adopt.serverUrl`,
    ]);
    expect(app.standIn.faults.requests(tenantRealms)).toBe(0);
  });

  it('of a Keycloak server must be listed even where they are public', async () => {
    const serverUrl = 'https://93.184.215.14/';
    expect(await refusal(adopt({ realm: 'r', clientId: 'c', clientSecret: 's', serverUrl }))).toEqual([
      `ADDRESS_NOT_ALLOWED ${at}.adopt.serverUrl`,
    ]);
  });
});

describe('stages', () => {
  const unreachable = 'OTP_MANAGER_UNREACHABLE input.keycloak.otpManagerUrl';

  it('rules, names and addresses come together, before anything is asked', async () => {
    const { tenantId } = await created(app, provisionInput());
    app.standIn.faults.clearRequests();
    const codes = await refusal({
      tenantId,
      code: 'FREE1',
      name: '',
      keycloak: {
        realm: { adopt: { realm: 'nowhere', clientId: 'c', clientSecret: 's' } },
        otpManagerUrl: 'http://10.0.0.1/',
      },
      twoFactor: smsTwoFactor,
    });
    expect(codes.sort()).toEqual([
      'ADDRESS_NOT_ALLOWED input.keycloak.otpManagerUrl',
      'INVALID input.name',
      'TAKEN input.tenantId',
    ]);
    expect(app.standIn.faults.requests(tenantRealms)).toBe(0);
  });

  it('probe and grant come together', async () => {
    app.otpManager.behave(503);
    const codes = await refusal(
      provisionInput({
        twoFactor: smsTwoFactor,
        keycloak: {
          realm: { adopt: { realm: 'nowhere', clientId: 'c', clientSecret: 's' } },
          otpManagerUrl: app.otpManager.url,
        },
      }),
    );
    expect(codes.sort()).toEqual([unreachable, `REALM_NOT_FOUND ${at}.adopt.realm`].sort());
    expect(app.otpManager.requests).toHaveLength(1);
  });

  it.each([
    ['fails', 500],
    ['drops the connection', 'cut'],
    ['never answers', 'silent'],
  ] as const)('no realm is made where the OTP manager %s', async (_label, mood) => {
    app.otpManager.behave(mood);
    const started = Date.now();
    const keycloak = { realm: { provision: {} }, otpManagerUrl: app.otpManager.url };
    expect(await refusal(provisionInput({ twoFactor: smsTwoFactor, keycloak }))).toEqual([unreachable]);
    expect(Date.now() - started).toBeLessThan(4_500);
  });

  it('any answer of the OTP manager below 500 will do, and no redirect is followed', async () => {
    const keycloak = { realm: { provision: {} }, otpManagerUrl: app.otpManager.url };
    for (const mood of [404, 401, { redirectTo: `${app.otpManager.url}elsewhere` }] as const) {
      app.otpManager.reset();
      app.otpManager.behave(mood);
      await created(app, provisionInput({ twoFactor: smsTwoFactor, keycloak }));
      expect(app.otpManager.requests).toEqual(['GET /']);
    }
  });

  it('the OTP manager is left alone while 2FA is off', async () => {
    app.otpManager.behave(500);
    await created(app, provisionInput({ keycloak: { realm: { provision: {} }, otpManagerUrl: app.otpManager.url } }));
    expect(app.otpManager.requests).toEqual([]);
  });
});

describe('without an account that makes realms', () => {
  it('provisioning is refused, with the other faults, and adopting works', async () => {
    const payload = await writesNothing(elsewhere, () => create(elsewhere, provisionInput({ name: '' })));
    expect(faultsOf(payload).sort()).toEqual(['INVALID input.name', `PROVISIONING_NOT_CONFIGURED ${at}.provision`]);
    await created(elsewhere, adoptInput(elsewhere, { tenantId: freshTenantId() }));
  });
});
