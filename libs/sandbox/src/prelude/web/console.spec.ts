import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startWebIsolate } from './testing/web-isolate.js';
import type { WebIsolate } from './testing/web-isolate.js';

let web: WebIsolate;
beforeAll(async () => {
  web = await startWebIsolate();
});
afterAll(() => {
  web.stop();
});
beforeEach(() => {
  web.logs.length = 0;
});

async function logged(code: string): Promise<string> {
  await web.run(code);
  return web.logs.map((line) => line.message).join('\n');
}

describe('console', () => {
  it.each([
    ["'a %s b', 'x'", 'a x b'],
    ["'%d|%i|%f', '1.5', 2.9, '3.25'", '1.5|2|3.25'],
    ["'%s', 12n, 'rest', 1", '12n rest 1'],
    ["'100%% %q %s'", '100%% %q %s'],
    ["'100%% %s', 1", '100% 1'],
    ["'%o', { a: 1 }", '{ a: 1 }'],
    ["'%j', { a: 1 }", '{"a":1}'],
    ["'%c styled', 'css'", ' styled'],
    ["1, 'two', null, undefined, true, -0, 5n", '1 two null undefined true -0 5n'],
    ["['a', [1, 2], { b: 'it\\'s' }]", "[ 'a', [ 1, 2 ], { b: \"it's\" } ]"],
    ['[new Map([["k", { v: 1 }]]), new Set([1])]', "[ Map(1) { 'k' => { v: 1 } }, Set(1) { 1 } ]"],
    [
      '[function f() {}, class C {}, () => {}, Symbol("s"), /r/g, new Date(0)]',
      '[\n  [Function: f],\n  [class C],\n  [Function: (anonymous)],\n  Symbol(s),\n  /r/g,\n  ' +
        '1970-01-01T00:00:00.000Z\n]',
    ],
    [
      '[Object.create(null), new (class Point { x = 1 })(), new Uint8Array([1, 2]), new ArrayBuffer(3)]',
      '[\n  [Object: null prototype] {},\n  Point { x: 1 },\n  Uint8Array(2) [ 1, 2 ],\n  ArrayBuffer { ' +
        'byteLength: 3 }\n]',
    ],
    ['[[[[[[1]]]]]]', '[ [ [ [ [ [Array] ] ] ] ] ]'],
    ['(() => { const a = { n: 1 }; a.me = a; return [a] })()', '[ { n: 1, me: [Circular] } ]'],
    [
      '[{ get a() { throw new Error() }, set b(v) {}, [Symbol("k")]: 1, "x-y": 2 }]',
      "[ { a: [Getter], b: [Setter], 'x-y': 2, [Symbol(k)]: 1 } ]",
    ],
    ['[, 1, undefined]', '[ <empty>, 1, undefined ]'],
    ["new Headers({ 'X-A': 'b' })", "Headers { 'x-a': 'b' }"],
    ['new URL("https://a.b")', "URL 'https://a.b/'"],
  ])('log(%s)', async (args, expected) => {
    expect(await logged(`console.log(${args})`)).toBe(expected);
  });

  it('prints errors with their stack and cause', async () => {
    const text = await logged("console.error(new RangeError('outer', { cause: new Error('inner') }))");
    expect(text).toMatch(/^RangeError: outer\n\s+at .*[^]*cause: Error: inner/);
  });

  it('makes a last plain object the fields of a message', async () => {
    await web.run(
      `console.warn('paid', 3, {
          order: 7,
          by: { id: 1n },
          at: new Date(0),
          none: undefined,
          get secret() {
            return 1;
          },
          fn() {},
          toJSON() {
            return 'no';
          },
        })`,
    );
    expect(web.logs).toHaveLength(1);
    expect(web.logs[0]).toMatchObject({ level: 'warn', message: 'paid 3' });
    expect(JSON.parse(web.logs[0]?.fields ?? '')).toEqual({
      order: 7,
      by: { id: '1' },
      at: '1970-01-01T00:00:00.000Z',
      secret: '[Getter]',
      fn: '[Function]',
      toJSON: '[Function]',
    });
    await web.run("console.log('%o', { a: 1 }); console.log({ a: 1 }); console.log('x', [1])");
    expect(web.logs.slice(1).map((line) => line.fields)).toEqual(['', '', '']);
  });

  it('uses the level that the method names', async () => {
    await web.run(
      "for (const name of ['debug', 'log', 'info', 'warn', 'error', 'trace']) console[name]('x'); console.assert(1 " +
        "=== 2, 'sum'); console.assert(true); console.count(); console.count(); console.group('g'); " +
        "console.info('in'); console.groupEnd(); console.info('out')",
    );
    expect(web.logs.map((line) => line.level)).toEqual([
      'debug',
      'info',
      'info',
      'warn',
      'error',
      'debug',
      'error',
      'info',
      'info',
      'info',
      'info',
      'info',
    ]);
    expect(web.logs.slice(6).map((line) => line.message)).toEqual([
      'Assertion failed: sum',
      'default: 1',
      'default: 2',
      'g',
      '  in',
      'out',
    ]);
  });

  it('cuts what is too long, and shows hostile objects without running them', async () => {
    await web.run(
      "console.log('x'.repeat(1e6)); console.log('m', { big: 'y'.repeat(1e6), more: " +
        "Array(1e5).fill('z'.repeat(100)) }); console.log(Array(1e5).fill({ a: 'b'.repeat(50) }))",
    );
    for (const line of web.logs) expect(line.message.length + line.fields.length).toBeLessThan(40_000);
    expect(
      await logged(
        `console.log(
            new Proxy(
              {},
              {
                ownKeys() {
                  throw new Error('trap');
                },
              },
            ),
            Object.defineProperty(new Error('e'), 'stack', {
              get() {
                throw 1;
              },
            }),
          )`,
      ),
    ).toContain('[cannot be shown]');
  });
});
