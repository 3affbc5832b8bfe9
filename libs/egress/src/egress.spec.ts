import { isAnnexError, MiB } from '@annex/kernel';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createEgress, type EgressOptions } from './egress.js';
import type { EgressRequest } from './request.js';
import { ownAddresses } from './own-addresses.js';
import type { Resolver } from './resolver.js';
import { maxSocketBytes } from './thread/limits.js';
import { testCertificate } from './test-certificate.js';

const running: Server[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(running.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  running.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
const serve = (listener: RequestListener): Promise<number> => listen(createHttpServer(listener));
const serveRaw = (onSocket: (socket: Socket) => void): Promise<number> => listen(createTcpServer(onSocket));

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

const open = (port: number, more: EgressOptions = {}) => createEgress({ allowPrivate: [`127.0.0.1:${port}`], ...more });
const get = (url: string, more: Partial<EgressRequest> = {}): EgressRequest => ({
  method: 'GET',
  url,
  allowHosts: 'any',
  ...more,
});
const text = (body: Uint8Array): string => Buffer.from(body).toString();
async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'OK';
  } catch (thrown) {
    if (!isAnnexError(thrown)) throw thrown;
    return thrown.code;
  }
}
const readAll = async (request: IncomingMessage): Promise<string> => Buffer.concat(await request.toArray()).toString();
const echo: RequestListener = async (request: IncomingMessage, response: ServerResponse) => {
  response.setHeader('set-cookie', ['a=1', 'b=2']);
  response.setHeader('content-type', 'application/json');
  response.end(
    JSON.stringify({
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: await readAll(request),
    }),
  );
};

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

describe('a redirect', () => {
  const redirectTo = (location: string, status = 302): Promise<number> =>
    serve(
      (request, response) =>
        void (request.url === '/' ? response.writeHead(status, { location }).end('x') : echo(request, response)),
    );

  it.each([
    'http://127.0.0.1:1/',
    'http://[::ffff:7f00:1]:1/',
    'http://169.254.169.254/',
    'http://2130706433:1/',
    'http://localhost:1/',
    '//10.0.0.1/',
  ])('to the inner address %s is refused', async (location) => {
    const port = await redirectTo(location);
    expect(await codeOf(open(port).request(get(`http://127.0.0.1:${port}/`)))).toBe('EGRESS_PRIVATE_ADDRESS');
  });

  it.each([
    ['file:///etc/passwd', 'EGRESS_SCHEME'],
    ['data:text/plain,x', 'EGRESS_SCHEME'],
    ['http://user:pass@127.0.0.1/', 'EGRESS_URL'],
    ['http://[', 'EGRESS_RESPONSE'],
    ['http://other.x.io/', 'EGRESS_HOST_NOT_ALLOWED'],
  ])('to %s ends as %s', async (location, code) => {
    const port = await redirectTo(location);
    expect(await codeOf(open(port).request(get(`http://127.0.0.1:${port}/`, { allowHosts: ['127.0.0.1'] })))).toBe(
      code,
    );
  });

  it('to the same origin keeps headers, method and body as its status says', async () => {
    const cases: [number, string, string, string][] = [
      [301, 'POST', 'GET', ''],
      [302, 'POST', 'GET', ''],
      [303, 'POST', 'GET', ''],
      [303, 'PUT', 'GET', ''],
      [307, 'POST', 'POST', 'b'],
      [308, 'PUT', 'PUT', 'b'],
      [302, 'PUT', 'PUT', 'b'],
    ];
    for (const [status, method, then, body] of cases) {
      const port = await redirectTo('/next', status);
      const answer = await open(port).request(
        get(`http://127.0.0.1:${port}/`, {
          method,
          body: 'b',
          headers: [
            ['authorization', 'secret'],
            ['content-type', 'text/plain'],
          ],
        }),
      );
      const seen = JSON.parse(text(answer.body));
      expect(seen, `${status} ${method}`).toMatchObject({
        method: then,
        body,
        url: '/next',
        headers: { authorization: 'secret' },
      });
      expect(seen.headers['content-type'], `${status} ${method}`).toBe(body ? 'text/plain' : undefined);
      expect(answer.url).toBe(`http://127.0.0.1:${port}/next`);
    }
  });

  it('to another origin leaves every header behind that could be a secret', async () => {
    const other = await serve(echo);
    const port = await redirectTo(`http://127.0.0.1:${other}/next`, 307);
    const egress = createEgress({ allowPrivate: [`127.0.0.1:${port}`, `127.0.0.1:${other}`] });
    const headers: [string, string][] = [
      ['authorization', 's'],
      ['cookie', 's'],
      ['x-api-key', 's'],
      ['content-type', 'text/plain'],
      ['accept', 'a/b'],
    ];
    const answer = await egress.request(get(`http://127.0.0.1:${port}/`, { headers, source: 't/p' }));
    expect(JSON.parse(text(answer.body)).headers).toEqual({
      host: `127.0.0.1:${other}`,
      connection: 'close',
      accept: 'a/b',
      'content-type': 'text/plain',
      'user-agent': 'Annex/1',
      'accept-encoding': 'gzip',
      'x-annex-hops': '1',
      'x-annex-source': 't/p',
    });
  });

  it('is followed three times, not four', async () => {
    const port = await serve((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end('done');
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    expect(text((await open(port).request(get(`http://127.0.0.1:${port}/3`))).body)).toBe('done');
    expect(await codeOf(open(port).request(get(`http://127.0.0.1:${port}/4`)))).toBe('EGRESS_REDIRECTS');
  });

  it('is answered instead of followed when none is wanted, or fails by name', async () => {
    const port = await redirectTo('http://169.254.169.254/');
    expect(await open(port).request(get(`http://127.0.0.1:${port}/`, { redirect: 'manual' }))).toMatchObject({
      status: 302,
      body: Buffer.from('x'),
      headers: expect.arrayContaining([['location', 'http://169.254.169.254/']]),
    });
    expect(await codeOf(open(port).request(get(`http://127.0.0.1:${port}/`, { redirect: 'error' })))).toBe(
      'EGRESS_REDIRECTS',
    );
    const quiet = await serve(echo);
    expect((await open(quiet).request(get(`http://127.0.0.1:${quiet}/`, { redirect: 'error' }))).status).toBe(200);
  });
});

describe('a response', () => {
  const limits = { maxResponseBytes: 1000 };

  it('that is gzip is inflated, and says nothing of it any more', async () => {
    const port = await serve(
      (_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('hello')),
    );
    const answer = await open(port).request(get(`http://127.0.0.1:${port}/`));
    expect(text(answer.body)).toBe('hello');
    expect(answer.headers.map(([name]) => name)).not.toContain('content-encoding');
  });

  it('in a coding that was not asked for is handed over as it is', async () => {
    const port = await serve(
      (_request, response) => void response.writeHead(200, { 'content-encoding': 'br' }).end('raw'),
    );
    expect(await open(port).request(get(`http://127.0.0.1:${port}/`))).toMatchObject({
      body: Buffer.from('raw'),
      headers: expect.arrayContaining([['content-encoding', 'br']]),
    });
  });

  it.each([
    ['HEAD', 200],
    ['GET', 304],
    ['GET', 204],
    ['GET', 200],
  ])('to %s with status %i and an empty gzip body is empty', async (method, status) => {
    const port = await serve(
      (_request, response) => void response.writeHead(status, { 'content-encoding': 'gzip' }).end(),
    );
    expect((await open(port).request(get(`http://127.0.0.1:${port}/`, { method }))).body).toHaveLength(0);
  });

  const floods: [string, RequestListener][] = [
    [
      'announces more than it may hold',
      (_request, response) => void response.writeHead(200, { 'content-length': '1001' }).write('x'),
    ],
    ['holds more than it may, unannounced', (_request, response) => void response.end(Buffer.alloc(1001))],
    [
      'is a bomb of gzip',
      (_request, response) =>
        void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(100_000))),
    ],
    [
      'is more gzip than it may be, however little it inflates to',
      (_request, response) =>
        void response
          .writeHead(200, { 'content-encoding': 'x-gzip' })
          .end(gzipSync(Buffer.from(Array.from({ length: 999 }, (_, index) => (index * 7919) % 251)), { level: 0 })),
    ],
    [
      'has no end',
      (_request, response) => {
        const more = (): void =>
          void (response.destroyed || response.write(Buffer.alloc(100), () => setImmediate(more)));
        more();
      },
    ],
    [
      'has more headers than it may',
      (_request, response) => {
        for (let index = 0; index < 600; index += 1) response.setHeader(`x-${index}`, '1');
        response.end();
      },
    ],
    [
      'has headers larger than they may be',
      (_request, response) => void response.setHeader('x-a', 'x'.repeat(70_000)).end(),
    ],
  ];
  it.each(floods)('that %s is cut off', async (_what, listener) => {
    const port = await serve(listener);
    expect(await codeOf(open(port).request(get(`http://127.0.0.1:${port}/`, limits)))).toBe('HTTP_LIMIT');
  });

  it('may be exactly as large as it may be', async () => {
    const port = await serve((_request, response) => void response.end(Buffer.alloc(1000)));
    expect((await open(port).request(get(`http://127.0.0.1:${port}/`, limits))).body).toHaveLength(1000);
  });

  const broken: [string, string][] = [
    ['is no HTTP', 'hello there\r\n\r\n'],
    ['ends before its headers do', 'HTTP/1.1 200 OK\r\nx-a: b\r\n'],
    ['ends before its body does', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'],
    ['has two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    ['has a chunk of no size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
    ['changes the protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
    ['is nothing', ''],
    ['is not the gzip it claims', 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello'],
  ];
  it.each(broken)('that %s is an error and no crash', async (_what, bytes) => {
    let connections = 0;
    const port = await serveRaw((socket) => {
      connections += 1;
      socket.once('data', () => socket.end(bytes, 'latin1'));
    });
    expect(await codeOf(open(port).request(get(`http://127.0.0.1:${port}/`)))).toBe('EGRESS_RESPONSE');
    expect(connections).toBe(1);
  });

  const slow: [string, (socket: Socket) => void][] = [
    ['never comes', () => undefined],
    ['never ends its headers', (socket) => void socket.write('HTTP/1.1 200 OK\r\nx-a: ')],
    ['never ends its body', (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc')],
    [
      'never ends its chunks',
      (socket) => void socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n'),
    ],
    [
      'never ends its gzip',
      (socket) =>
        void socket.write(
          Buffer.concat([
            Buffer.from('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n'),
            gzipSync('hello').subarray(0, 12),
          ]),
        ),
    ],
  ];
  it.each(slow)('that %s ends with the deadline, and so does the connection', async (_what, onData) => {
    let closed: Promise<unknown> = Promise.resolve();
    const port = await serveRaw((socket) => {
      closed = new Promise((resolve) => socket.once('close', resolve));
      socket.once('data', () => onData(socket));
      socket.resume();
    });
    expect(await codeOf(open(port).request(get(`http://127.0.0.1:${port}/`, { timeoutMs: 100 })))).toBe(
      'EGRESS_TIMEOUT',
    );
    await closed;
  });

  /** Writes the same bytes as long as anybody reads; answers how many were taken. */
  function pour(socket: Socket, head: string, again: Buffer): { taken: () => number; closed: Promise<unknown> } {
    socket.resume();
    let taken = 0;
    const more = (): void => {
      if (socket.destroyed) return;
      socket.write(again, (error) => {
        if (error) return;
        taken += again.length;
        setImmediate(more);
      });
    };
    socket.write(head);
    more();
    return { taken: () => taken, closed: new Promise((resolve) => socket.once('close', resolve)) };
  }
  const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
  const endless: [string, string, string][] = [
    ['sends notices', '', 'HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n'],
    ['sends chunks of one byte', chunked, '1\r\nx\r\n'],
    ['sends one chunk extension', `${chunked}1`, ';a=b'],
    ['sends chunks that are all extension', chunked, `1;${'e'.repeat(500)}\r\nx\r\n`],
    ['sends header fields', 'HTTP/1.1 200 OK\r\n', 'a: b\r\n'],
    ['sends trailers', `${chunked}0\r\n`, 'a: b\r\n'],
  ];
  it.each(endless)('that %s for ever is given up after its bytes, not after its time', async (_what, head, again) => {
    let poured: ReturnType<typeof pour> | undefined;
    const port = await serveRaw(
      (socket) =>
        void socket.once(
          'data',
          () => (poured = pour(socket, head, Buffer.from(again.repeat(Math.ceil(16_384 / again.length))))),
        ),
    );
    expect(await codeOf(open(port).request(get(`http://127.0.0.1:${port}/`, { timeoutMs: 60_000 })))).toBe(
      'HTTP_LIMIT',
    );
    await poured?.closed;
    // What the two ends of the connection hold in the kernel comes on top.
    expect(poured?.taken()).toBeLessThan(maxSocketBytes(10 * MiB) + 16 * MiB);
  });

  it('is talked to in a thread: the program itself opens no connection', async () => {
    const opened: unknown[] = [];
    const note = (socket: unknown): void => void opened.push(socket);
    const port = await serve(echo);
    subscribe('net.client.socket', note);
    try {
      expect((await open(port).request(get(`http://127.0.0.1:${port}/`))).status).toBe(200);
    } finally {
      unsubscribe('net.client.socket', note);
    }
    expect(opened).toEqual([]);
  });

  const cutShort: [string, (socket: Socket) => void, string][] = [
    [
      'is larger',
      (socket) => void socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 5000000\r\n\r\n${'x'.repeat(5_000_000)}`),
      'x'.repeat(1000),
    ],
    ['never ends', (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'), 'abc'],
    ['breaks off', (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'), 'abc'],
    ['goes on with what is no chunk', (socket) => void socket.end(`${chunked}3\r\nabc\r\nzzz\r\n`), 'abc'],
    [
      'is gzip that never ends',
      (socket) =>
        void socket.write(
          Buffer.concat([
            Buffer.from('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n'),
            gzipSync('hello'.repeat(30)).subarray(0, -9),
          ]),
        ),
      'hello'.repeat(30),
    ],
    [
      'is a bomb of gzip',
      (socket) =>
        void socket.end(
          Buffer.concat([
            Buffer.from('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n'),
            gzipSync('z'.repeat(100_000)),
          ]),
        ),
      'z'.repeat(1000),
    ],
    [
      'is not the gzip it claims',
      (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello'),
      '',
    ],
  ];
  it.each(cutShort)('that %s is cut for whoever wants its status', async (_what, onData, body) => {
    const port = await serveRaw((socket) => void socket.once('data', () => onData(socket)));
    const answer = await open(port).request(
      get(`http://127.0.0.1:${port}/`, { maxResponseBytes: 1000, overflow: 'cut', timeoutMs: 1_000 }),
    );
    expect(answer).toMatchObject({ status: 200, cut: true });
    expect(text(answer.body)).toBe(body);
  });

  it('that has no status yet cannot be cut', async () => {
    const port = await serveRaw(
      (socket) =>
        void socket.once('data', () => socket.write('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nx-a: ')),
    );
    expect(
      await codeOf(open(port).request(get(`http://127.0.0.1:${port}/`, { overflow: 'cut', timeoutMs: 200 }))),
    ).toBe('EGRESS_TIMEOUT');
  });

  it('is not waited for when the request is given up', async () => {
    const giveUp = new AbortController();
    const port = await serveRaw((socket) => void socket.once('data', () => giveUp.abort()));
    expect(await codeOf(open(port).request(get(`http://127.0.0.1:${port}/`, { signal: giveUp.signal })))).toBe(
      'EGRESS_ABORTED',
    );
    expect(await codeOf(open(port).request(get(`http://127.0.0.1:${port}/`, { signal: AbortSignal.abort() })))).toBe(
      'EGRESS_ABORTED',
    );
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

describe('requests at once', () => {
  it('are a share of the places for each tenant, whose further ones wait behind its own', async () => {
    const asked: string[] = [];
    const answers: (() => void)[] = [];
    let wake: () => void = () => undefined;
    const port = await serve((request, response) => {
      asked.push(request.url ?? '');
      answers.push(() => response.end('ok'));
      wake();
    });
    const askedFor = async (count: number): Promise<string[]> => {
      while (asked.length < count) await new Promise<void>((resolve) => (wake = resolve));
      return [...asked].sort();
    };
    const egress = open(port, { atOnce: 5, atOncePerTenant: 2 });
    const ask = (tenant: string, path: string, signal?: AbortSignal): Promise<string> =>
      codeOf(egress.request(get(`http://127.0.0.1:${port}/${path}`, { tenant, ...(signal && { signal }) })));
    const leaving = new AbortController();
    const loud = [ask('loud', '1'), ask('loud', '2')];
    const given = ask('loud', '3', leaving.signal);
    const waiting = ask('loud', '4');
    const quiet = ask('quiet', '5');
    expect(await askedFor(3)).toEqual(['/1', '/2', '/5']);
    leaving.abort();
    expect(await given).toBe('EGRESS_ABORTED');
    answers.splice(0).forEach((answer) => answer());
    expect(await askedFor(4)).toEqual(['/1', '/2', '/4', '/5']);
    answers.splice(0).forEach((answer) => answer());
    expect(await Promise.all([...loud, waiting, quiet])).toEqual(['OK', 'OK', 'OK', 'OK']);
  });
});

describe('requests that may take long', () => {
  it('leave the places of others to them, and their own to more than a few tenants', async () => {
    const asked: string[] = [];
    const leaving = new AbortController();
    const port = await serve((request, response) => {
      asked.push(request.url ?? '');
      // A server that never ends its answer.
      if (request.url === '/long') response.write('x');
      else response.end('ok');
    });
    const egress = open(port);
    const ask = (tenant: string, path: string, timeoutMs: number): Promise<string> =>
      codeOf(egress.request(get(`http://127.0.0.1:${port}/${path}`, { tenant, timeoutMs, signal: leaving.signal })));
    const long = ['a', 'b', 'c'].flatMap((tenant) => Array.from({ length: 20 }, () => ask(tenant, 'long', 600_000)));
    await expect.poll(() => asked.length).toBe(18);
    for (const tenant of ['a', 'd']) expect(await ask(tenant, 'short', 60_000)).toBe('OK');
    expect(await ask('d', 'other', 600_000)).toBe('OK');
    leaving.abort();
    expect(new Set(await Promise.all(long))).toEqual(new Set(['EGRESS_ABORTED']));
  });

  it('wait for a place so long and no longer', async () => {
    const leaving = new AbortController();
    let asked = 0;
    const port = await serve(() => (asked += 1));
    const egress = open(port, { atOncePerTenant: 1, maxWaitMs: 1 });
    const ask = (): Promise<string> =>
      codeOf(egress.request(get(`http://127.0.0.1:${port}/`, { tenant: 'a', signal: leaving.signal })));
    const first = ask();
    expect(await ask()).toBe('EGRESS_BUSY');
    await expect.poll(() => asked).toBe(1);
    leaving.abort();
    expect(await first).toBe('EGRESS_ABORTED');
    expect(await ask()).toBe('EGRESS_ABORTED');
    expect(asked).toBe(1);
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
