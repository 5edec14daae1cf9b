import { createRequire } from 'node:module';

/** The driver that the ORM itself loads. */
interface Driver {
  readonly Client: { readonly prototype: { query: (...args: unknown[]) => unknown } };
}

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

const driver = createRequire(createRequire(import.meta.url).resolve('@mikro-orm/postgresql'))('pg') as Driver;

/** Runs the work, and returns the text of every statement that this process sent to PostgreSQL meanwhile. */
export async function countStatements(work: () => Promise<unknown>): Promise<string[]> {
  return (await recordStatements(work)).map(({ text }) => text);
}

/** Runs the work, and returns every statement on the service's tables that this process sent to PostgreSQL meanwhile. */
export async function recordStatements(work: () => Promise<unknown>): Promise<Statement[]> {
  const { prototype } = driver.Client;
  const original = prototype.query;
  const statements: Statement[] = [];
  prototype.query = function spied(this: unknown, ...args: unknown[]): unknown {
    const [query, values] = args;
    const { text, values: own } = typeof query === 'string' ? { text: query } : (query as Partial<Statement>);
    statements.push({ text: String(text), values: own ?? (Array.isArray(values) ? (values as unknown[]) : []) });
    return original.apply(this, args);
  };
  try {
    await work();
  } finally {
    prototype.query = original;
  }
  return statements.filter(({ text }) => text.includes('tenantry.'));
}
