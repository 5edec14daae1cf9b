import { parsePhoneNumberFromString } from 'libphonenumber-js';
import { z } from 'zod';

import type { Faults } from '../../faults.js';
import { optionalText, requiredText, textLimits } from '../../validation/text.rules.js';

export interface StoredContact {
  name: string;
  email: string;
  /** E.164 */
  phone: string | null;
  role: string | null;
}

/** The columns of a tenant that hold its contacts: both set, or none. */
export interface ContactsColumns {
  businessContact: StoredContact | null;
  technicalContact: StoredContact | null;
}

export type ContactChanges = { readonly [Field in keyof StoredContact]?: string | null };

/** Absent is unchanged; null for the whole clears it. */
export interface ContactsChanges {
  readonly business?: ContactChanges | null;
  readonly technical?: ContactChanges | null;
}

/** As browsers check it, which is the rule of the EmailAddress scalar. */
const emailAddress = z.email({ pattern: z.regexes.html5Email }).max(254);
const none: ContactsColumns = { businessContact: null, technicalContact: null };

/** The contacts after the changes, merged field by field; where there are none yet, both are needed. */
export function mergeContacts(
  faults: Faults,
  path: readonly string[],
  changes: ContactsChanges | null | undefined,
  current: Partial<ContactsColumns> = none,
): ContactsColumns {
  const { businessContact = null, technicalContact = null } = current;
  if (changes === undefined) return { businessContact, technicalContact };
  if (changes === null) return none;
  return {
    businessContact: mergeContact(faults, [...path, 'business'], changes.business, businessContact),
    technicalContact: mergeContact(faults, [...path, 'technical'], changes.technical, technicalContact),
  };
}

function mergeContact(
  faults: Faults,
  path: readonly string[],
  changes: ContactChanges | null | undefined,
  current: StoredContact | null,
): StoredContact | null {
  if (changes === null) faults.add('INVALID', path, 'Cannot be empty; clear the contacts as a whole.');
  if (changes === undefined && current === null) faults.add('REQUIRED', path, 'Contacts are given both at once.');
  if (changes === null || changes === undefined) return current;
  const at = (field: keyof StoredContact): string[] => [...path, field];
  const { phone, role } = changes;
  return {
    name: requiredField(faults, at('name'), changes.name, current?.name, (text) =>
      requiredText(faults, at('name'), text, textLimits.name),
    ),
    email: requiredField(faults, at('email'), changes.email, current?.email, (text) =>
      email(faults, at('email'), text),
    ),
    phone: phone === undefined ? (current?.phone ?? null) : phoneNumber(faults, at('phone'), phone),
    role: role === undefined ? (current?.role ?? null) : optionalText(faults, at('role'), role, textLimits.name),
  };
}

function requiredField(
  faults: Faults,
  path: readonly string[],
  given: string | null | undefined,
  current: string | undefined,
  check: (text: string) => string,
): string {
  if (typeof given === 'string') return check(given);
  if (given === null) faults.add('INVALID', path, 'Cannot be empty.');
  else if (current === undefined) faults.add('REQUIRED', path, 'A contact needs a name and an e-mail address.');
  return current ?? '';
}

function email(faults: Faults, path: readonly string[], text: string): string {
  const address = text.trim();
  if (!emailAddress.safeParse(address).success) faults.add('INVALID', path, 'Must be an e-mail address.');
  return address;
}

/** A telephone number with its country code, stored in E.164 however it was grouped. */
function phoneNumber(faults: Faults, path: readonly string[], text: string | null): string | null {
  if (text === null || text.trim() === '') return null;
  const number = text.length <= 50 ? parsePhoneNumberFromString(text.trim(), { extract: false }) : undefined;
  if (number?.isPossible() === true && number.ext === undefined && isAsGiven(number.number, text)) return number.number;
  faults.add('INVALID', path, 'Must be a telephone number with its country code, such as +34 912 345 678.');
  return null;
}

const E_164 = /^\+[1-9]\d{2,14}$/;

/** The library allows more digits than E.164 has, and leaves out more than the two at most that are dialled within a country. */
function isAsGiven(number: string, text: string): boolean {
  const given = text.match(/\p{Nd}/gu)?.length ?? 0;
  return E_164.test(number) && given - (number.length - 1) <= 2;
}
