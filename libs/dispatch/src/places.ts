/**
 * The places of one worker in which runs are tried. Short runs are claimed ahead of them, so that a place that becomes
 * free is taken at once. Some are kept for newcomers, the first runs of tenants that had nothing under way: such a run
 * starts however long the others take.
 */

export interface PlacesOptions {
  /** Runs at once. */
  slots: number;
  /** Of these, how many are kept for newcomers. */
  reserved: number;
  /** How long a run waits for a place before it is given to whichever worker has one, in milliseconds. */
  patienceMs: number;
}

interface Waiting {
  isNewcomer: boolean;
  enter: (leave: (() => void) | undefined) => void;
}

export class Places {
  readonly #waiting: Waiting[] = [];
  #taken = 0;
  #isClosed = false;

  constructor(private readonly options: PlacesOptions) {}

  /**
   * Waits for a place. `undefined`: none became free in time, or none is given any more; else call the answer to leave
   * it; twice is no harm.
   */
  enter(isNewcomer: boolean): Promise<(() => void) | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined);
    return this.#hasPlace(isNewcomer) ? Promise.resolve(this.#take()) : this.#wait(isNewcomer);
  }

  /** Gives no further place, and sends everybody away who waits. */
  close(): void {
    this.#isClosed = true;
    for (const { enter } of this.#waiting.splice(0)) enter(undefined);
  }

  #hasPlace(isNewcomer: boolean): boolean {
    const { slots, reserved } = this.options;
    return this.#taken < (isNewcomer ? slots : slots - reserved);
  }

  #take(): () => void {
    this.#taken += 1;
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.#taken -= 1;
      this.#admit();
    };
  }

  /** Lets in whoever came first, newcomers before all others. */
  #admit(): void {
    for (const isNewcomer of [true, false]) {
      const index = this.#waiting.findIndex((one) => one.isNewcomer === isNewcomer);
      if (index < 0 || !this.#hasPlace(isNewcomer)) continue;
      const [next] = this.#waiting.splice(index, 1);
      next?.enter(this.#take());
      return;
    }
  }

  #wait(isNewcomer: boolean): Promise<(() => void) | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        resolve(undefined);
      }, this.options.patienceMs);
      const waiting: Waiting = {
        isNewcomer,
        enter: (leave) => {
          clearTimeout(timer);
          resolve(leave);
        },
      };
      this.#waiting.push(waiting);
    });
  }
}

/** Tells short runs from long ones, from how long the latest took. */
export class Pace {
  #averageMs = Number.POSITIVE_INFINITY;
  #isFast = false;

  /** Whether runs are so short that others should stand ready before a place is free. */
  get isFast(): boolean {
    return this.#isFast;
  }

  /** Counts a run of `ms` milliseconds. Answers whether the pace has changed with it. */
  ran(ms: number): boolean {
    this.#averageMs = Number.isFinite(this.#averageMs) ? this.#averageMs * 0.9 + ms * 0.1 : ms;
    return this.#change(this.#isFast ? this.#averageMs < 100 : this.#averageMs < 50);
  }

  /** A run had to wait too long. Answers whether the pace has changed with it. */
  stalled(): boolean {
    this.#averageMs = Math.max(this.#averageMs, 100);
    return this.#change(false);
  }

  #change(isFast: boolean): boolean {
    const hasChanged = this.#isFast !== isFast;
    this.#isFast = isFast;
    return hasChanged;
  }
}
