import { MiB } from '@annex/kernel';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { maxSocketBytes } from './limits.js';
import { serve, serveRaw, open, get, text, codeOf, echo, closeServersAfterEach } from '../testing/servers.js';

closeServersAfterEach();

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
