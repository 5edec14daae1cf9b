import { parseArgs } from 'node:util';

import { readReadme, withBlock, writeReadme } from './readme-file.js';
import { tables } from './tables.js';

/**
 * `npm run readme`: writes the README's tables that are made from the code.
 * `npm run readme:check`: fails where the README is not what the code says.
 */
function main(): void {
  const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
  const readme = readReadme();
  const made = Object.entries(tables).reduce((text, [name, table]) => withBlock(text, name, table()), readme);
  if (!values.check) {
    writeReadme(made);
  } else if (made !== readme) {
    process.stderr.write('README.md is not what the code says: npm run readme\n');
    process.exitCode = 1;
  }
}

main();
