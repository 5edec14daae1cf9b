import type { MikroORM } from '@mikro-orm/postgresql';
import { CompiledQuery } from 'kysely';

import type { Statement } from './statements.js';

/** What a statement took when it was run again, as the login that the service itself runs it with. */
export interface Cost {
  /** Rows that were looked at in tables, those that a condition then left out included. */
  readonly rowsRead: number;
  readonly rowsReturned: number;
  /** Blocks of 8 KiB that were looked at, indexes included. */
  readonly blocks: number;
}

interface Plan {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Plan[];
}

export async function costOf(orm: MikroORM, { text, values }: Statement): Promise<Cost> {
  const query = CompiledQuery.raw(`explain (analyze, buffers, timing off, format json) ${text}`, [...values]);
  const { rows } = await orm.em.getKysely().executeQuery<{ 'QUERY PLAN': [{ Plan: Plan }] }>(query);
  const plan = rows[0]!['QUERY PLAN'][0].Plan;
  return {
    rowsRead: rowsReadBy(plan),
    rowsReturned: plan['Actual Rows'] * plan['Actual Loops'],
    blocks: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
  };
}

function rowsReadBy(plan: Plan): number {
  const below = (plan.Plans ?? []).reduce((sum, child) => sum + rowsReadBy(child), 0);
  const isTableScan =
    plan['Node Type'].endsWith(' Scan') && !/^(Bitmap Index|CTE|Function|Subquery|Values)/.test(plan['Node Type']);
  if (!isTableScan) return below;
  const leftOut = (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0);
  return below + (plan['Actual Rows'] + leftOut) * plan['Actual Loops'];
}
