import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { buildApiSchema, printApiSchema } from '../graphql/schema.js';
import { resolvers } from '../resolvers.js';
import { readOptions } from './read-options.js';

const usage = `Writes the API's schema to schema/schema.graphql, which clients read.

  npm run schema
  npm run schema -- --check   fails where the file is not what the code says
  npm run schema -- --help    this text
`;

async function main(): Promise<void> {
  const values = readOptions(usage, { check: { type: 'boolean' } });
  if (values === undefined) return;
  const file = join(process.cwd(), 'schema/schema.graphql');
  const printed = printApiSchema(await buildApiSchema(resolvers));
  if (!values.check) {
    writeFileSync(file, printed);
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== printed) {
    process.stderr.write('schema/schema.graphql is not what the code says: npm run schema\n');
    process.exitCode = 1;
  }
}

await main();
