import type {
  CampaignInput,
  ContactsInput,
  DialerInput,
  LogoPartsFragment,
  MediaServerInput,
  ProviderInput,
  RegionInput,
  SubscriptionTier,
  TenantPatch,
  TenantStatus,
  TenantTransition,
  TwoFactorInput,
} from '../generated/operations.js';

export type Json = Record<string, unknown>;

/** Write-only values in clear, and what else a member of a list holds. */
export interface ModelCampaign {
  name: string;
  serviceUrl: string | null;
  username: string | null;
  isEnabled: boolean;
  settings: Json;
  password: string | null;
  secrets: Json;
}
export interface ModelProvider {
  kind: ProviderInput['kind'];
  name: string;
  isPrimary: boolean;
  settings: Json;
  secrets: Json;
}

export interface ModelEntry {
  readonly action: string;
  readonly at: string;
  readonly actor: string;
  readonly fromStatus: TenantStatus | null;
  readonly toStatus: TenantStatus | null;
  readonly reason: string | null;
  readonly errorCode: string | null;
  readonly changes: Json;
}

/** A tenant as the contract says it is, with what cannot be seen from outside: its secrets. */
export interface ModelTenant {
  readonly id: string;
  readonly tenantId: string;
  readonly code: string;
  readonly domain: string;
  readonly createdAt: string;
  readonly keycloak: {
    readonly origin: 'ADOPTED' | 'PROVISIONED';
    readonly serverUrl: string;
    readonly realm: string;
    readonly issuer: string;
    readonly clientId: string;
    readonly scope: readonly string[];
    otpManagerUrl: string | null;
  };
  clientSecret: string | null;
  name: string;
  description: string | null;
  status: TenantStatus;
  statusReason: string | null;
  statusChangedAt: string;
  updatedAt: string;
  deletedAt: string | null;
  version: number;
  twoFactor: Json & { readonly isEnabled: boolean };
  campaigns: ModelCampaign[];
  dialer: DialerInput | null;
  mediaServer: Json | null;
  logo: LogoPartsFragment | null;
  colors: Json | null;
  typography: Json | null;
  customCss: string | null;
  region: Json | null;
  contacts: { business: Json; technical: Json } | null;
  subscription: { tier: SubscriptionTier; startsAt: string; endsAt: string | null; isTrial: boolean };
  providers: ModelProvider[];
  metadata: Json;
  /** Expiry of the last token that was handed out. */
  tokensUntil: string | null;
  /** Newest first. */
  entries: ModelEntry[];
}

/** One of few pictures that a step sends. */
export type Picture = 'blue' | 'red';

/** What a step does to the tenant of its slot. */
export type Action =
  | { readonly kind: 'create'; readonly input: ModelCreate }
  | { readonly kind: 'patch'; readonly patch: TenantPatch; readonly picture?: Picture }
  | {
      readonly kind: 'transition';
      readonly action: TenantTransition;
      readonly reason?: string | null;
      readonly tier?: SubscriptionTier;
    }
  | { readonly kind: 'campaigns'; readonly campaigns: readonly CampaignInput[] }
  | { readonly kind: 'dialer'; readonly dialer?: DialerInput | null }
  | { readonly kind: 'clientSecret'; readonly isNew: boolean }
  | { readonly kind: 'rotate' }
  | { readonly kind: 'token'; readonly scope?: readonly string[] };

/** What is chosen about a new tenant. */
export interface ModelCreate {
  readonly origin: 'ADOPTED' | 'PROVISIONED';
  readonly scope: readonly string[];
  readonly hasOtpManager: boolean;
  readonly twoFactor: TwoFactorInput;
  readonly campaigns: readonly CampaignInput[] | null;
  readonly dialer: DialerInput | null;
  readonly mediaServer: MediaServerInput | null;
  readonly region: RegionInput | null;
  readonly contacts: ContactsInput | null;
  readonly tier: SubscriptionTier | null;
  readonly providers: readonly ProviderInput[] | null;
  readonly metadata: Json | null;
}

const legal: Record<TenantStatus, readonly TenantTransition[]> = {
  TRIAL: ['ACTIVATE', 'SUSPEND', 'DEACTIVATE', 'DELETE'],
  ACTIVE: ['SUSPEND', 'START_MAINTENANCE', 'DEACTIVATE', 'DELETE'],
  SUSPENDED: ['REACTIVATE', 'DEACTIVATE', 'DELETE'],
  MAINTENANCE: ['COMPLETE_MAINTENANCE', 'DEACTIVATE', 'DELETE'],
  INACTIVE: ['REACTIVATE', 'DELETE'],
  DELETED: [],
};

/** What may be asked of a tenant in this status, in the order of the contract. */
export const transitionsFrom = (status: TenantStatus): readonly TenantTransition[] => legal[status];

export const isOperational = (status: TenantStatus): boolean => status === 'TRIAL' || status === 'ACTIVE';

/** The tenant as `tenant(by:)` has to show it, but for how far Keycloak is. */
export function shown(tenant: ModelTenant, now: Date): Json {
  const {
    clientSecret,
    colors,
    typography,
    customCss,
    logo,
    subscription,
    entries: _e,
    tokensUntil: _t,
    ...rest
  } = tenant;
  const { endsAt } = subscription;
  const left = endsAt === null ? null : Date.parse(endsAt) - now.getTime();
  return {
    ...rest,
    isActive: isOperational(tenant.status),
    availableTransitions: transitionsFrom(tenant.status),
    keycloak: { ...tenant.keycloak, hasClientSecret: clientSecret !== null },
    campaigns: tenant.campaigns.map(({ password, secrets, ...campaign }) => ({
      ...campaign,
      hasPassword: password !== null,
      secretNames: Object.keys(secrets).sort(),
    })),
    providers: tenant.providers.map(({ secrets, ...provider }) => ({
      ...provider,
      secretNames: Object.keys(secrets).sort(),
    })),
    branding: { logo, logoDark: null, favicon: null, colors, typography, customCss },
    subscription: {
      ...subscription,
      isExpired: left !== null && left < 0,
      daysRemaining: left === null ? null : Math.max(0, Math.ceil(left / 86_400_000)),
    },
  };
}
