/**
 * The thread that talks HTTP with the outside world. What a server sends costs time to read, and a server that means
 * harm can make that a hundred times what the bytes are worth; here it costs the program's own thread nothing.
 */
import { isAnnexError, messageOf } from '@annex/kernel';
import { parentPort } from 'node:worker_threads';
import type { FromThread, HopOrder, ToThread } from './hop.js';
import { sendHop, type Hop } from './send-hop.js';

/** How often sockets are looked at whose readers see nothing. Milliseconds. */
const checkEveryMs = 100;

const underWay = new Map<number, Hop>();
let checking: NodeJS.Timeout | undefined;

function begin(order: HopOrder): void {
  const hop = sendHop(order);
  underWay.set(order.id, hop);
  checking ??= setInterval(() => underWay.forEach((each) => each.check()), checkEveryMs);
  hop.answer.then(
    (answer) => tell({ id: order.id, ok: true, answer }, [answer.body.buffer]),
    (thrown: unknown) =>
      tell(
        {
          id: order.id,
          ok: false,
          ...(isAnnexError(thrown)
            ? { code: thrown.code, detail: thrown.detail }
            : { code: 'EGRESS_RESPONSE', detail: messageOf(thrown) }),
        },
        [],
      ),
  );
}

function tell(reply: FromThread, transfer: ArrayBuffer[]): void {
  underWay.delete(reply.id);
  if (underWay.size === 0) {
    clearInterval(checking);
    checking = undefined;
  }
  parentPort?.postMessage(reply, transfer);
}

// A fault in reading one answer must not end the others; that one ends at its deadline.
process.on('uncaughtException', () => undefined);

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'send') begin(message.order);
  else underWay.get(message.id)?.end();
});
