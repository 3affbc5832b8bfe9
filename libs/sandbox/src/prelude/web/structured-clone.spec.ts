import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateAll } from './testing/table.js';
import { startWebIsolate } from './testing/web-isolate.js';
import type { WebIsolate } from './testing/web-isolate.js';

let web: WebIsolate;
beforeAll(async () => {
  web = await startWebIsolate();
});
afterAll(() => {
  web.stop();
});

describe('structuredClone', () => {
  it.each([
    ['structuredClone({ a: [1, "x", null, true], b: { c: 1.5 } })', { a: [1, 'x', null, true], b: { c: 1.5 } }],
    [
      'Object.is(structuredClone(-0), -0) && Number.isNaN(structuredClone(NaN)) && structuredClone(undefined) === ' +
        'undefined && structuredClone(10n) === 10n',
      true,
    ],
    ['structuredClone(new Date(5)).getTime()', 5],
    ['(() => { const r = structuredClone(/a+/giu); return [r.source, r.flags, r.lastIndex] })()', ['a+', 'giu', 0]],
    ['[...structuredClone(new Map([[{ k: 1 }, [2]]]))]', [[{ k: 1 }, [2]]]],
    ['[...structuredClone(new Set([1, "a"]))]', [1, 'a']],
    [
      `(() => {
          const b = structuredClone([new Boolean(false), new Number(1), new String('s'), Object(1n)]);
          return b.map((v) => typeof v + String(v));
        })()`,
      ['objectfalse', 'object1', 'objects', 'object1'],
    ],
    [
      `(() => {
          const u = new Uint16Array([1, 2, 3]).subarray(1);
          const c = structuredClone(u);
          return [c.constructor.name, [...c], c.byteOffset, c.buffer.byteLength];
        })()`,
      ['Uint16Array', [2, 3], 2, 6],
    ],
    [
      `(() => {
          const b = new ArrayBuffer(4);
          const c = structuredClone([new Uint8Array(b), new DataView(b)]);
          return c[0].buffer === c[1].buffer;
        })()`,
      true,
    ],
    [
      `(() => {
          const a = { n: 1 };
          a.self = a;
          a.list = [a];
          const c = structuredClone(a);
          return c !== a && c.self === c && c.list[0] === c;
        })()`,
      true,
    ],
    ['(() => { const a = {}; const c = structuredClone([a, a]); return c[0] === c[1] && c[0] !== a })()', true],
    [
      '(() => { const a = [1, , 3]; a.x = 1; const c = structuredClone(a); return [c.length, 1 in c, c.x] })()',
      [3, false, 1],
    ],
    [
      `(() => {
          class A {
            #p = 1;
            constructor() {
              this.x = 1;
            }
            get y() {
              return 2;
            }
          }
          const c = structuredClone(new A());
          return [c.constructor.name, Object.keys(c)];
        })()`,
      ['Object', ['x']],
    ],
    [
      'structuredClone(Object.defineProperty({ get a() { return 1 } }, "h", { value: 1, enumerable: false }))',
      { a: 1 },
    ],
    [
      `(() => {
          const e = structuredClone(new RangeError('no', { cause: { a: 1 } }));
          return [e.constructor.name, e.message, e.cause, typeof e.stack];
        })()`,
      ['RangeError', 'no', { a: 1 }, 'string'],
    ],
    [
      `(() => {
          const e = new Error('m');
          e.name = 'Custom';
          e.extra = 1;
          const c = structuredClone(e);
          return [c.name, c.message, 'extra' in c];
        })()`,
      ['Error', 'm', false],
    ],
    [
      `(() => {
          const e = structuredClone(new DOMException('m', 'AbortError'));
          return [e instanceof DOMException, e.name, e.message, e.code];
        })()`,
      [true, 'AbortError', 'm', 20],
    ],
    [
      `(async () => {
          const f = structuredClone(new File(['ab'], 'n', { type: 't/x', lastModified: 3 }));
          return [f.constructor.name, f.name, f.type, f.lastModified, await f.text()];
        })()`,
      ['File', 'n', 't/x', 3, 'ab'],
    ],
    ['Object.keys(structuredClone(JSON.parse(\'{"__proto__":{"a":1}}\')))', ['__proto__']],
    ['structuredClone(() => 1)', '!DataCloneError'],
    ['structuredClone({ a: [Symbol("s")] })', '!DataCloneError'],
    ['structuredClone(Promise.resolve())', '!DataCloneError'],
    ['structuredClone(new WeakMap())', '!DataCloneError'],
    ['structuredClone(new Headers())', '!DataCloneError'],
    ['structuredClone(new Response("x"))', '!DataCloneError'],
    ['structuredClone(new AbortController().signal)', '!DataCloneError'],
    ['structuredClone(new URL("https://a.b"))', '!DataCloneError'],
    ['structuredClone((function* () {})())', '!DataCloneError'],
    ['structuredClone({ get a() { throw new RangeError() } })', '!RangeError'],
    ['structuredClone()', '!TypeError'],
    ['structuredClone(1, { transfer: [{}] })', '!DataCloneError'],
  ])('%s', async (expression, expected) => {
    expect(await evaluateAll(web, [expression])).toEqual([expected]);
  });

  it('detaches what is transferred, but only when nothing failed', async () => {
    expect(
      await web.run(`
      const moved = new Uint8Array([1, 2]).buffer;
      const copy = structuredClone({ moved }, { transfer: [moved] });
      const kept = new ArrayBuffer(3);
      let failed;
      try { structuredClone({ kept, f() {} }, { transfer: [kept] }); } catch (error) { failed = error.name; }
      let again;
      try { structuredClone(moved, { transfer: [moved] }); } catch (error) { again = error.name; }
      return [moved.detached, [...new Uint8Array(copy.moved)], failed, kept.detached, again];`),
    ).toEqual([true, [1, 2], 'DataCloneError', false, 'DataCloneError']);
  });
});
