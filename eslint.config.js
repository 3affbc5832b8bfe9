import eslint from '@eslint/js';
import { createProjectGraphAsync } from '@nx/devkit';
import nx from '@nx/eslint-plugin';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';
import { projects } from './shelves.js';

// The boundary rule reads the graph that Nx last wrote down, and is silent without one.
await createProjectGraphAsync();

/** Each dangerous dependency has one owner. */
const owners = [
  {
    packages: ['isolated-vm'],
    owner: 'libs/sandbox/src/isolate',
    why: 'plugin code is entered through libs/sandbox only',
  },
  { packages: ['undici'], owner: 'libs/egress', why: 'outbound HTTP must pass the address checks of libs/egress' },
  {
    packages: ['pg'],
    owner: 'libs/database',
    why: 'SQL stands behind the tenant doors of libs/database',
  },
  {
    packages: ['pg-logical-replication'],
    owner: 'libs/connectors/src/postgres',
    why: 'what it reads of a stranger’s server must not reach the program unguarded',
  },
  {
    packages: ['mqtt-packet'],
    owner: 'libs/connectors/src/mqtt',
    why: 'what it reads of a stranger’s broker must not reach the program unguarded',
  },
  {
    packages: ['@platformatic/kafka'],
    owner: 'libs/connectors/src/kafka',
    why: 'it opens sockets of its own, which no egress rule sees; only its messages are used',
  },
  {
    packages: ['flydrive', '@aws-sdk'],
    owner: 'libs/files',
    why: 'tenants’ bytes stand behind the keys and quotas of libs/files',
  },
  {
    packages: ['etcd3'],
    owner: 'libs/connectors/src/etcd',
    why: 'it brings gRPC along, and is loaded when somebody mirrors an etcd',
  },
  { packages: ['nodemailer'], owner: 'libs/mail', why: 'mail must pass the address and content rules of libs/mail' },
  {
    packages: ['liquidjs'],
    owner: 'libs/templates',
    why: 'templates are tenants’ code and run within the limits of libs/templates',
  },
  {
    packages: ['cron-parser'],
    owner: 'libs/scheduling',
    why: 'cron texts pass the strict grammar and the clock rules of libs/scheduling',
  },
  {
    packages: ['@a2a-js/sdk'],
    owner: 'libs/webhooks/src/agents',
    why: 'what agents are told leaves through an egress, and what they say is not to be believed',
  },
  { packages: ['bullmq', 'ioredis'], owner: 'libs/queue', why: 'both backends stand behind the port of libs/queue' },
];

/** Imports that no file of a folder may have. `asksDatabase`: it is one of those in which SQL stands. */
function restrictions(folder, asksDatabase = folder === 'libs/database') {
  return {
    patterns: [
      ...(asksDatabase
        ? []
        : [
            {
              group: ['typeorm', 'typeorm/*'],
              message: 'Tables are described and asked in rows/ and sql/ of the library that owns the subject.',
            },
          ]),
      {
        group: [
          '@annex/*/*',
          '!@annex/sdk/testing',
          '!@annex/sdk/package',
          '!@annex/limits/sandbox',
          '!@annex/sandbox/executor',
          '!@annex/sandbox/compiler',
        ],
        message: 'A library is imported by its name only; its index.ts says what it offers.',
      },
      ...owners
        .filter(({ owner }) => !`${folder}/`.startsWith(`${owner}/`) && !owner.startsWith(`${folder}/`))
        .map(({ packages, owner, why }) => ({
          group: packages.flatMap((name) => [name, `${name}/*`]),
          message: `Only ${owner} imports it: ${why}.`,
        })),
      ...(folder.startsWith('libs/')
        ? [{ group: ['@nestjs/*', 'fastify', '@fastify/*'], message: 'No framework below the apps.' }]
        : []),
    ],
  };
}

/** Arrows point down: made from the table of shelves. */
const depConstraints = projects.map(({ name, below, beside }) => ({
  sourceTag: `project:${name}`,
  onlyDependOnLibsWithTags: [
    ...below.map((shelf) => `shelf:${shelf}`),
    ...beside.map((project) => `project:${project}`),
  ],
}));

const boundaries = [
  {
    // Between projects the boundary rule refuses circles already, so nothing but a project's own files is followed.
    files: ['{libs,apps}/*/src/**/*.{ts,tsx}', 'test/**/*.ts'],
    plugins: { 'import-x': importX },
    settings: {
      'import-x/extensions': ['.ts', '.tsx'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.tsx'] },
      'import-x/resolver-next': [
        createNodeResolver({
          extensions: ['.ts', '.tsx', '.js', '.json'],
          extensionAlias: { '.js': ['.ts', '.js'] },
        }),
      ],
    },
    rules: { 'import-x/no-cycle': ['error', { ignoreExternal: true }] },
  },
  {
    files: ['{libs,apps}/*/src/**/*.{ts,tsx}'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': ['error', { depConstraints, checkDynamicDependenciesExceptions: ['.*'] }],
    },
  },
  ...projects
    .filter(({ root }) => /^(libs|apps)\//.test(root))
    .map(({ root }) => ({
      files: [`${root}/src/**/*.{ts,tsx}`],
      rules: { 'no-restricted-imports': ['error', restrictions(root)] },
    })),
  ...projects
    .filter(({ root }) => /^(libs|apps)\//.test(root))
    .map(({ root }) => ({
      files: [`${root}/src/**/{rows,sql}/**/*.ts`],
      rules: { 'no-restricted-imports': ['error', restrictions(root, true)] },
    })),
];

const maxLinesPerFunction = ['error', { max: 70, skipBlankLines: true, skipComments: true }];

/** What a file may not say. */
const advisoryLocks = {
  selector: ':matches(Literal[value=/pg_(try_)?advisory/], TemplateElement[value.raw=/pg_(try_)?advisory/])',
  message: 'Advisory locks stand in one table, libs/database/src/locks.ts.',
};
const queries = {
  selector: 'MemberExpression[object.name="tx"][property.name=/^(query|execute|rows|repository)$/]',
  message: 'PostgreSQL is asked in rows/ and sql/ of the library that owns the subject, and in libs/database.',
};

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '.annex/**',
      '.nx/**',
      'test/hostile/plugins/**',
      'test/journeys/plugins/**',
      'examples/**/*.zip',
    ],
  },
  eslint.configs.recommended,
  ...tseslint.configs.strict,
  { languageOptions: { globals: globals.node } },
  {
    files: ['**/*.{ts,tsx}'],
    rules: {
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      'no-restricted-syntax': ['error', advisoryLocks, queries],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Settings are read in an app’s config.ts and passed on.' },
      ],
      eqeqeq: 'error',
      'no-console': 'error',
      'max-lines-per-function': maxLinesPerFunction,
    },
  },
  // Prettier breaks code, and no strings.
  {
    files: ['**/*.{ts,tsx,mjs,js}'],
    ignores: ['libs/client/src/generated/**'],
    rules: { 'max-len': ['error', { code: 120, ignoreUrls: true, ignoreRegExpLiterals: true }] },
  },
  ...boundaries,
  {
    files: ['{libs,apps}/*/src/**/{rows,sql}/**/*.ts', 'libs/database/src/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', advisoryLocks] },
  },
  { files: ['libs/database/src/locks.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: [
      'apps/annex/src/main.ts',
      'apps/annex/src/program.ts',
      'apps/annex/src/panel.ts',
      'scripts/**',
      'bench/**',
      '**/bundle.mjs',
      '**/publish.mjs',
    ],
    rules: { 'no-console': 'off' },
  },
  // The child programme has its standard error only; the confinement proof looks at what environment it was left.
  { files: ['apps/executor/src/main.ts'], rules: { 'no-console': 'off' } },
  { files: ['libs/sandbox/src/confinement/confine-self.ts'], rules: { 'no-restricted-properties': 'off' } },
  // Beside plugin code a Map's methods may have been replaced: tables are objects without prototype, and entries are
  // deleted from them.
  { files: ['libs/sandbox/src/prelude/**/*.ts'], rules: { '@typescript-eslint/no-dynamic-delete': 'off' } },
  // The console runs in browsers. What a component says in markup is long without being much.
  {
    files: ['apps/console/{src,public}/**'],
    languageOptions: { globals: globals.browser },
  },
  {
    files: ['apps/console/src/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
    },
  },
  { files: ['apps/console/src/**/*.tsx'], rules: { 'max-lines-per-function': ['error', { max: 110 }] } },
  // Nest finds what to inject by the classes that a constructor names, so those imports must stay values.
  {
    files: ['apps/api/src/controllers/**/*.ts', 'apps/*/src/**/*.module.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': 'off' },
  },
  {
    files: ['**/config.ts', 'test/**', 'scripts/**', 'bench/**', '**/*.spec.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['test/**/*.ts', '**/*.spec.ts', 'bench/**', '**/testing/**'],
    rules: {
      'no-restricted-imports': 'off',
      '@nx/enforce-module-boundaries': 'off',
      'no-restricted-syntax': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      'no-control-regex': 'off',
    },
  },
  {
    files: ['test/**/*.mjs', 'bench/**/*.mjs', 'scripts/**/*.mjs'],
    rules: { 'max-lines-per-function': maxLinesPerFunction },
  },
  // A suite's callback holds all its tests.
  { files: ['**/*.spec.ts', 'test/journeys/*/*.ts'], rules: { 'max-lines-per-function': 'off' } },
);
