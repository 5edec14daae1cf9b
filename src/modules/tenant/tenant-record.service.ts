import type { EntityManager } from '@mikro-orm/postgresql';

import { AuditOrder, SealedAuditValue, type AuditView } from '../audit/audit.rules.js';
import { Campaign } from '../contact-center/campaign.entity.js';
import { Provider } from '../provider/provider.entity.js';
import type { Tenant } from './tenant.entity.js';

/** A tenant with all that belongs to it, while it is being changed. */
export interface TenantRecord {
  readonly tenant: Tenant;
  campaigns: Campaign[];
  providers: Provider[];
}

/** Loads what belongs to a tenant. */
export async function loadRecord(em: EntityManager, tenant: Tenant): Promise<TenantRecord> {
  const byPosition = { orderBy: { position: 'asc' } } as const;
  const campaigns = await em.find(Campaign, { tenant: tenant.id }, byPosition);
  const providers = await em.find(Provider, { tenant: tenant.id }, byPosition);
  return { tenant, campaigns, providers };
}

/** What the trail follows of a tenant, by the paths that the API has for it. Status and version have places of their own. */
export function auditViewOf({ tenant, campaigns, providers }: TenantRecord): AuditView {
  return {
    ...identityView(tenant),
    ...runtimeView(tenant),
    ...profileView(tenant),
    campaigns: new AuditOrder(campaigns.map(({ name }) => name)),
    ...merged(campaigns.map(campaignView)),
    providers: new AuditOrder(providers.map(({ kind, name }) => `${kind}.${name}`)),
    ...merged(providers.map(providerView)),
  };
}

function merged(views: readonly AuditView[]): AuditView {
  return Object.fromEntries(views.flatMap((view) => Object.entries(view)));
}

function identityView(tenant: Tenant): AuditView {
  return {
    tenantId: tenant.tenantId,
    code: tenant.code,
    name: tenant.name,
    description: tenant.description,
    domain: tenant.domain,
    'keycloak.origin': tenant.realmOrigin,
    'keycloak.serverUrl': tenant.serverUrl,
    'keycloak.realm': tenant.realm,
    'keycloak.issuer': tenant.issuer,
    'keycloak.clientId': tenant.clientId,
    'keycloak.clientSecret': sealedValue(tenant.clientSecret),
    'keycloak.scope': tenant.scope.length > 0 ? tenant.scope : null,
    'keycloak.otpManagerUrl': tenant.otpManagerUrl,
    'keycloak.quarantinedSince': tenant.quarantinedAt,
  };
}

function runtimeView(tenant: Tenant): AuditView {
  return {
    'twoFactor.isEnabled': tenant.twoFactorEnabled,
    'twoFactor.channelType': tenant.twoFactorChannel,
    'twoFactor.serviceIdentifier': tenant.twoFactorServiceIdentifier,
    'twoFactor.otpExpirySeconds': tenant.otpExpirySeconds,
    'twoFactor.retryLimit': tenant.retryLimit,
    'twoFactor.reason': tenant.twoFactorDisabledReason,
    'dialer.serviceIdentifier': tenant.dialerServiceIdentifier,
    'dialer.maxConcurrentCalls': tenant.dialerMaxConcurrentCalls,
    'dialer.maxCallTimeMinutes': tenant.dialerMaxCallTimeMinutes,
    'dialer.callsPerSecond': tenant.dialerCallsPerSecond,
    'mediaServer.wssUrl': tenant.mediaWssUrl,
    'mediaServer.domainManagerUrl': tenant.mediaDomainManagerUrl,
  };
}

function profileView(tenant: Tenant): AuditView {
  return {
    'branding.logo.sha256': tenant.logo,
    'branding.logoDark.sha256': tenant.logoDark,
    'branding.favicon.sha256': tenant.favicon,
    ...prefixed('branding.colors', tenant.brandColors),
    ...prefixed('branding.typography', tenant.brandTypography),
    'branding.customCss': tenant.customCss,
    'region.country': tenant.country,
    'region.timezone': tenant.timezone,
    'region.currency': tenant.currency,
    'region.language': tenant.language,
    ...prefixed('contacts.business', tenant.businessContact),
    ...prefixed('contacts.technical', tenant.technicalContact),
    'subscription.tier': tenant.subscriptionTier,
    'subscription.startsAt': tenant.subscriptionStartsAt,
    'subscription.endsAt': tenant.subscriptionEndsAt,
    'subscription.isTrial': tenant.isTrial,
    metadata: emptyAsNull(tenant.metadata),
  };
}

function campaignView(campaign: Campaign): AuditView {
  return prefixed(`campaigns.${step(campaign.name)}`, {
    serviceUrl: campaign.serviceUrl,
    username: campaign.username,
    isEnabled: campaign.isEnabled,
    settings: emptyAsNull(campaign.settings),
    password: sealedValue(campaign.password),
    ...secretsView(campaign.secrets),
  });
}

function providerView(provider: Provider): AuditView {
  return prefixed(`providers.${provider.kind}.${step(provider.name)}`, {
    isPrimary: provider.isPrimary,
    settings: emptyAsNull(provider.settings),
    ...secretsView(provider.secrets),
  });
}

function secretsView(secrets: Readonly<Record<string, string>>): AuditView {
  return prefixed(
    'secrets',
    Object.fromEntries(Object.entries(secrets).map(([name, jwe]) => [step(name), sealedValue(jwe)])),
  );
}

function sealedValue(jwe: string | null | undefined): SealedAuditValue | null {
  return typeof jwe === 'string' ? new SealedAuditValue(jwe) : null;
}

/** A name as one step of a path: a dot in it is escaped, so that no two fields share a path and each change is seen. */
function step(name: string): string {
  return name.replaceAll(/[.\\]/g, '\\$&');
}

function prefixed(prefix: string, group: object | null | undefined): AuditView {
  return Object.fromEntries(
    Object.entries(group ?? {}).map(([field, value]) => [`${prefix}.${field}`, value as unknown]),
  );
}

function emptyAsNull(object: object): object | null {
  return Object.keys(object).length > 0 ? object : null;
}
