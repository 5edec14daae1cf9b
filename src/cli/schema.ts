import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { buildApiSchema, printApiSchema } from '../graphql/schema.js';
import { resolvers } from '../resolvers.js';

/**
 * `npm run schema`: writes the API's schema to schema/schema.graphql, which clients read.
 * `-- --check`: fails where the file is not what the code says.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
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
