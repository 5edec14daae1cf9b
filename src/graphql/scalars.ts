import { GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import {
  GraphQLCountryCode,
  GraphQLCurrency,
  GraphQLDateTime,
  GraphQLEmailAddress,
  GraphQLHexColorCode,
  GraphQLJSONObject,
} from 'graphql-scalars';
import tzdata from 'tzdata' with { type: 'json' };

import { asIs, attempt, matching, refuse, textScalar } from './text-scalar.js';
import { UploadedFile } from './upload.js';

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i;

export const DateTimeScalar = textScalar<Date>({
  name: 'DateTime',
  description: 'A moment: RFC 3339 with its offset, such as 2026-11-01T09:30:00Z; answers are in UTC.',
  expected: 'RFC 3339 with an offset, such as 2026-11-01T09:30:00Z',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  parse(value) {
    if (!RFC_3339.test(value)) return undefined;
    const date = GraphQLDateTime.parseValue(value);
    // PostgreSQL knows no year 0, and an offset may lead out of the four digits.
    return date.getUTCFullYear() >= 1 && date.getUTCFullYear() <= 9999 ? date : undefined;
  },
  serialize: (value) => {
    if (value instanceof Date) return value.toISOString();
    return typeof value === 'string' ? inUtc(value) : value;
  },
});

/**
 * A moment as PostgreSQL writes it in UTC (`2026-11-01 09:30:00.12+00`, in JSON `2026-11-01T09:30:00.12+00:00`) as RFC
 * 3339 with milliseconds; no Date is made for it.
 */
function inUtc(text: string): string {
  const zone = text.indexOf('+');
  if (zone === -1) return text;
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, zone).padEnd(3, '0')}Z`;
}

const webProtocols = new Set(['https:', 'http:', 'wss:', 'ws:']);

export const URLScalar = textScalar<string>({
  name: 'URL',
  description: 'An absolute http, https, ws or wss address without user information, at most 2,048 characters.',
  expected: 'an absolute http, https, ws or wss address without user information',
  specifiedByURL: 'https://url.spec.whatwg.org/',
  parse(value) {
    const url = new URL(value);
    const isPlain = webProtocols.has(url.protocol) && url.username === '' && url.password === '';
    return isPlain && value.length <= 2048 && value.trim() === value ? value : undefined;
  },
});

export const EmailAddressScalar = textScalar<string>({
  name: 'EmailAddress',
  description: 'An e-mail address, at most 254 characters.',
  expected: 'an e-mail address',
  specifiedByURL: 'https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address',
  parse: (value) => (value.length <= 254 ? GraphQLEmailAddress.parseValue(value) : undefined),
});

export const PhoneNumberScalar = textScalar<string>({
  name: 'PhoneNumber',
  description: 'A telephone number in E.164: a plus sign, then 3 to 15 digits, such as +34911234567.',
  expected: 'E.164, such as +34911234567',
  specifiedByURL: 'https://www.itu.int/rec/T-REC-E.164/',
  parse: matching(/^\+[1-9]\d{2,14}$/),
});

export const CountryCodeScalar = textScalar<string>({
  name: 'CountryCode',
  description:
    'A country: ISO 3166-1 alpha-2 in upper case, such as ES; or XK, which the standard leaves free, for Kosovo.',
  expected: 'ISO 3166-1 alpha-2 in upper case, such as ES',
  specifiedByURL: 'https://www.iso.org/iso-3166-country-codes.html',
  parse: (value) => (/^[A-Z]{2}$/.test(value) ? GraphQLCountryCode.parseValue(value) : undefined),
});

export const TimeZoneScalar = textScalar<string>({
  name: 'TimeZone',
  description: 'A time zone of the IANA database, such as Europe/Madrid.',
  expected: 'a name of the IANA time zone database, such as Europe/Madrid',
  specifiedByURL: 'https://www.iana.org/time-zones',
  parse: (value) => (timeZones.has(value) && isTimeZone(value) ? value : undefined),
});

/** Every name of the IANA database: Intl has no list with the links in it, and takes any case and names of ICU's own. */
const timeZones = new Set(Object.keys(tzdata.zones));

const knownZones = new Map<string, boolean>();

/** Asked once a zone: making a formatter takes long, and a list may hold thousands. */
function isTimeZone(value: string): boolean {
  const known =
    knownZones.get(value) ?? attempt(() => new Intl.DateTimeFormat('en', { timeZone: value })) !== undefined;
  knownZones.set(value, known);
  return known;
}

/** What ISO 4217 has changed that the list of graphql-scalars has not. */
const newCurrencies = new Set(['VED']);
const withdrawnCurrencies = new Set(['ANG', 'CUC', 'HRK', 'SLL', 'ZWL']);

export const CurrencyScalar = textScalar<string>({
  name: 'Currency',
  description: 'A currency: ISO 4217 in upper case, such as EUR.',
  expected: 'ISO 4217 in upper case, such as EUR',
  specifiedByURL: 'https://www.iso.org/iso-4217-currency-codes.html',
  parse: (value) => {
    if (newCurrencies.has(value)) return value;
    return /^[A-Z]{3}$/.test(value) && !withdrawnCurrencies.has(value) ? GraphQLCurrency.parseValue(value) : undefined;
  },
});

export const LocaleScalar = textScalar<string>({
  name: 'Locale',
  description: 'A language tag: BCP 47, such as es-ES; kept in its canonical case.',
  expected: 'a BCP 47 language tag, such as es-ES',
  specifiedByURL: 'https://www.rfc-editor.org/info/bcp47',
  // The syntax reserves primary subtags of 5 to 8 letters, so that "english" would pass without this.
  parse: (value) => (/^[a-z]{2,3}(-|$)/i.test(value) ? new Intl.Locale(value).toString() : undefined),
});

export const HexColorCodeScalar = textScalar<string>({
  name: 'HexColorCode',
  description: 'A colour: # and 3, 6 or 8 hexadecimal digits, such as #0055AA.',
  expected: '# and 3, 6 or 8 hexadecimal digits',
  parse: (value) => GraphQLHexColorCode.parseValue(value),
});

export const YearMonthScalar = textScalar<string>({
  name: 'YearMonth',
  description: 'A month of a year, such as 2026-11.',
  expected: 'year and month, such as 2026-11',
  parse: matching(/^(?!0000)\d{4}-(0[1-9]|1[0-2])$/),
});

const MAX_INT = 2_147_483_647;
const integerExpected = 'a whole number from 0 to 2,147,483,647';

function nonNegativeInt(value: unknown): number {
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_INT;
  return fits ? value : refuse('NonNegativeInt', integerExpected);
}

export const NonNegativeIntScalar = new GraphQLScalarType<number, unknown>({
  name: 'NonNegativeInt',
  description: 'A whole number from 0 to 2,147,483,647; neither 1.5 nor "5".',
  extensions: { expected: integerExpected },
  serialize: asIs,
  parseValue: nonNegativeInt,
  parseLiteral: (node) => nonNegativeInt(node.kind === Kind.INT ? Number(node.value) : undefined),
});

export const JSONObjectScalar = new GraphQLScalarType<Record<string, unknown>, unknown>({
  name: 'JSONObject',
  description: 'A JSON object (ECMA-404).',
  specifiedByURL: 'https://ecma-international.org/publications-and-standards/standards/ecma-404/',
  extensions: { expected: 'a JSON object' },
  serialize: asIs,
  parseValue: jsonObject,
  parseLiteral: (node, variables) => {
    const value = attempt(() => GraphQLJSONObject.parseLiteral(node, variables));
    // While the document is validated there are no variables yet.
    return variables || !holdsVariables(node) ? jsonObject(value) : (value as Record<string, unknown>);
  },
});

function jsonObject(value: unknown): Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && isJson(value) ? (value as Record<string, unknown>) : refuse('JSONObject', 'a JSON object');
}

function holdsVariables(node: ValueNode): boolean {
  if (node.kind === Kind.LIST) return node.values.some(holdsVariables);
  if (node.kind === Kind.OBJECT) return node.fields.some((field) => holdsVariables(field.value));
  return node.kind === Kind.VARIABLE;
}

/**
 * Whether it is JSON all through: no file, and nothing that is undefined, as words without quotes and absent variables
 * are in a literal. In a loop, since what is nested without end would overflow the stack; and not to its end where it
 * is larger than any object may be, which the rules say better.
 */
function isJson(value: unknown): boolean {
  const open = [value];
  for (let seen = 0; open.length > 0 && seen < mostValues; seen += 1) {
    const next = open.pop();
    if (next === null || ['string', 'boolean', 'number'].includes(typeof next)) continue;
    if (typeof next !== 'object' || !(Array.isArray(next) || isPlainObject(next))) return false;
    for (const member of Object.values(next)) open.push(member);
  }
  return true;
}

const mostValues = 20_000;

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

const uploadExpected = 'a file, sent by the GraphQL multipart request';

export const UploadScalar = new GraphQLScalarType<UploadedFile, never>({
  name: 'Upload',
  description: 'A file, sent by the GraphQL multipart request; at most 2,097,152 bytes, at most 3 a request.',
  specifiedByURL: 'https://github.com/jaydenseric/graphql-multipart-request-spec',
  extensions: { expected: uploadExpected },
  serialize: () => refuse('Upload', 'nothing: it is for input alone'),
  parseValue: (value) => (value instanceof UploadedFile ? value : refuse('Upload', uploadExpected)),
  parseLiteral: () => refuse('Upload', uploadExpected),
});
