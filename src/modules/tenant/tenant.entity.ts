import { defineEntity, p } from '@mikro-orm/core';

import { Logo } from '../branding/logo.entity.js';
import { twoFactorChannels } from '../two-factor/two-factor.rules.js';
import { tenantStatuses } from './lifecycle.rules.js';
import { realmOrigins, realmStates, realmSyncStates } from '../realm/realm.rules.js';
import { subscriptionTiers } from './subscription.rules.js';

export interface ContactColumn {
  name: string;
  email: string;
  phone: string | null;
  role: string | null;
}

const endSoonest = `coalesce("subscription_ends_at", 'infinity')`;
const endLatest = `coalesce("subscription_ends_at", '-infinity')`;

/** What tenants are filtered by. */
const filtered = [
  '"status"',
  '"subscription_tier"',
  '"country"',
  '"two_factor_enabled"',
  '"created_at"',
  '"updated_at"',
  endSoonest,
];

/**
 * An index for each order of the lists (`tenant-lists.query.ts` sorts by the same expressions; ties by id). Behind the
 * order stands what lists are filtered by, so that the rows which a filter leaves out are passed over within the index.
 */
const orderIndexes = Object.entries({
  name: 'lower("name")',
  code: '"code" collate "C"',
  tenant_id: '"tenant_id" collate "C"',
  status: '"status"',
  created_at: '"created_at"',
  updated_at: '"updated_at"',
  end_soonest: endSoonest,
  end_latest: endLatest,
}).map(([name, key]) => {
  const others = filtered.filter((filter) => filter !== key);
  return index(`tenant_by_${name}`, `(${[key, '"id"', ...others].join(', ')})`);
});

function index(name: string, definition: string): { name: string; expression: string } {
  return { name, expression: `create index "${name}" on "tenantry"."tenant" ${definition}` };
}

const TenantSchema = defineEntity({
  name: 'Tenant',
  tableName: 'tenant',
  rowLevelSecurity: 'force',
  properties: {
    /** UUIDv7; a provisioned realm carries it as its own id. */
    id: p.uuid().primary(),
    tenantId: p.text().unique(),
    code: p.text().unique(),
    name: p.text(),
    description: p.text().strictNullable(),
    domain: p.text(),
    status: p.enum(tenantStatuses).nativeEnumName('tenant_status'),
    statusReason: p.text().strictNullable(),
    statusChangedAt: p.datetime(3),

    realmOrigin: p.enum(realmOrigins),
    serverUrl: p.text(),
    realm: p.text(),
    /** Exact `iss` of the realm's tokens; one realm serves one tenant, for ever. */
    issuer: p.text().unique(),
    clientId: p.text(),
    /** JWE; null once the tenant is deleted. */
    clientSecret: p.text().strictNullable(),
    /** Raised with each new client secret, and once all of the realm's keys are others: part of the token cache's key. */
    clientSecretVersion: p.integer().default(1),
    scope: p.array(),
    otpManagerUrl: p.text().strictNullable(),
    realmState: p.enum(realmStates),
    realmSyncState: p.enum(realmSyncStates),
    realmSyncSince: p.datetime(3),
    realmSyncError: p.text().strictNullable(),
    /** Since when Keycloak has no realm of that name that is ours: it is looked for by its id. */
    realmMissingSince: p.datetime(3).strictNullable(),
    realmLookedForAt: p.datetime(3).strictNullable(),
    /** The name that it was found under. */
    realmRenamedTo: p.text().strictNullable(),
    /** Since when the realm shows other keys than the ones it had: its tokens are refused until an operator confirms. */
    quarantinedAt: p.datetime(3).strictNullable(),
    /** Tokens with an earlier `iat` are refused. Whole seconds, as `iat` is. */
    tokensNotBefore: p.datetime(3),
    /** The latest `exp` of a token that issueTenantToken handed out. */
    tokensIssuedUntil: p.datetime(3).strictNullable(),

    twoFactorEnabled: p.boolean(),
    twoFactorChannel: p.enum(twoFactorChannels).strictNullable(),
    twoFactorServiceIdentifier: p.text().strictNullable(),
    otpExpirySeconds: p.integer().strictNullable(),
    retryLimit: p.integer().strictNullable(),
    twoFactorDisabledReason: p.text().strictNullable(),

    dialerServiceIdentifier: p.text().strictNullable(),
    dialerMaxConcurrentCalls: p.integer().strictNullable(),
    dialerMaxCallTimeMinutes: p.integer().strictNullable(),
    dialerCallsPerSecond: p.integer().strictNullable(),
    mediaWssUrl: p.text().strictNullable(),
    mediaDomainManagerUrl: p.text().strictNullable(),

    logo: () => p.manyToOne(Logo).strictNullable().mapToPk().joinColumn('logo'),
    logoDark: () => p.manyToOne(Logo).strictNullable().mapToPk().joinColumn('logo_dark'),
    favicon: () => p.manyToOne(Logo).strictNullable().mapToPk().joinColumn('favicon'),
    brandColors: p.json<Record<string, string>>().strictNullable(),
    brandTypography: p.json<Record<string, string>>().strictNullable(),
    customCss: p.text().strictNullable(),

    country: p.text().strictNullable(),
    timezone: p.text().strictNullable(),
    currency: p.text().strictNullable(),
    language: p.text().strictNullable(),
    businessContact: p.json<ContactColumn>().strictNullable(),
    technicalContact: p.json<ContactColumn>().strictNullable(),

    subscriptionTier: p.enum(subscriptionTiers),
    subscriptionStartsAt: p.datetime(3),
    subscriptionEndsAt: p.datetime(3).strictNullable(),
    isTrial: p.boolean(),
    metadata: p.json<Record<string, unknown>>().defaultRaw(`'{}'`),

    version: p.integer().default(1),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
    deletedAt: p.datetime(3).strictNullable(),
  },
  indexes: [
    ...orderIndexes,
    /** Countries that few tenants are in. */
    { properties: ['country', 'createdAt', 'id'] },
    /** What the dashboard lists as expiring or expired. */
    index(
      'tenant_live_by_end',
      `("subscription_ends_at", "id") where "status" < 'INACTIVE' and "subscription_ends_at" is not null`,
    ),
  ],
});

export class Tenant extends TenantSchema.class {}
TenantSchema.setClass(Tenant);
