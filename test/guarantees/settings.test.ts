import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readSettings } from '../../src/config.js';
import { StartupError } from '../../src/startup-error.js';

const key = randomBytes(32).toString('base64url');
const database = { DATABASE_URL: 'postgres://owner:pw@db.example.com/tenantry', SECRETS_KEY: key };
const keycloak = { KEYCLOAK_URL: 'https://sso.example.com/', KEYCLOAK_CLIENT_SECRET: 'a client secret' };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenantry-settings-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the operator is told, line by line; empty where the settings are taken. */
function problems(env: Record<string, string>): string[] {
  try {
    readSettings(env);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(StartupError);
    return (error as StartupError).message.split('\n').slice(1);
  }
}

describe('settings that are taken', () => {
  it('nothing at all: everything is embedded', () => {
    expect(readSettings({})).toMatchObject({
      http: { host: '127.0.0.1', port: 4000, portGiven: false, shutdownGraceSeconds: 20 },
      database: undefined,
      keycloak: undefined,
      dataDir: '.tenantry',
      tenantBaseDomain: 'tenants.example.com',
      logLevel: 'info',
    });
  });

  it('an empty value is none', () => {
    expect(readSettings({ PORT: '', DATABASE_URL: '', KEYCLOAK_URL: '', SECRETS_KEY: '' })).toEqual(readSettings({}));
  });

  it('a database and a Keycloak of the operator', () => {
    const { database: taken, keycloak: kept, secrets } = readSettings({ ...database, ...keycloak });
    expect(taken).toEqual({ ownerUrl: database.DATABASE_URL, platformUrl: undefined, tenantUrl: undefined });
    expect(kept).toEqual({
      url: 'https://sso.example.com',
      publicUrl: 'https://sso.example.com',
      realm: 'master',
      clientId: 'tenantry',
      clientSecret: 'a client secret',
      admin: undefined,
    });
    expect(Buffer.from(secrets!.key).toString('base64url')).toBe(key);
  });

  it('each secret from a file, without the line end that editors add', async () => {
    const given: Record<string, string> = {
      ...database,
      ...keycloak,
      DATABASE_PLATFORM_URL: 'postgres://p:pw@db.example.com/tenantry',
      DATABASE_TENANT_URL: 'postgres://t:pw@db.example.com/tenantry',
      KEYCLOAK_ADMIN_CLIENT_ID: 'admin',
      KEYCLOAK_ADMIN_CLIENT_SECRET: 'an admin secret',
      SECRETS_KEY_PREVIOUS: randomBytes(32).toString('base64url'),
    };
    const fromFiles: Record<string, string> = {};
    for (const [name, value] of Object.entries(given)) {
      if (['KEYCLOAK_URL', 'KEYCLOAK_ADMIN_CLIENT_ID'].includes(name)) fromFiles[name] = value;
      else await writeFile((fromFiles[`${name}_FILE`] = join(folder, name)), `${value}\n`);
    }
    expect(readSettings(fromFiles)).toEqual(readSettings(given));
  });
});

/** Each wrong by itself: the variable, and whether its value may be shown. */
const wrong: [string, string][] = [
  ['HOST', ' '],
  ['PORT', '65536'],
  ['PORT', '4000x'],
  ['PUBLIC_URL', 'example.com'],
  ['DATABASE_URL', 'mysql://planted@x/y'],
  ['DATABASE_PLATFORM_URL', 'planted'],
  ['DATABASE_TENANT_URL', 'planted'],
  ['KEYCLOAK_URL', 'ftp://x'],
  ['KEYCLOAK_PUBLIC_URL', 'sso'],
  ['TENANT_BASE_DOMAIN', 'Example.COM'],
  ['TENANT_BASE_DOMAIN', 'localhost'],
  ['SECRETS_KEY', 'planted'],
  ['SECRETS_KEY_PREVIOUS', `planted${key}`],
  ['OUTBOUND_ALLOW', 'http://x, y'],
  ['DATABASE_URL', 'postgres://planted:%zz@x/y'],
  ['DATABASE_PLATFORM_URL', 'postgres://planted@x/%'],
  ['TRUSTED_PROXIES', '10.0.0.0/33'],
  ['TRUSTED_PROXIES', '1'],
  ['TRUSTED_PROXIES', '0x7f.1/8'],
  ['LOG_LEVEL', 'loud'],
  ['CORS_ORIGINS', '*'],
  ['CORS_ORIGINS', 'https://portal.example.com/'],
  ['SEED_DEMO', 'yes'],
  ['SANDBOX', '1'],
  ['SHUTDOWN_GRACE_SECONDS', '-1'],
];

describe('settings that stop the start', () => {
  it.each(wrong)('%s=%s: named, with what is expected, and a secret never shown', (name, value) => {
    const lines = problems({ ...database, ...keycloak, [name]: value });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`- ${name}: found `);
    expect(lines[0]).toContain('expected');
    expect(lines[0]).not.toContain('planted');
    if (!value.includes('planted')) expect(lines[0]).toContain(`"${value}"`);
  });

  it('all problems come together', () => {
    const env = Object.fromEntries(wrong.filter(([name]) => name !== 'DATABASE_URL'));
    const lines = problems({ ...env, SECRETS_KEY_FILE: join(folder, 'missing'), KEYCLOAK_ADMIN_CLIENT_ID: 'admin' });
    const names = [...new Set(wrong.map(([name]) => name))].filter((name) => name !== 'DATABASE_URL');
    for (const name of [...names, 'SECRETS_KEY_FILE', 'KEYCLOAK_ADMIN_CLIENT_SECRET']) {
      expect(lines.filter((line) => line.includes(`- ${name}`)).length, name).toBeGreaterThan(0);
    }
    expect(lines.join()).not.toContain('planted');
  });

  it.each([
    ['DATABASE_URL without a key', { DATABASE_URL: database.DATABASE_URL }, 'SECRETS_KEY'],
    ['KEYCLOAK_URL without a secret', { KEYCLOAK_URL: 'https://sso.example.com' }, 'KEYCLOAK_CLIENT_SECRET'],
    ['restricted logins without their owner', { DATABASE_TENANT_URL: 'postgres://t:planted@x/y' }, 'DATABASE_URL'],
    ['one restricted login of two', { ...database, DATABASE_TENANT_URL: 'postgres://t:planted@x/y' }, undefined],
    [
      'an admin client without its secret',
      { ...keycloak, KEYCLOAK_ADMIN_CLIENT_ID: 'a' },
      'KEYCLOAK_ADMIN_CLIENT_SECRET',
    ],
    [
      'an admin secret without its client',
      { ...keycloak, KEYCLOAK_ADMIN_CLIENT_SECRET: 'planted' },
      'KEYCLOAK_ADMIN_CLIENT_ID',
    ],
    ['a previous key without a present one', { SECRETS_KEY_PREVIOUS: key }, 'SECRETS_KEY'],
    ['a client secret without a Keycloak', { KEYCLOAK_CLIENT_SECRET: 'planted' }, 'KEYCLOAK_URL'],
    ['a realm without a Keycloak', { KEYCLOAK_REALM: 'operators' }, 'KEYCLOAK_URL'],
    ['a client without a Keycloak', { KEYCLOAK_CLIENT_ID: 'portal' }, 'KEYCLOAK_URL'],
    ['a public address without a Keycloak', { KEYCLOAK_PUBLIC_URL: 'https://sso.example.com' }, 'KEYCLOAK_URL'],
  ] as [string, Record<string, string>, string | undefined][])('%s', (_name, env, missing) => {
    const lines = problems(env);
    expect(lines.join()).not.toContain('planted');
    if (missing === undefined) expect(lines).toEqual([]);
    else expect(lines.filter((line) => line.includes(`- ${missing} `))).toHaveLength(1);
  });

  it('a secret that is given twice, or in a file that is not there', async () => {
    const file = join(folder, 'key');
    await writeFile(file, key);
    expect(problems({ ...database, SECRETS_KEY_FILE: file })).toEqual([
      expect.stringContaining('SECRETS_KEY and SECRETS_KEY_FILE are both given'),
    ]);
    const { SECRETS_KEY: _key, ...rest } = database;
    expect(problems({ ...rest, SECRETS_KEY_FILE: join(folder, 'none') })[0]).toContain('ENOENT');
    expect(problems({ ...rest, SECRETS_KEY_FILE: folder })[0]).toContain('EISDIR');
    await writeFile(file, '');
    expect(problems({ ...rest, SECRETS_KEY_FILE: file }).join()).toContain('SECRETS_KEY');
  });

  it('an address with a password in it does not show the password', () => {
    for (const name of ['PUBLIC_URL', 'KEYCLOAK_URL', 'KEYCLOAK_PUBLIC_URL']) {
      for (const password of ['planted', 'p@planted', 'p/planted']) {
        const lines = problems({ ...database, ...keycloak, [name]: `https://user:${password}@sso.example.com` });
        expect(lines).toHaveLength(1);
        expect(lines[0]).not.toContain('planted');
      }
    }
  });

  it('where nothing is embedded, all that has to be given is named at once', () => {
    const missing = (env: Record<string, string>): string[] => {
      try {
        readSettings(env, false);
        return [];
      } catch (error) {
        return [...(error as StartupError).message.matchAll(/^ {2}- (\w+)/gm)].map(([, name]) => name!);
      }
    };
    const four = ['DATABASE_URL', 'SECRETS_KEY', 'KEYCLOAK_URL', 'KEYCLOAK_CLIENT_SECRET'];
    expect(missing({})).toEqual(four);
    expect(missing({ PORT: 'x' })).toEqual(['PORT', ...four]);
    expect(missing({ DATABASE_URL: database.DATABASE_URL }).sort()).toEqual(four.slice(1).sort());
    expect(missing({ ...database, SEED_DEMO: 'true' })).toEqual([
      'KEYCLOAK_URL',
      'KEYCLOAK_CLIENT_SECRET',
      'SEED_DEMO',
    ]);
    expect(missing({ ...database, ...keycloak })).toEqual([]);
  });

  it('the same key as present and previous', () => {
    expect(problems({ ...database, SECRETS_KEY_PREVIOUS: key })).toHaveLength(1);
  });
});
