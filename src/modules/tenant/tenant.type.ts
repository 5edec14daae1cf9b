import { Field, ID, Int, ObjectType } from 'type-graphql';

import { DateTimeScalar, JSONObjectScalar, URLScalar } from '../../graphql/scalars.js';
import type { JsonObject } from '../../validation/json-object.rules.js';
import { Branding } from '../branding/branding.type.js';
import { Campaign, Dialer, MediaServer } from '../contact-center/contact-center.type.js';
import { ProviderAssociation } from '../provider/provider.type.js';
import { TwoFactorConfig, type TwoFactorDisabled, type TwoFactorEnabled } from '../two-factor/two-factor.type.js';
import type { TenantStatus, TenantTransition } from './lifecycle.rules.js';
import { Contacts, Region } from './profile.type.js';
import type { RealmOrigin, RealmState, RealmSyncState } from '../realm/realm.rules.js';
import type { SubscriptionTier } from './subscription.rules.js';
import {
  RealmOriginEnum,
  RealmStateEnum,
  RealmSyncStateEnum,
  SubscriptionTierEnum,
  TenantStatusEnum,
  TenantTransitionEnum,
} from './tenant-enums.type.js';

@ObjectType({ description: "Whether Keycloak already is as the tenant's status wants it." })
export class RealmSync {
  @Field(() => RealmSyncStateEnum, { description: 'How far Keycloak has followed.' })
  state!: RealmSyncState;

  @Field(() => DateTimeScalar, { description: 'Since when.' })
  since!: Date;

  @Field(() => String, { nullable: true, description: 'Why the last try failed.' })
  lastError!: string | null;
}

@ObjectType({ description: "The tenant's realm and how Tenantry gets tokens from it." })
export class KeycloakSettings {
  @Field(() => RealmOriginEnum, { description: 'Whether Tenantry made the realm.' })
  origin!: RealmOrigin;

  @Field(() => URLScalar, { description: 'Base address of the Keycloak server.' })
  serverUrl!: string;

  @Field(() => String, { description: 'Name of the realm.' })
  realm!: string;

  @Field(() => URLScalar, { description: "The exact issuer (iss) of the realm's tokens." })
  issuer!: string;

  @Field(() => String, { description: "The client whose service account gets the tenant's tokens." })
  clientId!: string;

  @Field(() => Boolean, { description: 'Whether its secret is stored. Secrets go in and never come out.' })
  hasClientSecret!: boolean;

  @Field(() => [String], { description: 'What issueTenantToken may ask for.' })
  scope!: string[];

  @Field(() => URLScalar, { nullable: true, description: 'Where the OTP manager is.' })
  otpManagerUrl!: string | null;

  @Field(() => RealmStateEnum, {
    description:
      'Whether the realm can be used: kept by Tenantry for realms it made, UNMANAGED for adopted ones, which stay open when the tenant is suspended.',
  })
  realmState!: RealmState;

  @Field(() => RealmSync, { description: "Whether Keycloak already is as the tenant's status wants it." })
  sync!: RealmSync;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'Since when the realm has shown other signing keys than the ones it was known by: no tokens are issued, and its own are refused, until reconcileTenantRealm confirms the new ones. null: they are as they were.',
  })
  quarantinedSince!: Date | null;

  /** UUID of the tenant: `drift` starts from it. */
  tenant!: string;
}

@ObjectType({ description: 'What the tenant has subscribed to. Nothing happens by itself at its end.' })
export class Subscription {
  @Field(() => SubscriptionTierEnum, { description: 'Tier.' })
  tier!: SubscriptionTier;

  @Field(() => DateTimeScalar, { description: 'First moment.' })
  startsAt!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'End; null: without one.' })
  endsAt!: Date | null;

  @Field(() => Boolean, { description: 'Whether the tenant is trying the service out; ends by activateTenant alone.' })
  isTrial!: boolean;

  @Field(() => Boolean, { description: 'Whether the end is past.' })
  isExpired!: boolean;

  @Field(() => Int, {
    nullable: true,
    description: 'Whole days until the end, rounded up; 0 once past; null without an end.',
  })
  daysRemaining!: number | null;
}

@ObjectType({ description: 'A tenant of the platform.' })
export class Tenant {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;

  @Field(() => String, { description: 'DNS label of 1 to 63 characters; unique for ever, never changes.' })
  tenantId!: string;

  @Field(() => String, {
    description: '2 to 10 upper-case letters and digits; unique for ever, never changes.',
  })
  code!: string;

  @Field(() => String, { description: 'Human-readable name.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Detailed description.' })
  description!: string | null;

  @Field(() => String, { description: 'tenantId + "." + the configured base domain, fixed at creation.' })
  domain!: string;

  @Field(() => TenantStatusEnum, { description: 'Where the tenant is in its life.' })
  status!: TenantStatus;

  @Field(() => String, { nullable: true, description: 'Reason given with the last transition.' })
  statusReason!: string | null;

  @Field(() => DateTimeScalar, { description: 'When the status last changed.' })
  statusChangedAt!: Date;

  @Field(() => Boolean, { description: 'true for TRIAL and ACTIVE.' })
  isActive!: boolean;

  @Field(() => [TenantTransitionEnum], { description: 'What may be asked of it in its present status.' })
  availableTransitions!: TenantTransition[];

  @Field(() => KeycloakSettings, { description: 'Identity and token configuration.' })
  keycloak!: KeycloakSettings;

  @Field(() => TwoFactorConfig, { description: 'Two-factor authentication.' })
  twoFactor!: TwoFactorEnabled | TwoFactorDisabled;

  @Field(() => [Campaign], { description: 'Campaigns, in the order given.' })
  campaigns!: Campaign[];

  @Field(() => Dialer, { nullable: true, description: 'Dialer.' })
  dialer!: Dialer | null;

  @Field(() => MediaServer, { nullable: true, description: 'Media server.' })
  mediaServer!: MediaServer | null;

  @Field(() => Branding, { description: 'Visual identity.' })
  branding!: Branding;

  @Field(() => Region, { nullable: true, description: 'Where the tenant operates.' })
  region!: Region | null;

  @Field(() => Contacts, { nullable: true, description: 'Whom to turn to.' })
  contacts!: Contacts | null;

  @Field(() => Subscription, { description: 'What the tenant has subscribed to.' })
  subscription!: Subscription;

  @Field(() => [ProviderAssociation], { description: 'Providers, in the order given.' })
  providers!: ProviderAssociation[];

  @Field(() => JSONObjectScalar, { description: 'Free key-value pairs.' })
  metadata!: JsonObject;

  @Field(() => Int, { description: 'Raised by exactly one with each mutation that changes something.' })
  version!: number;

  @Field(() => DateTimeScalar, { description: 'When it was onboarded.' })
  createdAt!: Date;

  @Field(() => DateTimeScalar, { description: 'When it last changed.' })
  updatedAt!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was deleted.' })
  deletedAt!: Date | null;
}
