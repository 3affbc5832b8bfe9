/** Lets at most `atOnce` pieces of work through at a time; further ones wait in the order in which they came. */
export class ConcurrencyLimit {
  #inside = 0;
  /** The most that was ever inside. */
  peak = 0;
  readonly #waiting: { enter: () => void; refuse: (reason: unknown) => void }[] = [];
  #closedBy: { reason: unknown } | undefined;

  constructor(readonly atOnce: number) {}

  /** Resolves when there is room; rejects with the reason of {@link close}. Each entry needs one {@link leave}. */
  enter(): Promise<void> {
    if (this.#closedBy) return Promise.reject(this.#closedBy.reason);
    if (this.#inside < this.atOnce) {
      this.#inside += 1;
      this.peak = Math.max(this.peak, this.#inside);
      return Promise.resolve();
    }
    return new Promise((enter, refuse) => this.#waiting.push({ enter, refuse }));
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next) next.enter();
    else this.#inside -= 1;
  }

  /** Refuses everybody who waits or comes later. */
  close(reason: unknown): void {
    this.#closedBy = { reason };
    for (const { refuse } of this.#waiting.splice(0)) refuse(reason);
  }
}
