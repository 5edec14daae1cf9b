import type { EntityManager } from '@mikro-orm/postgresql';

import { codeOf } from './conflicts.js';
import { schemaName } from './orm.js';
import { identifier } from './sql-text.js';

/** No part of the migrations, which have to run where the extension cannot be had. */
export const searchIndexName = 'tenant_search';

/** What is searched of a tenant, as one text: the expression that a search has to name for the index to be used. */
export const searchedText = `tenant_id || E'\\n' || code || E'\\n' || name`;

/** Not permitted; not installed on the server; as older servers say that. */
const cannotBeHad = new Set(['42501', '0A000', '58P01']);

/**
 * Makes the trigram index by which tenants are searched, and the extension pg_trgm, where that is possible; where it is
 * not, a search reads the tenants one by one. Once an administrator installs the extension, the next start makes it.
 *
 * @param em in a transaction
 */
export async function ensureSearchIndex(
  em: EntityManager,
  log?: { info(details: object, message: string): void },
): Promise<void> {
  const known = await em.execute('select from pg_indexes where schemaname = ? and indexname = ?', [
    schemaName,
    searchIndexName,
  ]);
  if (known.length > 0) return;
  try {
    await em.transactional(makeIndex); // to a savepoint
  } catch (error) {
    if (!cannotBeHad.has(codeOf(error) ?? '')) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    log?.info({ reason }, 'no index for searching tenants: pg_trgm cannot be had');
  }
}

async function makeIndex(em: EntityManager): Promise<void> {
  const schema = identifier(schemaName);
  await em.execute(`create extension if not exists pg_trgm schema ${schema}`);
  // An administrator may have put it elsewhere.
  const [trigrams] = await em.execute<{ schema: string }[]>(
    `select n.nspname as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm'`,
  );
  const operators = `${identifier(trigrams?.schema ?? schemaName)}.gin_trgm_ops`;
  await em.execute(`create index ${identifier(searchIndexName)} on ${schema}.tenant
    using gin ((${searchedText}) ${operators}) with (fastupdate = off)`);
}
