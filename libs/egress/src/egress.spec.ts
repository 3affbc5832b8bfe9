import { createServer as createHttpsServer } from 'node:https';
import { describe, expect, it, vi } from 'vitest';
import { createEgress } from './egress.js';
import type { EgressRequest } from './request.js';
import { ownAddresses } from './own-addresses.js';
import type { Resolver } from './resolver.js';
import { testCertificate } from './test-certificate.js';
import {
  running,
  listen,
  serve,
  serveRaw,
  open,
  get,
  text,
  codeOf,
  echo,
  closeServersAfterEach,
} from './testing/servers.js';

/** Answers names from a list; each name's next answer is the next of its lists, the last one stays. */
function names(table: Record<string, string[][]>): Resolver & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async resolve(name) {
      asked.push(name);
      const answers = table[name] ?? [[]];
      return (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
    },
  };
}

closeServersAfterEach();

describe('a request', () => {
  it('brings back status, headers in order, the URL and the body', async () => {
    const port = await serve(echo);
    const answer = await open(port).request(
      get(`http://127.0.0.1:${port}/a?b=c#d`, {
        method: 'post',
        headers: [
          ['Content-Type', 'text/plain'],
          ['X-Key', 'k'],
        ],
        body: 'héllo',
      }),
    );
    expect(answer).toMatchObject({ status: 200, url: `http://127.0.0.1:${port}/a?b=c` });
    expect(answer.headers.filter(([name]) => name === 'set-cookie')).toEqual([
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ]);
    expect(JSON.parse(text(answer.body))).toMatchObject({
      method: 'POST',
      url: '/a?b=c',
      body: 'héllo',
      headers: { 'x-key': 'k', 'content-type': 'text/plain', 'content-length': '6' },
    });
  });

  it('takes an error status as an answer, and bytes as they are', async () => {
    const port = await serve((_request, response) => void response.writeHead(503).end(Buffer.from([0, 255, 254])));
    expect(await open(port).request(get(`http://127.0.0.1:${port}/`))).toMatchObject({
      status: 503,
      body: Buffer.from([0, 255, 254]),
    });
  });

  it('goes to the name, but to no other address than the vetted one', async () => {
    const port = await serve(echo);
    const resolver = names({ 'api.x.io': [['127.0.0.1']] });
    const answer = await open(port, { resolver }).request(get(`http://API.x.io.:${port}/`));
    expect(JSON.parse(text(answer.body)).headers.host).toBe(`api.x.io:${port}`);
    expect(resolver.asked).toEqual(['api.x.io']);
  });

  it('tries the next vetted address when one does not answer', async () => {
    const port = await serve(echo);
    const resolver = names({ 'api.x.io': [['127.0.0.9', '127.0.0.1']] });
    const egress = createEgress({ allowPrivate: [`127.0.0.1:${port}`, `127.0.0.9:${port}`], resolver });
    expect((await egress.request(get(`http://api.x.io:${port}/`))).status).toBe(200);
  });

  it('leaves without headers that would lie about it, and says who sent it', async () => {
    const port = await serve(echo);
    const lies = [
      'Host',
      'Connection',
      'Keep-Alive',
      'Transfer-Encoding',
      'TE',
      'Upgrade',
      'Expect',
      'Content-Length',
      'Forwarded',
      'Via',
      'X-Forwarded-For',
      'x-forwarded-host',
      'X-Real-IP',
      'X-Internal-Auth',
      'X-Annex-Hops',
      'X-Annex-Source',
      'Proxy-Authorization',
      'Accept-Encoding',
    ];
    const answer = await open(port).request(
      get(`http://127.0.0.1:${port}/`, {
        headers: lies.map((name): [string, string] => [name, 'evil']),
        source: 'demo/my-plugin',
        hops: 1,
      }),
    );
    const { headers } = JSON.parse(text(answer.body)) as { headers: Record<string, string> };
    expect(headers).toEqual({
      host: `127.0.0.1:${port}`,
      connection: 'close',
      'user-agent': 'Annex/1',
      accept: '*/*',
      'accept-encoding': 'gzip',
      'x-annex-hops': '2',
      'x-annex-source': 'demo/my-plugin',
    });
  });

  const unsendable: [string, Partial<EgressRequest>][] = [
    ['a line break in a value', { headers: [['x-a', 'b\r\nx-evil: 1']] }],
    ['a line break in a name', { headers: [['x-a\r\nx-evil', '1']] }],
    ['U+0000', { headers: [['x-a', 'b\0c']] }],
    ['text outside Latin-1', { headers: [['x-a', '日本']] }],
    ['no header name', { headers: [['', 'x']] }],
    ['too many headers', { headers: Array.from({ length: 101 }, (_, index): [string, string] => [`x-${index}`, '1']) }],
    ['headers too large', { headers: [['x-a', 'x'.repeat(40_000)]] }],
    ['CONNECT', { method: 'CONNECT' }],
    ['TRACE', { method: 'trace' }],
    ['a method with a line break', { method: 'GET / HTTP/1.1\r\nx: y' }],
    ['an empty method', { method: '' }],
  ];
  it.each(unsendable)('with %s is never sent', async (_what, more) => {
    let reached = 0;
    const port = await serveRaw(() => void (reached += 1));
    expect(await codeOf(open(port).request(get(`http://127.0.0.1:${port}/`, more)))).toBe('EGRESS_REQUEST');
    expect(reached).toBe(0);
  });

  it('that already passed here five times is refused as a loop', async () => {
    const port = await serve(echo);
    expect(await codeOf(open(port).request(get(`http://127.0.0.1:${port}/`, { hops: 16 })))).toBe('EGRESS_LOOP');
  });

  it('with a body over 10 MiB is not sent', async () => {
    const port = await serve(echo);
    expect(
      await codeOf(
        open(port).request(
          get(`http://127.0.0.1:${port}/`, { method: 'PUT', body: new Uint8Array(10 * 1024 * 1024 + 1) }),
        ),
      ),
    ).toBe('HTTP_LIMIT');
  });

  it('uses no proxy that the environment names', async () => {
    let proxied = 0;
    const proxy = await serveRaw((socket) => {
      proxied += 1;
      socket.destroy();
    });
    const port = await serve(echo);
    for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY']) vi.stubEnv(name, `http://127.0.0.1:${proxy}`);
    expect((await open(port).request(get(`http://127.0.0.1:${port}/`))).status).toBe(200);
    vi.unstubAllEnvs();
    expect(proxied).toBe(0);
  });
});

describe('a host name', () => {
  const inside: [string, string[]][] = [
    ['loopback', ['127.0.0.1']],
    ['a private address', ['10.0.0.1']],
    ['the metadata service', ['169.254.169.254']],
    ['a mapped address', ['::ffff:127.0.0.1']],
    ['a unique local address', ['fd00::1']],
    ['a good and a bad address', ['8.8.8.8', '10.0.0.1']],
    ['a bad and a good address', ['::1', '2606:4700::1', '8.8.8.8']],
    ['nonsense', ['not an address']],
  ];
  it.each(inside)('that resolves to %s is refused without naming the address', async (_what, addresses) => {
    const egress = createEgress({ resolver: names({ 'rebind.x.io': [addresses] }) });
    const refused = await egress.request(get('http://rebind.x.io/')).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ code: 'EGRESS_PRIVATE_ADDRESS' });
    for (const address of addresses) expect(String((refused as { detail: string }).detail)).not.toContain(address);
  });

  it('that mixes an opened address with a closed one is refused', async () => {
    const port = await serve(echo);
    const egress = open(port, { resolver: names({ 'mixed.x.io': [['127.0.0.1', '10.0.0.1']] }) });
    expect(await codeOf(egress.request(get(`http://mixed.x.io:${port}/`)))).toBe('EGRESS_PRIVATE_ADDRESS');
  });

  it('is resolved once for each hop, so that its answer cannot change between check and connection', async () => {
    const port = await serve(echo);
    const resolver = names({ 'rebind.x.io': [['127.0.0.1'], ['10.0.0.1']] });
    const egress = open(port, { resolver });
    expect(await codeOf(egress.request(get(`http://rebind.x.io:${port}/`)))).toBe('OK');
    expect(resolver.asked).toHaveLength(1);
    expect(await codeOf(egress.request(get(`http://rebind.x.io:${port}/`)))).toBe('EGRESS_PRIVATE_ADDRESS');
  });

  it('that changes its answer between a request and the redirect to itself is refused', async () => {
    const port = await serve((_request, response) => void response.writeHead(302, { location: '/again' }).end());
    const egress = open(port, { resolver: names({ 'rebind.x.io': [['127.0.0.1'], ['169.254.169.254']] }) });
    expect(await codeOf(egress.request(get(`http://rebind.x.io:${port}/`)))).toBe('EGRESS_PRIVATE_ADDRESS');
  });

  it('that does not exist, or cannot be resolved, or never is, says so', async () => {
    expect(await codeOf(createEgress({ resolver: names({}) }).request(get('http://none.x.io/')))).toBe('EGRESS_DNS');
    const failing: Resolver = {
      resolve: () => Promise.reject(Object.assign(new Error('queryA'), { code: 'ESERVFAIL' })),
    };
    expect(await codeOf(createEgress({ resolver: failing }).request(get('http://fail.x.io/')))).toBe('EGRESS_DNS');
    const hanging: Resolver = { resolve: () => new Promise(() => undefined) };
    expect(await codeOf(createEgress({ resolver: hanging }).request(get('http://hang.x.io/', { timeoutMs: 20 })))).toBe(
      'EGRESS_TIMEOUT',
    );
  });

  it('that nobody listens on is a failed connection', async () => {
    const port = await serve(echo);
    await new Promise((resolve) => running.pop()?.close(resolve));
    expect(await codeOf(open(port).request(get(`http://127.0.0.1:${port}/`)))).toBe('EGRESS_CONNECT');
  });
});

describe('an address of this machine', () => {
  const mine = '203.0.114.7';
  const other = '203.0.114.8';
  const own = ownAddresses(() => [mine]);

  it('is private, written out or behind a name, unless the operator opened it', async () => {
    const resolver = names({ 'mine.x.io': [[mine]] });
    expect(createEgress({ own }).checkUrl(`http://${mine}/`, 'any')?.code).toBe('EGRESS_PRIVATE_ADDRESS');
    expect(createEgress({ own }).checkUrl(`http://[::ffff:${mine}]/`, 'any')?.code).toBe('EGRESS_PRIVATE_ADDRESS');
    expect(createEgress({ own }).checkUrl(`http://${other}/`, 'any')).toBeUndefined();
    expect(createEgress({ own, allowPrivate: [`${mine}:80`] }).checkUrl(`http://${mine}/`, 'any')).toBeUndefined();
    expect(await codeOf(createEgress({ own, resolver }).request(get('http://mine.x.io/')))).toBe(
      'EGRESS_PRIVATE_ADDRESS',
    );
  });

  it('is known by the interfaces, and looked up again when they may have changed', () => {
    const lists = [['198.51.100.1', 'fe80::1%eth0'], ['198.51.100.2']];
    let now = 0;
    const isOwn = ownAddresses(
      () => lists.shift() ?? [],
      () => now,
    );
    expect([isOwn('198.51.100.1'), isOwn('::ffff:198.51.100.1'), isOwn('198.51.100.2')]).toEqual([true, true, false]);
    now = 6_000;
    expect([isOwn('198.51.100.1'), isOwn('198.51.100.2')]).toEqual([false, true]);
    expect(ownAddresses()('127.0.0.1')).toBe(true);
  });
});

describe('a header value', () => {
  it('leaves as the same bytes, whatever the body is', async () => {
    const heads: string[] = [];
    const port = await serveRaw((socket) => {
      socket.on('data', (bytes) => {
        heads.push(/x-name: (.*)\r\n/.exec(bytes.toString('latin1'))?.[1] ?? '');
        socket.end('HTTP/1.1 200 OK\r\nx-back: \xe9\r\ncontent-length: 0\r\n\r\n', 'latin1');
      });
    });
    for (const body of [null, 'text', 'é', Buffer.from([0xe9, 0, 255])]) {
      const answer = await open(port).request(
        get(`http://127.0.0.1:${port}/`, { method: 'POST', headers: [['x-name', 'é']], body }),
      );
      expect(answer.headers).toContainEqual(['x-back', 'é']);
    }
    expect(heads).toEqual(['\xe9', '\xe9', '\xe9', '\xe9']);
  });
});

describe('TLS', () => {
  const serveTls = (onName?: (name: string | undefined) => void): Promise<number> =>
    listen(createHttpsServer({ ...testCertificate, SNICallback: (name, done) => (onName?.(name), done(null)) }, echo));

  it('is checked against the name, while the connection goes to the address', async () => {
    let asked: string | undefined;
    const port = await serveTls((name) => (asked = name));
    const egress = open(port, { resolver: names({ 'secure.test': [['127.0.0.1']] }), ca: [testCertificate.cert] });
    expect((await egress.request(get(`https://secure.test:${port}/`))).status).toBe(200);
    expect(asked).toBe('secure.test');
    expect((await egress.request(get(`https://127.0.0.1:${port}/`))).status).toBe(200);
  });

  it('with a certificate for another name, or of nobody known, is refused', async () => {
    const port = await serveTls();
    const resolver = names({ 'secure.test': [['127.0.0.1']], 'other.test': [['127.0.0.1']] });
    expect(
      await codeOf(open(port, { resolver, ca: [testCertificate.cert] }).request(get(`https://other.test:${port}/`))),
    ).toBe('EGRESS_TLS');
    expect(await codeOf(open(port, { resolver }).request(get(`https://secure.test:${port}/`)))).toBe('EGRESS_TLS');
  });

  it('is not talked by a server that speaks plain HTTP', async () => {
    const port = await serve(echo);
    expect(await codeOf(open(port).request(get(`https://127.0.0.1:${port}/`)))).toBe('EGRESS_TLS');
  });

  it('that never ends its greeting ends with the deadline', async () => {
    const port = await serveRaw(() => undefined);
    expect(await codeOf(open(port).request(get(`https://127.0.0.1:${port}/`, { timeoutMs: 100 })))).toBe(
      'EGRESS_TIMEOUT',
    );
  });
});
