/** Runs the tests of a plugin in Python, in the sandbox, beside the plugin itself. */
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, posix, relative } from 'node:path';
import { parseEnv } from 'node:util';
import { isJsonObject, systemClock, type Json, type JsonObject } from '@annex/kernel';
import { manifestCeilings } from '@annex/limits';
import { hasPython, sandboxErrors } from '@annex/sandbox';
import { findPlugin, readPlugin } from '../package/read-plugin.js';
import { letControl } from './controlled-broker.js';
import { httpFixtures } from './http-fixtures.js';
import { answersOf, pythonControl, type PythonDouble } from './python-control.js';
import { openPlugin, type OpenPluginOptions } from './testing.js';

/** A test that ran, or a file of tests that could not be read. */
export interface PythonTest {
  /** Such as `test_main.Orders.test_counts`. */
  name: string;
  outcome: 'passed' | 'failed' | 'skipped';
  /** The traceback of one that failed, or why it was skipped. */
  detail: string;
}

export interface PythonTestOptions {
  /** Files of tests, from the plugin's folder. Default: every `test_*.py` and `*_test.py`. */
  files?: readonly string[];
}

const entryName = 'annex_tests_entry.py';
const jobName = 'annex_tests';

/**
 * Runs a plugin's tests with `unittest`. They run in the sandbox with the plugin, and reach its double by
 * `annex.testing`. Secrets are read from `.env`, answers to requests from `fixtures/http.json`. Throws what
 * {@link openPlugin} throws, and `PYTHON_MISSING` where there is no interpreter.
 * @returns the tests that ran; `[]`: there are none
 * @example
 * const failed = (await runPythonTests('.')).filter(({ outcome }) => outcome === 'failed')
 */
export async function runPythonTests(folder: string, { files }: PythonTestOptions = {}): Promise<PythonTest[]> {
  if (!hasPython())
    throw sandboxErrors.error('PYTHON_MISSING', 'Tests of a plugin in Python need an interpreter, which is not here.');
  const path = findPlugin(folder);
  const tests = files ?? testFiles(path);
  if (tests.length === 0) return [];
  const place = await mkdtemp(join(tmpdir(), 'annex-tests-'));
  try {
    const secrets = await writeWithTests(path, place, tests);
    const double: PythonDouble = {
      plugin: undefined,
      secrets,
      answers: [],
      clock: { shiftMs: 0, now: () => systemClock.now() + double.clock.shiftMs },
    };
    const fixtures = join(path, 'fixtures/http.json');
    const options: OpenPluginOptions = {
      secrets,
      now: () => double.clock.now(),
      http: answersOf(double, httpFixtures(existsSync(fixtures) ? fixtures : [])),
    };
    letControl(options, pythonControl(double));
    await using plugin = await openPlugin(place, options);
    double.plugin = plugin;
    const notes = (await plugin.job(jobName, tests.map(moduleOf))) as [string, PythonTest['outcome'], string][];
    return notes.map(([name, outcome, detail]) => ({ name, outcome, detail }));
  } finally {
    await rm(place, { recursive: true });
  }
}

/** Node 20, on which packages are checked too, has no `globSync`. */
function testFiles(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^test_.*\.py$|_test\.py$/.test(entry.name))
    .map(({ parentPath, name }) => relative(path, join(parentPath, name)))
    .filter((file) => !/(^|[\\/])(node_modules|vendor)[\\/]/.test(file))
    .sort();
}

function moduleOf(file: string): string {
  return file.replaceAll('\\', '/').replace(/\.py$/, '').replaceAll('/', '.');
}

/** The plugin with its tests, and an entry that runs them. Answers its secrets; each has a value. */
async function writeWithTests(path: string, place: string, tests: readonly string[]): Promise<Record<string, string>> {
  const { files } = await readPlugin(path);
  for (const test of tests) files.set(test.replaceAll('\\', '/'), await readFile(join(path, test)));
  const manifest = JSON.parse(Buffer.from(files.get('plugin.json') ?? []).toString('utf8')) as JsonObject;
  const { entry, jobs, secrets } = manifest;
  const own = String(entry);
  files.set(
    posix.join(posix.dirname(own), entryName),
    Buffer.from(
      'from annex import job, testing\n' +
        `import ${moduleOf(posix.basename(own))}\n\n` +
        `@job(${JSON.stringify(jobName)})\ndef run(ctx, modules):\n    return testing.run(modules)\n`,
    ),
  );
  manifest['entry'] = posix.join(posix.dirname(own), entryName);
  manifest['jobs'] = [
    ...(Array.isArray(jobs) ? jobs : []),
    { name: jobName, timeout_ms: manifestCeilings().jobTimeoutMs },
  ];
  files.set('plugin.json', Buffer.from(JSON.stringify(manifest)));
  // Tests are usually left out of a package.
  files.set('.annexignore', Buffer.from('!test_*.py\n!*_test.py\n!/test/\n!/tests/\n'));
  for (const [name, bytes] of files) {
    await mkdir(dirname(join(place, name)), { recursive: true });
    await writeFile(join(place, name), bytes);
  }
  const written = parseEnv(await readFile(join(path, '.env'), 'utf8').catch(() => '')) as Record<string, string>;
  return { ...Object.fromEntries(namesOf(secrets).map((name) => [name, `test-${name}`])), ...written };
}

function namesOf(secrets: Json | undefined): string[] {
  if (!Array.isArray(secrets)) return [];
  return secrets.flatMap((each) =>
    typeof each === 'string' ? [each] : isJsonObject(each) && typeof each['name'] === 'string' ? [each['name']] : [],
  );
}
