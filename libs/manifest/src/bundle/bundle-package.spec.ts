import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { bundlePackage } from './bundle-package.js';
import { sdkExports } from './package-plugin.js';

const pack = (files: Record<string, string>): Map<string, Uint8Array> =>
  new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));

/** Bundles main.ts and runs the script; answers what it handed to `job`. */
async function run(files: Record<string, string>, entry = 'main.ts'): Promise<unknown[]> {
  const reading = await bundlePackage(pack(files), entry);
  if (!reading.ok) throw new Error(reading.errors.map((fault) => fault.detail).join('\n'));
  const said: unknown[] = [];
  const sdk = Object.fromEntries(sdkExports.map((name) => [name, (...values: unknown[]) => said.push(...values)]));
  const script: unknown = runInContext(reading.bundle.code, createContext({}));
  if (typeof script !== 'function') throw new TypeError('the bundle is no function');
  script(sdk);
  return said;
}

async function refusal(files: Record<string, string>, entry = 'main.ts'): Promise<string[]> {
  const reading = await bundlePackage(pack(files), entry);
  return reading.ok ? [] : reading.errors.map((fault) => `${fault.code} ${fault.detail}`);
}

const say = "import { job } from '@annex/sdk'\n";

describe('an entry is bundled', () => {
  it.each<[string, Record<string, string>, unknown[]]>([
    [
      'types stripped',
      { 'main.ts': `${say}type A = { b: number }\nconst a: A = { b: 1 }\njob(a.b satisfies number)` },
      [1],
    ],
    [
      'type imports of the SDK left out',
      {
        'main.ts':
          `import { job, type Context } from '@annex/sdk'\nimport type { X } from '@annex/sdk/testing'\nimport type ` +
          `{ Stats } from 'node:fs'\nimport { type T, U } from './types'\njob(1)`,
      },
      [1],
    ],
    [
      'with the whole SDK',
      { 'main.ts': "import * as sdk from '@annex/sdk'\nimport dflt from '@annex/sdk'\nsdk.job(typeof dflt.hook)" },
      ['function'],
    ],
    ['with the SDK required', { 'main.ts': "const { job } = require('@annex/sdk')\njob(2)" }, [2]],
    [
      'importing with and without extensions',
      {
        'main.ts':
          `${say}import { a } from './lib/a'\nimport { b } from './lib/b.js'\nimport c from './lib/c.json'\njob(a, ` +
          'b, c.c)',
        'lib/a.ts': 'export const a = 1',
        'lib/b.ts': 'export const b = 2',
        'lib/c.json': '{"c": 3}',
      },
      [1, 2, 3],
    ],
    [
      'importing folders',
      {
        'main.ts': `${say}import { a } from './lib'\nimport { b } from './lib/'\njob(a, b)`,
        'lib/index.ts': 'export const a = 1, b = 2',
      },
      [1, 2],
    ],
    [
      'from a folder, importing its parent',
      { 'src/main.ts': `${say}import { a } from '../a'\njob(a)`, 'a.js': 'export const a = 1' },
      [1],
    ],
    [
      'with a package by main',
      {
        'main.ts': `${say}import x from 'x'\njob(x.a)`,
        'node_modules/x/package.json': '{"main": "lib/x"}',
        'node_modules/x/lib/x.js': 'exports.a = 1',
      },
      [1],
    ],
    [
      'with a package by index',
      { 'main.ts': `${say}import { a } from 'x'\njob(a)`, 'node_modules/x/index.js': 'exports.a = 1' },
      [1],
    ],
    [
      'with a package by exports',
      {
        'main.ts': `${say}import { a } from '@s/x'\nimport { b } from '@s/x/sub/b'\njob(a, b)`,
        'node_modules/@s/x/package.json':
          '{"exports": {".": {"node": "./node.js", "deno": "./node.js", "import": "./x.mjs", "require": ' +
          '"./x.cjs"}, "./sub/*": "./lib/*.js"}}',
        'node_modules/@s/x/x.mjs': 'export const a = 1',
        'node_modules/@s/x/x.cjs': 'exports.a = 9',
        'node_modules/@s/x/lib/b.js': 'export const b = 2',
      },
      [1, 2],
    ],
    [
      'with CommonJS that requires CommonJS',
      {
        'main.ts': `${say}import x from 'x'\njob(x())`,
        'node_modules/x/index.js': "const y = require('y'); module.exports = () => y.z",
        'node_modules/x/node_modules/y/index.js': 'exports.z = 5',
        'node_modules/y/index.js': 'exports.z = 6',
      },
      [5],
    ],
    [
      'with own imports of a package',
      {
        'main.ts': `${say}import { a } from 'x'\njob(a)`,
        'node_modules/x/package.json':
          '{"type": "module", "imports": {"#in": {"node": "./node.js", "default": "./in.js"}}, "exports": "./x.js"}',
        'node_modules/x/x.js': "export { a } from '#in'",
        'node_modules/x/in.js': 'export const a = 1',
      },
      [1],
    ],
    [
      'with a package that only tries a module of Node',
      {
        'main.ts': `${say}import x from 'x'\njob(x)`,
        'node_modules/x/index.js':
          "let fs; try { fs = require('fs') } catch { fs = null }\nmodule.exports = fs === null && " +
          'process.env.NODE_ENV',
      },
      ['production'],
    ],
    [
      'with a package named like a module of Node',
      {
        'main.ts': `${say}import { EventEmitter } from 'events'\njob(EventEmitter)`,
        'node_modules/events/index.js': 'exports.EventEmitter = 1',
      },
      [1],
    ],
    [
      'decorators and using lowered',
      {
        'main.ts':
          `${say}const d = (v: unknown, c: { name: string | symbol }) => { job(c.name) }\nclass A { @d m() {} }\n{ ` +
          `using a = { [Symbol.dispose]() { job('gone') } } }`,
      },
      ['m', 'gone'],
    ],
    [
      'strict when all of it is a module',
      { 'main.ts': `${say}job((function (this: unknown) { return this === undefined })())` },
      [true],
    ],
    ['with a name of its own for the parameter', { 'main.ts': `${say}const annexSdk = 3\njob(annexSdk)` }, [3]],
  ])('%s', async (_how, files, said) => {
    expect(await run(files, Object.keys(files)[0])).toEqual(said);
  });

  it("to the same bytes each time, with a source map that names the package's files", async () => {
    const files = pack({ 'src/main.ts': `${say}import { a } from './a'\njob(a)`, 'src/a.ts': 'export const a = 1' });
    const [first, second] = await Promise.all([
      bundlePackage(files, 'src/main.ts'),
      bundlePackage(files, 'src/main.ts'),
    ]);
    expect(first).toEqual(second);
    if (!first.ok) throw new Error('refused');
    expect(first.bundle.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(
      (JSON.parse(first.bundle.sourceMap) as { sources: string[] }).sources
        .filter((source) => !source.startsWith('sdk:'))
        .sort(),
    ).toEqual(['src/a.ts', 'src/main.ts']);
  });
});

describe('an entry is refused', () => {
  it.each<[string, Record<string, string>, string]>([
    [
      'that imports a module of Node',
      { 'main.ts': "\nimport { readFile } from 'node:fs'\nreadFile" },
      'BUNDLE_NODE_BUILTIN main.ts:2:26: "node:fs" is a module of Node, which plugins do not have; use ctx.files ' +
        `for the tenant's files`,
    ],
    [
      'that imports one and never uses it',
      { 'main.ts': "import fs from 'node:fs'\nimport './a'", 'a.ts': "import { b } from 'net'" },
      'BUNDLE_NODE_BUILTIN a.ts:1:19: "net" is a module of Node|BUNDLE_NODE_BUILTIN main.ts:1:16: "node:fs"',
    ],
    ['that requires one', { 'main.ts': "require('fs')" }, 'BUNDLE_NODE_BUILTIN main.ts:1:9: "fs" is a module of Node'],
    [
      'with a package that imports one',
      { 'main.ts': "import 'x'", 'node_modules/x/index.js': "import net from 'net'\nnet.connect()" },
      'BUNDLE_NODE_BUILTIN node_modules/x/index.js:1:17: "net" is a module of Node, which plugins do not have; use ' +
        'ctx.http. Imported by way of main.ts > node_modules/x/index.js.',
    ],
    [
      'that imports what is not there',
      { 'main.ts': "import './libb'", 'lib.ts': '' },
      'BUNDLE_IMPORT main.ts:1:8: "./libb" is not in the package.',
    ],
    [
      'that imports a package that is not there',
      { 'main.ts': "import 'lodahs'", 'node_modules/lodash/index.js': '' },
      'Did you mean "lodash"?',
    ],
    [
      'that imports what a package does not export',
      {
        'main.ts': "import 'x/y'",
        'node_modules/x/package.json': '{"exports": {".": "./x.js"}}',
        'node_modules/x/x.js': '',
        'node_modules/x/y.js': '',
      },
      'is not exported',
    ],
    [
      'with a package that exports what is outside',
      { 'main.ts': "import 'x'", 'node_modules/x/package.json': '{"exports": "./../../secret.js"}', 'secret.js': '' },
      'is not exported',
    ],
    ['that climbs out', { 'main.ts': "import '../../etc/passwd'" }, 'climbs out'],
    ['that imports an absolute path', { 'main.ts': "import '/etc/passwd'" }, 'absolute path'],
    ['that imports an address', { 'main.ts': "import 'https://example.com/x.js'" }, 'is an address'],
    ['that imports a file of the disk', { 'main.ts': "import 'file:///etc/passwd'" }, 'is an address'],
    ['that imports data', { 'main.ts': "import 'data:text/javascript,1'" }, 'is an address'],
    [
      'with import()',
      { 'main.ts': "const x = import('./a.ts')\nx", 'a.ts': '' },
      'BUNDLE_DYNAMIC_IMPORT main.ts:1:18: import() is not there',
    ],
    [
      'with import() of something computed',
      { 'main.ts': "const n = 'x'\nimport(n)" },
      'BUNDLE_DYNAMIC_IMPORT main.ts:2:1: import() is not there',
    ],
    [
      'with await at the top',
      { 'main.ts': 'await 1\nexport {}' },
      'BUNDLE_TOP_LEVEL_AWAIT main.ts:1:1: "await" outside of a function',
    ],
    ['with a syntax error', { 'main.ts': 'const a = ;' }, 'BUNDLE_SYNTAX main.ts:1:11:'],
    ['with broken JSON', { 'main.ts': "import './x.json'", 'x.json': '{' }, 'BUNDLE_SYNTAX x.json:1:2:'],
    [
      'that imports a name the SDK has not',
      { 'main.ts': "import { hok } from '@annex/sdk'\nhok()" },
      'BUNDLE_SYNTAX main.ts:1:10: "@annex/sdk" exports no "hok"',
    ],
    [
      "that imports the SDK's testing part",
      { 'main.ts': "import { x } from '@annex/sdk/testing'\nx()" },
      'cannot be bundled',
    ],
    ['that imports a template', { 'main.ts': "import './a.liquid'", 'a.liquid': '' }, 'is no script'],
  ])('%s', async (_how, files, message) => {
    expect((await refusal(files)).sort()).toEqual(
      message.split('|').map((part) => expect.stringContaining(part) as unknown),
    );
  });

  it('with all its errors together', async () => {
    const found = await refusal({ 'main.ts': "import 'fs'\nimport './nope'\nimport './b'", 'b.ts': 'let x = ;' });
    expect(found.map((text) => text.split(' ')[0]).sort()).toEqual([
      'BUNDLE_IMPORT',
      'BUNDLE_NODE_BUILTIN',
      'BUNDLE_SYNTAX',
    ]);
  });

  it('when the bundle is too large', async () => {
    const reading = await bundlePackage(pack({ 'main.ts': `console.log("${'x'.repeat(10_000)}")` }), 'main.ts', {
      maxBytes: 1000,
    });
    expect(reading).toMatchObject({ ok: false, errors: [{ code: 'BUNDLE_TOO_LARGE' }] });
  });

  it('when it takes too long, and others go on', async () => {
    const slow = bundlePackage(pack({ 'main.ts': 'if(1)'.repeat(20_000) + '1' }), 'main.ts', { timeoutMs: 1 });
    const next = run({ 'main.ts': `${say}job(1)` });
    expect(await slow).toMatchObject({ ok: false, errors: [{ code: 'BUNDLE_TIMEOUT' }] });
    expect(await next).toEqual([1]);
  });
});
