import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

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
  resolve: { conditions: ['annex-source'] },
  ssr: { resolve: { conditions: ['annex-source', 'node', 'import', 'default'], externalConditions: ['annex-source'] } },
  test: {
    include: ['{libs,apps}/*/src/**/*.spec.ts', 'test/**/*.spec.ts', 'examples/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    pool: 'forks',
    execArgv: ['--no-node-snapshot'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    server: { deps: { inline: [/@annex\//, /@annex-app\//] } },
  },
});
