import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

import { keycloakSetup } from './keycloak-setup-command.js';

process.exitCode = await keycloakSetup({
  args: process.argv.slice(2),
  env: process.env,
  file: existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {},
  print: (line) => process.stdout.write(`${line}\n`),
  tell: (line) => process.stderr.write(`${line}\n`),
});
