import { createServer, type AddressInfo, type Socket } from 'node:net';

/** `taken`: how many requests a path got. */
export interface OddEndpoint {
  url: string;
  taken(path: string): number;
  close(): Promise<void>;
}

/**
 * An endpoint that takes every delivery, and answers with a body that is large, endless or broken, as the path says.
 */
export async function startOddEndpoint(): Promise<OddEndpoint> {
  const taken = new Map<string, number>();
  const answers: Record<string, (socket: Socket) => void> = {
    large: (socket) =>
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${5 * 2 ** 20}\r\n\r\n${'x'.repeat(5 * 2 ** 20)}`),
    endless: (socket) => {
      socket.write('HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n');
      const more = (): void =>
        void (socket.destroyed || socket.write('1;ext=none\r\nx\r\n'.repeat(1_000), () => setImmediate(more)));
      more();
    },
    broken: (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort'),
    garbled: (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nwhole\r\nzzzz\r\n'),
    unzipped: (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nplain'),
  };
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    socket.once('data', (head) => {
      const path = /^POST \/(\w+)/.exec(String(head))?.[1] ?? '';
      taken.set(path, (taken.get(path) ?? 0) + 1);
      socket.resume();
      answers[path]?.(socket);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: (path) => taken.get(path) ?? 0,
    close: () =>
      new Promise((done) => {
        for (const socket of open) socket.destroy();
        server.close(() => done());
      }),
  };
}
