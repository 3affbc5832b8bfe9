/**
 * The thread that talks HTTP with the outside world. What a server sends costs time to read, and a server that means
 * harm can make that a hundred times what the bytes are worth; here it costs the program's own thread nothing.
 */
import { isAnnexError, messageOf } from '@annex/kernel';
import { getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { FromThread, HopOrder, ToThread } from './hop.js';
import { sendHop, type Hop } from './send-hop.js';

/** How often sockets are looked at whose readers see nothing. Milliseconds. */
const checkEveryMs = 100;

/** Steps of niceness below the program's own thread, which has to answer everybody while this one reads. */
const niceness = 5;

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

function stepBack(): void {
  // Elsewhere a niceness is the whole process's.
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, Math.min(19, getPriority(0) + niceness));
  } catch {
    // Not allowed here; it then shares the processors with the program's own thread.
  }
}

stepBack();

// A fault in reading one answer must not end the others; that one ends at its deadline.
process.on('uncaughtException', () => undefined);

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'send') begin(message.order);
  else underWay.get(message.id)?.end();
});
