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

describe('Blob', () => {
  it.each([
    [
      `(async () => {
          const b = new Blob(['a', new Uint8Array([98]), new Blob(['c']), new Uint16Array([0x6564]).buffer, 1]);
          return [b.size, await b.text()];
        })()`,
      [6, 'abcde1'],
    ],
    [
      `(async () =>
          Promise.all(
            [[0, 2], [2], [-2], [1, -1], [3, 1], [-99, 99], [NaN]].map((args) =>
              new Blob(['hello']).slice(...args).text(),
            ),
          ))()`,
      ['he', 'llo', 'lo', 'ell', '', 'hello', 'hello'],
    ],
    [
      "(() => { const b = new Blob(['x'], { type: 'Text/HTML' }); return [b.type, b.slice(0, 1).type, b.slice(0, " +
        "1, 'A/B').type, new Blob([], { type: '\\u00e9' }).type] })()",
      ['text/html', '', 'a/b', ''],
    ],
    ["new Blob(['a\\r\\nb\\nc'], { endings: 'native' }).text()", 'a\nb\nc'],
    ["new Blob('text')", '!TypeError'],
    ["new Blob([], { endings: 'x' })", '!TypeError'],
    ['new Blob().size', 0],
    [
      `(async () => {
          const r = new Blob(['abc']).stream().getReader();
          const { value } = await r.read();
          return [[...value], (await r.read()).done];
        })()`,
      [[97, 98, 99], true],
    ],
    ["(async () => [...await new Blob(['abc']).slice(1).bytes()])()", [98, 99]],
    [
      `(() => {
          const f = new File(['x'], 'n', { lastModified: 12.7 });
          return [f.name, f.lastModified, f.size, f instanceof Blob, Object.prototype.toString.call(f)];
        })()`,
      ['n', 12, 1, true, '[object File]'],
    ],
    ["new File(['x'])", '!TypeError'],
  ])('%s', async (expression, expected) => {
    expect(await evaluateAll(web, [expression])).toEqual([expected]);
  });
});

describe('streams', () => {
  it('pipe through transforms and into a sink', async () => {
    expect(
      await web.run(`
        const seen = [];
        await new ReadableStream({
          start(c) {
            for (const part of ['a', 'é', 'z']) c.enqueue(part);
            c.close();
          },
        })
          .pipeThrough(new TextEncoderStream())
          .pipeThrough(new TextDecoderStream())
          .pipeThrough(
            new TransformStream({
              transform(chunk, c) {
                c.enqueue(chunk.toUpperCase());
              },
            }),
          )
          .pipeTo(
            new WritableStream({
              write(chunk) {
                seen.push(chunk);
              },
              close() {
                seen.push('end');
              },
            }),
          );
        return seen;
      `),
    ).toEqual(['A', 'É', 'Z', 'end']);
  });

  it('can be iterated, teed, cancelled and errored', async () => {
    expect(
      await web.run(`
        const make = () =>
          new ReadableStream({
            start(c) {
              c.enqueue(1);
              c.enqueue(2);
              c.close();
            },
          });
        const collect = async (stream) => {
          const all = [];
          for await (const chunk of stream) all.push(chunk);
          return all;
        };
        const [left, right] = make().tee();
        let cancelled;
        await new ReadableStream({
          cancel(reason) {
            cancelled = reason;
          },
        }).cancel('enough');
        let failed;
        try {
          await collect(
            new ReadableStream({
              pull() {
                throw new RangeError('pull');
              },
            }),
          );
        } catch (error) {
          failed = error.name;
        }
        return [
          await collect(make()),
          await collect(left),
          await collect(right),
          cancelled,
          failed,
          await collect(ReadableStream.from(['x'])),
        ];
      `),
    ).toEqual([[1, 2], [1, 2], [1, 2], 'enough', 'RangeError', ['x']]);
  });

  it('stop a pipe when its signal aborts', async () => {
    expect(
      await web.run(`
        const controller = new AbortController();
        const pipe = new ReadableStream({
          pull() {
            controller.abort();
            return new Promise(() => {});
          },
        }).pipeTo(new WritableStream(), { signal: controller.signal });
        return await pipe.catch((error) => error.name);
      `),
    ).toBe('AbortError');
  });

  it('are in the realm only after the first use, under their own names', async () => {
    const fresh = await startWebIsolate();
    expect(
      await fresh.run(`
        const before = typeof Object.getOwnPropertyDescriptor(globalThis, 'ReadableStream').get;
        return [
          before,
          ReadableStream.name,
          typeof Object.getOwnPropertyDescriptor(globalThis, 'ReadableStream').value,
          new ReadableStream() instanceof ReadableStream,
        ]
      `),
    ).toEqual(['function', 'ReadableStream', 'function', true]);
    fresh.stop();
  });
});
