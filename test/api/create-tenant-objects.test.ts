import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { codesOf, faultsOf } from '../support/client.js';
import { CreateTenantDocument, type CreateTenantInput } from '../support/generated/operations.js';
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
/** Own keys that an object literal would not make. */
const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
const deep = (levels: number): Record<string, unknown> =>
  Array.from({ length: levels - 1 }).reduce<Record<string, unknown>>((inner) => ({ inner }), { end: 1 });
const keys = (count: number): Record<string, unknown> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index]));

const campaign = (change: object) => ({ campaigns: [{ name: 'one', ...change }] });
const sms = (change: object) => ({ twoFactor: { enabled: { ...smsTwoFactor.enabled, ...change } } });
const base = { code: 'GOODCODE', tenantId: 'good-one', name: 'Good' };

type Row = readonly [label: string, change: Partial<CreateTenantInput>, fault: string];

const inObjects: readonly (readonly [label: string, value: Record<string, unknown>, path: string])[] = [
  ['more than 16 KiB', { a: long(16_384) }, ''],
  ['six levels', deep(6), '.inner.inner.inner.inner.inner'],
  ['201 keys', keys(201), ''],
  ['constructor', { constructor: 1 }, '.constructor'],
  ['prototype', { a: { prototype: 1 } }, '.a.prototype'],
  ['__proto__', json('{"a":{"__proto__":1}}'), '.a.__proto__'],
  ['an empty key', { '': 1 }, '.'],
  ['NUL in a value', { a: [1, nul] }, '.a.1'],
  ['half a surrogate in a value', { a: half }, '.a'],
  ['NUL in a key', { [nul]: 1 }, `.${nul}`],
];
const secretLike = ['password', 'userPassword', 'passwd', 'SECRET', 'accessToken', 'api_key', 'apiKey', 'private-key'];
const objects: Row[] = [
  ...inObjects.flatMap(([label, value, path]): Row[] => [
    [`metadata: ${label}`, { metadata: value }, `INVALID input.metadata${path}`],
    [`settings: ${label}`, campaign({ settings: value }), `INVALID input.campaigns.0.settings${path}`],
    [`secrets: ${label}`, campaign({ secrets: value }), `INVALID input.campaigns.0.secrets${path}`],
  ]),
  ...secretLike.flatMap((key): Row[] => [
    [`metadata: ${key}`, { metadata: { a: [{ [key]: 1 }] } }, `INVALID input.metadata.a.0.${key}`],
    [`settings: ${key}`, campaign({ settings: { [key]: 1 } }), `INVALID input.campaigns.0.settings.${key}`],
  ]),
];

describe('createTenant refuses, at the path of the field, and writes nothing', () => {
  it.each(objects)('%s', async (_label, change, fault) => {
    const payload = await writesNothing(app, () => create(app, provisionInput({ ...base, ...change })));
    expect(faultsOf(payload)).toEqual([fault]);
    expect(payload.tenant).toBeNull();
  });

  it('the faults of one input all together', async () => {
    const payload = await writesNothing(app, () =>
      create(app, {
        tenantId: 'Bad Id',
        code: 'bad code',
        name: ' ',
        description: nul,
        keycloak: {
          realm: { adopt: { realm: '..', clientId: '', clientSecret: '', serverUrl: 'nonsense' } },
          otpManagerUrl: 'nonsense',
          scope: ['a b'],
        },
        twoFactor: { enabled: { channelType: 'EMAIL', serviceIdentifier: '', otpExpirySeconds: 0, retryLimit: 99 } },
        campaigns: [{ name: 'a' }, { name: '', serviceUrl: 'x' }, { name: 'a', settings: { password: 'x' } }],
        dialer: { serviceIdentifier: '', maxConcurrentCalls: 0, maxCallTimeMinutes: 0, callsPerSecond: 0 },
        mediaServer: { wssUrl: 'http://a.example', domainManagerUrl: 'x' },
        metadata: { apiKey: 1 },
      }),
    );
    expect(faultsOf(payload).sort()).toEqual(
      [
        ...['tenantId', 'code', 'name', 'description'],
        ...['realm', 'clientId', 'clientSecret', 'serverUrl'].map((field) => `keycloak.realm.adopt.${field}`),
        ...['keycloak.otpManagerUrl', 'keycloak.scope.0'],
        ...['serviceIdentifier', 'otpExpirySeconds', 'retryLimit'].map((field) => `twoFactor.enabled.${field}`),
        ...['campaigns.1.name', 'campaigns.1.serviceUrl', 'campaigns.2.name', 'campaigns.2.settings.password'],
        ...['serviceIdentifier', 'maxConcurrentCalls', 'maxCallTimeMinutes', 'callsPerSecond'].map(
          (field) => `dialer.${field}`,
        ),
        ...['mediaServer.wssUrl', 'mediaServer.domainManagerUrl', 'metadata.apiKey'],
      ]
        .map((path) => `INVALID input.${path}`)
        .sort(),
    );
  });
});

describe('createTenant answers BAD_USER_INPUT with the path', () => {
  const twice = { ...smsTwoFactor, disabled: {} };
  it.each<[string, Record<string, unknown>, string]>([
    ['2FA both ways', { twoFactor: twice }, 'BAD_USER_INPUT input.twoFactor'],
    ['2FA neither way', { twoFactor: {} }, 'BAD_USER_INPUT input.twoFactor'],
    ['2FA null', { twoFactor: { enabled: null } }, 'BAD_USER_INPUT input.twoFactor.enabled'],
    ['no 2FA', { twoFactor: undefined }, 'BAD_USER_INPUT input.twoFactor'],
    ['no realm', { keycloak: { realm: {} } }, 'BAD_USER_INPUT input.keycloak.realm'],
    [
      'a fraction of a second',
      sms({ otpExpirySeconds: 1.5 }),
      'BAD_USER_INPUT input.twoFactor.enabled.otpExpirySeconds',
    ],
    ['a number as text', sms({ retryLimit: '3' }), 'BAD_USER_INPUT input.twoFactor.enabled.retryLimit'],
    ['an unknown channel', sms({ channelType: 'PIGEON' }), 'BAD_USER_INPUT input.twoFactor.enabled.channelType'],
    ['metadata that is a list', { metadata: [1] }, 'BAD_USER_INPUT input.metadata'],
    ['metadata that is text', { metadata: '{}' }, 'BAD_USER_INPUT input.metadata'],
    ['an unknown field', { colour: 'red' }, 'BAD_USER_INPUT input'],
  ])('%s', async (_label, change, code) => {
    const input = { ...provisionInput(base), ...change };
    const answer = await writesNothing(app, () =>
      app.client.execute(CreateTenantDocument, { input }, { as: 'operator' }),
    );
    expect(codesOf(answer)).toContain(code);
    expect(answer.data ?? null).toBeNull();
  });
});
