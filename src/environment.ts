import { readFileSync } from 'node:fs';

import type { z } from 'zod';

/** Variables of the environment by name: the schema of each, and what is expected, in words. */
export type VariableTable = Readonly<Record<string, readonly [z.ZodType, string]>>;

/** What was found under those names; what is unset or empty is absent. */
export type ValuesOf<Table extends VariableTable> = { [Name in keyof Table]?: z.infer<Table[Name][0]> };

/**
 * Reads variables; a secret one can also be given as a file, under its name and `_FILE`.
 *
 * @param secrets names whose values are never shown
 * @param problems where each value that will not do is noted, for one message about all of them
 */
export function readVariables<Table extends VariableTable>(
  env: NodeJS.ProcessEnv,
  table: Table,
  secrets: readonly string[],
  problems: string[],
): ValuesOf<Table> {
  const given = withSecretFiles(env, secrets, problems);
  const values: Record<string, unknown> = {};
  for (const [name, [schema, expected]] of Object.entries(table)) {
    const text = given[name];
    if (text === undefined || text === '') continue;
    const result = schema.safeParse(text);
    if (result.success) values[name] = result.data;
    else {
      const found = secrets.includes(name) ? 'the value (not shown)' : `"${withoutPassword(text)}"`;
      problems.push(`${name}: found ${found}; expected ${expected}.`);
    }
  }
  return values as ValuesOf<Table>;
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/.*@/s, '//…@');
}

function withSecretFiles(env: NodeJS.ProcessEnv, secrets: readonly string[], problems: string[]): NodeJS.ProcessEnv {
  const merged = { ...env };
  for (const name of secrets) {
    const file = env[`${name}_FILE`];
    if (file === undefined || file === '') continue;
    if (env[name]) problems.push(`${name} and ${name}_FILE are both given; give one.`);
    try {
      merged[name] = readFileSync(file, 'utf8').trim();
      if (merged[name] === '') problems.push(`${name}_FILE is empty: ${file}`);
    } catch (error) {
      problems.push(
        `${name}_FILE cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}): ${file}`,
      );
    }
  }
  return merged;
}
