import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { bundlePackage } from './bundle-package.js';

type Files = Record<string, string>;

async function bundle(files: Files): Promise<{ code: string } | { faults: string[] }> {
  const bytes = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
  const reading = await bundlePackage(bytes, 'main.ts' in files ? 'main.ts' : 'main.tsx');
  return reading.ok ? reading.bundle : { faults: reading.errors.map(({ detail }) => detail) };
}

/** Bundles the entry and runs it; answers what it handed to `job`. */
async function said(files: Files): Promise<unknown[]> {
  const made = await bundle(files);
  if ('faults' in made) throw new Error(made.faults.join('\n'));
  const words: unknown[] = [];
  const script = runInContext(made.code, createContext({})) as (sdk: object) => void;
  script({ job: (...values: unknown[]) => words.push(...values) });
  // Out of the other realm.
  return JSON.parse(JSON.stringify(words)) as unknown[];
}

async function faults(files: Files): Promise<string[]> {
  const made = await bundle(files);
  return 'faults' in made ? made.faults : [];
}

const importing = (what: string, rest = 'job(x)'): string => `import { job } from '@annex/sdk'\n${what}\n${rest}`;
const xPackage = (manifest: object, files: Files): Files => ({
  'main.ts': importing("import x from 'x'"),
  'node_modules/x/package.json': JSON.stringify(manifest),
  ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`node_modules/x/${path}`, text])),
});

describe('a package is found as bundlers find it', () => {
  it.each<[string, Files, unknown[]]>([
    [
      'by the condition browser, then worker, then import, in the order of its package.json',
      xPackage(
        { exports: { node: './n.js', worker: './w.js', browser: './b.js', import: './i.js' } },
        { 'w.js': "export default 'w'", 'b.js': '', 'i.js': '', 'n.js': '' },
      ),
      ['w'],
    ],
    [
      'by what it has for runtimes without Node',
      xPackage(
        { exports: { node: './n.js', 'edge-light': './e.js', import: './n.js' } },
        { 'e.js': "export default 'e'", 'n.js': "import 'node:async_hooks'" },
      ),
      ['e'],
    ],
    [
      'with require where it is required',
      {
        ...xPackage(
          { exports: { import: './i.js', require: './r.js' } },
          { 'i.js': "export default 'i'", 'r.js': "module.exports = 'r'" },
        ),
        'main.ts': importing("const x = require('x')"),
      },
      ['r'],
    ],
    [
      'by the first usable entry of a list',
      xPackage({ exports: { '.': [{ node: './n.js' }, './d.js'] } }, { 'd.js': "export default 'd'" }),
      ['d'],
    ],
    [
      'by a pattern, and not past one that says null',
      {
        ...xPackage({ exports: { './*': './lib/*.js', './a/*': null } }, { 'lib/b.js': "export default 'b'" }),
        'main.ts': importing("import x from 'x/b'"),
      },
      ['b'],
    ],
    [
      'by its own name from within',
      xPackage(
        { name: 'x', exports: { '.': './i.js', './part': './p.js' } },
        { 'i.js': "export { default } from 'x/part'", 'p.js': "export default 'p'" },
      ),
      ['p'],
    ],
    [
      'by imports that lead to a package',
      {
        ...xPackage({ imports: { '#y': { browser: 'y' } }, main: 'i.js' }, { 'i.js': "export { default } from '#y'" }),
        'node_modules/y/index.js': "export default 'y'",
      },
      ['y'],
    ],
    [
      'by browser, before module and main',
      xPackage(
        { browser: 'b.js', module: 'm.js', main: 'c.js' },
        { 'b.js': "export default 'b'", 'm.js': '', 'c.js': '' },
      ),
      ['b'],
    ],
    [
      'by module where it is imported, by main where it is required',
      {
        ...xPackage({ module: 'm.js', main: './c' }, { 'm.js': "export default 'm'", 'c.js': "module.exports = 'c'" }),
        'main.ts': importing("import x from 'x'\nconst y = require('x')", 'job(x, y)'),
      },
      ['m', 'c'],
    ],
    [
      'with files changed by the map browser',
      xPackage(
        { main: 'lib/index.js', browser: { './lib/node.js': './lib/web.js' } },
        {
          'lib/index.js': "module.exports = require('./node')",
          'lib/node.js': '',
          'lib/web.js': "module.exports = 'w'",
        },
      ),
      ['w'],
    ],
    [
      'with its entry changed by the map browser',
      xPackage({ main: './n.js', browser: { './n.js': './w.js' } }, { 'n.js': '', 'w.js': "module.exports = 'w'" }),
      ['w'],
    ],
    [
      'with modules and packages left out by the map browser',
      xPackage(
        { main: 'i.js', browser: { fs: false, y: false, './gone.mjs': false, z: './z.js' } },
        {
          'i.js':
            "const fs = require('node:fs'), y = require('y'); module.exports = [typeof fs.readFile, y, " +
            "require('z'), require('./gone.mjs')]",
          'gone.mjs': 'throw 1',
          'z.js': "module.exports = 'own'",
        },
      ),
      [['undefined', {}, 'own', {}]],
    ],
    [
      'in a folder whose package.json names a file beside the folder',
      {
        ...xPackage({}, { 'part/package.json': '{"module": "../lib/part.js"}', 'lib/part.js': "export default 'p'" }),
        'main.ts': importing("import x from 'x/part'"),
      },
      ['p'],
    ],
    [
      'by JavaScript where its sources lie beside it',
      xPackage({ main: 'i' }, { 'i.js': "module.exports = 'js'", 'i.ts': "export default 'ts'" }),
      ['js'],
    ],
  ])('%s', async (_how, files, words) => {
    expect(await said(files)).toEqual(words);
  });

  it('and left out where nobody uses what it exports and its package.json allows it', async () => {
    const files = xPackage(
      { sideEffects: ['*.css.js', './lib/used.js'], main: 'i.js' },
      {
        'i.js': "export * from './a.js'; import './lib/used.js'; import './lib/unused.js'; export default 1",
        'a.js': "globalThis.a = 'never'",
        'lib/used.js': "globalThis.b = 'kept'",
        'lib/unused.js': "globalThis.c = 'never'",
      },
    );
    const made = await bundle(files);
    expect(made).toMatchObject({ code: expect.stringContaining('kept') as unknown });
    expect(made).toMatchObject({ code: expect.not.stringContaining('never') as unknown });
  });
});

describe('the author’s own files are found as TypeScript finds them', () => {
  const config = (options: object): string => JSON.stringify({ compilerOptions: options });
  it.each<[string, Files, unknown[]]>([
    [
      'by paths, the longest pattern first',
      {
        'main.ts': importing("import x from '~/a'\nimport y from '~/deep/b'", 'job(x, y)'),
        'tsconfig.json': config({ paths: { '~/*': ['./src/*'], '~/deep/*': ['./gone/*', './other/*'] } }),
        'src/a.ts': "export default 'a'",
        'other/b.ts': "export default 'b'",
      },
      ['a', 'b'],
    ],
    [
      'by baseUrl, of a file that is extended, with comments in it',
      {
        'main.ts': importing("import x from 'lib/a'"),
        'tsconfig.json': '// what we share\n{ "extends": "./base", }',
        'base.json': '{ "compilerOptions": { /* here */ "baseUrl": "src", }, }',
        'src/lib/a.ts': "export default 'a'",
      },
      ['a'],
    ],
    [
      'with a function named in a comment for JSX',
      {
        'main.tsx':
          "/** @jsx h */\nimport { job } from '@annex/sdk'\nconst h = (name: string, props: unknown) => [name, " +
          "props]\njob(<a b='1' />)",
      },
      [['a', { b: '1' }]],
    ],
    [
      'with a package named in a comment for JSX',
      {
        'main.tsx': "/** @jsxImportSource y */\nimport { job } from '@annex/sdk'\njob(<a b='1' />)",
        'node_modules/y/jsx-runtime.js': 'export const jsx = (name, props) => [name, props]',
      },
      [['a', { b: '1' }]],
    ],
    [
      'with what tsconfig.json says of JSX',
      {
        'main.tsx': "import { job } from '@annex/sdk'\nconst make = (name: string) => name\njob(<a />)",
        'tsconfig.json': config({ jsx: 'react', jsxFactory: 'make' }),
      },
      ['a'],
    ],
    [
      'with the decorators that tsconfig.json means',
      {
        'main.ts': importing(
          'const d = (target: unknown, name: string): void => { job(name) }',
          'class A { @d m() {} }\nnew A()',
        ),
        'tsconfig.json': config({ experimentalDecorators: true }),
      },
      ['m'],
    ],
    [
      'with texts by the name of their file, or where they are imported as text',
      {
        'main.ts': importing(
          "import a from './a.sql'\nimport b from './b.liquid' with { type: 'text' }\nimport c, { d } from './c.json'",
          'job(a, b, c, d)',
        ),
        'a.sql': 'select 1',
        'b.liquid': '{{ b }}',
        'c.json': '{"d": 1}',
      },
      ['select 1', '{{ b }}', { d: 1 }, 1],
    ],
  ])('%s', async (_how, files, words) => {
    expect(await said(files)).toEqual(words);
  });

  it('and tsconfig.json means nothing to packages', async () => {
    const files = {
      ...xPackage({ main: 'i.js' }, { 'i.js': "export { default } from '~/a'" }),
      'tsconfig.json': config({ paths: { '~/*': ['./src/*'] } }),
      'src/a.ts': "export default 'a'",
    };
    expect(await faults(files)).toEqual([
      expect.stringContaining('Imported by way of main.ts > node_modules/x/i.js.') as unknown,
    ]);
  });
});

describe('what plugin code does not have', () => {
  const chained = (code: string): Files =>
    xPackage({ main: 'i.js' }, { 'i.js': "exports.y = require('./y')", 'y.js': code });

  it('is refused where a package requires it in any case, with the chain of importers', async () => {
    expect(await faults(chained("'use strict'\nconst net = require('net')\nexports.z = () => net.connect()"))).toEqual([
      'node_modules/x/y.js:2:21: "net" is a module of Node, which plugins do not have; use ctx.http. Imported by ' +
        'way of main.ts > node_modules/x/i.js > node_modules/x/y.js.',
    ]);
  });

  it.each([
    ['in a try', "let fs; try { fs = require('fs') } catch { fs = 'tried' }\nmodule.exports = fs", 'tried'],
    ['in a branch', "module.exports = typeof window === 'object' ? require('fs') : 'other'", 'other'],
    ['in a function', "module.exports = 'loaded'; exports.read = () => require('fs').readFileSync('x')", 'loaded'],
  ])('fails only when that line runs, %s', async (_where, code, word) => {
    expect(await said(chained(code))).toEqual([{ y: word }]);
  });

  it('is a warning where packages take functions out of it that few use, and each of them throws', async () => {
    const files = chained(
      "const fs = require('node:fs'); const { gunzip } = require('zlib'); const kept = [fs.promises.readFile, " +
        'gunzip]\n' +
        'const caught = (work) => { try { return work() } catch (error) { return error.message } }\n' +
        `module.exports = [
            kept.length,
            typeof fs.readFile,
            caught(() => fs.promises.readFile(1)),
            caught(() => new gunzip()),
          ]`,
    );
    const [words] = (await said(files)) as { y: unknown[] }[];
    expect(words?.y).toEqual([
      2,
      'function',
      expect.stringContaining('"node:fs" is a module of Node') as unknown,
      expect.stringContaining('"zlib" is a module of Node') as unknown,
    ]);
    const bytes = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
    expect(await bundlePackage(bytes, 'main.ts')).toMatchObject({
      ok: true,
      warnings: [
        {
          code: 'BUNDLE_NODE_BUILTIN',
          detail: expect.stringMatching(
            /^node_modules\/x\/y\.js:1:20: "node:fs".*What needs it fails.*main\.ts > /,
          ) as unknown,
        },
        { detail: expect.stringContaining('"zlib"') as unknown },
      ],
    });
  });

  it('is a warning for ES modules too, by any of the names that are imported', async () => {
    const files = xPackage(
      { module: 'i.mjs' },
      { 'i.mjs': "import fs, { readFile } from 'fs'\nexport default [typeof fs.readFile, typeof readFile]" },
    );
    expect(await said(files)).toEqual([['function', 'function']]);
  });

  it('is not missed where nothing of the file gets into the bundle', async () => {
    const files = xPackage(
      { sideEffects: false, module: 'i.js' },
      {
        'i.js': "export default 1; export * from './y.js'",
        'y.js': "import fs from 'fs'; export const read = () => fs",
      },
    );
    expect(await said(files)).toEqual([1]);
  });
});
