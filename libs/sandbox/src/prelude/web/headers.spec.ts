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

describe('Headers', () => {
  it.each([
    [
      "[...new Headers({ B: '2', a: '1' })]",
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ["[...new Headers([['X', '1'], ['x', ' 2\\t']])]", [['x', '1, 2']]],
    ["new Headers([['x', '1'], ['X', '2']]).get('x')", '1, 2'],
    ["new Headers().get('x')", null],
    [
      `(() => {
          const h = new Headers([
            ['set-cookie', 'a'],
            ['Set-Cookie', 'b'],
            ['a', '1'],
          ]);
          return [[...h], h.getSetCookie(), h.get('set-cookie')];
        })()`,
      [
        [
          ['a', '1'],
          ['set-cookie', 'a'],
          ['set-cookie', 'b'],
        ],
        ['a', 'b'],
        'a, b',
      ],
    ],
    [
      "(() => { const h = new Headers([['a', '1'], ['b', '2'], ['a', '3']]); h.set('A', 'x'); return [...h] })()",
      [
        ['a', 'x'],
        ['b', '2'],
      ],
    ],
    ["(() => { const h = new Headers({ a: '1' }); h.delete('A'); return [h.has('a'), [...h.keys()]] })()", [false, []]],
    ["new Headers(new Headers({ a: '1' })).get('a')", '1'],
    ["new Headers({ 'a b': '1' })", '!TypeError'],
    ["new Headers({ '': '1' })", '!TypeError'],
    ["new Headers({ 'é': '1' })", '!TypeError'],
    ["new Headers({ a: 'x\\ny' })", '!TypeError'],
    ["new Headers({ a: '\\0' })", '!TypeError'],
    ["new Headers({ a: '€' })", '!TypeError'],
    ["new Headers({ a: '\\n x \\r\\n' }).get('a')", 'x'],
    ["new Headers([['a']])", '!TypeError'],
    ["new Headers([['a', 'b', 'c']])", '!TypeError'],
    ["new Headers('a')", '!TypeError'],
    ['new Headers(null)', '!TypeError'],
    ["new Headers().append('a')", '!TypeError'],
    ["Headers.prototype.get.call({}, 'a')", '!TypeError'],
    [
      `(() => {
          const h = new Headers({ c: '3', a: '1' });
          const seen = [];
          for (const [k] of h) {
            seen.push(k);
            h.append('b', '2');
          }
          return seen;
        })()`,
      ['a', 'b', 'c'],
    ],
    [
      `(() => {
          const seen = [];
          new Headers({ a: '1' }).forEach(
            function (v, k, h) {
              seen.push(v, k, h instanceof Headers, this.x);
            },
            { x: 5 },
          );
          return seen;
        })()`,
      ['1', 'a', true, 5],
    ],
    ["Response.redirect('https://a.b/').headers.set('a', '1')", '!TypeError'],
    ['Object.prototype.toString.call(new Headers().entries())', '[object Headers Iterator]'],
  ])('%s', async (expression, expected) => {
    expect(await evaluateAll(web, [expression])).toEqual([expected]);
  });
});
