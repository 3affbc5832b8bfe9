/** `node:events`: the package events, with the names that came to Node after it. */
import EventEmitter from 'events/';

type Listener = (...args: unknown[]) => void;
interface Emitter {
  on(name: string | symbol, listener: Listener): unknown;
  off(name: string | symbol, listener: Listener): unknown;
  emit(name: string | symbol, ...args: unknown[]): boolean;
  listeners(name: string | symbol): Listener[];
  listenerCount(name: string | symbol): number;
  getMaxListeners(): number;
  setMaxListeners(count: number): unknown;
}

const errorMonitor = Symbol('events.errorMonitor');

const prototype = EventEmitter.prototype as Emitter;
const emit = prototype.emit;
prototype.emit = function (this: Emitter, name, ...args) {
  if (name === 'error' && this.listenerCount(errorMonitor) > 0) emit.call(this, errorMonitor, ...args);
  return emit.call(this, name, ...args);
};

/** Each event's arguments in turn, until `signal` aborts or the emitter has an error. */
async function* on(emitter: Emitter, name: string | symbol, { signal }: { signal?: AbortSignal } = {}) {
  const waiting: unknown[][] = [];
  let wake = (): void => undefined;
  let failure: { thrown: unknown } | undefined;
  const take: Listener = (...args) => {
    waiting.push(args);
    wake();
  };
  const fail = (thrown: unknown): void => {
    failure = { thrown };
    wake();
  };
  const abort = (): void => fail(signal?.reason);
  if (signal?.aborted === true) throw signal.reason;
  emitter.on(name, take);
  if (name !== 'error') emitter.on('error', fail);
  signal?.addEventListener('abort', abort);
  try {
    for (;;) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else if (failure !== undefined) throw failure.thrown;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    emitter.off(name, take);
    emitter.off('error', fail);
    signal?.removeEventListener('abort', abort);
  }
}

export default Object.assign(EventEmitter, {
  EventEmitter,
  on,
  errorMonitor,
  captureRejections: false,
  captureRejectionSymbol: Symbol.for('nodejs.rejection'),
  usingDomains: false,
  getEventListeners: (emitter: Emitter, name: string | symbol) => emitter.listeners(name),
  getMaxListeners: (emitter: Emitter) => emitter.getMaxListeners(),
  setMaxListeners(count: number, ...emitters: Partial<Emitter>[]) {
    for (const emitter of emitters) emitter.setMaxListeners?.(count);
  },
});
