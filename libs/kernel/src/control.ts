/** Ends a switch over a union: the compiler refuses it while a member is unhandled. */
export function assertNever(value: never): never {
  throw new TypeError(`unhandled case: ${JSON.stringify(value)}`);
}

/** Runs one asynchronous piece of work per key at a time; callers that come meanwhile share its answer. */
export class SingleFlight<T> {
  readonly #underWay = new Map<string, Promise<T>>();

  run(key: string, work: () => Promise<T>): Promise<T> {
    const current = this.#underWay.get(key);
    if (current) return current;
    const started = work().finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, started);
    return started;
  }
}

/** Something that runs until it is stopped. `stop` may be called more than once and then answers the same promise. */
export interface Stoppable {
  stop(): Promise<void>;
}

interface Turn {
  key: string;
  take: () => void;
}

/**
 * Lets few pieces of work through at a time, and of each key (a tenant) fewer still, so that whoever asks for very much
 * waits behind itself and not in front of everybody else. Within a key first come is first served.
 */
export class FairGate {
  readonly #waiting = new Map<string, Turn[]>();
  readonly #underWay = new Map<string, number>();
  #total = 0;

  /**
   * `atOnce`: of all keys together; default without bound. `shrinks`: a key enters only while it holds less than half
   * of what is still free, so that few keys never hold everything.
   */
  constructor(private readonly limits: { atOnce?: number; atOncePerKey: number; shrinks?: boolean }) {}

  /** Pieces of work that wait for their turn. */
  get waiting(): number {
    let count = 0;
    for (const turns of this.#waiting.values()) count += turns.length;
    return count;
  }

  /**
   * Runs `work` when its turn has come. Rejects with the signal's reason when that fires earlier; a function makes one
   * only if it has to wait.
   */
  async run<T>(key: string, work: () => Promise<T>, giveUp?: AbortSignal | (() => AbortSignal)): Promise<T> {
    if (typeof giveUp === 'object') giveUp.throwIfAborted();
    if (this.#isFree(key)) this.#enter(key);
    else await this.#wait(key, typeof giveUp === 'function' ? giveUp() : giveUp);
    try {
      return await work();
    } finally {
      this.#leave(key);
    }
  }

  #isFree(key: string): boolean {
    const { atOnce = Infinity, atOncePerKey, shrinks = false } = this.limits;
    const held = this.#underWay.get(key) ?? 0;
    return this.#total < atOnce && held < atOncePerKey && !(shrinks && held * 2 >= atOnce - this.#total);
  }

  #enter(key: string): void {
    this.#total += 1;
    this.#underWay.set(key, (this.#underWay.get(key) ?? 0) + 1);
  }

  #wait(key: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const turns = this.#waiting.get(key) ?? [];
      const turn: Turn = {
        key,
        take: () => {
          signal?.removeEventListener('abort', giveUp);
          resolve();
        },
      };
      const giveUp = (): void => {
        turns.splice(turns.indexOf(turn), 1);
        if (turns.length === 0 && this.#waiting.get(key) === turns) this.#waiting.delete(key);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      turns.push(turn);
      this.#waiting.set(key, turns);
    });
  }

  #leave(key: string): void {
    this.#total -= 1;
    const left = (this.#underWay.get(key) ?? 1) - 1;
    if (left > 0) this.#underWay.set(key, left);
    else this.#underWay.delete(key);
    // Where shares shrink, a place given back may let in more than one.
    while (this.#admitNext() && this.limits.shrinks);
  }

  #admitNext(): boolean {
    for (const [next, turns] of this.#waiting) {
      if (!this.#isFree(next)) continue;
      const turn = turns.shift();
      // To the end of the line of keys, so that they take turns.
      this.#waiting.delete(next);
      if (turns.length > 0) this.#waiting.set(next, turns);
      if (turn === undefined) continue;
      // Its place is taken here and not when it wakes, so that nobody slips in between.
      this.#enter(next);
      turn.take();
      return true;
    }
    return false;
  }
}
