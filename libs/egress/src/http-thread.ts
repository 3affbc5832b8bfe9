/**
 * The program's end of the thread that talks HTTP. One for the process, started when it is first needed; it keeps no
 * process alive.
 */
import { Worker } from 'node:worker_threads';
import { egressErrors } from './errors.js';
import type { FromThread, HopAnswer, HopOrder, ToThread } from './thread/hop.js';

/** Beside the compiled file; specs run from source and start the compiled thread. */
const file = new URL(import.meta.url.endsWith('.ts') ? '../dist/thread/main.js' : './thread/main.js', import.meta.url);

/** Heap of the thread, in MiB; bodies lie outside of it. Past that the thread is lost, and no more than the thread. */
const resourceLimits = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 32 };

type Codes = keyof typeof egressErrors.kinds;

interface Waiting {
  resolve(answer: HopAnswer): void;
  reject(reason: unknown): void;
}

export class HttpThread {
  #worker: Worker | undefined;
  #nextId = 1;
  readonly #waiting = new Map<number, Waiting>();

  /**
   * Sends one hop. Rejects with an `AnnexError`, or with the signal's reason when that fires; where the answer may be
   * cut, the signal ends the reading and what is there is answered. The body is handed over: its buffer is empty
   * afterwards.
   */
  send(order: Omit<HopOrder, 'id'>, signal: AbortSignal): Promise<HopAnswer> {
    const id = this.#nextId++;
    const worker = this.#started();
    return new Promise((resolve, reject) => {
      const end = (): void => {
        worker.postMessage({ kind: 'end', id } satisfies ToThread);
        if (order.overflow === 'fail') settle(() => reject(signal.reason));
      };
      const settle = (how: () => void): void => {
        if (!this.#waiting.delete(id)) return;
        signal.removeEventListener('abort', end);
        if (this.#waiting.size === 0) worker.unref();
        how();
      };
      if (signal.aborted) return reject(signal.reason);
      if (this.#waiting.size === 0) worker.ref();
      this.#waiting.set(id, {
        resolve: (answer) => settle(() => resolve(answer)),
        reject: (reason) => settle(() => reject(reason)),
      });
      signal.addEventListener('abort', end, { once: true });
      worker.postMessage(
        { kind: 'send', order: { ...order, id } } satisfies ToThread,
        order.body ? [order.body.buffer] : [],
      );
    });
  }

  /** Starts the thread ahead of the first request. */
  start(): void {
    this.#started();
  }

  #started(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(file, { name: 'http', env: {}, execArgv: [], stdin: false, resourceLimits });
    worker.unref();
    worker.on('message', (reply: FromThread) => this.#take(reply));
    worker.on('error', (thrown) => this.#lost(worker, thrown));
    worker.on('exit', (code) => this.#lost(worker, new Error(`the thread ended with code ${code}`)));
    this.#worker = worker;
    return worker;
  }

  #take(reply: FromThread): void {
    const waiting = this.#waiting.get(reply.id);
    if (reply.ok) waiting?.resolve(reply.answer);
    else waiting?.reject(egressErrors.error(reply.code as Codes, reply.detail));
  }

  /** The next request starts another one. */
  #lost(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const reason = egressErrors.error(
      'EGRESS_LOST',
      'The part of the platform that sends requests had to start anew, and this request was lost with it. Try again.',
      { cause },
    );
    for (const waiting of [...this.#waiting.values()]) waiting.reject(reason);
  }
}
