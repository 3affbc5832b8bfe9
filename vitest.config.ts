import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
  { find: /^@annex\/sdk\/package$/, replacement: `${root}libs/sdk/src/package/package.ts` },
  { find: /^@annex\/limits\/sandbox$/, replacement: `${root}libs/limits/src/groups/sandbox.ts` },
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
const longest = ['storm', 'safeguards', 'schedules', 'source-storm', 'drain', 'roles'];

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
    const units = sorted.filter(({ project }) => project.name === 'unit');
    const others = sorted.filter((file) => placeOf(file) < 0 && !units.includes(file));
    // The others come with the longest first too: half of them take most of the time.
    for (const [index, file] of long.entries())
      others.splice(index + Math.floor((others.length * index) / (2 * long.length)), 0, file);
    return [...units, ...others];
  }
}

const needing = new Map<string, boolean>();

/** Whether a spec, or what it imports from test/ or a folder `testing`, injects what a global setup provides. */
function needsDatabase(file: string): boolean {
  const known = needing.get(file);
  if (known !== undefined) return known;
  needing.set(file, false);
  const text = readFileSync(file, 'utf8');
  const needs =
    /import \{[^}]*\binject\b[^}]*\} from 'vitest'/.test(text) || importedForTests(file, text).some(needsDatabase);
  needing.set(file, needs);
  return needs;
}

function importedForTests(file: string, text: string): string[] {
  const specifiers = [...text.matchAll(/ from '([^']+)'/g)].map(([, specifier]) => specifier ?? '');
  const files = specifiers.map((specifier) => {
    const [, lib] = /^@annex\/([^/]+)\/testing$/.exec(specifier) ?? [];
    if (lib) return join(root, 'libs', lib, 'src/testing/testing.ts');
    return specifier.startsWith('.') ? join(dirname(file), specifier.replace(/\.js$/, '.ts')) : '';
  });
  return files.filter((each) => /\/(test|testing)\//.test(each.slice(root.length - 1)) && existsSync(each));
}

const beside = globSync(['{libs,apps}/*/src/**/*.spec.ts', 'scripts/*.spec.ts', 'examples/**/*.test.ts'], {
  cwd: root,
});
const [unit, database] = [false, true].map((needs) => beside.filter((spec) => needsDatabase(root + spec) === needs));

/**
 * Two projects. `unit`: specs beside their files that need no database. `integration`: those that do, and all of test/;
 * PostgreSQL is started for them. Which spec beside its file is which is read off its imports. One runs after the
 * other:
 * a worker serves one project, and one that changes to the other loads every module again.
 */
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
    projects: [
      { extends: true, test: { name: 'unit', include: unit ?? [], sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/**/*.spec.ts', ...(database ?? [])],
          globalSetup: ['test/support/postgres-setup.ts'],
          sequence: { groupOrder: 1 },
        },
      },
    ],
    // What specs start as programs is made from the sources as they are now.
    globalSetup: ['test/support/build-setup.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    pool: 'forks',
    // Specs share no state but modules that have none, and loading those for each file would take longer than most
    // files do.
    isolate: false,
    execArgv: ['--no-node-snapshot'],
    maxWorkers: 2,
    sequence: { sequencer: Spread },
    // Two slow cores that others use too: a test that hangs is ended, one that is slow is not.
    testTimeout: 180_000,
    hookTimeout: 240_000,
  },
});
