import type { EntityManager } from '@mikro-orm/postgresql';

import { schemaName } from '../database/orm.js';
import { identifier } from '../database/sql-text.js';

/** Where tenants' secrets are kept: a column of JWEs, or one of jsonb objects with JWEs by name. */
interface SealedColumn {
  readonly table: string;
  /** The column that says whose the row is. */
  readonly owner: string;
  readonly column: string;
  readonly isMap: boolean;
}

const columns: readonly SealedColumn[] = [
  { table: 'tenant', owner: 'id', column: 'client_secret', isMap: false },
  { table: 'campaign', owner: 'tenant', column: 'password', isMap: false },
  { table: 'campaign', owner: 'tenant', column: 'secrets', isMap: true },
  { table: 'provider', owner: 'tenant', column: 'secrets', isMap: true },
];

/** One sealed value and its place. */
export interface SealedCell {
  readonly table: string;
  readonly column: string;
  /** UUID of the row. */
  readonly row: string;
  /** Of the value within a map; null where the column holds one value. */
  readonly name: string | null;
  /** JWE. */
  readonly value: string;
  /** UUID of the tenant. */
  readonly tenant: string;
}

/** The ids of the tenants that come next in their order. */
export async function nextTenants(em: EntityManager, after: string, count: number): Promise<string[]> {
  const rows = await em.execute<{ id: string }[]>(
    `select id from ${schemaName}.tenant where id > ?::uuid order by id limit ?`,
    [after, count],
  );
  return rows.map(({ id }) => id);
}

/** Locks those of the tenants that nobody is changing, as a change of them locks them; returns which. */
export async function lockTenants(em: EntityManager, tenants: readonly string[]): Promise<string[]> {
  const rows = await em.execute<{ id: string }[]>(
    `select id from ${schemaName}.tenant where id = any(?::uuid[]) order by id for update skip locked`,
    [arrayOf(tenants)],
  );
  return rows.map(({ id }) => id);
}

/** Every sealed value of these tenants. */
export async function readCells(em: EntityManager, tenants: readonly string[]): Promise<SealedCell[]> {
  const statement = columns.map(cellsOf).join('\nunion all\n');
  return await em.execute<SealedCell[]>(
    statement,
    columns.map(() => arrayOf(tenants)),
  );
}

function cellsOf({ table, owner, column, isMap }: SealedColumn): string {
  const [name, value] = isMap ? ['s.key', 's.value'] : ['null', `t.${identifier(column)}`];
  return `select '${table}' as "table", '${column}' as "column", t.id::text as "row", ${name} as name, ${value} as value,
      t.${identifier(owner)}::text as tenant
    from ${schemaName}.${identifier(table)} t ${isMap ? `, jsonb_each_text(t.${identifier(column)}) s` : ''}
    where t.${identifier(owner)} = any(?::uuid[]) and ${value} is not null`;
}

/** Puts another value into the place of one. The row's version and times stay: nothing that anybody sees has changed. */
export async function writeCell(em: EntityManager, cell: SealedCell, value: string): Promise<void> {
  const column = identifier(cell.column);
  const [assigned, parameters] =
    cell.name === null ? ['?', [value]] : [`jsonb_set(${column}, array[?], to_jsonb(?::text))`, [cell.name, value]];
  await em.execute(`update ${schemaName}.${identifier(cell.table)} set ${column} = ${assigned} where id = ?::uuid`, [
    ...parameters,
    cell.row,
  ]);
}

function arrayOf(ids: readonly string[]): string {
  return `{${ids.join(',')}}`;
}
