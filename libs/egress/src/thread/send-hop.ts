/** Sends one hop over a connection of its own and takes the answer in. */
import { isAnnexError, messageOf, quote, type AnnexError } from '@annex/kernel';
import { answerLimits } from '@annex/limits';
import { Client, type Dispatcher } from 'undici';
import { egressErrors } from '../errors.js';
import { AnswerTaker } from './answer.js';
import { dial, type Dialled } from './dial.js';
import type { HopAnswer, HopOrder } from './hop.js';
import { inflate } from './inflate.js';

/** A hop under way. */
export interface Hop {
  /** Rejects with an `AnnexError`. */
  answer: Promise<HopAnswer>;
  /** Ends it. What is there of an answer that may be cut is the answer. Safe to call at any time. */
  end(): void;
  /** Looks at what came off the socket, for what no reader sees, such as TLS records without content. */
  check(): void;
}

/** Begins a hop. */
export function sendHop(order: HopOrder): Hop {
  const ending = new AbortController();
  const taker = new AnswerTaker(order);
  const under: { socket?: Dialled } = {};
  const end = (): void => {
    const reason = egressErrors.error('EGRESS_ABORTED', 'The request was given up before it was answered.');
    taker.fail(reason);
    ending.abort(reason);
  };
  const check = (): void => {
    if (under.socket) taker.read(under.socket.bytesRead());
  };
  return { answer: exchange(order, { taker, under, signal: ending.signal }), end, check };
}

async function exchange(
  order: HopOrder,
  { taker, under, signal }: { taker: AnswerTaker; under: { socket?: Dialled }; signal: AbortSignal },
): Promise<HopAnswer> {
  const dialled = await dial({ ...order, signal });
  under.socket = dialled;
  const { socket } = dialled;
  // Before undici's own listener, so that a flood is counted before it is parsed.
  socket.on('readable', () => taker.read(dialled.bytesRead()));
  const client = clientOn(order, socket);
  try {
    client.dispatch(
      {
        path: order.path,
        method: order.method as Dispatcher.HttpMethod,
        headers: order.headers.flat(),
        body: order.body,
        reset: true,
      },
      taker,
    );
    const { gzip, ...answer } = await taker.taken;
    if (!gzip) return { ...answer, inflated: false };
    close(socket, client);
    const { body, cut } = await inflate(answer.body, { maxBytes: order.maxBytes, lenient: order.overflow === 'cut' });
    return { ...answer, body, inflated: true, cut: answer.cut || cut };
  } catch (thrown) {
    throw isAnnexError(thrown) ? thrown : responseError(thrown, order.host);
  } finally {
    close(socket, client);
  }
}

function clientOn({ secure, authority, port }: HopOrder, socket: Dialled['socket']): Client {
  let unused = true;
  return new Client(`${secure ? 'https' : 'http'}://${authority}:${port}`, {
    // The one socket, once: undici must not open a second connection by itself. It expects the answer after this call
    // has returned.
    connect: (_options, done) => {
      const first = unused;
      unused = false;
      queueMicrotask(() =>
        first ? done(null, socket) : done(new Error('the connection was closed before the request was answered'), null),
      );
    },
    allowH2: false,
    pipelining: 1,
    maxHeaderSize: answerLimits.headerBytes,
    // The deadline of the whole request is the program's; undici's own are for each part and start anew.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function close(socket: Dialled['socket'], client: Client): void {
  socket.destroy();
  client.destroy().catch(() => undefined);
}

function responseError(thrown: unknown, host: string): AnnexError {
  const code = (thrown as { code?: unknown } | null)?.code;
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return egressErrors.error(
      'HTTP_LIMIT',
      `The response's headers are larger than ${answerLimits.headerBytes} bytes, which is the limit.`,
    );
  if (code === 'UND_ERR_INVALID_ARG')
    return egressErrors.error('EGRESS_REQUEST', `The request cannot be sent: ${messageOf(thrown)}.`, { cause: thrown });
  const detail = typeof code === 'string' ? ` (${code})` : '';
  return egressErrors.error(
    'EGRESS_RESPONSE',
    `${quote(host)} ended the connection or did not answer in HTTP${detail}.`,
    { cause: thrown },
  );
}
