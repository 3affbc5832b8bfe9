/** A real HTTP server that records what arrives and answers what the test says. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Arrival {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface SinkAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

export interface WebhookSink {
  /** `http://127.0.0.1:<port>`. */
  url: string;
  /** What arrived at a path, in order. */
  at(path: string): Arrival[];
  /** Says what a path answers from now on, given which arrival it is, from 1. Default: 200. */
  answer(path: string, how: (nth: number) => SinkAnswer | Promise<SinkAnswer>): void;
  /** Resolves when `count` requests have arrived at a path. */
  arrived(path: string, count?: number): Promise<Arrival[]>;
  close(): Promise<void>;
}

/** Starts a sink on a free port. */
export async function startWebhookSink(): Promise<WebhookSink> {
  const arrivals = new Map<string, Arrival[]>();
  const answers = new Map<string, (nth: number) => SinkAnswer | Promise<SinkAnswer>>();
  const waiters = new Set<() => void>();
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = (request.url ?? '/').split('?')[0] ?? '/';
      const list = arrivals.get(path) ?? [];
      arrivals.set(path, list);
      list.push({
        method: request.method ?? '',
        path: request.url ?? '/',
        headers: request.headers,
        body: Buffer.concat(chunks),
        at: Date.now(),
      });
      const nth = list.length;
      for (const wake of waiters) wake();
      void Promise.resolve(answers.get(path)?.(nth) ?? { status: 200, body: 'ok' }).then(
        ({ status, headers = {}, body = '' }) => {
          response.writeHead(status, headers);
          response.end(body);
        },
      );
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const at = (path: string): Arrival[] => arrivals.get(path) ?? [];
  return {
    url: `http://127.0.0.1:${port}`,
    at,
    answer: (path, how) => void answers.set(path, how),
    async arrived(path, count = 1) {
      while (at(path).length < count) {
        await new Promise<void>((done) => {
          const wake = (): void => {
            waiters.delete(wake);
            done();
          };
          waiters.add(wake);
        });
      }
      return at(path);
    },
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}
