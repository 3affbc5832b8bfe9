import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type HostCall, type RunRequest, type Sandbox, type SandboxLog } from './index.js';
import { bundleOf, endOf, getRequest, runOf, usualLimits, valueOf } from './testing/runs.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ hostMethods: ['kv.get', 'kv.set', 'jobs.runNow', 'emit', 'files.read'] });
});
afterAll(() => sandbox.stop());

const json = 'application/json; charset=utf-8';

async function respond(handler: string, over: Partial<RunRequest> = {}): Promise<unknown> {
  return valueOf(await sandbox.run(runOf(`route('/', ${handler})`, { kind: 'route', ...over })));
}

async function answer(handler: string, over: Partial<RunRequest> = {}): Promise<unknown> {
  return valueOf(await sandbox.run(runOf(`job('j', ${handler})`, over)));
}

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

describe('ctx', () => {
  it('shows identity, settings and run at once', async () => {
    const seen = await answer(`(ctx) => ({
        tenantId: ctx.tenantId,
        tenant: ctx.tenant,
        user: ctx.user,
        plugin: ctx.plugin,
        config: ctx.config,
        attempt: ctx.run.attempt,
        kind: ctx.run.kind,
        deadline: ctx.run.deadline,
        can: ctx.permissions.has('db.read'),
        cannot: ctx.permissions.has('db.write'),
        aborted: ctx.run.signal.aborted,
        ref: ctx.secrets.ref('API_KEY'),
      })`);
    expect(seen).toEqual({
      tenantId: 'demo',
      tenant: { id: 'ten_1', slug: 'demo', name: 'Demo' },
      user: { id: 'usr_1', email: 'a@demo.test' },
      plugin: { id: 'plg_1', slug: 'probe', version: '1.2.3' },
      config: { channel: '#ops', list: [1] },
      attempt: 2,
      kind: 'job',
      deadline: new Date(1_900_000_000_000).toISOString(),
      can: true,
      cannot: false,
      aborted: false,
      ref: '{{secret:API_KEY}}',
    });
  });

  it('gives each run its own copy of the settings, so that a change stays in that run', async () => {
    const body = `job('change', (ctx) => {
        ctx.config.list.push(2);
        ctx.tenant.slug = 'x';
        return ctx.config.list;
      });
      job('look', (ctx) => [ctx.config.list, ctx.tenantId]);`;
    expect(valueOf(await sandbox.run(runOf(body)))).toEqual([1, 2]);
    expect(valueOf(await sandbox.run(runOf(body, { index: 1 })))).toEqual([[1], 'demo']);
  });

  it('notices changed settings in a warm isolate', async () => {
    const body = `job('j', (ctx) => ctx.config)`;
    const first = runOf(body);
    expect(valueOf(await sandbox.run(first))).toEqual({ channel: '#ops', list: [1] });
    expect(
      valueOf(await sandbox.run({ ...first, context: { ...first.context, config: { channel: '#dev' } } })),
    ).toEqual({ channel: '#dev' });
  });

  it('can be taken apart', async () => {
    expect(await answer(`async ({ kv: { get }, tenantId }) => [tenantId, await get('a')]`)).toEqual([
      'demo',
      { method: 'kv.get', args: ['a'] },
    ]);
  });

  it('shows the request of a route', async () => {
    const handler = `async (ctx) => ({
        method: ctx.request.method,
        url: ctx.request.url,
        type: ctx.request.headers.get('Content-Type'),
        body: await ctx.request.json(),
        params: ctx.params,
        query: ctx.query,
      })`;
    const request = {
      ...getRequest,
      method: 'POST',
      headers: [['content-type', 'application/json']] as [string, string][],
      params: { id: '7' },
      query: { a: '1', b: ['2', '3'] },
      body: { encoding: 'utf8' as const, data: '{"x":"ü"}' },
    };
    const response = (await respond(handler, { request })) as { body: { data: string } };
    expect(JSON.parse(response.body.data)).toEqual({
      method: 'POST',
      url: request.url,
      type: 'application/json',
      body: { x: 'ü' },
      params: { id: '7' },
      query: { a: '1', b: ['2', '3'] },
    });
  });

  it('hands a binary request body on as it came', async () => {
    const request = { ...getRequest, method: 'PUT', body: { encoding: 'base64' as const, data: 'AP+A' } };
    const response = (await respond(`async (ctx) => [...new Uint8Array(await ctx.request.arrayBuffer())]`, {
      request,
    })) as { body: { data: string } };
    expect(JSON.parse(response.body.data)).toEqual([0, 255, 128]);
  });

  it('has no request outside of a route', async () => {
    expect(await answer(`(ctx) => [ctx.request === undefined, ctx.params, ctx.query]`)).toEqual([true, {}, {}]);
  });

  it('holds only the namespaces of the host-call table, besides its own', async () => {
    expect(
      await answer(`(ctx) => [typeof ctx.kv.get, typeof ctx.jobs.runNow, typeof ctx.emit, typeof ctx.db]`),
    ).toEqual(['function', 'function', 'function', 'undefined']);
  });
});

describe('host calls', () => {
  it('carry their arguments as one JSON array, bytes included', async () => {
    const calls: HostCall[] = [];
    await answer(
      `async (ctx) => {
          await ctx.emit('a.b', { at: new Date(0), list: [undefined, 1] }, undefined);
          await ctx.kv.set('k', new Uint8Array([1, 2]));
        }`,
      {
        hostCall: (call) => {
          calls.push(call);
          return Promise.resolve({ ok: true, value: 'null' });
        },
      },
    );
    expect(calls.map(({ method, args }) => [method, JSON.parse(args) as unknown])).toEqual([
      ['emit', ['a.b', { at: '1970-01-01T00:00:00.000Z', list: [null, 1] }]],
      ['kv.set', ['k', { $bytes: 'AQI=' }]],
    ]);
  });

  it.each([
    ['a promise that was not awaited', 'Promise.resolve({})', /argument 2 holds a promise; write await before it/],
    ['a number that is none, however deep', '{ a: [{ n: 0 / 0 }] }', /holds at "\/a\/0\/n" the number NaN/],
    ['an infinite number', 'Infinity', /the number Infinity/],
    ['a function', '{ f() {} }', /holds at "\/f" a function/],
    ['a symbol', 'Symbol("x")', /a symbol/],
    ['a BigInt', '[1n]', /a BigInt; write its digits as text/],
    ['a Map', 'new Map([[1, 2]])', /Object\.fromEntries/],
    ['a Set', 'new Set([1])', /write \[\.\.\.set\]/],
    ['a date that is none', '{ at: new Date(NaN) }', /holds at "\/at" a Date that is no time/],
    ['an Error', '{ list: [{ error: new TypeError("x") }] }', /holds at "\/list\/0\/error" an Error/],
    ['the error of a call', '{ error: await ctx.kv.get(1n).catch((e) => e) }', /holds at "\/error" an Error/],
    ['a pattern', '{ like: /x/ }', /holds at "\/like" a RegExp/],
    [
      'what has no members of its own',
      '{ at: [new Headers({ a: "b" })] }',
      /holds at "\/at\/0" an object of the class Headers/,
    ],
    [
      'an id whose digits were lost',
      '{ row: { id: 1610521604143693813 } }',
      /holds at "\/row\/id" the number 1610521604143693800, which is beyond 2\^53/,
    ],
    ['a whole number beyond 2^53', '1e18', /holds the number 1000000000000000000, which is beyond 2\^53/],
    [
      'one that is written with an exponent',
      '{ n: [-1e21] }',
      /holds at "\/n\/0" the number -1e\+21, which is beyond 2\^53/,
    ],
    ['a promise beside bytes', '{ a: new Uint8Array(3), b: Promise.resolve() }', /holds at "\/b" a promise/],
    [
      'a circle',
      '(() => { const a = {}; a.a = a; return a; })()',
      /argument 2 cannot be written as JSON: Converting circular structure/,
    ],
    [
      'what is nested too deep to write',
      '(() => { let a = {}; for (let i = 0; i < 200000; i += 1) a = { a }; return a; })()',
      /cannot be written as JSON/,
    ],
    ['a getter that throws', '({ get a() { throw new Error("mine"); } })', /cannot be written as JSON: mine/],
    [
      'a proxy that throws',
      'new Proxy({}, { ownKeys() { throw { get message() { throw 1; } }; } })',
      /argument 2 cannot be written as JSON$/,
    ],
  ])('refuse %s, instead of losing it', async (_name, value, message) => {
    const made: string[] = [];
    const hostCall = ({ method }: HostCall) => {
      made.push(method);
      return Promise.resolve({ ok: true as const, value: 'null' });
    };
    const handler = `async (ctx) => {
        try {
          await ctx.kv.set('k', ${value});
        } catch (e) {
          return [e instanceof Error, e.code, e.message];
        }
      }`;
    expect(await answer(handler, { hostCall })).toEqual([
      true,
      'INVALID_ARGUMENTS',
      expect.stringMatching(message) as string,
    ]);
    expect(made).toEqual([]);
  });

  it('take numbers that nobody takes for an id', async () => {
    const sent: string[] = [];
    const hostCall = ({ args }: HostCall) => {
      sent.push(args);
      return Promise.resolve({ ok: true as const, value: 'null' });
    };
    await answer(`(ctx) => ctx.kv.set('k', [9007199254740991, -9007199254740991, 0.1, Math.PI, Number.MIN_VALUE])`, {
      hostCall,
    });
    expect(sent).toEqual(['["k",[9007199254740991,-9007199254740991,0.1,3.141592653589793,5e-324]]']);
  });

  it('take views of bytes and Blobs as bytes', async () => {
    const calls: unknown[] = [];
    const hostCall = ({ args }: HostCall) => {
      calls.push(JSON.parse(args));
      return Promise.resolve({ ok: true as const, value: 'null' });
    };
    const handler = `async (ctx) => {
      await ctx.kv.set('view', new DataView(new Uint8Array([9, 1, 2, 9]).buffer, 1, 2));
      await ctx.kv.set('blob', new Blob([new Uint8Array([1]), new Uint8Array([2])]));
    }`;
    await answer(handler, { hostCall });
    expect(calls).toEqual([
      ['view', { $bytes: 'AQI=' }],
      ['blob', { $bytes: 'AQI=' }],
    ]);
  });

  it.each([
    [`ctx.http.get('https://a.test/', 'x'.repeat(3_000_000))`, 'the options must be an object'],
    [`ctx.http.get('https://a.test/', 5)`, 'the options must be an object'],
    [`ctx.http.request('https://a.test/', { method: 5 })`, 'method must be text'],
    [`ctx.http.get('https://a.test/', { timeoutMs: 'soon' })`, 'timeoutMs must be a number'],
    [`ctx.http.get('https://a.test/', { timeoutMs: 0 / 0 })`, 'timeoutMs must be a number'],
    [`ctx.http.get('https://a.test/', { headers: 5 })`, 'headers must be an object'],
    [`ctx.http.get('https://a.test/', { headers: [['a']] })`, 'headers must be an object'],
    [`ctx.http.get('https://a.test/', { query: new Map([['a', 1]]) })`, 'query holds a Map'],
    [`ctx.http.get(Symbol('x'))`, 'the URL must be text'],
    [`ctx.http.post('https://a.test/', Promise.resolve(1))`, 'the body holds a promise'],
    [`ctx.http.post('https://a.test/', () => 1)`, 'the body holds a function'],
    [`ctx.http.post('https://a.test/', { a: 1n })`, 'the body holds at "/a" a BigInt'],
    [`ctx.plugins.call('other', '/', 5)`, 'the options must be an object'],
    [`ctx.plugins.call('other', Promise.resolve('/'))`, 'argument 2 holds a promise'],
  ])('of HTTP refuse what they would have to guess: %s', async (call, detail) => {
    const handler = `async (ctx) => { try { await ${call}; } catch (e) { return [e.code, e.message]; } }`;
    expect(await answer(handler, { hostCall: () => Promise.reject(new Error('nothing was to be sent')) })).toEqual([
      'INVALID_ARGUMENTS',
      expect.stringContaining(detail) as string,
    ]);
  });

  it('of HTTP send a long body beside the arguments, a short one in them', async () => {
    const calls: { data: unknown; text: string | undefined }[] = [];
    const hostCall = ({ args, text }: HostCall) => {
      const [{ body }] = JSON.parse(args) as [{ body: { data: unknown } }];
      calls.push({ data: body.data, text });
      return Promise.resolve({ ok: true as const, value: '{"status":200,"headers":[],"url":"https://a.test/"}' });
    };
    const handler = `async (ctx) => {
        const long = '"ü"'.repeat(70_000);
        await ctx.http.post('https://a.test/', long);
        await fetch('https://a.test/', { method: 'POST', body: long });
        await ctx.http.post('https://a.test/', 'short');
        return ctx.http.post('https://a.test/', 'x'.repeat(16_777_216)).catch((error) => error.code);
      }`;
    expect(await answer(handler, { hostCall })).toBe('PAYLOAD_TOO_LARGE');
    const long = '"ü"'.repeat(70_000);
    expect(calls).toEqual([
      { data: null, text: long },
      { data: null, text: long },
      { data: 'short', text: undefined },
    ]);
  });

  it('of HTTP send every value of a header, and refuse one that is no byte by its name', async () => {
    const calls: unknown[] = [];
    const hostCall = ({ args }: HostCall) => {
      calls.push((JSON.parse(args) as [{ headers: unknown; redirect?: unknown }])[0]);
      return Promise.resolve({ ok: true as const, value: '{"status":200,"headers":[],"body":null}' });
    };
    const handler = `async (ctx) => {
        await ctx.http.get('https://a.test/', {
          headers: { link: ['<a>', '<b>'], 'X-Name': 'Zoë' },
          redirect: 'manual',
        });
        const refused = [];
        for (const headers of [{ 'X-Price': '5 €' }, { 'a b': 'c' }, [['X-Price', '5 €']]])
          await ctx.http.get('https://a.test/', { headers }).catch((e) => refused.push(e.code + ' ' + e.message));
        await ctx.http.get('https://a.test/', { redirect: 'no' }).catch((e) => refused.push(e.code));
        return refused;
      }`;
    const about =
      'contains the character U+20AC, and headers carry bytes; encode it, for example with encodeURIComponent';
    expect(await answer(handler, { hostCall })).toEqual([
      `INVALID_ARGUMENTS ctx.http.request: The header "X-Price" ${about}`,
      'INVALID_ARGUMENTS ctx.http.request: Invalid header name: "a b"',
      'INVALID_ARGUMENTS ctx.http.request: headers must be an object, a list of pairs or Headers: The header ' +
        `"X-Price" ${about}`,
      'INVALID_ARGUMENTS',
    ]);
    expect(calls).toMatchObject([
      {
        headers: [
          ['link', '<a>'],
          ['link', '<b>'],
          ['x-name', 'Zoë'],
        ],
        redirect: 'manual',
      },
    ]);
  });

  it('of HTTP take headers from anything that lists pairs', async () => {
    const calls: unknown[] = [];
    const hostCall = ({ args }: HostCall) => {
      calls.push(JSON.parse(args));
      return Promise.resolve({
        ok: true as const,
        value: JSON.stringify({ status: 200, headers: [], url: 'https://a.test/', body: null }),
      });
    };
    await answer(
      `async (ctx) => {
          for (const headers of [new Map([['X-A', 'b']]), [['X-A', 'b']], new Headers({ 'X-A': 'b' }), { 'X-A': 'b' }])
            await ctx.http.get('https://a.test/', { headers });
        }`,
      { hostCall },
    );
    expect(calls).toMatchObject(Array.from({ length: 4 }, () => [{ headers: [['x-a', 'b']] }]));
  });

  it('bring bytes back as Uint8Array', async () => {
    const handler = `async (ctx) => {
        const { data } = await ctx.files.read('a');
        return [data instanceof Uint8Array, [...data]];
      }`;
    expect(
      await answer(handler, { hostCall: () => Promise.resolve({ ok: true, value: '{"data":{"$bytes":"AP8="}}' }) }),
    ).toEqual([true, [0, 255]]);
  });

  it('fail as an Error with the code, which the plugin may catch', async () => {
    const hostCall = () =>
      Promise.resolve({ ok: false as const, code: 'PERMISSION_DENIED', message: 'kv is not granted' });
    expect(
      await answer(
        `async (ctx) => {
            try {
              await ctx.kv.get('a');
            } catch (e) {
              return [e instanceof Error, e.code, e.message];
            }
          }`,
        { hostCall },
      ),
    ).toEqual([true, 'PERMISSION_DENIED', 'kv is not granted']);
    expect(await sandbox.run(runOf(`job('j', (ctx) => ctx.kv.get('a'))`, { hostCall }))).toMatchObject({
      status: 'failed',
      error: { code: 'PLUGIN_ERROR', message: 'kv is not granted' },
    });
  });

  it('beyond the number allowed at once wait their turn', async () => {
    const fourUnderWay = Promise.withResolvers<void>();
    let underWay = 0;
    let most = 0;
    const hostCall = async () => {
      most = Math.max(most, (underWay += 1));
      if (underWay === 4) fourUnderWay.resolve();
      await fourUnderWay.promise;
      underWay -= 1;
      return { ok: true as const, value: '1' };
    };
    const handler = `async (ctx) => (await Promise.all(Array.from({ length: 30 }, () => ctx.kv.get('a')))).length`;
    expect(await answer(handler, { hostCall, limits: { ...usualLimits, hostCallsAtOnce: 4 } })).toBe(30);
    expect(most).toBe(4);
  });

  it('answer a secret, or the fallback when there is none', async () => {
    const hostCall = ({ args }: HostCall) =>
      Promise.resolve({ ok: true as const, value: args === '["API_KEY"]' ? '"s3cret"' : 'null' });
    expect(
      await answer(
        `async (ctx) => [
            await ctx.secrets.get('API_KEY'),
            await ctx.secrets.get('NONE'),
            await ctx.secrets.get('NONE', 'x'),
          ]`,
        { hostCall },
      ),
    ).toEqual(['s3cret', null, 'x']);
  });

  it('send HTTP in one form, whether by ctx.http or by fetch', async () => {
    const calls: unknown[] = [];
    const hostCall = ({ method, args }: HostCall) => {
      calls.push([method, ...(JSON.parse(args) as unknown[])]);
      return Promise.resolve({
        ok: true as const,
        value: JSON.stringify({
          status: 201,
          headers: [['x-a', 'b']],
          url: 'https://a.test/',
          body: { encoding: 'utf8', data: '{"ok":1}' },
        }),
      });
    };
    const handler = `async (ctx) => {
        const one = await ctx.http.post(
          'https://a.test/',
          { a: 1 },
          { headers: { 'X-B': 'c' }, query: { q: 'x' }, timeoutMs: 500 },
        );
        const two = await fetch('https://a.test/', { method: 'POST', body: 'text' });
        const three = await ctx.http.get('https://a.test/');
        return [
          one.status,
          one.ok,
          one.headers.get('X-A'),
          await one.json(),
          await one.text(),
          two.status,
          await two.json(),
          (await three.arrayBuffer()).byteLength,
        ];
      }`;
    expect(await answer(handler, { hostCall })).toEqual([201, true, 'b', { ok: 1 }, '{"ok":1}', 201, { ok: 1 }, 8]);
    expect(calls).toMatchObject([
      [
        'http.request',
        {
          method: 'POST',
          url: 'https://a.test/',
          headers: [
            ['x-b', 'c'],
            ['content-type', 'application/json'],
          ],
          query: { q: 'x' },
          body: { encoding: 'utf8', data: '{"a":1}' },
          timeout_ms: 500,
        },
      ],
      ['http.request', { method: 'POST', url: 'https://a.test/', body: { encoding: 'utf8', data: 'text' } }],
      ['http.request', { method: 'GET', url: 'https://a.test/', headers: [], body: null }],
    ]);
  });
});

describe('handlers', () => {
  it.each([
    ['hook gets the event', `hook('a.b', (ctx, event) => event.data)`, 'event', '{"data":{"x":1}}', { x: 1 }],
    ['job gets the payload', `job('j', (ctx, payload) => payload)`, 'job', '[1]', [1]],
    ['job without a payload', `job('j', (ctx, payload) => payload === undefined)`, 'job', undefined, true],
    [
      'filter gets and gives a value',
      `filter('f', (ctx, value) => ({ ...value, b: 2 }))`,
      'filter',
      '{"a":1}',
      { a: 1, b: 2 },
    ],
    [
      'onConfigChange gets key, value and operation',
      `onConfigChange((ctx, key, value, op) => [ctx.tenantId, key, value, op])`,
      'lifecycle',
      '{"key":"channel","value":"#x","op":"set"}',
      ['demo', 'channel', '#x', 'set'],
    ],
    ['onInstall gets ctx', `onInstall((ctx) => ctx.plugin.slug)`, 'lifecycle', undefined, 'probe'],
    ['health gets ctx', `health((ctx) => ({ ok: true }))`, 'health', undefined, { ok: true }],
  ] as const)('%s', async (_name, body, kind, payload, result) => {
    expect(valueOf(await sandbox.run(runOf(body, { kind, ...(payload === undefined ? {} : { payload }) })))).toEqual(
      result,
    );
  });

  it('that are not where the release said are PLUGIN_ERROR', async () => {
    expect(endOf(await sandbox.run(runOf(`job('j', () => 1)`, { index: 5 })))).toBe('PLUGIN_ERROR');
    expect(endOf(await sandbox.run(runOf(`job('j', () => 1)`, { kind: 'event' })))).toBe('PLUGIN_ERROR');
  });

  it('that throw end as PLUGIN_ERROR with message and stack', async () => {
    const outcome = await sandbox.run(runOf(`job('j', async () => { throw new TypeError('no such user'); })`));
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { code: 'PLUGIN_ERROR', message: 'no such user', stack: expect.stringContaining('plugin.js:1') as string },
    });
  });

  it.each([
    [`throw 'plain text'`, 'plain text'],
    [`throw null`, 'null'],
    [`throw { message: 'an object' }`, 'an object'],
    [`throw Symbol('s')`, 'Symbol(s)'],
  ])('that %s end as PLUGIN_ERROR with what can be shown', async (statement, message) => {
    expect(await sandbox.run(runOf(`job('j', () => { ${statement}; })`))).toMatchObject({
      error: { code: 'PLUGIN_ERROR', message },
    });
  });

  it('say that a failure must not be retried, or when', async () => {
    expect(await sandbox.run(runOf(`job('j', () => { throw new NonRetryable('gone'); })`))).toMatchObject({
      error: { code: 'NON_RETRYABLE', message: 'gone' },
    });
    expect(await sandbox.run(runOf(`job('j', () => { throw new RetryAfter(1500, 'busy'); })`))).toMatchObject({
      error: { code: 'RETRY_AFTER', message: 'busy', retryAfterMs: 1500 },
    });
    expect(await sandbox.run(runOf(`job('j', () => { throw new RetryAfter('busy', 1500); })`))).toMatchObject({
      error: { code: 'RETRY_AFTER', message: 'busy', retryAfterMs: 1500 },
    });
  });

  it('that keep buffers until none are left end as MEMORY_LIMIT, and the next run starts afresh', async () => {
    const body = `const kept = [];
      job('fill', () => {
        for (;;) kept.push(new ArrayBuffer(4_000_000));
      });
      job('few', () => new ArrayBuffer(8_000_000).byteLength);`;
    const limits = { ...usualLimits, memoryMb: 32 };
    const full = await sandbox.run(runOf(body, { limits }));
    expect(full).toMatchObject({
      status: 'failed',
      error: { code: 'MEMORY_LIMIT', message: expect.stringContaining('32 MB') as string },
    });
    expect(full.usage.memoryMb).toBeGreaterThanOrEqual(32);
    expect(await sandbox.run(runOf(body, { index: 1, limits }))).toMatchObject({
      status: 'succeeded',
      result: '8000000',
    });
  });

  it('share what the entry made, from run to run of one release', async () => {
    const body = `let count = 0; job('j', () => (count += 1))`;
    expect([
      await answer(`() => 0`),
      valueOf(await sandbox.run(runOf(body))),
      valueOf(await sandbox.run(runOf(body))),
    ]).toEqual([0, 1, 2]);
  });

  it('run side by side in one isolate', async () => {
    const body = `const open = {};
      job(
        'wait',
        (ctx, { id }) =>
          new Promise((resolve) => {
            open[id] = resolve;
          }),
      );
      job('open', (ctx, { id }) => {
        open[id](id);
      });`;
    const waiting = ['a', 'b'].map((id) => sandbox.run(runOf(body, { payload: JSON.stringify({ id }) })));
    // A promise that another run resolves settles in that run's turn; the result still belongs to the run that waits.
    for (const id of ['b', 'a']) await sandbox.run(runOf(body, { index: 1, payload: JSON.stringify({ id }) }));
    expect((await Promise.all(waiting)).map(valueOf)).toEqual(['a', 'b']);
  });
});

describe('a long turn', () => {
  it('of a job holds up no other run of its plugin', async () => {
    const body = `job('spin', () => { for (;;); }); job('ping', () => 'pong');`;
    const controller = new AbortController();
    const spin = sandbox.run(
      runOf(body, { signal: controller.signal, limits: { ...usualLimits, wallMs: 60_000, cpuMs: 60_000 } }),
    );
    expect(valueOf(await sandbox.run(runOf(body, { index: 1 })))).toBe('pong');
    controller.abort();
    expect(endOf(await spin)).toBe('CANCELLED');
  });
});

describe('a run of many turns', () => {
  it.runIf(process.platform === 'linux')('starts no thread for each, however much it computes', async () => {
    const tenantId = 'ten_of_many_turns';
    const threads: number[] = [];
    // Less time is left for each turn than for the one before, by more than has gone by.
    const body = `job('j', async (ctx) => {
      for (let turn = 1; ; turn += 1) {
        for (const until = Date.now() + 3; Date.now() < until; );
        await (turn % 20 === 0 ? ctx.kv.get('threads') : new Promise((resolve) => setTimeout(resolve, 0)));
      }
    })`;
    const hostCall: RunRequest['hostCall'] = () => {
      const executor = sandbox.stats().executors.find((each) => each.tenantId === tenantId);
      threads.push(readdirSync(`/proc/${executor?.pid}/task`).length);
      return Promise.resolve({ ok: true, value: '1' });
    };
    const outcome = await sandbox.run(runOf(body, { tenantId, hostCall, limits: { ...usualLimits, cpuMs: 500 } }));
    expect(endOf(outcome)).toBe('CPU_LIMIT');
    expect(threads).not.toEqual([]);
    expect(Math.max(...threads)).toBeLessThan(40);
  });
});

describe('logs', () => {
  it('come line by line, with level and fields', async () => {
    const lines: SandboxLog[] = [];
    await answer(`(ctx) => { console.log('hello', 1); console.error('bad'); ctx.log.warn('careful', { a: 1 }); }`, {
      log: (line) => lines.push(line),
    });
    expect(lines).toMatchObject([
      { level: 'info', message: 'hello 1' },
      { level: 'error', message: 'bad' },
      { level: 'warn', message: 'careful', fields: { a: 1 } },
    ]);
  });

  it('show errors with their stack, and whatever JSON cannot say, and never throw', async () => {
    const lines: SandboxLog[] = [];
    const handler = `(ctx) => {
      const circle = { name: 'c' }; circle.self = circle;
      ctx.log.error(new TypeError('alone'));
      ctx.log.error('failed', new RangeError('why'));
      ctx.log.warn('failed', { error: new Error('inside'), n: 10n, nan: NaN });
      ctx.log.info('round', circle);
      ctx.log.info(circle);
      ctx.log.info('thrower', { get a() { throw new Error('x'); } });
      ctx.log.debug('list', [1, 2]);
      return 'done';
    }`;
    expect(await answer(handler, { log: (line) => lines.push(line) })).toBe('done');
    expect(lines).toMatchObject([
      { level: 'error', message: expect.stringMatching(/TypeError: alone/) as string },
      {
        level: 'error',
        message: 'failed',
        fields: { name: 'RangeError', message: 'why', stack: expect.stringContaining('RangeError: why') as string },
      },
      { level: 'warn', message: 'failed', fields: { error: { message: 'inside' }, n: '10', nan: 'NaN' } },
      { level: 'info', message: 'round', fields: { name: 'c', self: '[Circular]' } },
      { level: 'info', message: expect.stringContaining("name: 'c'") as string },
      { level: 'info', message: 'thrower', fields: { a: '[Getter]' } },
      { level: 'debug', message: 'list', fields: { value: [1, 2] } },
    ]);
  });

  it('tell of a rejection that nobody handled, and the run goes on', async () => {
    const lines: SandboxLog[] = [];
    const handler = `async (ctx) => {
        void Promise.reject(new Error('forgotten'));
        await ctx.kv.get('a');
        return 'done';
      }`;
    expect(await answer(handler, { log: (line) => lines.push(line) })).toBe('done');
    expect(lines).toMatchObject([{ level: 'error', message: 'Uncaught (in promise): forgotten' }]);
  });
});

describe('usage', () => {
  it('counts what the run used', async () => {
    const outcome = await sandbox.run(
      runOf(
        `job('j', async (ctx) => { console.log('x'); await ctx.kv.get('a'); await ctx.kv.get('b'); return 'four'; })`,
      ),
    );
    expect(outcome.usage).toMatchObject({ logLines: 1, logBytes: 1, hostCalls: 2, resultBytes: 6 });
    expect(outcome.usage.cpuMs).toBeGreaterThan(0);
    expect(outcome.usage.wallMs).toBeGreaterThan(0);
  });
});

describe('inspection', () => {
  const inspect = (body: string, limits: { wallMs?: number; memoryMb?: number } = {}) =>
    sandbox.inspect(bundleOf(body), { wallMs: 60_000, ...limits });

  it('answers what the entry registers, in order', async () => {
    const body = `
      route(
        '/users/:id',
        {
          methods: ['get', 'POST'],
          auth: { hmac: { secret: 'S', header: 'X-Signature', scheme: 'github' } },
          roles: ['admin'],
        },
        () => 1,
      );
      hook('auth.user.*', () => 1);
      job('daily', () => 1);
      filter('price.quote', { priority: 5, timeout_ms: 200, on_error: 'fail' }, () => 1);
      health(() => 1);
      onInstall(() => 1);
      onConfigChange(() => 1);
      route('/', () => 1);
    `;
    expect(await inspect(body)).toEqual({
      ok: true,
      warnings: [],
      registrations: [
        {
          kind: 'route',
          path: '/users/:id',
          methods: ['GET', 'POST'],
          auth: { hmac: { secret: 'S', header: 'X-Signature', scheme: 'github' } },
          roles: ['admin'],
        },
        { kind: 'event', name: 'auth.user.*' },
        { kind: 'job', name: 'daily' },
        { kind: 'filter', name: 'price.quote', priority: 5, timeoutMs: 200, onError: 'fail' },
        { kind: 'health', name: 'health' },
        { kind: 'lifecycle', name: 'install' },
        { kind: 'lifecycle', name: 'config_change' },
        { kind: 'route', path: '/', methods: ['GET'], auth: 'member', roles: null },
      ],
    });
  });

  it.each([
    ['throws', `throw new Error('broken at the top')`, 'PLUGIN_ERROR', 'broken at the top'],
    ['registers no function', `route('/', 5)`, 'PLUGIN_ERROR', 'the handler must be a function'],
    ['registers no path', `route('', () => 1)`, 'PLUGIN_ERROR', 'path must be'],
    [
      'gives a route an option that nothing reads',
      `route('/a', { method: 'POST' }, () => 1)`,
      'PLUGIN_ERROR',
      'route /a has no option "method"; there are: methods, auth, roles',
    ],
    [
      'gives a filter an option that nothing reads',
      `filter('a.b', { order: 1 }, () => 1)`,
      'PLUGIN_ERROR',
      'filter a.b has no option "order"',
    ],
    ['gives a job options', `job('j', { schedule: '@daily' }, () => 1)`, 'PLUGIN_ERROR', 'declared in the manifest'],
    ['uses too much memory', `const a = []; for (;;) a.push(new Array(10000).fill(1));`, 'MEMORY_LIMIT', ''],
  ])('fails for an entry that %s', async (_name, body, code, message) => {
    const found = await inspect(body, { memoryMb: 32 });
    expect(found).toMatchObject({ ok: false, error: { code, message: expect.stringContaining(message) as string } });
  });

  it('fails for an entry that never ends', async () => {
    const found = await inspect(`for (;;);`, { wallMs: 500 });
    expect(found).toMatchObject({ ok: false, error: { code: 'TIMEOUT' } });
  });

  it('warns of host calls while the entry loads', async () => {
    const found = await inspect(`fetch('https://a.test/').catch(() => 0); job('j', () => 1);`);
    expect(found).toMatchObject({
      ok: true,
      registrations: [{ kind: 'job' }],
      warnings: [expect.stringContaining('http.request') as string],
    });
  });

  it('leaves nothing behind for the next one', async () => {
    await inspect(`globalThis.left = 1; job('j', () => 1);`);
    expect(await inspect(`if (globalThis.left) throw new Error('left'); job('j', () => 1);`)).toMatchObject({
      ok: true,
    });
  });
});
