import { defineEntity, p } from '@mikro-orm/core';

import { Logo } from '../branding/logo.entity.js';
import { twoFactorChannels } from '../two-factor/two-factor.rules.js';
import { tenantStatuses } from './lifecycle.rules.js';
import { realmOrigins, realmStates, realmSyncStates } from './realm.rules.js';
import { subscriptionTiers } from './subscription.rules.js';

export interface ContactColumn {
  name: string;
  email: string;
  phone: string | null;
  role: string | null;
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
    /** Raised with each new client secret: part of the token cache's key. */
    clientSecretVersion: p.integer().default(1),
    scope: p.array(),
    otpManagerUrl: p.text().strictNullable(),
    realmState: p.enum(realmStates),
    realmSyncState: p.enum(realmSyncStates),
    realmSyncSince: p.datetime(3),
    realmSyncError: p.text().strictNullable(),
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
});

export class Tenant extends TenantSchema.class {}
TenantSchema.setClass(Tenant);
