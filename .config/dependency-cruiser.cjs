/**
 * The import directions: main → app → graphql, http → modules → database, errors;
 * inside a module resolver → service → entity → rules; never back.
 */
const moduleFile = '^src/modules/[^/]+/';
/** The files of a module that shape the API; the only ones that know GraphQL. */
const apiFile = String.raw`${moduleFile}.+\.(resolver|type|input|enums)\.ts$`;
/** The reads: projections of the fields asked for. */
const queryFile = String.raw`${moduleFile}.+\.query\.ts$`;

/** The process itself, and the command-line entries. */
const entries = String.raw`^src/((main|process)\.ts$|cli/)`;
/** Imports that leave no trace in the compiled code. */
const types = ['type-only', 'type-import'];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Entities may refer to each other, as their tables do; nothing else goes round in circles.',
      severity: 'error',
      from: { pathNot: String.raw`\.entity\.ts$` },
      to: { circular: true },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@graphql-typed-document-node/core$' /* types alone */ },
    },
    {
      name: 'nothing-imports-main',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/main\\.ts$' },
      to: { path: '^src/(main|process)\\.ts$' },
    },
    {
      name: 'src-without-cli',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'app-only-from-entries',
      severity: 'error',
      from: { path: '^src/', pathNot: [entries, '^src/embedded/'] },
      to: { path: '^src/app\\.ts$' },
    },
    {
      name: 'embedded-only-from-entries',
      comment: 'The production image has no embedded/.',
      severity: 'error',
      from: { path: '^src/', pathNot: [entries, '^src/embedded/'] },
      to: { path: '^src/embedded/' },
    },
    {
      name: 'embedded-loaded-when-needed',
      comment: 'A static import would stop the production image from starting.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/embedded/' },
      to: { path: '^src/embedded/', dynamic: false, dependencyTypesNot: types },
    },
    {
      name: 'modules-know-no-server',
      severity: 'error',
      from: { path: '^src/modules/' },
      to: { path: '^src/http/' },
    },
    {
      name: 'graphql-only-in-api-files',
      comment: 'Services, entities and rules know neither the server nor its libraries.',
      severity: 'error',
      from: { path: moduleFile, pathNot: [apiFile, queryFile] },
      to: { path: ['^src/graphql/', 'node_modules/(type-graphql|graphql|graphql-scalars|@apollo)/'] },
    },
    {
      name: 'never-back-to-the-api',
      comment: 'resolver → service → entity → rules: what a service takes and gives it names itself.',
      severity: 'error',
      from: { path: moduleFile, pathNot: [apiFile, queryFile] },
      to: { path: apiFile },
    },
    {
      name: 'a-projection-names-api-types-only',
      comment: 'A read of just the fields asked for may know which ones were, and the type of the answer; no more.',
      severity: 'error',
      from: { path: queryFile },
      to: {
        path: [apiFile, '^src/graphql/', 'node_modules/(type-graphql|graphql)/'],
        pathNot: '^src/graphql/selection\\.ts$',
        dependencyTypesNot: types,
      },
    },
    {
      name: 'types-call-nothing',
      severity: 'error',
      from: { path: String.raw`${moduleFile}.+\.(type|input)\.ts$` },
      to: { path: ['node_modules/@mikro-orm/', '^src/integrations/'], dependencyTypesNot: types },
    },
    {
      name: 'resolver-is-private',
      comment: 'A module is used through its service or entity.',
      severity: 'error',
      from: { path: moduleFile },
      to: { path: String.raw`${moduleFile}.+\.resolver\.ts$` },
    },
    {
      name: 'entity-uses-rules-only',
      severity: 'error',
      from: { path: String.raw`\.entity\.ts$` },
      to: { path: '^src/(modules|integrations|graphql|http)/', pathNot: String.raw`\.(entity|rules)\.ts$` },
    },
    {
      name: 'rules-use-rules-only',
      severity: 'error',
      from: { path: String.raw`\.rules\.ts$` },
      to: { path: '^src/', pathNot: String.raw`(\.rules|^src/(errors|faults))\.ts$` },
    },
    {
      name: 'rules-without-io',
      severity: 'error',
      from: { path: String.raw`\.rules\.ts$` },
      to: {
        path: [
          '^(node:)?(fs|net|tls|http|https|http2|dns|dgram|child_process|worker_threads|process|timers)(/promises)?$',
          'node_modules/(@mikro-orm|mikro-orm|kysely|pg-boss|undici|openid-client|fastify|sharp|pino)/',
        ],
      },
    },
    {
      name: 'foundations-know-no-business',
      comment: 'The list of entities is the one place where the database meets the modules.',
      severity: 'error',
      from: { path: '^src/(database|secrets|integrations)/', pathNot: '^src/database/entities\\.ts$' },
      to: { path: '^src/(modules|graphql|http)/', pathNot: String.raw`\.rules\.ts$` },
    },
    {
      name: 'servers-import-no-resolver',
      comment: 'The composition root hands them the resolvers.',
      severity: 'error',
      from: { path: '^src/(graphql|http)/' },
      to: {
        path: String.raw`${moduleFile}.+\.(resolver|type|input|service|query)\.ts$`,
        dependencyTypesNot: types,
      },
    },
    {
      name: 'only-integrations-call-out',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(integrations|embedded)/' },
      to: { path: 'node_modules/(undici|openid-client)/' },
    },
    {
      name: 'sockets-in-few-places',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(integrations|embedded|http)/' },
      to: { path: '^(node:)?(http|https|http2|tls|dns|dgram)(/promises)?$', dependencyTypesNot: types },
    },
    {
      name: 'no-dev-dependency-in-production',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: '^src/(embedded/|cli/(schema|bench))' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'undeclared-package',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'src-without-tests', severity: 'error', from: { path: '^(src|migrations)/' }, to: { path: '^test/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
