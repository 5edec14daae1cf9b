import fc, { type Arbitrary } from 'fast-check';

import type {
  CampaignInput,
  ContactInput,
  DialerInput,
  MediaServerInput,
  ProviderInput,
  RegionInput,
  TenantPatch,
  TenantProfilePatch,
  TenantSettingsPatch,
  TwoFactorInput,
} from '../generated/operations.js';
import type { ExpectedVersion } from './effects.js';
import type { Action, Json, ModelCreate } from './state.js';

/** One mutation, for the tenant of one of few slots, named in one of three ways. */
export interface Step {
  readonly slot: number;
  readonly by: 'id' | 'tenantId' | 'code';
  readonly version: ExpectedVersion;
  readonly action: Action;
}

export const slots = 3;

const some = <T extends object>(fields: { [Field in keyof T]: Arbitrary<T[Field]> }): Arbitrary<Partial<T>> =>
  fc.record(fields, { requiredKeys: [] }) as Arbitrary<Partial<T>>;
const nullable = <T>(value: Arbitrary<T>): Arbitrary<T | null> => fc.option(value, { freq: 3 });
const json: Arbitrary<Json> = fc.constantFrom<Json>({}, { a: 1 }, { a: { b: [true, null] }, c: 'x' });
const tier = fc.constantFrom('TRIAL', 'BASIC', 'STANDARD', 'PREMIUM', 'ENTERPRISE' as const);
const secrets = nullable(some<Json>({ one: fc.constantFrom(null, 'x', 1), two: fc.constantFrom(null, { y: [2] }) }));

const twoFactor: Arbitrary<TwoFactorInput> = fc.oneof(
  fc.record({ disabled: some<{ reason: string | null }>({ reason: fc.constantFrom(null, 'later') }) }),
  fc.record({
    enabled: fc.record({
      channelType: fc.constantFrom('SMS', 'EMAIL'),
      serviceIdentifier: fc.constantFrom('sms-1', 'mail-1'),
      otpExpirySeconds: fc.constantFrom(60, 3_600),
      retryLimit: fc.constantFrom(1, 10),
    }),
  }),
);
const dialer: Arbitrary<DialerInput> = fc.record({
  serviceIdentifier: fc.constantFrom('dialer-1', 'dialer-2'),
  maxConcurrentCalls: fc.constantFrom(1, 50),
  maxCallTimeMinutes: fc.constantFrom(5, 30),
  callsPerSecond: fc.constantFrom(1, 2),
});
const mediaServer: Arbitrary<MediaServerInput> = fc.constantFrom(
  { wssUrl: 'wss://media.example.com:7443' },
  { wssUrl: 'wss://media.example.com:7443', domainManagerUrl: 'https://domains.example.com/' },
);
const campaigns = fc.uniqueArray(fc.constantFrom('A', 'B', 'C d'), { maxLength: 3 }).chain((names) =>
  fc.tuple(
    ...names.map((name) =>
      some<Omit<CampaignInput, 'name'>>({
        serviceUrl: fc.constantFrom(null, 'https://campaigns.example.com/'),
        username: fc.constantFrom(null, 'user'),
        isEnabled: fc.boolean(),
        settings: json,
        password: fc.constantFrom(null, 'first', 'second'),
        secrets,
      }).map((rest): CampaignInput => ({ name, ...rest })),
    ),
  ),
);
const providers = fc
  .uniqueArray(fc.constantFrom('KYC/Onfido', 'KYC/Other', 'SMS/Twilio', 'EMAIL/Twilio'), { maxLength: 4 })
  .chain((keys) =>
    fc.tuple(
      ...keys.map((key) => {
        const [kind = '', name = ''] = key.split('/');
        return some<Omit<ProviderInput, 'kind' | 'name'>>({
          isPrimary: fc.constant(false),
          settings: json,
          secrets,
        }).map((rest) => ({ kind, name, ...rest }) as ProviderInput);
      }),
    ),
  );
const region: Arbitrary<RegionInput> = fc.record({
  country: fc.constantFrom('ES', 'PK'),
  timezone: fc.constantFrom('Europe/Madrid', 'Asia/Karachi'),
  currency: fc.constantFrom('EUR', 'PKR'),
  language: fc.constantFrom('es-ES', 'en'),
});
const phone = fc.constantFrom(null, '+34912345678');
const contact: Arbitrary<ContactInput> = fc.record({
  name: fc.constantFrom('Ana', 'Bo'),
  email: fc.constantFrom('ana@example.com', 'bo@example.com'),
  phone,
  role: fc.constantFrom(null, 'Owner'),
});
const contacts = fc.record({ business: contact, technical: contact });
const start = fc.constantFrom('2024-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z');
const end = fc.constantFrom(null, '2026-01-01T00:00:00.000Z', '2099-01-01T00:00:00.000Z');

const profile = some<TenantProfilePatch>({
  name: fc.constantFrom('One', 'Two', 'Two', ' '),
  description: fc.constantFrom(null, 'Lines\nof text'),
  region: nullable(
    some<RegionInput>({
      country: fc.constant('FR'),
      timezone: fc.constant('UTC'),
      currency: fc.constant('USD'),
      language: fc.constant('fr'),
    }),
  ),
  contacts: nullable(
    fc.oneof(
      contacts,
      some<{ business: object; technical: object }>({
        business: some<Pick<ContactInput, 'name' | 'phone'>>({ name: fc.constant('Cy'), phone }),
        technical: contact,
      }),
    ),
  ),
  subscription: some<{ tier: string; startsAt: string; endsAt: string | null }>({
    tier,
    startsAt: start,
    endsAt: end,
  }) as Arbitrary<NonNullable<TenantProfilePatch['subscription']>>,
  branding: nullable(
    some<NonNullable<TenantProfilePatch['branding']>>({
      colors: nullable(some<Json>({ primary: fc.constantFrom(null, '#000'), text: fc.constantFrom(null, '#FFFFFF') })),
      typography: nullable(some<Json>({ body: fc.constantFrom(null, 'Lato') })),
      customCss: fc.constantFrom(null, '.tenant-brand .a{color:#123456}'),
    }),
  ),
  providers: nullable(providers),
  metadata: nullable(json),
}).map(withoutEmptyGroups);

/** A group that holds nothing is nothing: whether a patch of such is empty is another test's question. */
function withoutEmptyGroups(patch: Partial<TenantProfilePatch>): TenantProfilePatch {
  const isEmpty = (value: unknown): boolean =>
    value instanceof Object &&
    !Array.isArray(value) &&
    Object.values(value).every((member) => member === undefined || isEmpty(member));
  return Object.fromEntries(Object.entries(patch).filter(([field, value]) => field === 'metadata' || !isEmpty(value)));
}

const settings = fc.record<TenantSettingsPatch>(
  { twoFactor, mediaServer: nullable(mediaServer), otpManagerUrl: fc.constantFrom(null, 'given') },
  { requiredKeys: ['twoFactor'] },
);
const patch: Arbitrary<Action> = fc
  .record(
    {
      patch: some<TenantPatch>({ settings, profile, logo: fc.constant(null) }),
      picture: fc.constantFrom('blue' as const, 'red' as const),
    },
    { requiredKeys: ['patch'] },
  )
  .map((given) => ({ kind: 'patch', ...given }));

const create: Arbitrary<ModelCreate> = fc.record({
  origin: fc.constantFrom('ADOPTED', 'PROVISIONED'),
  scope: fc.constantFrom([], ['email', 'profile']),
  hasOtpManager: fc.boolean(),
  twoFactor,
  campaigns: nullable(campaigns),
  dialer: nullable(dialer),
  mediaServer: nullable(mediaServer),
  region: nullable(region),
  contacts: nullable(contacts),
  tier: nullable(tier),
  providers: nullable(providers),
  metadata: nullable(json),
});

const transitions = [
  'ACTIVATE',
  'SUSPEND',
  'REACTIVATE',
  'START_MAINTENANCE',
  'COMPLETE_MAINTENANCE',
  'DEACTIVATE',
] as const;
const reason = fc.option(fc.constantFrom('agreed', 'unpaid', null), { nil: undefined, freq: 4 });
const transition = (action: Arbitrary<(typeof transitions)[number] | 'DELETE'>): Arbitrary<Action> =>
  fc
    .record({ action, reason, tier: fc.option(tier, { nil: undefined }) })
    .map((given) => ({ kind: 'transition', ...given }));

const action: Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: create.map((input) => ({ kind: 'create', input }) as const) },
  { weight: 20, arbitrary: patch },
  { weight: 14, arbitrary: transition(fc.constantFrom(...transitions)) },
  { weight: 2, arbitrary: transition(fc.constant('DELETE' as const)) },
  { weight: 6, arbitrary: campaigns.map((list) => ({ kind: 'campaigns', campaigns: list }) as const) },
  {
    weight: 3,
    arbitrary: fc
      .record({ dialer: nullable(dialer) }, { requiredKeys: [] })
      .map((given) => ({ kind: 'dialer', ...given }) as const),
  },
  { weight: 2, arbitrary: fc.boolean().map((isNew) => ({ kind: 'clientSecret', isNew }) as const) },
  { weight: 2, arbitrary: fc.constant({ kind: 'rotate' } as const) },
  {
    weight: 6,
    arbitrary: fc.constantFrom(undefined, ['email'], ['other']).map((scope) => ({ kind: 'token', scope }) as const),
  },
);

/** Any step of a run. */
export const step: Arbitrary<Step> = fc.record({
  slot: fc.nat({ max: slots - 1 }),
  by: fc.constantFrom('id', 'tenantId', 'code'),
  version: fc.oneof(
    { weight: 6, arbitrary: fc.constant('any' as const) },
    { weight: 3, arbitrary: fc.constant('right' as const) },
    { weight: 1, arbitrary: fc.constant('wrong' as const) },
  ),
  action,
});

/** What a run begins with: a tenant in a slot. */
export const firstStep = (slot: number): Arbitrary<Step> =>
  create.map((input) => ({ slot, by: 'id', version: 'any', action: { kind: 'create', input } }));
