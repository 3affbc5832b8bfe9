import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { evaluateAll } from './testing/table.js';
import { startWebIsolate } from './testing/web-isolate.js';
import type { WebIsolate } from './testing/web-isolate.js';

let web: WebIsolate;
const asked: { method: string; args: unknown }[] = [];
let answer: (url: string) => Promise<object>;

beforeAll(async () => {
  web = await startWebIsolate({
    host: async (method, argsJson) => {
      const args = JSON.parse(argsJson) as [{ url: string }];
      asked.push({ method, args });
      return JSON.stringify(await answer(args[0].url));
    },
  });
});
afterAll(() => {
  web.stop();
});
beforeEach(() => {
  asked.length = 0;
  answer = async (url) => ({
    status: 200,
    headers: [
      ['Content-Type', 'application/json'],
      ['X-A', '1'],
      ['x-a', '2'],
    ],
    url,
    body: { encoding: 'utf8', data: '{"ok":true}' },
  });
});

describe('Request', () => {
  it.each([
    [
      `(() => {
          const r = new Request('https://a.b/c d#f');
          return [r.method, r.url, r.redirect, r.bodyUsed, r.body, r.signal.aborted, r.mode, r.credentials, r.cache];
        })()`,
      ['GET', 'https://a.b/c%20d#f', 'follow', false, null, false, 'cors', 'same-origin', 'default'],
    ],
    ["new Request('https://a.b', { method: 'post' }).method", 'POST'],
    ["new Request('https://a.b', { method: 'patch' }).method", 'patch'],
    ["new Request('https://a.b', { method: 'Foo' }).method", 'Foo'],
    ["new Request('https://a.b', { method: 'TRACE' })", '!TypeError'],
    ["new Request('https://a.b', { method: 'a b' })", '!TypeError'],
    ["new Request('/rel')", '!TypeError'],
    ["new Request('https://u:p@a.b')", '!TypeError'],
    ["new Request('https://a.b', { body: 'x' })", '!TypeError'],
    ["new Request('https://a.b', { redirect: 'no' })", '!TypeError'],
    ["new Request('https://a.b', { signal: {} })", '!TypeError'],
    ["new Request('https://a.b', { method: 'POST', body: new ReadableStream() })", '!TypeError'],
    [
      "new Request('https://a.b', { method: 'POST', body: 'x' }).headers.get('content-type')",
      'text/plain;charset=UTF-8',
    ],
    [
      `new Request('https://a.b', { method: 'POST', body: new URLSearchParams({ a: 'b' }) }).headers.get(
          'content-type',
        )`,
      'application/x-www-form-urlencoded;charset=UTF-8',
    ],
    [
      `new Request('https://a.b', { method: 'POST', body: new Blob(['x'], { type: 'a/b' }) }).headers.get(
          'content-type',
        )`,
      'a/b',
    ],
    ["new Request('https://a.b', { method: 'POST', body: new Uint8Array(1) }).headers.get('content-type')", null],
    [
      `new Request('https://a.b', { method: 'POST', body: 'x', headers: { 'content-type': 'c/d' } }).headers.get(
          'content-type',
        )`,
      'c/d',
    ],
    [
      `(async () => {
          const r = new Request('https://a.b', { method: 'POST', body: 'x' });
          const s = new Request(r, { headers: { a: '1' } });
          return [r.bodyUsed, s.method, s.headers.get('a'), await s.text()];
        })()`,
      [true, 'POST', '1', 'x'],
    ],
    [
      "(async () => { const r = new Request('https://a.b', { method: 'POST', body: '{\"a\":1}' }); const c = " +
        'r.clone(); return [await r.json(), await c.text(), r.bodyUsed] })()',
      [{ a: 1 }, '{"a":1}', true],
    ],
    [
      `(async () => {
          const r = new Request('https://a.b', { method: 'POST', body: 'x' });
          await r.text();
          return r.clone();
        })()`,
      '!TypeError',
    ],
    [
      `(() => {
          const c = new AbortController();
          const r = new Request(new Request('https://a.b', { signal: c.signal }));
          c.abort();
          return r.signal.aborted;
        })()`,
      true,
    ],
  ])('%s', async (expression, expected) => {
    expect(await evaluateAll(web, [expression])).toEqual([expected]);
  });
});

describe('Response', () => {
  it.each([
    [
      `(() => {
          const r = new Response();
          return [r.status, r.ok, r.statusText, r.type, r.body, r.url, r.redirected];
        })()`,
      [200, true, '', 'default', null, '', false],
    ],
    [
      `(async () => {
          const r = new Response('é', { status: 201, statusText: 'Made', headers: { a: '1' } });
          return [r.status, r.statusText, [...r.headers], await r.text(), r.bodyUsed];
        })()`,
      [
        201,
        'Made',
        [
          ['a', '1'],
          ['content-type', 'text/plain;charset=UTF-8'],
        ],
        'é',
        true,
      ],
    ],
    ["new Response('', { status: 99 })", '!RangeError'],
    ["new Response('', { status: 600 })", '!RangeError'],
    ["new Response('x', { status: 204 })", '!TypeError'],
    ['new Response(null, { status: 204 }).status', 204],
    ["new Response('', { statusText: '\\n' })", '!TypeError'],
    [
      `(async () => {
          const r = Response.json({ a: [1] }, { status: 418 });
          return [r.status, r.headers.get('content-type'), await r.json()];
        })()`,
      [418, 'application/json', { a: [1] }],
    ],
    ['Response.json(undefined)', '!TypeError'],
    ['Response.json(1n)', '!TypeError'],
    [
      "(() => { const r = Response.redirect('https://a.b', 307); return [r.status, r.headers.get('location')] })()",
      [307, 'https://a.b/'],
    ],
    ["Response.redirect('https://a.b', 200)", '!RangeError'],
    ["Response.redirect('//')", '!TypeError'],
    ['(() => { const r = Response.error(); return [r.type, r.status] })()', ['error', 0]],
    ["(async () => { const r = new Response('x'); await r.text(); return r.text() })()", '!TypeError'],
    ["new Response('{').json()", '!SyntaxError'],
    [
      '(async () => [...new Uint8Array(await new Response(new Uint8Array([1, 2, 3]).subarray(1)).arrayBuffer())])()',
      [2, 3],
    ],
    ["(async () => (await new Response('\\ufeffx').text()))()", 'x'],
    [
      `(async () => {
          const b = await new Response('x', { headers: { 'content-type': 'Text/Plain; Charset=X' } }).blob();
          return [b.type, b.size];
        })()`,
      ['text/plain;charset=X', 1],
    ],
    [
      `(async () => {
          const r = new Response('abc');
          const reader = r.body.getReader();
          const first = await reader.read();
          return [new TextDecoder().decode(first.value), (await reader.read()).done, r.bodyUsed];
        })()`,
      ['abc', true, true],
    ],
    ["(async () => { const r = new Response('abc'); r.body.getReader(); return r.text() })()", '!TypeError'],
    [
      `(async () => {
          const r = new Response(
            new ReadableStream({
              start(c) {
                c.enqueue(new Uint8Array([104]));
                c.enqueue(new Uint8Array([105]));
                c.close();
              },
            }),
          );
          const c = r.clone();
          return [await r.text(), await c.text()];
        })()`,
      ['hi', 'hi'],
    ],
    ["new Response(new ReadableStream({ start(c) { c.enqueue('text'); c.close() } })).text()", '!TypeError'],
    ['new Response(new ReadableStream({ start(c) { c.error(new RangeError()) } })).text()', '!RangeError'],
  ])('%s', async (expression, expected) => {
    expect(await evaluateAll(web, [expression])).toEqual([expected]);
  });
});

describe('form data', () => {
  it('survives the way through a multipart body', async () => {
    expect(
      await web.run(`
        const form = new FormData();
        form.append('a', 'one\\ntwo');
        form.append('naïve "name"\\n', 'é');
        form.append('f', new File([new Uint8Array([0, 13, 10, 45, 45, 255])], 'a "b".bin', { type: 'x/y' }));
        form.append('e', new Blob([]));
        const response = new Response(form);
        const type = response.headers.get('content-type');
        const read = await response.formData();
        const file = read.get('f');
        return [
          /^multipart\\/form-data; boundary=----AnnexFormBoundary[0-9a-f]{24}$/.test(type),
          [...read.keys()],
          read.get('a'),
          read.get('naïve "name"\\r\\n'),
          file.name,
          file.type,
          [...(await file.bytes())],
          read.get('e').name,
          read.get('e').size,
        ];
      `),
    ).toEqual([
      true,
      ['a', 'naïve "name"\r\n', 'f', 'e'],
      'one\r\ntwo',
      'é',
      'a "b".bin',
      'x/y',
      [0, 13, 10, 45, 45, 255],
      'blob',
      0,
    ]);
  });

  it.each([
    [
      "new Response('--x\\r\\nContent-Disposition: form-data; name=a\\r\\n\\r\\n1\\r\\n--x--', { headers: { " +
        "'content-type': 'multipart/form-data; boundary=x' } })",
      [['a', '1']],
    ],
    [
      'new Response(\'preamble\\r\\n--x\\r\\ncontent-disposition: form-data; name="a"\\r\\nX-Y: ' +
        "z\\r\\n\\r\\n\\r\\n--x--\\r\\n', { headers: { 'content-type': 'multipart/form-data; boundary=\"x\"' } })",
      [['a', '']],
    ],
    ["new Response('--x--\\r\\n', { headers: { 'content-type': 'multipart/form-data; boundary=x' } })", []],
    [
      "new Response('a=1&b=%C3%A9+x', { headers: { 'content-type': 'application/x-www-form-urlencoded' } })",
      [
        ['a', '1'],
        ['b', 'é x'],
      ],
    ],
    ["new Response('--x\\r\\n', { headers: { 'content-type': 'multipart/form-data; boundary=x' } })", '!TypeError'],
    [
      "new Response('--x\\r\\nA: b\\r\\n\\r\\n1\\r\\n--x--', { headers: { 'content-type': 'multipart/form-data; " +
        "boundary=x' } })",
      '!TypeError',
    ],
    ["new Response('x', { headers: { 'content-type': 'multipart/form-data' } })", '!TypeError'],
    ["new Response('x')", '!TypeError'],
  ])('reads %s', async (response, expected) => {
    expect(await evaluateAll(web, [`(async () => [...await (${response}).formData()])()`])).toEqual([expected]);
  });

  it.each([
    [
      'only an extended file name',
      `form-data; name="a"; filename*=UTF-8''r%C3%A9sum%C3%A9%20%26.pdf`,
      ['a', 'résumé &.pdf'],
    ],
    [
      'both forms, of which the extended one counts',
      `form-data; name=a; filename="plain"; FILENAME*=utf-8'en'b%c3%bc`,
      ['a', 'bü'],
    ],
    ['an extended name in ISO-8859-1', `form-data; name=a; filename*=iso-8859-1''%A3`, ['a', '£']],
    [
      'an extended name in a charset that nobody knows',
      `form-data; name=a; filename="plain"; filename*=koi8-r''%C1`,
      ['a', 'plain'],
    ],
    ['such a name alone, which is kept as it came', `form-data; name=a; filename*=koi8-r''%C1`, ['a', "koi8-r''%C1"]],
    ['an extended name that is broken', `form-data; name=a; filename*=UTF-8''%C3%`, ['a', "UTF-8''%C3%"]],
    ['a parameter inside of a quoted name', `form-data; name="x; filename=evil; y"`, ['x; filename=evil; y']],
    ['a parameter whose name ends alike', `form-data; xname=b; name=a; xfilename=c`, ['a']],
    ['blanks around everything, and a semicolon at the end', `form-data ;\tname = "a" ; filename = "b" ;`, ['a', 'b']],
    [
      'escapes and backslashes of a path',
      `form-data; name="a"; filename="C:\\\\dir\\x \\"1\\".txt"`,
      ['a', 'C:\\dir\\x "1".txt'],
    ],
    ['a path that ends in a backslash', `form-data; name="a"; filename="dir\\"`, ['a', 'dir\\']],
    ['letters without quotes', `form-data; name=a; filename=grün.txt`, ['a', 'grün.txt']],
    ['percent signs of browsers', `form-data; name="a%22%0D%0Ab"; filename="100%"`, ['a"\r\nb', '100%']],
    ['two names', `form-data; name=a; name=b`, '!TypeError'],
    ['two file names', `form-data; name=a; filename=a; filename=b`, '!TypeError'],
    ['a quote that nothing closes', `form-data; name="a`, '!TypeError'],
    ['text after a value', `form-data; name="a" b`, '!TypeError'],
    ['a parameter without a value', `form-data; name`, '!TypeError'],
    ['something else', `attachment; name=a`, '!TypeError'],
  ])('a part is named by %s', async (_what, disposition, expected) => {
    const expression = `(async () => {
        const body = '--x\\r\\nContent-Disposition: ' + ${JSON.stringify(disposition)} + '\\r\\n\\r\\n';
        const bytes = [...new TextEncoder().encode(body), 255, 0, ...new TextEncoder().encode('\\r\\n--x--')];
        const form = await new Response(new Uint8Array(bytes), {
          headers: { 'content-type': 'multipart/form-data; boundary=x' },
        }).formData();
        const [[name, value]] = form;
        if (typeof value === 'string') return [name];
        if ((await value.bytes()).join() !== '255,0') throw new Error('other bytes');
        return [name, value.name];
      })()`;
    expect(await evaluateAll(web, [expression])).toEqual([expected]);
  });

  it('keeps the order when it replaces', async () => {
    expect(
      await web.run(`
        const form = new FormData();
        form.append('a', '1');
        form.append('b', '2');
        form.append('a', '3');
        form.set('a', 'x');
        form.set('c', 4);
        form.delete('b');
        let refused;
        try {
          form.append('a', 'text', 'name');
        } catch (error) {
          refused = error.name;
        }
        return [[...form], form.getAll('a'), form.has('b'), form.get('none'), refused];
      `),
    ).toEqual([
      [
        ['a', 'x'],
        ['c', '4'],
      ],
      ['x'],
      false,
      null,
      'TypeError',
    ]);
  });
});

describe('fetch', () => {
  it('is the host call http.request', async () => {
    expect(
      await web.run(`
        const r = await fetch('https://api.test/x?y=1#frag', {
          method: 'POST',
          headers: { 'X-Key': 'k' },
          body: JSON.stringify({ a: 1 }),
          timeoutMs: 900,
        });
        return [r.status, r.ok, r.url, r.redirected, r.type, r.headers.get('x-a'), await r.json()];
      `),
    ).toEqual([200, true, 'https://api.test/x?y=1', false, 'basic', '1, 2', { ok: true }]);
    expect(asked).toEqual([
      {
        method: 'http.request',
        args: [
          {
            method: 'POST',
            url: 'https://api.test/x?y=1',
            headers: [
              ['x-key', 'k'],
              ['content-type', 'text/plain;charset=UTF-8'],
            ],
            body: { encoding: 'utf8', data: '{"a":1}' },
            timeout_ms: 900,
          },
        ],
      },
    ]);
  });

  it('sends bytes as base64 and reads them back as they were', async () => {
    answer = async (url) => ({ status: 200, headers: [], url, body: { encoding: 'base64', data: '/wA=' } });
    expect(
      await web.run(
        `return [
            ...(await (await fetch(new URL('http://a.b'), { method: 'PUT', body: new Uint8Array([255, 1]) })).bytes()),
          ]`,
      ),
    ).toEqual([255, 0]);
    expect(asked[0]?.args).toMatchObject([{ method: 'PUT', body: { encoding: 'base64', data: '/wE=' } }]);
  });

  it('refuses an address of millions of characters before it takes it apart', async () => {
    expect(
      await web.run(
        "return fetch('https://a.b/' + 'x'.repeat(3_000_000)).catch((e) => [e instanceof TypeError, e.message])",
      ),
    ).toEqual([true, 'fetch failed: the URL is 3000012 characters long, at most 65536 are taken']);
    expect(asked).toEqual([]);
  });

  it('rejects with a TypeError that keeps the code of the host', async () => {
    answer = async () => {
      throw Object.assign(new Error('outbound_http is not granted'), { code: 'PERMISSION_DENIED' });
    };
    await expect(web.run("await fetch('https://a.b')")).rejects.toMatchObject({
      name: 'TypeError',
      code: 'PERMISSION_DENIED',
      message: 'fetch failed: outbound_http is not granted',
    });
    await expect(web.run("await fetch('ftp://a.b')")).rejects.toMatchObject({ name: 'TypeError' });
    await expect(web.run("await fetch('data:,x')")).rejects.toMatchObject({ name: 'TypeError' });
  });

  it('answers the redirect itself when told to follow none', async () => {
    answer = async (url) => ({
      status: 302,
      headers: [['location', '/next?code=1']],
      url,
      body: { encoding: 'utf8', data: 'moved' },
    });
    for (const call of [
      "fetch('https://a.b/', { redirect: 'manual' })",
      "fetch(new Request('https://a.b/', { redirect: 'manual' }))",
    ]) {
      expect(
        await web.run(
          `const r = await ${call};
            return [r.status, r.ok, r.type, r.redirected, r.url, r.headers.get('location'), await r.text()]`,
        ),
      ).toEqual([302, false, 'basic', false, 'https://a.b/', '/next?code=1', 'moved']);
    }
    expect(asked.map(({ args }) => args)).toEqual(
      Array.from({ length: 2 }, () => [expect.objectContaining({ redirect: 'manual' })]),
    );
  });

  it('says when it was redirected, and fails then when told to', async () => {
    answer = async () => ({ status: 200, headers: [], url: 'https://c.d/', body: { encoding: 'utf8', data: '' } });
    expect(await web.run("const r = await fetch('https://a.b'); return [r.redirected, r.url]")).toEqual([
      true,
      'https://c.d/',
    ]);
    await expect(web.run("await fetch('https://a.b', { redirect: 'error' })")).rejects.toMatchObject({
      name: 'TypeError',
    });
    expect(asked.at(-1)?.args).toMatchObject([{ redirect: 'error' }]);
  });

  it('ends early when its signal aborts', async () => {
    answer = () => new Promise(() => undefined);
    await expect(
      web.run(
        `const c = new AbortController();
          const p = fetch('https://a.b', { signal: c.signal });
          await null;
          await null;
          c.abort();
          await p`,
      ),
    ).rejects.toMatchObject({ name: 'AbortError' });
    await expect(
      web.run("await fetch('https://a.b', { signal: AbortSignal.abort(new RangeError('mine')) })"),
    ).rejects.toMatchObject({ name: 'RangeError' });
    expect(asked).toHaveLength(1);
  });

  it('sends what the plugin said, whatever it did to the built-ins', async () => {
    const tampered = await startWebIsolate({
      host: async (method, argsJson) => {
        asked.push({ method, args: JSON.parse(argsJson) as unknown });
        return JSON.stringify(await answer('https://a.b/x'));
      },
    });
    expect(
      await tampered.run(`
      const nothing = () => 'tampered';
      Object.prototype.toJSON = Array.prototype.toJSON = String.prototype.toJSON = nothing;
      JSON.stringify = JSON.parse = nothing;
      Map.prototype.get = Map.prototype.set = Map.prototype.delete = nothing; Promise.prototype.then = nothing;
      fetch(new Request('https://a.b/x', { method: 'POST', headers: { a: '1' }, body: 'b' }));`),
    ).toBeUndefined();
    // The call left the isolate in an earlier turn than this one.
    await tampered.run('');
    expect(asked).toEqual([
      {
        method: 'http.request',
        args: [
          {
            method: 'POST',
            url: 'https://a.b/x',
            headers: [
              ['a', '1'],
              ['content-type', 'text/plain;charset=UTF-8'],
            ],
            body: { encoding: 'utf8', data: 'b' },
          },
        ],
      },
    ]);
    tampered.stop();
  });
});
