import { Field, ObjectType } from 'type-graphql';

import {
  CountryCodeScalar,
  CurrencyScalar,
  EmailAddressScalar,
  LocaleScalar,
  PhoneNumberScalar,
  TimeZoneScalar,
} from '../../graphql/scalars.js';

@ObjectType({ description: 'Where the tenant operates.' })
export class Region {
  @Field(() => CountryCodeScalar, { description: 'Country: ISO 3166-1 alpha-2.' })
  country!: string;

  @Field(() => TimeZoneScalar, { description: 'Time zone: IANA.' })
  timezone!: string;

  @Field(() => CurrencyScalar, { description: 'Default currency: ISO 4217.' })
  currency!: string;

  @Field(() => LocaleScalar, { description: 'Default language: BCP 47.' })
  language!: string;
}

@ObjectType({ description: 'A person at the tenant.' })
export class Contact {
  @Field(() => String, { description: 'Name.' })
  name!: string;

  @Field(() => EmailAddressScalar, { description: 'E-mail address.' })
  email!: string;

  @Field(() => PhoneNumberScalar, { nullable: true, description: 'Telephone number: E.164.' })
  phone!: string | null;

  @Field(() => String, { nullable: true, description: 'What the person does there.' })
  role!: string | null;
}

@ObjectType({ description: 'Whom to turn to at the tenant.' })
export class Contacts {
  @Field(() => Contact, { description: 'For business matters.' })
  business!: Contact;

  @Field(() => Contact, { description: 'For technical matters.' })
  technical!: Contact;
}
