import ipaddr from 'ipaddr.js';
import { z } from 'zod';

import { parseAllowEntry } from './integrations/outbound.rules.js';

export const makeKeyCommand = `node -e "console.log(require('crypto').randomBytes(32).toString('base64url'))"`;

export const secretSettings = [
  'DATABASE_URL',
  'DATABASE_PLATFORM_URL',
  'DATABASE_TENANT_URL',
  'KEYCLOAK_CLIENT_SECRET',
  'KEYCLOAK_ADMIN_CLIENT_SECRET',
  'SECRETS_KEY',
  'SECRETS_KEY_PREVIOUS',
] as const;

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
);
const webAddress = z
  .string()
  .refine(isBaseAddress)
  .transform((text) => text.replace(/\/+$/, ''));
const postgresUrl = z
  .string()
  .refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text) && isWellEncoded(text));
const key = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}=?$/)
  .transform((text) => new Uint8Array(Buffer.from(text, 'base64url')));
const wholeNumber = (max: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/)
    .transform(Number)
    .refine((value) => value <= max);
const cidrs = list.refine((entries) =>
  entries.every((entry) => isAddress(entry.replace(/\/\d{1,3}$/, '')) && isRange(entry)),
);

/** Each variable: its schema, and what is expected, in words. */
export const variables = {
  HOST: [z.string().regex(/^\S+$/), 'a host name or address'],
  PORT: [wholeNumber(65_535), 'a port from 0 to 65535'],
  PUBLIC_URL: [webAddress, 'an http or https URL without user, password and query'],
  DATA_DIR: [z.string().min(1), 'a folder'],
  DATABASE_URL: [postgresUrl, 'postgresql://user:password@host:port/database'],
  DATABASE_PLATFORM_URL: [postgresUrl, 'postgresql://user:password@host:port/database'],
  DATABASE_TENANT_URL: [postgresUrl, 'postgresql://user:password@host:port/database'],
  KEYCLOAK_URL: [webAddress, 'an http or https URL without user, password and query'],
  KEYCLOAK_PUBLIC_URL: [webAddress, 'an http or https URL without user, password and query'],
  KEYCLOAK_REALM: [z.string().min(1), 'the name of a realm'],
  KEYCLOAK_CLIENT_ID: [z.string().min(1), 'a client id'],
  KEYCLOAK_CLIENT_SECRET: [z.string().min(1), 'the secret of that client'],
  KEYCLOAK_ADMIN_CLIENT_ID: [z.string().min(1), 'a client id'],
  KEYCLOAK_ADMIN_CLIENT_SECRET: [z.string().min(1), 'the secret of that client'],
  TENANT_BASE_DOMAIN: [
    z
      .string()
      .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/)
      .max(189),
    'a domain name in lower case',
  ],
  SECRETS_KEY: [key, `32 bytes as base64url; make one with: ${makeKeyCommand}`],
  SECRETS_KEY_PREVIOUS: [key, '32 bytes as base64url: the key before SECRETS_KEY'],
  OUTBOUND_ALLOW: [
    list.refine((entries) => entries.every((entry) => parseAllowEntry(entry) !== undefined)),
    'hosts, *.suffixes, host:port or CIDRs, separated by commas',
  ],
  TRUSTED_PROXIES: [cidrs, 'CIDRs or addresses, separated by commas'],
  LOG_LEVEL: [
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'fatal, error, warn, info, debug, trace or silent',
  ],
  CORS_ORIGINS: [
    list.refine((origins) => origins.every(isOrigin)),
    'origins such as https://portal.example.com, separated by commas',
  ],
  SEED_DEMO: [flag, 'true or false'],
  SANDBOX: [flag, 'true or false'],
  SHUTDOWN_GRACE_SECONDS: [wholeNumber(3_600), 'seconds from 0 to 3600'],
} as const satisfies Record<string, readonly [z.ZodType, string]>;

/** Four decimal numbers, or IPv6: the library also takes 1, octal and hexadecimal numbers. */
function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
}

function isRange(text: string): boolean {
  return !text.includes('/') || ipaddr.isValidCIDR(text);
}

/** User, password and database are taken out of it, decoded. */
function isWellEncoded(url: string): boolean {
  try {
    const { username, password, pathname } = new URL(url);
    return [username, password, pathname].map(decodeURIComponent).length > 0;
  } catch {
    return false;
  }
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** Something to put paths after, without a password, which would get around. */
function isBaseAddress(text: string): boolean {
  if (!isWebAddress(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '' && !/[?#]/.test(text);
}

function isOrigin(text: string): boolean {
  return isWebAddress(text) && new URL(text).origin === text;
}
