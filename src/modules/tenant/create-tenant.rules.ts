import type { Faults } from '../../faults.js';
import { optionalWebAddress, webAddress } from '../../validation/address.rules.js';
import { checkJsonObject, type JsonObject } from '../../validation/json-object.rules.js';
import { optionalText, requiredText, secretText, textLimits } from '../../validation/text.rules.js';
import { mergeBranding, noBranding, type BrandingChanges, type BrandingColumns } from '../branding/branding.rules.js';
import { checkCampaigns, type CampaignSettings, type CheckedCampaign } from '../contact-center/campaign.rules.js';
import { dialerColumns, type DialerColumns, type DialerSettings } from '../contact-center/dialer.rules.js';
import {
  mediaServerColumns,
  type MediaServerColumns,
  type MediaServerSettings,
} from '../contact-center/media-server.rules.js';
import { checkProviders, type CheckedProvider, type ProviderSettings } from '../provider/provider.rules.js';
import { twoFactorColumns, type TwoFactorChoice, type TwoFactorColumns } from '../two-factor/two-factor.rules.js';
import { mergeContacts, type ContactsChanges, type ContactsColumns } from './contacts.rules.js';
import { checkAdoptedRealm, checkProvisionedRealm, checkScope } from '../realm/realm.rules.js';
import { mergeRegion, type RegionChanges, type RegionColumns } from './region.rules.js';
import {
  defaultSubscription,
  subscriptionColumns,
  type SubscriptionColumns,
  type SubscriptionSettings,
} from './subscription.rules.js';
import { checkTenantId, isCode } from './tenant-names.rules.js';

/** What a caller gives to onboard a tenant. */
export interface TenantRequest {
  tenantId: string;
  name: string;
  code?: string | null;
  description?: string | null;
  keycloak: {
    realm: RealmChoice;
    otpManagerUrl?: string | null;
    scope?: string[] | null;
  };
  twoFactor: TwoFactorChoice;
  campaigns?: CampaignSettings[] | null;
  dialer?: DialerSettings | null;
  mediaServer?: MediaServerSettings | null;
  branding?: BrandingChanges | null;
  region?: RegionChanges | null;
  contacts?: ContactsChanges | null;
  subscription?: SubscriptionSettings | null;
  providers?: ProviderSettings[] | null;
  metadata?: JsonObject | null;
}

/** Exactly one of two, which the schema sees to. */
export interface RealmChoice {
  adopt?: { serverUrl?: string | null; realm: string; clientId: string; clientSecret: string } | null;
  provision?: { realm?: string | null; displayName?: string | null } | null;
}

/** The realm that a new tenant is to have, checked. */
export type RealmPlan =
  | { readonly origin: 'ADOPTED'; serverUrl: string | null; realm: string; clientId: string; clientSecret: string }
  | { readonly origin: 'PROVISIONED'; realm: string; displayName: string | null };

/** A new tenant that passed the rules; whether its names are free is another question. */
export interface TenantPlan {
  readonly tenantId: string;
  /** As given; null: to be made from the tenantId. */
  readonly code: string | null;
  readonly realm: RealmPlan;
  readonly campaigns: readonly CheckedCampaign[];
  readonly providers: readonly CheckedProvider[];
  readonly columns: {
    name: string;
    description: string | null;
    scope: string[];
    otpManagerUrl: string | null;
    metadata: JsonObject;
  } & TwoFactorColumns &
    DialerColumns &
    MediaServerColumns &
    BrandingColumns &
    RegionColumns &
    ContactsColumns &
    SubscriptionColumns;
}

/** Where the realm's own arguments stand. */
export const realmPaths = {
  realm: ['input', 'keycloak', 'realm'],
  adopt: ['input', 'keycloak', 'realm', 'adopt'],
  provision: ['input', 'keycloak', 'realm', 'provision'],
  otpManagerUrl: ['input', 'keycloak', 'otpManagerUrl'],
} as const;

/** Checks a whole request by the rules that need nothing but itself, noting every fault. */
export function planTenant(faults: Faults, request: TenantRequest, now: Date): TenantPlan {
  const at = (...path: string[]): string[] => ['input', ...path];
  checkTenantId(faults, at('tenantId'), request.tenantId);
  const code = request.code ?? null;
  if (code !== null && !isCode(code))
    faults.add('INVALID', at('code'), 'Must be 2 to 10 upper-case letters and digits.');
  const metadata = request.metadata ?? {};
  checkJsonObject(faults, at('metadata'), metadata, { secretsAllowed: false });
  return {
    tenantId: request.tenantId,
    code,
    realm: planRealm(faults, request),
    campaigns: checkCampaigns(faults, at('campaigns'), request.campaigns ?? [], new Map()),
    providers: checkProviders(faults, at('providers'), request.providers ?? [], new Map()),
    columns: {
      name: requiredText(faults, at('name'), request.name, textLimits.name),
      description: optionalText(faults, at('description'), request.description, textLimits.description),
      scope: checkScope(faults, at('keycloak', 'scope'), request.keycloak.scope ?? []),
      otpManagerUrl: planOtpManager(faults, request),
      metadata,
      ...twoFactorColumns(faults, at('twoFactor'), request.twoFactor),
      ...dialerColumns(faults, at('dialer'), request.dialer),
      ...mediaServerColumns(faults, at('mediaServer'), request.mediaServer),
      ...mergeBranding(faults, at('branding'), request.branding ?? undefined, noBranding),
      ...mergeRegion(faults, at('region'), request.region ?? undefined),
      ...mergeContacts(faults, at('contacts'), request.contacts ?? undefined),
      ...(request.subscription
        ? subscriptionColumns(faults, at('subscription'), request.subscription)
        : defaultSubscription(now)),
    },
  };
}

function planOtpManager(faults: Faults, { keycloak, twoFactor }: TenantRequest): string | null {
  const url = optionalWebAddress(faults, realmPaths.otpManagerUrl, keycloak.otpManagerUrl, ['http', 'https']);
  if (url === null && twoFactor.enabled) {
    faults.add('REQUIRED', realmPaths.otpManagerUrl, 'Two-factor authentication needs the address of an OTP manager.');
  }
  return url;
}

function planRealm(faults: Faults, { tenantId, keycloak }: TenantRequest): RealmPlan {
  const { adopt, provision } = keycloak.realm;
  if (adopt) {
    const at = (field: string): string[] => [...realmPaths.adopt, field];
    checkAdoptedRealm(faults, at('realm'), adopt.realm);
    const hasServer = typeof adopt.serverUrl === 'string';
    return {
      origin: 'ADOPTED',
      serverUrl: hasServer ? webAddress(faults, at('serverUrl'), adopt.serverUrl ?? '', ['http', 'https']) : null,
      realm: adopt.realm,
      clientId: requiredText(faults, at('clientId'), adopt.clientId, textLimits.identifier),
      clientSecret: secretText(faults, at('clientSecret'), adopt.clientSecret),
    };
  }
  const at = (field: string): string[] => [...realmPaths.provision, field];
  const realm = provision?.realm ?? tenantId;
  if (typeof provision?.realm === 'string') checkProvisionedRealm(faults, at('realm'), realm);
  const displayName = optionalText(faults, at('displayName'), provision?.displayName, textLimits.name);
  return { origin: 'PROVISIONED', realm, displayName };
}
