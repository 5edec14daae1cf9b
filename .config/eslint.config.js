import graphql from '@graphql-eslint/eslint-plugin';
import tseslint from 'typescript-eslint';
import { describedSuppressions } from './eslint-described-suppressions.js';

// Constructs that the role of a file forbids, and why.
const noDefaultExport = { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' };
const noClock = [
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'Rules are pure: take the time as a parameter.',
  },
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'Rules are pure: take the time as a parameter.',
  },
  { selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']", message: 'Rules are pure.' },
];
const thinResolver = [
  {
    selector: "MemberExpression[object.name='em'], MemberExpression[property.name='em']",
    message: 'A resolver calls its service; data is read there.',
  },
  { selector: 'TryStatement', message: 'Faults are turned into answers in one place, not in resolvers.' },
];
const environment = {
  object: 'process',
  property: 'env',
  message: 'Settings are read in src/config.ts alone, so that all of them are checked and documented.',
};

export default tseslint.config(
  { ignores: ['dist/**', 'coverage/**', '.reports/**', '.tenantry*/**', 'test/support/generated/**'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    plugins: { local: { rules: { 'described-suppressions': describedSuppressions } } },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname + '/..' } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'local/described-suppressions': 'error',
      'max-lines': ['error', 250],
      eqeqeq: 'error',
      'no-restricted-syntax': ['error', noDefaultExport],
      '@typescript-eslint/ban-ts-comment': [
        'error',
        { 'ts-expect-error': 'allow-with-description', 'ts-ignore': true, minimumDescriptionLength: 10 },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // `() => undefined` as a clean-up that has nothing to do, async to fit an interface: both say what they mean.
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/require-await': 'off',
      // API classes only name a shape: a row that has the fields is as good as an instance, and is returned as it is.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'no-restricted-properties': ['error', environment],
    },
  },
  {
    // What leaves the process goes through the guarded fetch; the command-line entries and the stand-in are not the service.
    files: ['src/**/*.ts'],
    ignores: ['src/integrations/**', 'src/embedded/**', 'src/cli/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'fetch', message: 'Outgoing calls are made in src/integrations alone.' },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'jose',
              importNames: ['createRemoteJWKSet'],
              message: 'It follows redirects and has no size limit: use src/integrations.',
            },
            { name: 'node:process', importNames: ['env'], message: environment.message },
          ],
        },
      ],
    },
  },
  {
    files: ['src/config.ts', 'src/cli/**/*.ts'],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-imports': 'off' },
  },
  { files: ['src/modules/**/*.rules.ts'], rules: { 'no-restricted-syntax': ['error', noDefaultExport, ...noClock] } },
  {
    files: ['src/modules/**/*.resolver.ts'],
    rules: { 'no-restricted-syntax': ['error', noDefaultExport, ...thinResolver] },
  },
  // vitest's global setup and configuration are default exports by its definition.
  { files: ['.config/*.ts', 'test/support/global-setup.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['test/**/*.ts'],
    rules: {
      // A test may break a promise on purpose: `!` on what an assertion has just established reads better than a guard.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['.config/*.ts', '.ci/*.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
  },
  {
    files: ['schema/**/*.graphql'],
    plugins: { '@graphql-eslint': graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: 'schema/schema.graphql', documents: 'schema/operations/*.graphql' } },
    },
  },
  {
    files: ['schema/schema.graphql'],
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          rootField: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
          DirectiveDefinition: true,
        },
      ],
      // The promised contract wins: its value objects (settings, payloads, counts) have no identity of their own,
      '@graphql-eslint/strict-id-in-types': 'off',
      // Tenant.tenantId is the banks' own name for it, beside Tenant.id,
      '@graphql-eslint/no-typename-prefix': 'off',
      // connections offer `nodes` beside `edges`, and plain lists and nodes without a global `node(id:)` are part of it.
      '@graphql-eslint/relay-edge-types': [
        'error',
        { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
      ],
    },
  },
  {
    files: ['schema/operations/*.graphql'],
    rules: {
      ...graphql.configs['flat/operations-recommended'].rules,
      // They are examples too, and ask for what they show: not for an id everywhere.
      '@graphql-eslint/require-selections': 'off',
    },
  },
);
