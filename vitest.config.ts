import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));

/** `@annex/<lib>` is its source, so that no build stands between a change and its test. */
const alias = [
  { find: /^@annex\/sdk\/testing$/, replacement: `${root}libs/sdk/src/testing/testing.ts` },
  ...readdirSync(`${root}libs`).map((lib) => ({ find: new RegExp(`^@annex/${lib}$`), replacement: `${root}libs/${lib}/src/index.ts` })),
  ...readdirSync(`${root}apps`).map((app) => ({ find: new RegExp(`^@annex-app/${app}$`), replacement: `${root}apps/${app}/src/index.ts` })),
];

/** One configuration for every suite: specs beside their files, journeys and hostile plugins under test/. */
export default defineConfig({
  plugins: [
    swc.vite({
      swcrc: false,
      configFile: false,
      module: { type: 'es6' },
      jsc: {
        target: 'es2024',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
        keepClassNames: true,
      },
    }),
  ],
  oxc: false,
  resolve: { alias },
  test: {
    include: ['{libs,apps}/*/src/**/*.spec.ts', 'test/**/*.spec.ts', 'examples/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    globalSetup: ['test/support/postgres-setup.ts'],
    pool: 'forks',
    execArgv: ['--no-node-snapshot'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
