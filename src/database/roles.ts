import { createHash, randomBytes } from 'node:crypto';

import type { EntityManager } from '@mikro-orm/postgresql';

import type { KeyRing } from '../secrets/key-ring.js';
import { open, seal } from '../secrets/seal.js';
import { SealedValue } from '../secrets/sealed-value.entity.js';
import { StartupError } from '../startup-error.js';
import { codeOf } from './conflicts.js';
import { withConnection } from './orm.js';
import { scramVerifier } from './scram.js';
import { identifier, literal } from './sql-text.js';

export type LoginKind = 'platform' | 'tenant';

/** One of the two restricted logins. */
export interface Login {
  readonly kind: LoginKind;
  readonly role: string;
  readonly url: string;
  /** Only of a login that Tenantry makes by itself; one that the operator named is left as it is. */
  readonly password?: string;
}

/**
 * The login as configured, or the one that is named after the database, with a password that is made once and kept
 * sealed in it.
 *
 * @throws StartupError where a configured address names no user
 */
export async function resolveLogin(
  em: EntityManager,
  kind: LoginKind,
  urls: { ownerUrl: string; given?: string },
  ring: KeyRing,
): Promise<Login> {
  if (urls.given !== undefined) {
    const role = userOf(urls.given);
    if (role) return { kind, role, url: urls.given };
    throw new StartupError(`DATABASE_${kind.toUpperCase()}_URL names no user: it must hold the restricted login.`);
  }
  const [database] = await em.execute<{ name: string }[]>('select current_database() as name');
  const role = loginName(database?.name ?? '', kind);
  const password = await sealedPassword(em, role, ring);
  return { kind, role, url: withUser(urls.ownerUrl, role, password), password };
}

/**
 * Sees to it that a login that Tenantry makes by itself exists and has its password.
 *
 * @returns the SQL that an administrator has to run instead, where the owner may not
 * @throws StartupError where another's role has the name
 */
export async function ensureRole(em: EntityManager, login: Login): Promise<string[]> {
  if (login.password === undefined) return [];
  const role = identifier(login.role);
  const mark = `Tenantry: ${login.kind} login of the database of the same name`;
  const [known] = await em.execute<{ mark: string | null }[]>(
    `select shobj_description(oid, 'pg_authid') as mark from pg_roles where rolname = ?`,
    [login.role],
  );
  const password = `password ${literal(scramVerifier(login.password))}`;
  if (!known) {
    return await runOrReturn(em, [
      `create role ${role} login noinherit ${password}`,
      `comment on role ${role} is ${literal(mark)}`,
    ]);
  }
  if (known.mark !== mark) {
    throw new StartupError(
      `The role ${role} exists and was not made by Tenantry. ` +
        `Name a login in DATABASE_${login.kind.toUpperCase()}_URL, or run: comment on role ${role} is ${literal(mark)};`,
    );
  }
  return (await passwordWorks(login.url)) ? [] : await runOrReturn(em, [`alter role ${role} login ${password}`]);
}

/**
 * Shuts the database to everybody but the owner and the two logins, which exist.
 *
 * @returns the SQL that an administrator has to run instead, where the owner may not
 */
export async function ensureDatabaseGrants(em: EntityManager, logins: readonly Login[]): Promise<string[]> {
  for (const statement of await missingDatabaseGrants(em, logins)) await runOrReturn(em, [statement]);
  // Whoever may not is, for some of them, told so by a warning alone.
  return await missingDatabaseGrants(em, logins);
}

/** The SQL that shuts the database to everybody but the owner and the two logins, as far as it is still open. */
export async function missingDatabaseGrants(em: EntityManager, logins: readonly Login[]): Promise<string[]> {
  const roles = logins.map(({ role }) => role);
  const rows = await em.execute<{ statement: string }[]>(
    `with d as (select datname, coalesce(datacl, acldefault('d', datdba)) as acl from pg_database where datname = current_database())
     select format('revoke all on database %I from public', datname) as statement from d
       where exists (select from aclexplode(acl) where grantee = 0)
     union all
     select format('grant connect on database %I to %I', datname, r.name) from d, unnest(?::text[]) r(name)
       where not exists (select from aclexplode(acl) a join pg_roles p on p.oid = a.grantee
                         where p.rolname = r.name and a.privilege_type = 'CONNECT')`,
    [`{${roles.map((role) => JSON.stringify(role)).join(',')}}`],
  );
  return rows.map(({ statement }) => statement);
}

/** Tries them in a savepoint, since whether a login may is answered differently by each version of PostgreSQL. */
async function runOrReturn(em: EntityManager, statements: string[]): Promise<string[]> {
  try {
    await em.transactional(async (inner) => {
      for (const statement of statements) await inner.execute(statement);
    });
    return [];
  } catch (error) {
    if (codeOf(error) === '42501') return statements;
    throw error;
  }
}

/** Only a refused password says no: a login that may not connect yet has passed that check. */
async function passwordWorks(url: string): Promise<boolean> {
  return await withConnection(url, (connection) => connection.execute('select 1')).then(
    () => true,
    (error: unknown) => codeOf(error) !== '28P01' && codeOf(error) !== '28000',
  );
}

async function sealedPassword(em: EntityManager, role: string, ring: KeyRing): Promise<string> {
  const name = `login/${role}`;
  const known = await em.findOne(SealedValue, { name });
  if (known) return await open(ring, 'service', name, known.value);
  const password = randomBytes(24).toString('base64url');
  await em.insert(SealedValue, { name, value: await seal(ring, 'service', name, password) });
  return password;
}

/** At most the 63 bytes that PostgreSQL keeps of a name; a longer one is cut and told apart by a digest. */
function loginName(database: string, kind: LoginKind): string {
  const name = `${database}_${kind}`;
  if (Buffer.byteLength(name) <= 63) return name;
  const digest = createHash('sha256').update(database).digest('hex').slice(0, 12);
  return `${Buffer.from(database).subarray(0, 36).toString().replaceAll('\ufffd', '')}_${digest}_${kind}`;
}

function userOf(url: string): string {
  const { username, searchParams } = new URL(url);
  return searchParams.get('user') ?? decodeURIComponent(username);
}

/** The same address for another user. The driver lets parameters win, and an address without a host has no place for a user. */
function withUser(url: string, user: string, password: string): string {
  const address = new URL(url);
  address.username = '';
  address.password = '';
  address.searchParams.delete('user');
  address.searchParams.delete('password');
  if (address.host === '') {
    address.searchParams.set('user', user);
    address.searchParams.set('password', password);
  } else {
    address.username = encodeURIComponent(user);
    address.password = encodeURIComponent(password);
  }
  return address.href;
}
