import type { TenantRequestWithFiles } from '../modules/tenant/create-tenant.service.js';
import type { TransitionDetails } from '../modules/tenant/lifecycle.service.js';
import type { TenantTransition } from '../modules/tenant/lifecycle.rules.js';
import { demoBank, demoContactCenter, logo } from './demo-profiles.js';
import { demoClock, type DemoClock } from './demo-clock.js';

/** A tenant to look at, and what became of it since. */
export interface DemoTenant {
  readonly request: TenantRequestWithFiles;
  /** When it was onboarded. */
  readonly at: Date;
  readonly steps: readonly DemoStep[];
}

export interface DemoStep {
  readonly at: Date;
  readonly transition: TenantTransition;
  readonly details: TransitionDetails;
}

type Tier = 'TRIAL' | 'BASIC' | 'STANDARD' | 'PREMIUM' | 'ENTERPRISE';
type Region = readonly [country: string, timezone: string, currency: string, language: string];

const regions = {
  GB: ['GB', 'Europe/London', 'GBP', 'en-GB'],
  ES: ['ES', 'Europe/Madrid', 'EUR', 'es-ES'],
  DE: ['DE', 'Europe/Berlin', 'EUR', 'de-DE'],
  FR: ['FR', 'Europe/Paris', 'EUR', 'fr-FR'],
  US: ['US', 'America/New_York', 'USD', 'en-US'],
  CA: ['CA', 'America/Toronto', 'CAD', 'en-CA'],
  PK: ['PK', 'Asia/Karachi', 'PKR', 'ur-PK'],
  AE: ['AE', 'Asia/Dubai', 'AED', 'ar-AE'],
  JP: ['JP', 'Asia/Tokyo', 'JPY', 'ja-JP'],
} as const satisfies Record<string, Region>;

/**
 * A dozen tenants over all statuses, tiers and several countries, months and ends, so that lists, filters and dashboard
 * show something on the day that they are made.
 *
 * @param now their past and their future are counted from here
 */
export function demoTenants(now: Date): readonly DemoTenant[] {
  const clock = demoClock(now);
  return [...served(clock), ...troubled(clock), ...tried(clock)];
}

/** In service, with much or little time left. */
function served(clock: DemoClock): DemoTenant[] {
  const { monthsAgo, days } = clock;
  const tenant = tenantAt(clock);
  return [
    tenant(monthsAgo(11), {
      ...demoContactCenter,
      tenantId: 'acme',
      region: 'GB',
      tier: 'ENTERPRISE',
      endsAt: days(200),
    }),
    tenant(monthsAgo(10), {
      tenantId: 'globex',
      name: 'Globex Support',
      region: 'US',
      tier: 'PREMIUM',
      endsAt: days(12),
    }),
    tenant(monthsAgo(8), {
      ...{ tenantId: 'sierra', name: 'Sierra Telecom', region: 'ES', tier: 'STANDARD', endsAt: days(25) },
      ...{ logo: logo('#0b6e4f', 'M8 56 L32 12 L56 56 Z'), metadata: { industry: 'telecom' } },
    }),
    tenant(monthsAgo(6), {
      tenantId: 'nordlicht',
      name: 'Nordlicht Versicherung',
      region: 'DE',
      tier: 'PREMIUM',
      endsAt: days(-5),
    }),
    tenant(monthsAgo(5), { tenantId: 'courier', name: 'Karachi Courier', region: 'PK', tier: 'STANDARD' }),
  ];
}

/** Out of service, each in its own way. */
function troubled(clock: DemoClock): DemoTenant[] {
  const { monthsAgo, days } = clock;
  const tenant = tenantAt(clock);
  return [
    tenant(monthsAgo(9), { tenantId: 'initech', name: 'Initech', region: 'US', tier: 'BASIC', endsAt: days(-20) }, [
      { at: days(-9), transition: 'SUSPEND', details: { reason: 'Two invoices are unpaid' } },
    ]),
    tenant(monthsAgo(7), { ...demoBank, tenantId: 'aurora', region: 'ES', tier: 'ENTERPRISE', endsAt: days(90) }, [
      { at: days(-1), transition: 'START_MAINTENANCE', details: { reason: 'Move to the new data centre' } },
    ]),
    tenant(
      monthsAgo(5),
      { tenantId: 'falcon', name: 'Falcon Retail', region: 'AE', tier: 'BASIC', endsAt: days(-30) },
      [{ at: days(-30), transition: 'DEACTIVATE', details: { reason: 'The contract has ended' } }],
    ),
    tenant(monthsAgo(4), { tenantId: 'maple', name: 'Maple Clinics', region: 'CA', tier: 'STANDARD' }, [
      { at: days(-40), transition: 'SUSPEND', details: { reason: 'Asked for a pause' } },
      { at: days(-14), transition: 'DELETE', details: { reason: 'Merged with another customer' } },
    ]),
  ];
}

/** Trials: one that went well, one that ends within days, one that has just begun. */
function tried(clock: DemoClock): DemoTenant[] {
  const { monthsAgo, days } = clock;
  const tenant = tenantAt(clock);
  const subscription = { tier: 'BASIC', startsAt: days(-20), endsAt: days(345) } as const;
  return [
    tenant(
      monthsAgo(3),
      { tenantId: 'sakura', name: 'Sakura Travel', region: 'JP', tier: 'TRIAL', endsAt: days(-15) },
      [{ at: days(-20), transition: 'ACTIVATE', details: { subscription, reason: 'The trial went well' } }],
    ),
    tenant(monthsAgo(1), {
      tenantId: 'lumiere',
      name: 'Lumière Énergie',
      region: 'FR',
      tier: 'TRIAL',
      endsAt: days(6),
    }),
    tenant(days(0), {
      tenantId: 'riverbank',
      name: 'Riverbank Savings',
      region: 'GB',
      tier: 'TRIAL',
      endsAt: days(30),
    }),
  ];
}

type Described = Partial<Omit<TenantRequestWithFiles, 'region' | 'subscription'>> & {
  readonly tenantId: string;
  readonly name: string;
  readonly region: keyof typeof regions;
  readonly tier: Tier;
  readonly endsAt?: Date;
};

function tenantAt({ days }: DemoClock): (at: Date, described: Described, steps?: readonly DemoStep[]) => DemoTenant {
  return (at, { region, tier, endsAt, ...request }, steps = []) => {
    const [country, timezone, currency, language] = regions[region];
    const [keycloak, twoFactor] = [{ realm: { provision: {} } }, { disabled: { reason: 'No OTP manager yet' } }];
    const subscription = { tier, startsAt: at < days(0) ? at : days(-1), endsAt };
    return {
      at,
      steps,
      request: { keycloak, twoFactor, ...request, subscription, region: { country, timezone, currency, language } },
    };
  };
}
