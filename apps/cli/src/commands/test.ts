import { spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Cli, Commands } from '../cli.js';
import { CliFault, exitCodes, invalid } from '../faults.js';

export function addTest({ program, does }: Commands): void {
  program
    .command('test')
    .description('run a plugin’s tests, in Vitest where it is installed, else in Node’s own runner')
    .argument('[files...]', 'tests to run (default: every *.test.ts and *.spec.ts)')
    .option('--watch', 'run them again on a change')
    .action(does(test));
}

async function test(cli: Cli, { watch = false }: { watch?: boolean }, ...files: string[]): Promise<void> {
  const { findPlugin } = await import('@annex/sdk/package');
  const path = findPlugin(undefined);
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
