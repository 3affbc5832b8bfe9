/** What Web IDL says of every interface: the suites that check it are written against these shapes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateAll } from './testing/table.js';
import { startWebIsolate, type WebIsolate } from './testing/web-isolate.js';

let web: WebIsolate;
beforeAll(async () => {
  web = await startWebIsolate();
});
afterAll(() => web.stop());

const one = async (expression: string): Promise<unknown> => (await evaluateAll(web, [expression]))[0];

describe('an interface', () => {
  it.each([
    ['URL', 1],
    ['URLSearchParams', 0],
    ['TextEncoder', 0],
    ['TextDecoder', 0],
    ['AbortController', 0],
    ['AbortSignal', 0],
    ['Event', 1],
    ['CustomEvent', 1],
    ['EventTarget', 0],
    ['Headers', 0],
    ['Request', 1],
    ['Response', 0],
    ['Blob', 0],
    ['File', 2],
    ['FormData', 0],
    ['Crypto', 0],
    ['CryptoKey', 0],
    ['SubtleCrypto', 0],
  ])('%s needs %i arguments, which is its length', async (name, length) => {
    expect(await one(`[${name}.length, ${name}.name]`)).toEqual([length, name]);
  });

  it.each([
    ['URL.parse', 1],
    ['URL.canParse', 1],
    ['Response.json', 1],
    ['Response.prototype.json', 0],
    ['AbortSignal.abort', 0],
    ['URLSearchParams.prototype.has', 1],
    ['URLSearchParams.prototype.delete', 1],
    ['Headers.prototype.forEach', 1],
    ['FormData.prototype.append', 2],
    ['EventTarget.prototype.addEventListener', 2],
    ['Blob.prototype.slice', 0],
    ['TextDecoder.prototype.decode', 0],
    ['TextEncoder.prototype.encode', 0],
    ['TextEncoder.prototype.encodeInto', 2],
    ['fetch', 1],
  ])('%s needs %i arguments', async (path, length) => {
    expect(await one(`${path}.length`)).toBe(length);
  });

  it.each([
    'TextEncoder.prototype.encoding',
    'TextDecoder.prototype.fatal',
    'TextDecoderStream.prototype.readable',
    'URL.prototype.href',
    'Request.prototype.url',
  ])('has its attribute on the prototype: %s', async (path) => {
    const [interfaceName, , name] = path.split('.');
    expect(
      await one(
        `(({ get, enumerable }) => [typeof get, enumerable])(
            Object.getOwnPropertyDescriptor(${interfaceName}.prototype, '${name}'),
          )`,
      ),
    ).toEqual(['function', true]);
    expect(await one(`${interfaceName}.prototype.${name}`)).toBe('!TypeError');
  });
});

describe('an event', () => {
  it('has isTrusted as a property of its own that cannot be changed', async () => {
    expect(
      await one(`(() => {
          const of = (event) => Object.getOwnPropertyDescriptor(event, 'isTrusted');
          const [a, b] = [new Event('x'), new CustomEvent('y')];
          return [
            typeof of(a).get,
            of(a).get === of(b).get,
            of(a).configurable,
            of(a).set === undefined,
            a.isTrusted,
            Reflect.deleteProperty(a, 'isTrusted'),
          ];
        })()`),
    ).toEqual(['function', true, false, true, false, false]);
    expect(
      await one(
        `new Promise((resolve) => {
            const c = new AbortController();
            c.signal.onabort = (e) => resolve(e.isTrusted);
            c.abort();
          })`,
      ),
    ).toBe(true);
  });
});

describe('the parts of a Blob', () => {
  it('are converted while the sequence is walked, left to right, and before the options are looked at', async () => {
    expect(
      await one(
        `(() => {
            const parts = [
              'PASS',
              {
                toString() {
                  parts.pop();
                  return '';
                },
              },
              'gone',
            ];
            return new Blob(parts).size;
          })()`,
      ),
    ).toBe(4);
    expect(
      await one(`(() => {
          const seen = [];
          const parts = {
            get [Symbol.iterator]() {
              seen.push('iterator');
              return Array.prototype[Symbol.iterator];
            },
            get length() {
              seen.push('length');
              return 1;
            },
            get 0() {
              seen.push('0');
              return {
                toString() {
                  seen.push('text');
                  return 'a';
                },
              };
            },
          };
          new Blob(parts, {
            get endings() {
              seen.push('endings');
              return 'native';
            },
            get type() {
              seen.push('type');
              return '';
            },
          });
          return seen;
        })()`),
    ).toEqual(['iterator', 'length', '0', 'text', 'length', 'endings', 'type']);
    expect(await one(`new File({ [Symbol.iterator]: null }, 'n')`)).toBe('!TypeError');
    expect(
      await one(
        `new File(['a', new Blob(['b']), Uint8Array.of(99)], 'n\\ud800', { type: 'Text/X', lastModified: 5 }).text()`,
      ),
    ).toBe('abc');
  });
});

describe('a body that cannot be read', () => {
  it('says so before anything else happens', async () => {
    expect(
      await one(`(async () => {
          const response = new Response('x');
          await response.text();
          const seen = [];
          await Promise.all([
            ...['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'].map((name) =>
              response[name]().catch(() => seen.push(name)),
            ),
            Promise.resolve().then(() => seen.push('later')),
          ]);
          return seen;
        })()`),
    ).toEqual(['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text', 'later']);
  });
});

describe('a codec', () => {
  it.each([
    [`new TextDecoder('utf-8', null).decode(Uint8Array.of(97), null)`, 'a'],
    [`new TextDecoder(undefined).encoding`, 'utf-8'],
    [`new TextDecoder('UTF-16', { fatal: 1 }).fatal`, true],
    [`new TextDecoder('x-user-defined-nope')`, '!RangeError'],
    [`new TextDecoder('utf-8', 5)`, '!TypeError'],
    [`new TextDecoder().decode('text')`, '!TypeError'],
    [`new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.of(255))`, '!TypeError'],
    [`Object.keys(new TextEncoder().encodeInto('é', new Uint8Array(4)))`, ['read', 'written']],
    [`new TextEncoder().encodeInto('a')`, '!TypeError'],
    [`new TextEncoder().encode(undefined).length`, 0],
    [`TextEncoder()`, '!TypeError'],
  ])('%s', async (expression, expected) => {
    expect(await one(expression)).toEqual(expected);
  });
});
