import { spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Cli, Commands } from '../cli.js';
import { CliFault, exitCodes, invalid } from '../faults.js';
import { harmless } from '../terminal/style.js';

export function addTest({ program, does }: Commands): void {
  program
    .command('test')
    .description(
      'run a plugin’s tests: in Vitest where it is installed, else in Node’s own runner; of Python, in the sandbox',
    )
    .argument('[files...]', 'tests to run (default: every *.test.ts and *.spec.ts, or test_*.py)')
    .option('--watch', 'run them again on a change')
    .action(does(test));
}

async function test(cli: Cli, { watch = false }: { watch?: boolean }, ...files: string[]): Promise<void> {
  const { findPlugin } = await import('@annex/sdk/package');
  const path = findPlugin(undefined);
  if (isInPython(path)) {
    if (watch) throw invalid('COMMAND_LINE', 'Tests in Python are not watched; run "annex test" again.');
    await testPython(cli, path, files);
    return;
  }
  const pattern = '**/*.{test,spec}.{ts,mts,js,mjs}';
  const found = globSync(pattern, { cwd: path, exclude: (name) => name === 'node_modules' });
  if (files.length === 0 && found.length === 0)
    throw invalid(
      'NO_TESTS',
      `${path} has no tests. Write one such as main.test.ts with openPlugin of @annex/sdk/testing.`,
    );
  const args = usesVitest(path)
    ? [vitestProgram(path), watch ? 'watch' : 'run', ...files]
    : ['--test', ...(watch ? ['--watch'] : []), ...(files.length > 0 ? files : found)];
  const code = await run(args, path, cli);
  if (code !== 0) throw new CliFault('TESTS_FAILED', 'Tests failed.', exitCodes.failed);
}

function isInPython(path: string): boolean {
  const { entry } = JSON.parse(readFileSync(join(path, 'plugin.json'), 'utf8')) as { entry?: unknown };
  return typeof entry === 'string' && entry.endsWith('.py');
}

/** `unittest`, in the sandbox in which the plugin itself runs. */
async function testPython({ terminal }: Cli, path: string, files: readonly string[]): Promise<void> {
  const { closeSandbox, runPythonTests } = await import('@annex/sdk/package');
  const tests = await runPythonTests(path, files.length > 0 ? { files } : {}).finally(closeSandbox);
  if (tests.length === 0)
    throw invalid('NO_TESTS', `${path} has no tests. Write one such as test_main.py with plugin of annex.testing.`);
  const marks = { passed: 'ok', failed: 'FAILED', skipped: 'skipped' } as const;
  const failed = tests.filter(({ outcome }) => outcome === 'failed').length;
  terminal.answer({ tests, failed }, (style) =>
    [
      ...tests.map(({ name, outcome, detail }) => {
        const mark = style[outcome === 'failed' ? 'red' : outcome === 'passed' ? 'green' : 'yellow'](marks[outcome]);
        return `${mark} ${harmless(name)}${detail === '' ? '' : `\n${harmless(detail).replace(/^/gm, '    ')}`}`;
      }),
      `${tests.length} tests, ${failed} failed`,
    ].join('\n'),
  );
  if (failed > 0) throw new CliFault('TESTS_FAILED', 'Tests failed.', exitCodes.failed);
}

/** The program itself prints; Ctrl-C reaches it from the terminal. */
function run(args: string[], cwd: string, { environment, terminal }: Cli): Promise<number> {
  const path = `${dirname(process.execPath)}:${join(cwd, 'node_modules/.bin')}:${environment.path}`;
  const child = spawn(process.execPath, args, {
    cwd,
    // What --json answers is not the runner's to write.
    stdio: ['inherit', terminal.isJson ? 2 : 'inherit', 'inherit'],
    env: { ...environment.all, PATH: path },
  });
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code) => done(code ?? 1));
  });
}

function usesVitest(path: string): boolean {
  const text = existsSync(join(path, 'package.json')) ? readFileSync(join(path, 'package.json'), 'utf8') : '{}';
  const { dependencies = {}, devDependencies = {} } = JSON.parse(text) as Record<string, Record<string, string>>;
  return 'vitest' in { ...dependencies, ...devDependencies };
}

function vitestProgram(path: string): string {
  for (let folder = path; ; folder = dirname(folder)) {
    const file = join(folder, 'node_modules/vitest/vitest.mjs');
    if (existsSync(file)) return file;
    if (folder === dirname(folder))
      throw invalid('NOT_INSTALLED', 'package.json names vitest, which is not installed. Run "npm install".');
  }
}
