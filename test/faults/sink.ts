import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that a handler sent, as it arrived. */
export interface Send {
  /** Which piece of work it is about. */
  key: string;
  /** Which handler sent it. */
  stage: string;
  /** The run that sent it, and in which attempt; of a webhook its delivery, and which arrival this is. */
  run: string;
  attempt: number;
  atMs: number;
}

/** The outside world: a real HTTP server that keeps whatever arrives. */
export interface Sink {
  /** `host:port`, as `ANNEX_EGRESS_ALLOW_PRIVATE` wants it. */
  address: string;
  url: string;
  sends: Send[];
  /** Keys that a stage has sent at least once. */
  seen(stage: string): ReadonlySet<string>;
  close(): Promise<void>;
}

export async function openSink(): Promise<Sink> {
  const sends: Send[] = [];
  const seen = new Map<string, Set<string>>();
  const keysOf = (stage: string): Set<string> => {
    const keys = seen.get(stage) ?? new Set();
    seen.set(stage, keys);
    return keys;
  };
  const server = createServer(async (request, response) => {
    let body = '';
    try {
      for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
    } catch {
      // The sender died in the middle of it: nothing has arrived.
      return;
    }
    const sent = JSON.parse(body) as Omit<Send, 'atMs'> & { data?: { key: string } };
    const delivery = request.headers['webhook-id'];
    const what =
      typeof delivery === 'string'
        ? { stage: 'webhook', key: sent.data?.key ?? '', run: delivery, attempt: sends.length }
        : sent;
    const send: Send = { ...what, atMs: Date.now() };
    sends.push(send);
    keysOf(send.stage).add(send.key);
    response.writeHead(204).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    url: `http://${address}`,
    sends,
    seen: keysOf,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
