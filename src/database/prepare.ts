import { MikroORM, type EntityManager } from '@mikro-orm/postgresql';

import { checkCanary } from '../secrets/canary.js';
import type { KeyRing } from '../secrets/key-ring.js';
import { StartupError } from '../startup-error.js';
import { codeOf } from './conflicts.js';
import { grantJobSchema, stampIsolation, stampOwner } from './isolation.js';
import { prepareJobSchema } from './job-schema.js';
import { ormOptions } from './orm.js';
import { ensureDatabaseGrants, ensureRole, missingDatabaseGrants, resolveLogin, type Login } from './roles.js';
import { ensureSearchIndex } from './search-index.js';
import { verifyIsolation } from './verify-isolation.js';

export interface PrepareOptions {
  /** The login that owns the schema and migrates. */
  readonly ownerUrl: string;
  /** Restricted logins of the operator's own making; those not given are made. */
  readonly platformUrl?: string;
  readonly tenantUrl?: string;
  readonly keyRing: KeyRing;
  readonly log?: { info(details: object, message: string): void };
}

/**
 * Brings a database to where the service can work with it: migrates, checks the secrets key, makes the restricted
 * logins, stamps policies and grants, and proves that the isolation holds. Safe to run again and by several processes
 * at once; all of it is one transaction, but for the job library's schema and the proof.
 *
 * @returns the addresses of the two restricted logins
 * @throws StartupError with what the operator has to do, all of it at once where several things are wrong
 */
export async function prepareDatabase(options: PrepareOptions): Promise<{ platformUrl: string; tenantUrl: string }> {
  const orm = new MikroORM(ormOptions(options.ownerUrl, { connections: 3, statementTimeoutMs: 0, lockTimeoutMs: 0 }));
  try {
    await orm.em.getConnection().execute('select 1').catch(unreachable);
    const { owner, platform, tenant, adminSql } = await orm.em
      .fork()
      .transactional((em) => prepare(orm, em, options))
      .catch(explain);
    if (adminSql.length > 0) throw new StartupError(administratorMessage(owner, adminSql));
    await verifyIsolation(orm.em.fork(), [platform, tenant]);
    return { platformUrl: platform.url, tenantUrl: tenant.url };
  } finally {
    await orm.close();
  }
}

interface Prepared {
  readonly owner: string;
  readonly platform: Login;
  readonly tenant: Login;
  readonly adminSql: readonly string[];
}

async function prepare(orm: MikroORM, em: EntityManager, options: PrepareOptions): Promise<Prepared> {
  await takePrepareLock(em);
  const owner = await checkServer(em);
  await stampOwner(em, owner);
  const migrations = await orm.migrator.up({ transaction: em.getTransactionContext<object>() });
  if (migrations.length > 0) options.log?.info({ migrations: migrations.map(({ name }) => name) }, 'database migrated');
  await stampOwner(em, owner);
  await ensureSearchIndex(em, options.log);
  await checkCanary(em, options.keyRing);
  await prepareJobSchema(options.ownerUrl); // in transactions of its own, while this one keeps others out

  const login = (kind: Login['kind'], given?: string): Promise<Login> =>
    resolveLogin(em, kind, { ownerUrl: options.ownerUrl, given }, options.keyRing);
  const platform = await login('platform', options.platformUrl);
  const tenant = await login('tenant', options.tenantUrl);
  await checkNames(em, owner, [platform, tenant]);

  const roleSql = [...(await ensureRole(em, platform)), ...(await ensureRole(em, tenant))];
  if (roleSql.length > 0) {
    return {
      owner,
      platform,
      tenant,
      adminSql: [...roleSql, ...(await missingDatabaseGrants(em, [platform, tenant]))],
    };
  }
  const adminSql = await ensureDatabaseGrants(em, [platform, tenant]);
  const logins = { owner, platform: platform.role, tenant: tenant.role };
  await stampIsolation(em, logins);
  await grantJobSchema(em, logins);
  return { owner, platform, tenant, adminSql };
}

/** Held until the transaction ends by whoever prepares the database, or changes what a start relies on. */
export async function takePrepareLock(em: EntityManager): Promise<void> {
  await em.execute(`select pg_advisory_xact_lock(hashtext('tenantry: prepare'))`);
}

async function checkServer(em: EntityManager): Promise<string> {
  const [server] = await em.execute<{ owner: string; version: number; encoding: string }[]>(
    `select current_user as owner, current_setting('server_version_num')::int as version,
            current_setting('server_encoding') as encoding`,
  );
  if (!server || server.version < 150_000) throw new StartupError('DATABASE_URL: PostgreSQL 15 or later is needed.');
  if (server.encoding !== 'UTF8') {
    throw new StartupError(`DATABASE_URL: the database has the encoding ${server.encoding}; UTF8 is needed.`);
  }
  return server.owner;
}

async function checkNames(em: EntityManager, owner: string, logins: readonly Login[]): Promise<void> {
  const problems: string[] = [];
  const roles = logins.map(({ role }) => role);
  if (new Set([owner, ...roles]).size < 3) {
    problems.push('DATABASE_URL, DATABASE_PLATFORM_URL and DATABASE_TENANT_URL must name three different logins.');
  }
  for (const { kind, role, password } of logins) {
    if (password !== undefined) continue;
    const known = await em.execute('select from pg_roles where rolname = ?', [role]);
    if (known.length === 0) problems.push(`DATABASE_${kind.toUpperCase()}_URL: there is no role "${role}".`);
  }
  if (problems.length > 0) throw new StartupError(problems.join('\n'));
}

function administratorMessage(owner: string, statements: readonly string[]): string {
  return [
    `The login "${owner}" of DATABASE_URL may not set up the two restricted logins that Tenantry works with.`,
    'As an administrator of that server run the following (it holds no passwords), and start again:',
    '',
    ...statements.map((statement) => `${statement};`),
    '',
    'Or name two logins that exist in DATABASE_PLATFORM_URL and DATABASE_TENANT_URL.',
  ].join('\n');
}

/** Throws what an operator can do something about as a StartupError, and the rest as it is. */
export function explain(error: unknown): never {
  if (error instanceof StartupError) throw error;
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (code === '42501') {
    throw new StartupError(`The login of DATABASE_URL must own the schema "tenantry": ${message}`, { cause: error });
  }
  if (code === '42P01') throw new StartupError(`The database has to be migrated first: ${message}`, { cause: error });
  if (code !== undefined && /^(28|3D|08|57P|53|E[A-Z])/.test(code)) unreachable(error);
  throw error;
}

function unreachable(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  throw new StartupError(`DATABASE_URL: PostgreSQL cannot be reached: ${message}`, { cause: error });
}
