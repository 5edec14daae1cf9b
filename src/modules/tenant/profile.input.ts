import { Field, InputType } from 'type-graphql';

import {
  CountryCodeScalar,
  CurrencyScalar,
  DateTimeScalar,
  JSONObjectScalar,
  LocaleScalar,
  TimeZoneScalar,
} from '../../graphql/scalars.js';
import type { JsonObject } from '../../validation/json-object.rules.js';
import { BrandingInput } from '../branding/branding.input.js';
import { ProviderInput } from '../provider/provider.input.js';
import type { ContactChanges, ContactsChanges } from './contacts.rules.js';
import type { RegionChanges } from './region.rules.js';
import type { SubscriptionChanges, SubscriptionSettings, SubscriptionTier } from './subscription.rules.js';
import { SubscriptionTierEnum } from './tenant-enums.type.js';

@InputType({ description: 'Where the tenant operates.' })
export class RegionInput implements RegionChanges {
  @Field(() => CountryCodeScalar, { description: 'Country: ISO 3166-1 alpha-2, such as ES.' })
  country!: string;

  @Field(() => TimeZoneScalar, { description: 'Time zone: IANA, such as Europe/Madrid.' })
  timezone!: string;

  @Field(() => CurrencyScalar, { description: 'Default currency: ISO 4217, such as EUR.' })
  currency!: string;

  @Field(() => LocaleScalar, { description: 'Default language: BCP 47, such as es-ES.' })
  language!: string;
}

@InputType({ description: 'A person at the tenant.' })
export class ContactInput implements ContactChanges {
  @Field(() => String, { description: 'Name; at most 200 characters.' })
  name!: string;

  @Field(() => String, { description: 'E-mail address; at most 254 characters.' })
  email!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Telephone number with its country code, such as +34 912 345 678; kept in E.164.',
  })
  phone?: string | null;

  @Field(() => String, { nullable: true, description: 'What the person does there; at most 200 characters.' })
  role?: string | null;
}

@InputType({ description: 'Whom to turn to at the tenant.' })
export class ContactsInput implements ContactsChanges {
  @Field(() => ContactInput, { description: 'For business matters.' })
  business!: ContactInput;

  @Field(() => ContactInput, { description: 'For technical matters.' })
  technical!: ContactInput;
}

@InputType({ description: 'What the tenant subscribes to.' })
export class SubscriptionInput implements SubscriptionSettings {
  @Field(() => SubscriptionTierEnum, { description: 'Tier; TRIAL is always a trial.' })
  tier!: SubscriptionTier;

  @Field(() => DateTimeScalar, { description: 'First moment.' })
  startsAt!: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'End, after startsAt; may be past. Default: without one.',
  })
  endsAt?: Date | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether it is a trial. Default: whether the tier is TRIAL.' })
  isTrial?: boolean | null;
}

@InputType({ description: 'Only what is held here changes; a region that is not there yet needs all four.' })
export class RegionPatch implements RegionChanges {
  @Field(() => CountryCodeScalar, { nullable: true, description: 'Country: ISO 3166-1 alpha-2, such as ES.' })
  country?: string | null;

  @Field(() => TimeZoneScalar, { nullable: true, description: 'Time zone: IANA, such as Europe/Madrid.' })
  timezone?: string | null;

  @Field(() => CurrencyScalar, { nullable: true, description: 'Default currency: ISO 4217, such as EUR.' })
  currency?: string | null;

  @Field(() => LocaleScalar, { nullable: true, description: 'Default language: BCP 47, such as es-ES.' })
  language?: string | null;
}

@InputType({ description: 'Only what is held here changes. null clears telephone number or role.' })
export class ContactPatch implements ContactChanges {
  @Field(() => String, { nullable: true, description: 'Name; at most 200 characters.' })
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'E-mail address; at most 254 characters.' })
  email?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Telephone number with its country code, such as +34 912 345 678; kept in E.164.',
  })
  phone?: string | null;

  @Field(() => String, { nullable: true, description: 'What the person does there; at most 200 characters.' })
  role?: string | null;
}

@InputType({ description: 'Only what is held here changes; contacts that are not there yet are given both at once.' })
export class ContactsPatch implements ContactsChanges {
  @Field(() => ContactPatch, { nullable: true, description: 'For business matters.' })
  business?: ContactPatch | null;

  @Field(() => ContactPatch, { nullable: true, description: 'For technical matters.' })
  technical?: ContactPatch | null;
}

@InputType({ description: 'Only what is held here changes. A trial ends by activateTenant alone.' })
export class SubscriptionPatch implements SubscriptionChanges {
  @Field(() => SubscriptionTierEnum, { nullable: true, description: 'Tier; TRIAL only for a tenant on trial.' })
  tier?: SubscriptionTier | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'First moment.' })
  startsAt?: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'End, after startsAt; may be past. null: without one.' })
  endsAt?: Date | null;
}

@InputType({
  description: 'Only what is held here changes. Groups merge field by field; lists and metadata are replaced whole.',
})
export class TenantProfilePatch {
  @Field(() => String, { nullable: true, description: 'Human-readable name; at most 200 characters.' })
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'At most 2,000 characters. null: none.' })
  description?: string | null;

  @Field(() => RegionPatch, { nullable: true, description: 'Where the tenant operates. null: none.' })
  region?: RegionPatch | null;

  @Field(() => ContactsPatch, { nullable: true, description: 'Whom to turn to. null: none.' })
  contacts?: ContactsPatch | null;

  @Field(() => SubscriptionPatch, { nullable: true, description: 'What the tenant subscribes to.' })
  subscription?: SubscriptionPatch | null;

  @Field(() => BrandingInput, { nullable: true, description: 'Visual identity. null clears all of it but the logo.' })
  branding?: BrandingInput | null;

  @Field(() => [ProviderInput], { nullable: true, description: 'Providers: at most 50. null: none.' })
  providers?: ProviderInput[] | null;

  @Field(() => JSONObjectScalar, {
    nullable: true,
    description: 'Free key-value pairs that hold no secret. null: none.',
  })
  metadata?: JsonObject | null;
}
