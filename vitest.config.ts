import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const root = fileURLToPath(new URL('.', import.meta.url));

// What V8 made of modules, kept from process to process and from run to run: most of a start is loading them, and takes
// a third less (nodejs.org/api/module.html).
// eslint-disable-next-line no-restricted-properties -- Node reads this one itself, at the start of each process.
process.env['NODE_COMPILE_CACHE'] ??= `${root}node_modules/.cache/compiled`;

/** `@annex/<lib>` is its source, so that no build stands between a change and its test. */
const alias = [
  { find: /^@annex\/sdk\/testing$/, replacement: `${root}libs/sdk/src/testing/testing.ts` },
  ...readdirSync(`${root}libs`).map((lib) => ({
    find: new RegExp(`^@annex/${lib}$`),
    replacement: `${root}libs/${lib}/src/index.ts`,
  })),
  ...readdirSync(`${root}apps`).map((app) => ({
    find: new RegExp(`^@annex-app/${app}$`),
    replacement: `${root}apps/${app}/src/index.ts`,
  })),
];

/** Suites of test/faults by how long they take, the longest first. */
const longest = ['storm', 'safeguards', 'schedules', 'drain', 'roles'];

/**
 * The suites of test/faults run clusters of processes that mostly wait. They begin first and stand apart among the
 * others, so that what waits and what computes run side by side, and two of them seldom do.
 */
class Spread extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const placeOf = ({ moduleId }: TestSpecification): number =>
      longest.findIndex((name) => moduleId.endsWith(`/test/faults/${name}.spec.ts`));
    const long = sorted.filter((file) => placeOf(file) >= 0).sort((one, other) => placeOf(one) - placeOf(other));
    const others = sorted.filter((file) => placeOf(file) < 0);
    // The others come with the longest first too: half of them take most of the time.
    for (const [index, file] of long.entries())
      others.splice(index + Math.floor((others.length * index) / (2 * long.length)), 0, file);
    return others;
  }
}

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
    // Specs share no state but modules that have none, and loading those for each file would take longer than most
    // files do.
    isolate: false,
    execArgv: ['--no-node-snapshot'],
    maxWorkers: 2,
    sequence: { sequencer: Spread },
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
