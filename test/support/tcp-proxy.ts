import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * Stands between a client and a server, and does to their connections what a broken network or a server that is down
 * does.
 */
export interface TcpProxy {
  /** The URL with the proxy's host and port in place of the server's. */
  url: string;
  /** Ends every connection and refuses new ones. */
  cut(): Promise<void>;
  /** Lets connections through again after {@link cut}. */
  restore(): Promise<void>;
  /**
   * Half-open connections: those that are open stay so for both sides, and no byte passes any more. `newOnes`: later
   * connections are taken and passed on nothing either, as in a partition; default: they work. Whatever one side does,
   * the other hears nothing until {@link heal}.
   */
  swallow(options?: { newOnes?: boolean }): void;
  /** Ends the connections that were swallowed; every later byte passes. */
  heal(): void;
  /**
   * A long or a narrow link: each byte arrives `delayMs` later, and at most `bytesPerSecond` pass each way of a
   * connection. No options: neither.
   */
  slow(options?: { delayMs?: number; bytesPerSecond?: number }): void;
  close(): Promise<void>;
}

/** What waits in a slow link before its sender is asked to stop. */
const maxWaitingBytes = 256 * 1024;

/**
 * Opens a proxy on the loopback address before the server that a URL names. `atPort`: where it listens; default a free
 * port.
 */
export async function openTcpProxy(target: string, atPort = 0): Promise<TcpProxy> {
  const { hostname, port: targetPort, host } = new URL(target);
  const pairs = new Set<Pair>();
  const link: Link = { delayMs: 0, bytesPerSecond: Infinity };
  let swallowsNewOnes = false;
  const server = createServer((client) => {
    const pair = new Pair(client, connect(Number(targetPort), hostname), link);
    pairs.add(pair);
    if (swallowsNewOnes) pair.swallow();
    pair.onEnd = () => pairs.delete(pair);
  });
  const listen = (port: number): Promise<void> =>
    new Promise((done, failed) => {
      server.once('error', failed);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', failed);
        done();
      });
    });
  await listen(atPort);
  const { port } = server.address() as AddressInfo;
  const cut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise((done) => server.close(done));
    for (const pair of pairs) pair.destroy();
    await closed;
  };
  return {
    url: target.replace(host, `127.0.0.1:${port}`),
    cut,
    restore: () => (server.listening ? Promise.resolve() : listen(port)),
    swallow({ newOnes = false } = {}) {
      swallowsNewOnes = newOnes;
      for (const pair of pairs) pair.swallow();
    },
    heal() {
      swallowsNewOnes = false;
      for (const pair of pairs) if (pair.isSwallowed) pair.destroy();
    },
    slow({ delayMs = 0, bytesPerSecond = Infinity } = {}) {
      link.delayMs = delayMs;
      link.bytesPerSecond = bytesPerSecond;
    },
    close: cut,
  };
}

interface Link {
  delayMs: number;
  bytesPerSecond: number;
}

/** A client's connection and the one behind it. */
class Pair {
  isSwallowed = false;
  onEnd: () => void = () => undefined;

  constructor(
    private readonly client: Socket,
    private readonly upstream: Socket,
    link: Link,
  ) {
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.setNoDelay(true);
      pass(from, to, link, () => this.isSwallowed);
      // Whom nobody listens to behind the proxy is told as clearly as a proxy can.
      from.on(
        'error',
        (error: NodeJS.ErrnoException) => void (error.code === 'ECONNREFUSED' && client.resetAndDestroy()),
      );
      from.on('close', () => {
        if (this.isSwallowed && !to.destroyed) return;
        to.destroy();
        this.onEnd();
      });
    }
  }

  swallow(): void {
    this.isSwallowed = true;
  }

  destroy(): void {
    this.client.destroy();
    this.upstream.destroy();
    this.onEnd();
  }
}

/** Hands on what one side sends, in order, as late as the link makes it. */
function pass(from: Socket, to: Socket, link: Link, isSwallowed: () => boolean): void {
  const waiting: { chunk: Buffer | 'end'; dueMs: number }[] = [];
  let waitingBytes = 0;
  let freeAtMs = 0;
  const hand = (chunk: Buffer | 'end'): void => {
    if (isSwallowed() || to.destroyed) return;
    if (chunk === 'end') to.end();
    else if (!to.write(chunk)) {
      from.pause();
      to.once('drain', () => from.resume());
    }
  };
  const handDue = (): void => {
    for (let next = waiting[0]; next !== undefined && next.dueMs <= performance.now(); next = waiting[0]) {
      waiting.shift();
      waitingBytes -= next.chunk.length;
      hand(next.chunk);
    }
    if (waitingBytes <= maxWaitingBytes) from.resume();
    wait();
  };
  const wait = (): void => {
    const [next] = waiting;
    if (next) setTimeout(handDue, Math.max(1, Math.ceil(next.dueMs - performance.now())));
  };
  const take = (chunk: Buffer | 'end'): void => {
    if (isSwallowed()) return;
    if (waiting.length === 0 && link.delayMs === 0 && link.bytesPerSecond === Infinity) return hand(chunk);
    const nowMs = performance.now();
    freeAtMs = Math.max(freeAtMs, nowMs) + (chunk.length / link.bytesPerSecond) * 1000;
    // Never before what was sent earlier, although the link may have become a better one since.
    waiting.push({ chunk, dueMs: Math.max(freeAtMs + link.delayMs, waiting.at(-1)?.dueMs ?? 0) });
    waitingBytes += chunk.length;
    if (waitingBytes > maxWaitingBytes) from.pause();
    if (waiting.length === 1) wait();
  };
  from.on('data', take);
  from.on('end', () => take('end'));
}
