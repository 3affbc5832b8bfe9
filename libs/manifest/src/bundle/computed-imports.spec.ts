import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundlePackage } from './bundle-package.js';

const secret = 'only-the-disk-knows-this';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'annex-disk-'));
  writeFileSync(join(folder, 'key.json'), JSON.stringify({ secret }));
  mkdirSync(join(folder, 'one'));
  writeFileSync(join(folder, 'one/found.js'), `console.log('${secret}')`);
  writeFileSync(join(folder, 'key.txt'), secret);
  writeFileSync(join(folder, 'key.ts'), `import fs from 'fs'; export const ${secret.replaceAll('-', '_')}: fs = 1`);
  writeFileSync(join(folder, 'key.js'), `module.exports = ${JSON.stringify(secret)}`);
  writeFileSync(
    join(folder, 'map.json'),
    JSON.stringify({ version: 3, sources: [secret], names: [], mappings: 'AAAA' }),
  );
  writeFileSync(join(folder, 'broken.json'), `${secret}`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(files: Record<string, string>, entry = 'main.ts'): Promise<{ text: string; faults: string[] }> {
  // A place on the disk, as the compiler would find it from where it runs.
  const disk = relative(process.cwd(), folder);
  const fill = (text: string): string =>
    text.replaceAll('DISK', disk).replaceAll('ABSOLUTE', folder).replaceAll('ROOTED', folder.slice(1));
  const reading = await bundlePackage(
    new Map(Object.entries(files).map(([path, text]) => [fill(path), Buffer.from(fill(text))])),
    fill(entry),
  );
  return {
    text: JSON.stringify(reading),
    faults: reading.ok ? [] : reading.errors.map(({ code, detail }) => `${code} ${detail}`),
  };
}

describe('an import of a computed name is refused, and nothing of the disk comes back', () => {
  it.each<[string, Record<string, string>, string]>([
    [
      'import()',
      { 'main.ts': "const n = 'key'\nexport const a = import('DISK/' + n + '.json')" },
      'main.ts:2:18: import("DISK/…")',
    ],
    [
      'import() with attributes',
      { 'main.ts': "const n = 'key'\nimport('DISK/' + n, { with: { type: 'text' } })" },
      'main.ts:2:1: import("DISK/…")',
    ],
    [
      'import() with a template',
      { 'main.ts': 'const n = 1\nimport(`DISK/${n}.json`)' },
      'main.ts:2:1: import("DISK/…")',
    ],
    [
      'import() with a comment within',
      { 'main.ts': "const n = 1\nimport /* a */ ( /* b */ 'DISK/' + n)" },
      'main.ts:2:1',
    ],
    ['import() of a condition', { 'main.ts': "const n = 1\nimport(n ? 'DISK/' + n : './a')" }, 'main.ts:2:1'],
    [
      'import() of a folded text',
      { 'main.ts': "const n = 1\nimport('.' + './' + 'x' + n)" },
      'main.ts:2:1: import("../x…")',
    ],
    [
      'require()',
      { 'main.js': "const n = 'key'\nmodule.exports = require('DISK/' + n + '.json')" },
      'main.js:2:18: require("DISK/…")',
    ],
    ['require() with a template', { 'main.ts': 'const n = 1\nrequire(`DISK/${n}`)' }, 'main.ts:2:1'],
    ['require() in a try', { 'main.ts': "const n = 1\ntry { require('DISK/' + n) } catch {}" }, 'main.ts:2:7'],
    ['require() in dead code', { 'main.ts': "const n = 1\nif (false) require('DISK/' + n)" }, 'main.ts:2:12'],
    ['require() written with escapes', { 'main.js': "const n = 1\nr\\u0065quire('DISK/' + n)" }, 'main.js:2:1'],
    [
      'a path written with escapes',
      { 'main.js': "const n = 1\nrequire('\\x2e\\x2e/' + n)" },
      'main.js:2:1: require("../…")',
    ],
    [
      'the constant of an enum',
      { 'main.ts': "enum Place { Keys = 'DISK/' }\nconst n = 1\nrequire(Place.Keys + n)" },
      'main.ts:3:1: require("DISK/…")',
    ],
    [
      'code of node_modules',
      { 'main.ts': "import 'x'", 'node_modules/x/index.js': "exports.a = (n) => require('./../../DISK/' + n)" },
      'node_modules/x/index.js:1:20',
    ],
    [
      'an ES module of node_modules',
      { 'main.ts': "import 'x'", 'node_modules/x/index.js': 'export const a = (n) => import(`DISK/${n}.js`)' },
      'node_modules/x/index.js:1:25',
    ],
    ['both branches, each named', { 'main.ts': "const n = 1\nrequire(n ? 'DISK/' + n : './a' + n)" }, 'main.ts:2:1'],
  ])('%s', async (_how, files, message) => {
    const { text, faults } = await read(files, Object.keys(files)[0]);
    expect(faults.length).toBeGreaterThan(0);
    for (const fault of faults) expect(fault).toMatch(/^BUNDLE_COMPUTED_IMPORT /);
    expect(faults.join('\n')).toContain(message.replace('DISK', relative(process.cwd(), folder)));
    expect(text).not.toContain(secret);
  });

  it('and a file of the package itself by a computed name is told which files it may mean', async () => {
    const { faults } = await read(
      {
        'src/main.ts': "const n = 'de'\nrequire('../lang/' + n + '.json')",
        'lang/de.json': '{}',
        'lang/en.json': '{}',
      },
      'src/main.ts',
    );
    expect(faults).toEqual([
      'BUNDLE_COMPUTED_IMPORT src/main.ts:2:1: require("../lang/…") names a file of this package by a computed ' +
        'text, so the bundle cannot know which; import each by its full name ("../lang/de.json", "../lang/en.json") ' +
        'and choose among them in an object.',
    ]);
  });

  it('and every one of a file is named', async () => {
    const { faults } = await read({
      'main.ts': "const n = 1\nrequire('./a/' + n)\nrequire('./b/' + n)\nimport('./c/' + n)",
    });
    expect(faults.map((fault) => fault.slice(0, 36))).toEqual([
      'BUNDLE_COMPUTED_IMPORT main.ts:2:1: ',
      'BUNDLE_COMPUTED_IMPORT main.ts:3:1: ',
      'BUNDLE_COMPUTED_IMPORT main.ts:4:1: ',
    ]);
  });
});

describe('what only looks like one is bundled', () => {
  it.each<[string, Record<string, string>]>([
    [
      'a require that is a parameter',
      { 'main.js': "module.exports = function (require, n) { return require('./x/' + n) }" },
    ],
    [
      'a require of a name alone, in node_modules',
      { 'main.ts': "import 'x'", 'node_modules/x/index.js': 'exports.a = (n) => require(n)' },
    ],
    ['a require of a full name', { 'main.ts': "const a = require('./a.json')\na", 'a.json': '{}' }],
    ['a URL beside the module', { 'main.ts': "export const a = (n: string) => new URL('../' + n, import.meta.url)" }],
    ['a text', { 'main.ts': 'export const a = "import(\'./x/\' + n)"' }],
    ['a glob of another bundler', { 'main.ts': "export const a = (import.meta as any).glob?.('DISK/*.json')" }],
    [
      'code that is no module',
      { 'main.js': 'var await_ = 1; with ({}) { var x = 010 }\nvar a = typeof require; return', 'a.json': '{}' },
    ],
  ])('%s', async (_how, files) => {
    const { text, faults } = await read(files, Object.keys(files)[0]);
    expect(faults).toEqual([]);
    expect(text).not.toContain(secret);
  });
});

describe('no other door of the compiler leads to the disk', () => {
  it.each<[string, Record<string, string>, string]>([
    [
      'a source map named by its place',
      { 'main.ts': 'export const a = 1\n//# sourceMappingURL=file://ABSOLUTE/map.json' },
      'BUNDLE_IMPORT main.ts:2:',
    ],
    [
      'a broken one',
      { 'main.ts': 'export const a = 1\n//# sourceMappingURL=FILE://localhostABSOLUTE/broken.json' },
      'BUNDLE_IMPORT main.ts:2:',
    ],
    [
      'one of a package',
      { 'main.ts': "import 'x'", 'node_modules/x/index.js': '/*# sourceMappingURL=file:ABSOLUTE/map.json */' },
      'BUNDLE_IMPORT node_modules/x/index.js:1:',
    ],
  ])('%s is refused', async (_how, files, message) => {
    const { text, faults } = await read(files);
    expect(faults).toEqual([expect.stringContaining(message)]);
    expect(text).not.toContain(secret);
  });

  it.each<[string, Record<string, string>, string]>([
    ['an entry called like a pattern', { 'ROOTED/one/*.js': '' }, 'ROOTED/one/*.js'],
    [
      'a script called like a pattern, which imports a module of Node for its type',
      { 'main.ts': "import './ROOTED/*.ts'", 'ROOTED/*.ts': "import fs from 'node:fs'\nexport const a: fs = 1" },
      'main.ts',
    ],
    [
      'a source map beside the file',
      { 'main.ts': 'export const a = 1\n//# sourceMappingURL=DISK/map.json' },
      'main.ts',
    ],
  ])('%s means the file of the package', async (_how, files, entry) => {
    const { text } = await read(files, entry);
    expect(text).not.toContain(secret);
    expect(text).not.toMatch(/key\.|found\./);
  });
});
