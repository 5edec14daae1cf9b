import { Field, ID, InputType } from 'type-graphql';

import { OneOf } from '../../graphql/one-of.js';
import { JSONObjectScalar, UploadScalar } from '../../graphql/scalars.js';
import type { UploadedFile } from '../../graphql/upload.js';
import type { JsonObject } from '../../validation/json-object.rules.js';
import { BrandingInput } from '../branding/branding.input.js';
import { CampaignInput, DialerInput, MediaServerInput } from '../contact-center/contact-center.input.js';
import { ProviderInput } from '../provider/provider.input.js';
import { TwoFactorInput } from '../two-factor/two-factor.input.js';
import type { TenantKey } from './find-tenant.service.js';
import { ContactsInput, RegionInput, SubscriptionInput, TenantProfilePatch } from './profile.input.js';

@OneOf()
@InputType({ description: 'Exactly one of three ways to name a tenant.' })
export class TenantRef implements TenantKey {
  @Field(() => ID, { nullable: true, description: 'Its id (UUID).' })
  id?: string | null;

  @Field(() => String, { nullable: true, description: 'Its tenantId, such as tenant1.' })
  tenantId?: string | null;

  @Field(() => String, { nullable: true, description: 'Its code, such as DBSP.' })
  code?: string | null;
}

@InputType({ description: 'A realm that exists. It is checked by one client_credentials grant and never changed.' })
export class AdoptRealmInput {
  @Field(() => String, {
    nullable: true,
    description: "Base address of the Keycloak server. Default: the operators' Keycloak.",
  })
  serverUrl?: string | null;

  @Field(() => String, { description: 'Name of the realm.' })
  realm!: string;

  @Field(() => String, { description: 'Confidential client with a service account; at most 255 characters.' })
  clientId!: string;

  @Field(() => String, { description: 'Write-only: the secret of that client; at most 1,024 characters.' })
  clientSecret!: string;
}

@InputType({ description: "A realm that Tenantry makes at the operators' Keycloak." })
export class ProvisionRealmInput {
  @Field(() => String, { nullable: true, description: 'Name of the realm. Default: the tenantId.' })
  realm?: string | null;

  @Field(() => String, { nullable: true, description: 'What its login page shows; at most 200 characters.' })
  displayName?: string | null;
}

@OneOf()
@InputType({ description: 'Use a realm that exists, or have one made.' })
export class KeycloakRealmInput {
  @Field(() => AdoptRealmInput, { nullable: true, description: 'Use a realm that exists.' })
  adopt?: AdoptRealmInput | null;

  @Field(() => ProvisionRealmInput, { nullable: true, description: 'Have one made.' })
  provision?: ProvisionRealmInput | null;
}

@InputType({ description: 'Identity and token configuration of the tenant.' })
export class KeycloakInput {
  @Field(() => KeycloakRealmInput, { description: 'The realm; it never changes.' })
  realm!: KeycloakRealmInput;

  @Field(() => String, {
    nullable: true,
    description: 'Where the OTP manager is, such as http://ef-cx-otp-manager-svc:3000/. REQUIRED with 2FA enabled.',
  })
  otpManagerUrl?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'What issueTenantToken may ask for: at most 50 scope tokens. Default: none.',
  })
  scope?: string[] | null;
}

@InputType({ description: 'A tenant to onboard.' })
export class CreateTenantInput {
  @Field(() => String, {
    description: 'DNS label of 1 to 63 characters, such as tenant1. Unique for ever; never changes.',
  })
  tenantId!: string;

  @Field(() => String, { description: 'Human-readable name; at most 200 characters.' })
  name!: string;

  @Field(() => String, {
    nullable: true,
    description:
      '2 to 10 upper-case letters and digits. Unique for ever; never changes. Default: the tenantId in upper case, where that is a legal and free code; else REQUIRED.',
  })
  code?: string | null;

  @Field(() => String, { nullable: true, description: 'At most 2,000 characters.' })
  description?: string | null;

  @Field(() => KeycloakInput, { description: 'Identity and token configuration.' })
  keycloak!: KeycloakInput;

  @Field(() => TwoFactorInput, { description: 'Two-factor authentication: always given, on or off.' })
  twoFactor!: TwoFactorInput;

  @Field(() => [CampaignInput], { nullable: true, description: 'Campaigns: at most 100.' })
  campaigns?: CampaignInput[] | null;

  @Field(() => DialerInput, { nullable: true, description: 'Dialer.' })
  dialer?: DialerInput | null;

  @Field(() => MediaServerInput, { nullable: true, description: 'Media server.' })
  mediaServer?: MediaServerInput | null;

  @Field(() => UploadScalar, {
    nullable: true,
    description: 'Logo: PNG, JPEG, WebP or SVG, at most 2,097,152 bytes and 4096 pixels a side.',
  })
  logo?: UploadedFile | null;

  @Field(() => BrandingInput, { nullable: true, description: 'Visual identity, but for the logo.' })
  branding?: BrandingInput | null;

  @Field(() => RegionInput, { nullable: true, description: 'Where the tenant operates.' })
  region?: RegionInput | null;

  @Field(() => ContactsInput, { nullable: true, description: 'Whom to turn to.' })
  contacts?: ContactsInput | null;

  @Field(() => SubscriptionInput, {
    nullable: true,
    description: 'What the tenant subscribes to. Default: tier STANDARD from now on, no trial, no end.',
  })
  subscription?: SubscriptionInput | null;

  @Field(() => [ProviderInput], { nullable: true, description: 'Providers: at most 50.' })
  providers?: ProviderInput[] | null;

  @Field(() => JSONObjectScalar, {
    nullable: true,
    description: 'Free key-value pairs that hold no secret: at most 16 KiB, depth 5, 200 keys.',
  })
  metadata?: JsonObject | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Same caller, same key, same input within 24 hours: the tenant of the first call. Another input: IDEMPOTENCY_KEY_REUSED. At most 255 characters.',
  })
  idempotencyKey?: string | null;
}

@InputType({
  description:
    'Runtime settings. The 2FA configuration is part of every settings change; a logo-only or profile-only patch leaves it alone.',
})
export class TenantSettingsPatch {
  @Field(() => TwoFactorInput, { description: 'Two-factor authentication, replaced whole.' })
  twoFactor!: TwoFactorInput;

  @Field(() => MediaServerInput, { nullable: true, description: 'Media server, replaced whole. null: none.' })
  mediaServer?: MediaServerInput | null;

  @Field(() => String, { nullable: true, description: 'Where the OTP manager is. null: none.' })
  otpManagerUrl?: string | null;
}

@InputType({ description: 'Only what is held here changes. Absent: unchanged. null: cleared, where it can be empty.' })
export class TenantPatch {
  @Field(() => TenantSettingsPatch, { nullable: true, description: 'Runtime settings.' })
  settings?: TenantSettingsPatch | null;

  @Field(() => UploadScalar, { nullable: true, description: 'Logo. null: none.' })
  logo?: UploadedFile | null;

  @Field(() => TenantProfilePatch, { nullable: true, description: 'Profile.' })
  profile?: TenantProfilePatch | null;
}
