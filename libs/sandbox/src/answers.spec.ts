import { describe, expect, it } from 'vitest';
import type { SandboxLog } from './index.js';
import { endOf, runOf, valueOf } from './testing/runs.js';
import { sandbox, respond, openSandbox } from './testing/sandbox-bench.js';

const json = 'application/json; charset=utf-8';

openSandbox();

describe('what a route handler returns', () => {
  const utf8 = (data: string) => ({ encoding: 'utf8', data });
  it.each([
    ['an object', `() => ({ a: 1 })`, 200, json, utf8('{"a":1}')],
    ['a promise', `async () => ({ a: 1 })`, 200, json, utf8('{"a":1}')],
    ['a string, which is a JSON value', `() => 'hello'`, 200, json, utf8('"hello"')],
    ['null', `() => null`, 200, json, utf8('null')],
    ['a list', `() => [1, 2, 3]`, 200, json, utf8('[1,2,3]')],
    ['an empty list', `() => []`, 200, json, utf8('[]')],
    ['nothing', `() => undefined`, 204, undefined, null],
    ['body and status', `() => [{ error: 'User not found' }, 404]`, 404, json, utf8('{"error":"User not found"}')],
    ['no body and a status', `() => [null, 204]`, 204, undefined, null],
    ['a list of two that is no answer', `() => [1, 2]`, 200, json, utf8('[1,2]')],
    [
      'body, status and content type',
      `() => ['<p>', 200, { 'Content-Type': 'text/html' }]`,
      200,
      'text/html',
      utf8('<p>'),
    ],
    [
      'headers as Headers',
      `() => ['x', 201, new Headers({ 'content-type': 'text/plain' })]`,
      201,
      'text/plain',
      utf8('x'),
    ],
    [
      'bytes',
      `() => new Uint8Array([0, 255, 128])`,
      200,
      'application/octet-stream',
      { encoding: 'base64', data: 'AP+A' },
    ],
    [
      'bytes with a type',
      `() => [new Uint8Array([1]).buffer, 200, { 'content-type': 'image/png' }]`,
      200,
      'image/png',
      { encoding: 'base64', data: 'AQ==' },
    ],
    ['a Response with text', `() => new Response('hi', { status: 202 })`, 202, 'text/plain;charset=UTF-8', utf8('hi')],
    ['a Response of JSON', `() => Response.json({ a: 1 })`, 200, 'application/json', utf8('{"a":1}')],
    ['a Response without a body', `() => new Response(null, { status: 204 })`, 204, undefined, null],
    ['a redirect', `() => Response.redirect('http://annex.test/x', 303)`, 303, undefined, null],
  ])('%s', async (_name, handler, status, type, body) => {
    const response = (await respond(handler)) as { status: number; headers: [string, string][]; body: unknown };
    expect(response).toMatchObject({ status, body });
    expect(response.headers.find(([name]) => name === 'content-type')?.[1]).toBe(type);
  });

  it('keeps repeated headers apart, such as two cookies', async () => {
    const response = await respond(
      `() => {
          const r = new Response('x');
          r.headers.append('set-cookie', 'a=1');
          r.headers.append('set-cookie', 'b=2');
          return r;
        }`,
    );
    expect((response as { headers: unknown }).headers).toEqual(
      expect.arrayContaining([
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ]),
    );
  });

  it('reads a streamed Response to its end', async () => {
    const body = `new ReadableStream({
        start(c) {
          c.enqueue(new TextEncoder().encode('one '));
          c.enqueue(new TextEncoder().encode('two'));
          c.close();
        },
      })`;
    const response = (await respond(`() => new Response(${body})`)) as {
      body: { encoding: 'utf8' | 'base64'; data: string };
    };
    expect(Buffer.from(response.body.data, response.body.encoding).toString()).toBe('one two');
  });

  it.each([
    ['a function', `() => () => 1`],
    ['a BigInt', `() => ({ a: 1n })`],
    ['a header with a line break', `() => [{}, 200, { 'x-a': 'b\\nset-cookie: c' }]`],
    ['a header name with a space', `() => [{}, 200, { 'x a': 'b' }]`],
    ['a cycle', `() => { const a = {}; a.a = a; return a; }`],
  ])('%s is PLUGIN_ERROR', async (_name, handler) => {
    expect(endOf(await sandbox.run(runOf(`route('/', ${handler})`, { kind: 'route' })))).toBe('PLUGIN_ERROR');
  });

  it.each([
    [
      'a promise',
      `{ user: { profile: Promise.resolve({}) } }`,
      'the result holds at "/user/profile" a promise; write await before it',
    ],
    ['a Map', `new Map([[1, 2]])`, 'the result is a Map; write Object.fromEntries(map)'],
    ['a Set in a list', `[1, 2, new Set()]`, 'the result holds at "/2" a Set; write [...set]'],
    ['an Error', `{ error: new RangeError('x') }`, 'the result holds at "/error" an Error; write its message'],
    [
      'the error of a call',
      `{ error: await ctx.kv.set(1n).catch((e) => e) }`,
      'the result holds at "/error" an Error; write its message',
    ],
    [
      'a WeakMap',
      `{ a: new WeakMap() }`,
      'the result holds at "/a" an object of the class WeakMap without members of its own',
    ],
    [
      'parameters of a URL',
      `{ a: new URLSearchParams('a=b') }`,
      'the result holds at "/a" an object of the class URLSearchParams without members of its own; write [...it]',
    ],
    [
      'an object that hides everything',
      `(() => { class Money { #cents = 1; } return { total: new Money() }; })()`,
      'the result holds at "/total" an object of the class Money without members of its own',
    ],
    ['a division by zero', `{ items: [{ price: 0 / 0 }] }`, 'the result holds at "/items/0/price" the number NaN'],
    ['a date that is none', `{ at: new Date('tomorrow') }`, 'the result holds at "/at" a Date that is no time'],
    ['a function in a list', `[() => 1]`, 'the result holds at "/0" a function'],
    ['a BigInt', `{ a: { b: 1n } }`, 'the result holds at "/a/b" a BigInt; write its digits as text'],
    ['bytes inside of it', `{ a: new Uint8Array([1]) }`, 'the result holds at "/a" bytes; write them as base64 text'],
    [
      'a status in quotes',
      `[{ error: 'no such user' }, '404']`,
      'the result holds at "/1" the status "404" as text; write the number 404',
    ],
    [
      'a status in quotes beside headers',
      `['x', '404', { 'x-a': 'b' }]`,
      'the result holds at "/1" the status "404" as text; write the number 404',
    ],
    ['a promise beside a status', `[Promise.resolve(1), 200]`, 'the result is a promise; write await before it'],
    [
      'a header that is no byte',
      `['x', 200, { 'X-Price': '5 €' }]`,
      'the response header "x-price" contains the character U+20AC, and headers carry bytes; encode it, for ' +
        'example with encodeURIComponent',
    ],
    [
      'such a header of a Response',
      `new Response('x', { headers: { 'X-Price': '5 €' } })`,
      'The header "X-Price" contains the character U+20AC, and headers carry bytes; encode it, for example with ' +
        'encodeURIComponent',
    ],
  ])('%s is refused with its place', async (_name, result, message) => {
    const run = await sandbox.run(runOf(`route('/', async (ctx) => (${result}))`, { kind: 'route' }));
    expect(run).toMatchObject({ status: 'failed', error: { code: 'PLUGIN_ERROR', message } });
  });

  it.each([
    ['members that are undefined or functions', `{ a: undefined, f() {}, b: null }`, '{"b":null}'],
    ['undefined in a list', `[undefined, null]`, '[null,null]'],
    ['empty objects and lists', `{ a: {}, b: [], c: Object.create(null) }`, '{"a":{},"b":[],"c":{}}'],
    [
      'a toJSON',
      `{ at: new Date(0), total: { toJSON: () => null }, url: new URL('https://a.test/') }`,
      '{"at":"1970-01-01T00:00:00.000Z","total":null,"url":"https://a.test/"}',
    ],
    [
      'boxed values',
      `{ a: new Number(1), b: new String('x'), c: new Boolean(true), d: null }`,
      '{"a":1,"b":"x","c":true,"d":null}',
    ],
    ['an object of a class with members', `(() => { class A { x = 1; } return [new A(), {}]; })()`, '[{"x":1},{}]'],
    [
      'a large number',
      `{ a: 1610521604143693813, b: 1e300, c: null }`,
      '{"a":1610521604143693800,"b":1e+300,"c":null}',
    ],
    ['a text that is no status', `['x', '4040']`, '["x","4040"]'],
  ])('%s is as JSON has it', async (_name, result, data) => {
    expect(await respond(`() => (${result})`)).toMatchObject({ status: 200, body: { data } });
  });

  it('of a hook is kept as JSON has it, and its log says what that lost', async () => {
    const lines: SandboxLog[] = [];
    const log = (line: SandboxLog) => void lines.push(line);
    expect(
      valueOf(await sandbox.run(runOf(`hook('a', () => ({ seen: new Set([1]) }))`, { kind: 'event', log }))),
    ).toEqual({ seen: {} });
    expect(lines).toMatchObject([
      { level: 'warn', message: 'the result holds at "/seen" a Set; write [...set]; it is kept without' },
    ]);
  });
});
