import { DOMException } from './dom-exception.js';
import { Event, EventTarget, defineHandlerAttribute, signalPort, trustEvent } from './events.js';
import { startInternalTimer } from './timers.js';
import { finishInterface, requireArguments } from './webidl.js';

const CREATE = Symbol('create');
let create: () => AbortSignal;
/** Runs the abort steps of DOM §3.2; does nothing when the signal is aborted already. */
export let signalAbort: (signal: AbortSignal, reason?: unknown) => void;
/** Registers an algorithm that runs once when the signal aborts. Answers its undo. */
export let onSignalAbort: (signal: AbortSignal, algorithm: () => void) => () => void;
/** True for an AbortSignal, whatever its prototype. */
export let isAbortSignal: (value: unknown) => value is AbortSignal;

/** DOM §3.2. */
export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason: unknown = undefined;
  #algorithms: (() => void)[] = [];
  #sources: AbortSignal[] = [];
  #dependents: AbortSignal[] = [];
  #dependent = false;

  constructor(token?: unknown) {
    if (token !== CREATE) throw new TypeError('Illegal constructor');
    super();
  }

  get aborted(): boolean {
    return this.#aborted;
  }
  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = create();
    signal.#aborted = true;
    signal.#reason = reason === undefined ? abortError() : reason;
    return signal;
  }

  static timeout(milliseconds: unknown): AbortSignal {
    requireArguments(arguments.length, 1, 'AbortSignal.timeout');
    const delay = Math.trunc(Number(milliseconds));
    if (!Number.isFinite(delay) || delay < 0 || delay > Number.MAX_SAFE_INTEGER) {
      throw new TypeError('AbortSignal.timeout: the delay must be a number of milliseconds');
    }
    const signal = create();
    startInternalTimer(delay, () => {
      signalAbort(signal, new DOMException('The operation timed out', 'TimeoutError'));
    });
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    requireArguments(arguments.length, 1, 'AbortSignal.any');
    const list = [...signals];
    for (const signal of list)
      if (!isAbortSignal(signal)) throw new TypeError('AbortSignal.any: every element must be an AbortSignal');
    const result = create();
    for (const signal of list) {
      if (!signal.#aborted) continue;
      result.#aborted = true;
      result.#reason = signal.#reason;
      return result;
    }
    result.#dependent = true;
    for (const signal of list) {
      for (const source of signal.#dependent ? signal.#sources : [signal]) {
        if (result.#sources.includes(source)) continue;
        result.#sources.push(source);
        source.#dependents.push(result);
      }
    }
    return result;
  }

  static {
    create = () => new AbortSignal(CREATE);
    isAbortSignal = (value): value is AbortSignal => typeof value === 'object' && value !== null && #aborted in value;
    signalAbort = (signal, reason) => {
      if (signal.#aborted) return;
      signal.#aborted = true;
      signal.#reason = reason === undefined ? abortError() : reason;
      const dependents: AbortSignal[] = [];
      for (const dependent of signal.#dependents) {
        if (dependent.#aborted) continue;
        dependent.#aborted = true;
        dependent.#reason = signal.#reason;
        dependents.push(dependent);
      }
      for (const aborted of [signal, ...dependents]) {
        const algorithms = aborted.#algorithms;
        aborted.#algorithms = [];
        aborted.#dependents = [];
        for (const algorithm of algorithms) algorithm();
        const event = new Event('abort');
        trustEvent(event);
        aborted.dispatchEvent(event);
      }
    };
    onSignalAbort = (signal, algorithm) => {
      if (!signal.#aborted) signal.#algorithms.push(algorithm);
      return () => {
        const index = signal.#algorithms.indexOf(algorithm);
        if (index >= 0) signal.#algorithms.splice(index, 1);
      };
    };
    signalPort.isSignal = isAbortSignal;
    signalPort.isAborted = (signal) => (signal as AbortSignal).#aborted;
    signalPort.onAbort = (signal, algorithm) => {
      onSignalAbort(signal as AbortSignal, algorithm);
    };
  }
}
defineHandlerAttribute(AbortSignal.prototype, 'abort');
finishInterface(AbortSignal, 'AbortSignal', { constructor: 0, 'static abort': 0 });

function abortError(): DOMException {
  return new DOMException('This operation was aborted', 'AbortError');
}

/** A new signal that only {@link signalAbort} aborts. */
export function createSignal(): AbortSignal {
  return create();
}

/** DOM §3.1. */
export class AbortController {
  #signal = create();

  get signal(): AbortSignal {
    return this.#signal;
  }

  abort(reason?: unknown): void {
    signalAbort(this.#signal, reason);
  }
}
finishInterface(AbortController, 'AbortController', { abort: 0 });
