import { describe, expect, it } from 'vitest';
import type { HostCall } from './index.js';
import { runOf, usualLimits } from './testing/runs.js';
import { sandbox, answer, openSandbox } from './testing/sandbox-bench.js';

openSandbox();

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
