/**
 * The places of one worker in which runs are tried. Tickets are fetched ahead of them, so that a place that becomes
 * free is taken at once; those of tenants over their own share (lent) leave a reserve of places free, in which a quiet
 * tenant's run starts however long the others take.
 */

export interface PlacesOptions {
  /** Runs at once. */
  slots: number;
  /** Of these, how many may be lent to tenants that have their own share already. */
  lendable: number;
  /** How long a ticket waits for a place before it is given to whichever worker has one, in milliseconds. */
  patienceMs: number;
}

interface Waiting {
  isLent: boolean;
  enter: (leave: (() => void) | undefined) => void;
}

export class Places {
  readonly #waiting: Waiting[] = [];
  #taken = 0;
  #lent = 0;
  #isClosed = false;

  constructor(private readonly options: PlacesOptions) {}

  /**
   * Waits for a place. `undefined`: none became free in time, or none is given any more; else call the answer to leave
   * it; twice is no harm.
   */
  enter(isLent: boolean): Promise<(() => void) | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined);
    return this.#hasPlace(isLent) ? Promise.resolve(this.#take(isLent)) : this.#wait(isLent);
  }

  /** Gives no further place, and sends everybody away who waits. */
  close(): void {
    this.#isClosed = true;
    for (const { enter } of this.#waiting.splice(0)) enter(undefined);
  }

  #hasPlace(isLent: boolean): boolean {
    return this.#taken < this.options.slots && (!isLent || this.#lent < this.options.lendable);
  }

  #take(isLent: boolean): () => void {
    this.#taken += 1;
    if (isLent) this.#lent += 1;
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.#taken -= 1;
      if (isLent) this.#lent -= 1;
      this.#admit();
    };
  }

  /** Lets in whoever came first, those within their own share before all others. */
  #admit(): void {
    for (const isLent of [false, true]) {
      const index = this.#waiting.findIndex((one) => one.isLent === isLent);
      if (index < 0 || !this.#hasPlace(isLent)) continue;
      const [next] = this.#waiting.splice(index, 1);
      next?.enter(this.#take(isLent));
      return;
    }
  }

  #wait(isLent: boolean): Promise<(() => void) | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        resolve(undefined);
      }, this.options.patienceMs);
      const waiting: Waiting = {
        isLent,
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

  /** Whether runs are so short that tickets should stand ready before a place is free. */
  get isFast(): boolean {
    return this.#isFast;
  }

  /** Counts a run of `ms` milliseconds. Answers whether the pace has changed with it. */
  ran(ms: number): boolean {
    this.#averageMs = Number.isFinite(this.#averageMs) ? this.#averageMs * 0.9 + ms * 0.1 : ms;
    return this.#change(this.#isFast ? this.#averageMs < 100 : this.#averageMs < 50);
  }

  /** A ticket had to wait too long. Answers whether the pace has changed with it. */
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
