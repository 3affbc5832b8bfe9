/**
 * Ends turns that this thread waits for. While it waits nothing else runs here, so somebody else has to look at the
 * clock: a small isolate of our own, on a thread of its own, looks at a shared place every few milliseconds, and
 * disposes of the isolate whose turn is out of time. isolated-vm's `timeout` does the same with a timer for each turn,
 * and to wake the thread that keeps those timers costs more than a turn (ADR 0033).
 *
 * The shared place is a few numbers. `turn` says which turn is under way, and is what both sides agree over: this
 * thread takes its turn's number out, or the guard does, and then the turn has been stopped, however it ended.
 */
import type ivm from 'isolated-vm';
import type { Addon } from './addon.js';

const place = { turn: 0, isolate: 1, limitMs: 2, waitingTasks: 3, isAsleep: 4, isWatching: 5 } as const;
const stopped = -1;
const lastTurn = 2 ** 31 - 1;
/** How often the guard looks at a turn, in milliseconds. */
const lookEveryMs = 4;
/** It goes to sleep, until it is woken, after so many looks at no turn. */
const quietLooks = 50;
/** More than passes between two looks, in milliseconds: the clock was set, or the machine stood still. */
const oddMs = 250;
/** How long {@link TurnGuard.stop} waits for the guard's thread, in milliseconds. */
const stopWithinMs = 200;

/**
 * What the guard runs; nothing else ever runs there. Time between two looks is counted up instead of comparing two
 * readings of the clock: `Date.now` is the only one it has, and may be set.
 */
const program = `(function (words, indexes, STOPPED, lookEveryMs, quietLooks, oddMs) {
  'use strict';
  const [TURN, ISOLATE, LIMIT, TASKS, ASLEEP, WATCHING] = indexes;
  const { wait, load, store, sub, compareExchange } = Atomics;
  const now = Date.now;
  const isolates = [];
  function stop(turn, number) {
    if (compareExchange(words, TURN, turn, STOPPED) !== turn) return;
    try { isolates[number].dispose(); } catch {}
  }
  function sleep() {
    store(words, ASLEEP, 1);
    if (load(words, TURN) === 0 && load(words, TASKS) === 0) wait(words, ASLEEP, 1);
    store(words, ASLEEP, 0);
  }
  return {
    admit(number, isolate) {
      isolates[number] = isolate;
      sub(words, TASKS, 1);
    },
    watch() {
      store(words, WATCHING, 1);
      let seen = 0, forMs = 0, quiet = 0, last = now();
      while (load(words, TASKS) === 0) {
        if (quiet < quietLooks) wait(words, TASKS, 0, lookEveryMs);
        else { sleep(); quiet = 0; }
        const at = now();
        const passed = at - last;
        last = at;
        const turn = load(words, TURN);
        if (turn <= 0) { quiet += 1; seen = 0; continue; }
        quiet = 0;
        if (turn !== seen) { seen = turn; forMs = 0; continue; }
        forMs += passed >= 0 && passed <= oddMs ? passed : lookEveryMs;
        if (forMs >= words[LIMIT]) stop(turn, words[ISOLATE]);
      }
      store(words, WATCHING, 0);
    },
  };
})`;

type Task<Args extends unknown[]> = ivm.Reference<(...args: Args) => void>;

export class TurnGuard {
  readonly #words = new Int32Array(new SharedArrayBuffer(4 * Object.keys(place).length));
  readonly #isolate: ivm.Isolate;
  readonly #admit: Task<[number: number, isolate: ivm.Isolate]>;
  readonly #watch: Task<[]>;
  readonly #freeNumbers: number[] = [];
  #numbers = 0;
  #turn: number;

  /** `turn`: the number of the turn before the first. */
  constructor(addon: Addon, turn = 0) {
    this.#turn = turn;
    this.#isolate = new addon.Isolate({ memoryLimit: 8 });
    const context = this.#isolate.createContextSync();
    const script = this.#isolate.compileScriptSync(program, { filename: 'annex-guard' });
    const start = script.runSync(context, { reference: true }) as ivm.Reference<(...args: unknown[]) => object>;
    const words = new addon.ExternalCopy(this.#words).copyInto();
    const indexes = new addon.ExternalCopy(Object.values(place)).copyInto();
    const tasks = start.applySync(undefined, [words, indexes, stopped, lookEveryMs, quietLooks, oddMs], {
      result: { reference: true },
    }) as ivm.Reference<Record<string, (...args: unknown[]) => void>>;
    this.#admit = tasks.getSync('admit', { reference: true }) as Task<[number, ivm.Isolate]>;
    this.#watch = tasks.getSync('watch', { reference: true }) as Task<[]>;
    this.#watch.applyIgnored(undefined, []);
  }

  /** Makes an isolate known whose turns will be waited for. Answers its number, which {@link dismiss} takes back. */
  admit(isolate: ivm.Isolate): number {
    const number = this.#freeNumbers.pop() ?? this.#numbers++;
    // The guard hears of it between two watches: it does one thing at a time.
    this.#interrupt();
    this.#admit.applyIgnored(undefined, [number, isolate]);
    this.#watch.applyIgnored(undefined, []);
    return number;
  }

  /** Takes back the number of an isolate that was disposed of. */
  dismiss(number: number): void {
    this.#freeNumbers.push(number);
  }

  /** A turn of the isolate with this `number` begins, which may take `limitMs` by the clock. One turn at a time. */
  begin(number: number, limitMs: number): void {
    const words = this.#words;
    words[place.isolate] = number;
    words[place.limitMs] = Math.ceil(limitMs);
    this.#turn = this.#turn === lastTurn ? 1 : this.#turn + 1;
    Atomics.store(words, place.turn, this.#turn);
    if (Atomics.load(words, place.isAsleep) === 1) this.#wake();
  }

  /** The turn is over. Answers whether it was stopped: its isolate is gone then, or will be in a moment. */
  end(): boolean {
    if (Atomics.compareExchange(this.#words, place.turn, this.#turn, 0) === this.#turn) return false;
    Atomics.store(this.#words, place.turn, 0);
    return true;
  }

  /** Ends the guard, whose thread would else stand in the way of the process's end. Not to be used again. */
  stop(): void {
    this.#interrupt();
    for (let waited = 0; waited < stopWithinMs && Atomics.load(this.#words, place.isWatching) === 1; waited += 1)
      Atomics.wait(this.#words, place.isWatching, 1, 1);
  }

  #interrupt(): void {
    Atomics.add(this.#words, place.waitingTasks, 1);
    Atomics.notify(this.#words, place.waitingTasks);
    this.#wake();
  }

  #wake(): void {
    Atomics.store(this.#words, place.isAsleep, 0);
    Atomics.notify(this.#words, place.isAsleep);
  }
}
