import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { faultsOf } from '../support/client.js';
import type { CreateTenantInput } from '../support/generated/operations.js';
import { create, provisionInput, smsTwoFactor } from '../support/tenants.js';
import { writesNothing } from '../support/written.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const long = (length: number): string => 'x'.repeat(length);
const nul = 'a\u0000b';
const half = 'a\ud800b';

const campaign = (change: object) => ({ campaigns: [{ name: 'one', ...change }] });
const adopt = (change: object): Partial<CreateTenantInput> => ({
  keycloak: { realm: { adopt: { realm: 'some-realm', clientId: 'cx-core', clientSecret: 'secret', ...change } } },
});
const provision = (change: object): Partial<CreateTenantInput> => ({ keycloak: { realm: { provision: change } } });
const otp = (otpManagerUrl: string): Partial<CreateTenantInput> => ({
  keycloak: { realm: { provision: {} }, otpManagerUrl },
});
const scope = (entries: string[]): Partial<CreateTenantInput> => ({
  keycloak: { realm: { provision: {} }, scope: entries },
});
const sms = (change: object): Partial<CreateTenantInput> => ({
  twoFactor: { enabled: { ...smsTwoFactor.enabled, ...change } },
  keycloak: { realm: { provision: {} }, otpManagerUrl: 'http://127.0.0.1:9/' },
});
const dialer = (change: object): Partial<CreateTenantInput> => ({
  dialer: { serviceIdentifier: 'd', maxConcurrentCalls: 1, maxCallTimeMinutes: 1, callsPerSecond: 1, ...change },
});

type Row = readonly [label: string, change: Partial<CreateTenantInput>, fault: string];

const names: Row[] = [
  ...['', ' ', 'A', 'Tenant', '-a', 'a-', 'a_b', 'a.b', 'é', long(64), nul, half].map((tenantId): Row => [
    `tenantId ${JSON.stringify(tenantId).slice(0, 20)}`,
    { tenantId },
    'INVALID input.tenantId',
  ]),
  ...['master', 'www', 'api', 'admin', 'auth', 'xn--abc', '0190f3a0-0000-7000-8000-000000000000'].map(
    (tenantId): Row => [`reserved ${tenantId}`, { tenantId }, 'INVALID input.tenantId'],
  ),
  ...['A', 'a1', 'ABCDEFGHIJK', 'A-B', '', ' AB'].map((code): Row => [
    `code "${code}"`,
    { code },
    'INVALID input.code',
  ]),
  ['a blank name', { name: '  ' }, 'INVALID input.name'],
  ['a long name', { name: long(201) }, 'INVALID input.name'],
  ['a name of two lines', { name: 'a\nb' }, 'INVALID input.name'],
  ['NUL in a name', { name: nul }, 'INVALID input.name'],
  ['half a surrogate in a name', { name: half }, 'INVALID input.name'],
  ['C1 in a name', { name: 'a\u0085b' }, 'INVALID input.name'],
  ['a long description', { description: long(2_001) }, 'INVALID input.description'],
  ['NUL in a description', { description: nul }, 'INVALID input.description'],
];

const realms: Row[] = [
  ...['', '.', '..', 'a/b', 'a b', 'a%2fb', 'é', long(256)].map((realm): Row => [
    `adopted realm "${realm.slice(0, 9)}"`,
    adopt({ realm }),
    'INVALID input.keycloak.realm.adopt.realm',
  ]),
  ['a blank client id', adopt({ clientId: ' ' }), 'INVALID input.keycloak.realm.adopt.clientId'],
  ['a long client id', adopt({ clientId: long(256) }), 'INVALID input.keycloak.realm.adopt.clientId'],
  ['an empty client secret', adopt({ clientSecret: '' }), 'INVALID input.keycloak.realm.adopt.clientSecret'],
  ['a long client secret', adopt({ clientSecret: long(1_025) }), 'INVALID input.keycloak.realm.adopt.clientSecret'],
  ['NUL in a client secret', adopt({ clientSecret: nul }), 'INVALID input.keycloak.realm.adopt.clientSecret'],
  ...[
    'nonsense',
    'ftp://a.example',
    'javascript:alert(1)',
    'https://u:p@a.example',
    `https://a.example/${long(2_048)}`,
  ].map((serverUrl): Row => [
    `server ${serverUrl.slice(0, 25)}`,
    adopt({ serverUrl }),
    'INVALID input.keycloak.realm.adopt.serverUrl',
  ]),
  ...['Upper', 'master', 'a_b', '-a', long(64)].map((realm): Row => [
    `provisioned realm ${realm.slice(0, 9)}`,
    provision({ realm }),
    'INVALID input.keycloak.realm.provision.realm',
  ]),
  ['a long display name', provision({ displayName: long(201) }), 'INVALID input.keycloak.realm.provision.displayName'],
  ...['a b', '', 'a"b', 'a\\b', nul, long(256)].map((entry): Row => [
    `scope ${JSON.stringify(entry).slice(0, 9)}`,
    scope(['ok', entry]),
    'INVALID input.keycloak.scope.1',
  ]),
  ['51 scopes', scope(Array.from({ length: 51 }, (_, index) => `s${index}`)), 'INVALID input.keycloak.scope'],
];

const twoFactor: Row[] = [
  ...['nonsense', 'ftp://a.example', 'http://u:p@a.example/', `http://a.example/${long(2_048)}`].map((url): Row => [
    `OTP manager ${url.slice(0, 22)}`,
    otp(url),
    'INVALID input.keycloak.otpManagerUrl',
  ]),
  ['2FA without an OTP manager', { twoFactor: smsTwoFactor }, 'REQUIRED input.keycloak.otpManagerUrl'],
  ['2FA with a blank OTP manager', { twoFactor: smsTwoFactor, ...otp(' ') }, 'REQUIRED input.keycloak.otpManagerUrl'],
  ['a blank service', sms({ serviceIdentifier: ' ' }), 'INVALID input.twoFactor.enabled.serviceIdentifier'],
  ['a long service', sms({ serviceIdentifier: long(256) }), 'INVALID input.twoFactor.enabled.serviceIdentifier'],
  ...[0, -1, 3_601].map((otpExpirySeconds): Row => [
    `expiry ${otpExpirySeconds}`,
    sms({ otpExpirySeconds }),
    'INVALID input.twoFactor.enabled.otpExpirySeconds',
  ]),
  ...[0, -1, 11].map((retryLimit): Row => [
    `retries ${retryLimit}`,
    sms({ retryLimit }),
    'INVALID input.twoFactor.enabled.retryLimit',
  ]),
  ['a long reason', { twoFactor: { disabled: { reason: long(501) } } }, 'INVALID input.twoFactor.disabled.reason'],
];

const contactCenter: Row[] = [
  [
    '101 campaigns',
    { campaigns: Array.from({ length: 101 }, (_, index) => ({ name: `c${index}` })) },
    'INVALID input.campaigns',
  ],
  ['two campaigns of one name', { campaigns: [{ name: 'a' }, { name: ' a ' }] }, 'INVALID input.campaigns.1.name'],
  ['a blank campaign name', campaign({ name: ' ' }), 'INVALID input.campaigns.0.name'],
  ['a long campaign name', campaign({ name: long(201) }), 'INVALID input.campaigns.0.name'],
  ['a campaign by wss', campaign({ serviceUrl: 'wss://a.example' }), 'INVALID input.campaigns.0.serviceUrl'],
  ['a long username', campaign({ username: long(256) }), 'INVALID input.campaigns.0.username'],
  ['an empty password', campaign({ password: '' }), 'INVALID input.campaigns.0.password'],
  ['a long password', campaign({ password: long(1_025) }), 'INVALID input.campaigns.0.password'],
  ['a blank dialer', dialer({ serviceIdentifier: '' }), 'INVALID input.dialer.serviceIdentifier'],
  ['no calls', dialer({ maxConcurrentCalls: 0 }), 'INVALID input.dialer.maxConcurrentCalls'],
  ['negative minutes', dialer({ maxCallTimeMinutes: -1 }), 'INVALID input.dialer.maxCallTimeMinutes'],
  ['too many calls', dialer({ callsPerSecond: 1_000_001 }), 'INVALID input.dialer.callsPerSecond'],
  ...[
    'ws://a.example',
    'https://a.example',
    'wss:a.example',
    'wss://a.example/a b',
    'wss:\\\\a.example',
    'nonsense',
    '',
  ].map((wssUrl): Row => [`media server "${wssUrl}"`, { mediaServer: { wssUrl } }, 'INVALID input.mediaServer.wssUrl']),
  [
    'a domain manager by ftp',
    { mediaServer: { wssUrl: 'wss://a.example:7443', domainManagerUrl: 'ftp://a.example' } },
    'INVALID input.mediaServer.domainManagerUrl',
  ],
];

describe('createTenant refuses, at the path of the field, and writes nothing', () => {
  it.each([...names, ...realms, ...twoFactor, ...contactCenter])('%s', async (_label, change, fault) => {
    const input = provisionInput({ code: 'GOODCODE', tenantId: 'good-one', name: 'Good', ...change });
    const payload = await writesNothing(app, () => create(app, input));
    expect(faultsOf(payload)).toEqual([fault]);
    expect(payload.tenant).toBeNull();
    expect(app.otpManager.requests).toEqual([]);
  });

  it('a missing code where the tenantId makes none', async () => {
    for (const tenantId of ['with-hyphen', 'x', 'longer-than-ten', 'elevenchars']) {
      const payload = await writesNothing(app, () => create(app, provisionInput({ tenantId })));
      expect(faultsOf(payload)).toEqual(['REQUIRED input.code']);
    }
  });
});
