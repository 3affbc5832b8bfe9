import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { bundlePackage } from './bundle-package.js';
import { nodeApiText } from './node-api.js';
import { givenModules } from './node-builtins.js';
import { sdkExports } from './package-plugin.js';

async function codeOf(files: Record<string, string>): Promise<string> {
  const bytes = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
  const reading = await bundlePackage(bytes, 'main.ts');
  if (!reading.ok) throw new Error(reading.errors.map(({ detail }) => detail).join('\n'));
  return reading.bundle.code;
}

/** What the entry hands to `job`, in a realm that has no more of Node than the sandbox has. */
async function said(main: string, more: Record<string, string> = {}): Promise<unknown[]> {
  const words: unknown[] = [];
  const realm = {
    TextEncoder,
    TextDecoder,
    URL,
    URLSearchParams,
    AbortController,
    AbortSignal,
    Blob,
    File,
    atob,
    btoa,
  };
  const timers = { setTimeout, clearTimeout, setInterval, clearInterval, queueMicrotask, console, crypto };
  const events = { Event, EventTarget, structuredClone };
  const code = await codeOf({ 'main.ts': `import { job } from '@annex/sdk'\n${main}`, ...more });
  const script = runInContext(code, createContext({ ...realm, ...timers, ...events })) as (sdk: object) => void;
  script({ job: (...values: unknown[]) => words.push(...values) });
  await Promise.all(words);
  return JSON.parse(JSON.stringify(await Promise.all(words))) as unknown[];
}

describe('modules of Node in a bundle', () => {
  it('are there for every name that is given', () => {
    expect(givenModules.filter((name) => nodeApiText(name) === undefined)).toEqual([]);
  });

  it('are none, and no byte more, where none is used', async () => {
    const plain = await codeOf({ 'main.ts': "import { job } from '@annex/sdk'\njob('Buffer', { process: 1 })" });
    const names = sdkExports.map((name) => `var ${name}=annexSdk.${name};`).join('');
    const body = `${names}var sdk_default=annexSdk;job("Buffer",{process:1});`;
    expect(plain.trim()).toBe(`(function (annexSdk) { "use strict";\n(()=>{${body}})();\n})`);
  });

  it('are those that are used, and those that these need', async () => {
    const code = await codeOf({ 'main.ts': "import path from 'path'\nconsole.log(path.join('a', 'b'))" });
    expect(code).toContain('"path"(module');
    expect(code).toContain('"process"(module');
    expect(code).not.toContain('"buffer"(module');
  });

  it.each<[string, string, unknown[]]>([
    [
      'globals by their names, where code declares none of its own',
      "const own = (process: number) => process\njob(Buffer.from('ä').length, process.env, process.version, " +
        'process.env.NODE_ENV, own(1), typeof global.Array)',
      [2, {}, '', 'production', 1, 'function'],
    ],
    [
      'with and without node:, imported and required, once',
      "import { Buffer as a } from 'node:buffer'\nimport * as b from 'buffer'\nconst c = require('buffer/')\njob(a " +
        '=== b.Buffer, a === c.Buffer, a === Buffer)',
      [true, true, true],
    ],
    [
      'MessageChannel',
      'const { port1, port2 } = new MessageChannel()\nport1.postMessage({ a: 1 })\njob(new Promise((done) => ' +
        '(port2.onmessage = (event) => done(event.data))), typeof port1.close)',
      [{ a: 1 }, 'function'],
    ],
    [
      'buffer with base64url',
      "job(Buffer.from('-_8', 'base64url').toString('hex'), Buffer.from([251, 255]).toString('base64url'), " +
        "Buffer.from([251, 255]).toString('base64'), Buffer.isEncoding('base64url'), Buffer.byteLength('-_8', " +
        "'base64url'), Buffer.from('abcd').toString('base64', 1, 3))",
      ['fbff', '-_8', '+/8=', true, 2, 'YmM='],
    ],
    [
      'events',
      "import EventEmitter, { once } from 'node:events'\nclass A extends EventEmitter {}\nconst a = new " +
        "A()\njob(once(a, 'x'), a.emit('x', 7), EventEmitter.EventEmitter === EventEmitter)",
      [[7], true, true],
    ],
    [
      'stream',
      "import { pipeline, Readable, Transform } from 'node:stream'\nimport { text } from " +
        "'node:stream/consumers'\nconst up = new Transform({ transform(part, _, done) { done(null, " +
        "String(part).toUpperCase()) } })\njob(text(pipeline(Readable.from(['a', 'b']), up, () => undefined)))",
      ['AB'],
    ],
    [
      'util',
      "import util, { promisify, inspect, isDeepStrictEqual } from 'node:util'\njob(util.format('%s %d %j', 'a', " +
        '1, {}), promisify((n: number, done: (e: null, n: number) => void) => done(null, n))(3), inspect({ a: [1] ' +
        '}), isDeepStrictEqual({ a: new Map([[1, [2]]]) }, { a: new Map([[1, [2]]]) }), isDeepStrictEqual([1], [2]), ' +
        'util.types.isDate(new Date()))',
      ['a 1 {}', 3, '{ a: [ 1 ] }', true, false, true],
    ],
    [
      'path, url, querystring, string_decoder',
      "import path from 'path'\nimport url from 'url'\nimport qs from 'querystring'\nimport { StringDecoder } from " +
        "'string_decoder'\njob(path.resolve('a', '../b'), url.parse('http://a/b?c=d', true).query, " +
        "url.resolve('http://a/b/c', '../d'), qs.parse('a=1&a=2'), qs.stringify({ b: 'x y' }), new " +
        "StringDecoder('utf8').write(Buffer.from([0xc3])))",
      ['/b', { c: 'd' }, 'http://a/d', { a: ['1', '2'] }, 'b=x%20y', ''],
    ],
    [
      'timers',
      "import { setTimeout as wait } from 'node:timers/promises'\njob(wait(1, 'a'), new Promise((done) => " +
        "setImmediate(done, 'b')), new Promise((done) => process.nextTick(done, 'c')))",
      ['a', 'b', 'c'],
    ],
    [
      'assert',
      "import assert from 'node:assert/strict'\nlet name = ''\ntry { assert.deepEqual({ a: 1 }, { a: '1' }) } " +
        'catch (error) { name = error.code }\nassert.deepEqual([1], [1])\njob(name)',
      ['ERR_ASSERTION'],
    ],
  ])('work: %s', async (_what, main, words) => {
    expect(await said(main)).toEqual(words);
  });

  it('are what packages get too', async () => {
    const more = {
      'node_modules/x/index.js': "module.exports = require('crypto').createHash('md5').update('a').digest('hex')",
    };
    expect(await said("import x from 'x'\njob(x)", more)).toEqual(['0cc175b9c0f1b6a831c399e269772661']);
  });
});

describe('node:crypto', () => {
  it('digests, signs and compares as Node does', async () => {
    const words = await said(`import * as c from 'node:crypto'
      const key = c.createSecretKey(Buffer.from('k'))
      job(
        c.createHash('sha256').update('a').update(Buffer.from('b')).digest('base64url'),
        c.createHash('sha512').update('ä', 'latin1').digest('hex').slice(0, 16),
        c.createHmac('SHA256', key).update('x').digest('hex'),
        c.createHash('sha1').update('a').copy().update('b').digest('hex'),
        c.timingSafeEqual(Buffer.from('ab'), new Uint8Array([97, 98])),
        c.pbkdf2Sync('p', 's', 2, 16, 'sha256').toString('hex'),
        c.scryptSync('p', 's', 16, { N: 16 }).toString('hex'),
        Buffer.from(c.hkdfSync('sha256', 'k', 's', 'i', 16)).toString('hex'),
      )`);
    const node = await import('node:crypto');
    expect(words).toEqual([
      node.createHash('sha256').update('ab').digest('base64url'),
      node.createHash('sha512').update('ä', 'latin1').digest('hex').slice(0, 16),
      node.createHmac('sha256', 'k').update('x').digest('hex'),
      node.createHash('sha1').update('ab').digest('hex'),
      true,
      node.pbkdf2Sync('p', 's', 2, 16, 'sha256').toString('hex'),
      node.scryptSync('p', 's', 16, { N: 16 }).toString('hex'),
      Buffer.from(node.hkdfSync('sha256', 'k', 's', 'i', 16)).toString('hex'),
    ]);
  });

  it('gives randomness of every size and kind', async () => {
    const [long, told, number, id] = await said(`import * as c from 'node:crypto'
      job(
        new Set(c.randomBytes(70000)).size,
        new Promise((done) => c.randomBytes(3, (_, bytes) => done(bytes.length))),
        c.randomInt(5, 6),
        c.randomUUID(),
      )`);
    expect([long, told, number]).toEqual([256, 3, 5]);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('says what it cannot do', async () => {
    const [sign, digest] = await said(`import * as c from 'node:crypto';
      const caught = (work: () => unknown): string => {
        try {
          return String(work());
        } catch (error) {
          return error.message;
        }
      };
      job(
        caught(() => c.createSign('RSA-SHA256')),
        caught(() => c.createHash('md2')),
      )`);
    expect(sign).toContain('crypto.subtle');
    expect(digest).toContain('Digest method not supported: md2');
  });
});
