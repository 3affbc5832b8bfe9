/* eslint-disable max-len -- programs are easier to read in one line */
/** What `annex init` makes: each template as its new owner finds it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { closeSandbox, lintPlugin, readPlugin, runPythonTests } from '@annex/sdk/package';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEnvironment } from '../config.js';
import { runProgram } from '../program.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const templates = readdirSync(join(root, 'apps/cli/templates')).filter(
  (name) => name !== 'shared' && name !== 'python',
);

/** Sandboxes and compilers are slow on a busy machine. */
const patient = { timeout: 600_000 };

describe('every template', patient, () => {
  let folder: string;
  const at = (template: string): string => join(folder, template);
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'annex-templates-'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const template of templates)
      expect(await runProgram(['init', at(template), '--template', template, '--json'], readEnvironment({}))).toBe(0);
  });
  afterAll(async () => {
    await closeSandbox();
    rmSync(folder, { recursive: true });
  });

  it('has tests that pass as they are', async () => {
    const files = templates.map((template) => join(at(template), 'main.test.ts'));
    const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', ...files], {
      cwd: folder,
      // Set here, it would make the runner below speak to the one above.
      env: { PATH: process.env['PATH'] ?? '' },
    });
    expect(stdout).toMatch(/^# fail 0$/m);
    expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThanOrEqual(2 * templates.length);
  });

  it.each(templates)('%s compiles with its own settings, and nothing is found in it', async (template) => {
    const { config } = ts.readConfigFile(join(at(template), 'tsconfig.json'), ts.sys.readFile) as { config: object };
    const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, at(template));
    expect(fileNames.map((name) => name.slice(at(template).length + 1))).toContain('annex-env.d.ts');
    // Tests need the types of the whole sandbox, which take long to read here; scripts/pack.spec.ts has those.
    const read = fileNames.filter((name) => !name.endsWith('.test.ts'));
    const paths = { '@annex/sdk': [join(root, 'libs/sdk/src/index.ts')] };
    const typeRoots = [join(root, 'node_modules/@types')];
    const program = ts.createProgram(read, { ...options, paths, typeRoots, customConditions: ['annex-source'] });
    const own = read.flatMap((name) => {
      const source = program.getSourceFile(name);
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    });
    expect(own.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))).toEqual([]);
    const { errors, mistakes, warnings } = await lintPlugin((await readPlugin(at(template))).files);
    expect([...errors, ...mistakes, ...warnings]).toEqual([]);
  });

  it('names its own slug everywhere', () => {
    for (const template of templates)
      for (const name of ['plugin.json', 'main.ts', 'README.md', 'package.json'])
        expect(readFileSync(join(at(template), name), 'utf8'), name).not.toMatch(/__[A-Z]+__/);
  });
});

describe('every template in Python', patient, () => {
  let folder: string;
  const at = (template: string): string => join(folder, template);
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'annex-templates-'));
    const environment = readEnvironment({});
    for (const template of templates) {
      const args = ['init', at(template), '--template', template, '--language', 'python', '--json'];
      expect(await runProgram(args, environment)).toBe(0);
    }
  });
  afterAll(async () => {
    await closeSandbox();
    rmSync(folder, { recursive: true });
  });

  it.each(templates)('%s has tests that pass as they are, and nothing is found in it', async (template) => {
    const tests = await runPythonTests(at(template));
    expect(tests.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect(tests.length).toBeGreaterThanOrEqual(2);
    const { errors, mistakes, warnings } = await lintPlugin((await readPlugin(at(template))).files);
    expect([...errors, ...mistakes, ...warnings]).toEqual([]);
  });

  it('tells of tests that fail, where they do, and begins each with nothing', async () => {
    const place = at('event-handler');
    const test =
      'import unittest\nfrom annex import PluginContext\nfrom annex.testing import plugin\nfrom main import stats\n\n' +
      'class Wrong(unittest.TestCase):\n' +
      '    def test_a(self):\n        plugin.kv.set("orders", 3)\n        self.assertEqual(plugin.request("GET", "/stats").json()["orders"], 4)\n' +
      '    def test_b(self):\n        self.assertEqual(stats(PluginContext("test-tenant", "test-user")), {"orders": 0, "revenue": 0})\n';
    writeFileSync(join(place, 'test_wrong.py'), test);
    const tests = await runPythonTests(place, { files: ['test_wrong.py'] });
    expect(tests).toMatchObject([
      {
        name: 'test_wrong.Wrong.test_a',
        outcome: 'failed',
        detail: expect.stringContaining('AssertionError: 3 != 4') as unknown,
      },
      { name: 'test_wrong.Wrong.test_b', outcome: 'passed' },
    ]);
    expect((await readPlugin(place)).files.has('test_wrong.py')).toBe(false);
  });

  it('names its own slug everywhere', () => {
    for (const template of templates)
      for (const name of ['plugin.json', 'main.py', 'README.md', 'package.json', 'typings/annex/__init__.pyi'])
        expect(readFileSync(join(at(template), name), 'utf8'), name).not.toMatch(/__[A-Z]+__/);
  });
});
