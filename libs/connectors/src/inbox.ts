/**
 * What has arrived and was not taken yet. Whoever puts something in waits while it is full, so that a fast origin is
 * slowed down and nothing is dropped.
 */
export class Inbox<Item> {
  readonly #items: Item[] = [];
  #isClosed = false;
  #failure: { thrown: unknown } | undefined;
  #wakeTaker: (() => void) | undefined;
  #wakeGivers: (() => void)[] = [];

  constructor(private readonly most: number) {}

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  get hasRoom(): boolean {
    return this.#items.length < this.most;
  }

  /** Resolves when there is room for the next. */
  put(item: Item): Promise<void> {
    this.#items.push(item);
    this.#wakeTaker?.();
    if (this.#items.length < this.most || this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => this.#wakeGivers.push(resolve));
  }

  /** Nothing comes any more. `thrown`: why; the first reason counts. */
  close(failure?: { thrown: unknown }): void {
    this.#failure ??= this.#isClosed ? undefined : failure;
    this.#isClosed = true;
    this.#wakeTaker?.();
    for (const wake of this.#wakeGivers.splice(0)) wake();
  }

  /** What is there; `undefined`: nothing is, now. */
  takeNow(): Item | undefined {
    const item = this.#items.shift();
    if (item !== undefined && this.#items.length < this.most) for (const wake of this.#wakeGivers.splice(0)) wake();
    return item;
  }

  /** Waits until there is something; answers it without removing more than one. `undefined`: closed. Throws why. */
  async take(): Promise<Item | undefined> {
    for (;;) {
      const item = this.takeNow();
      if (item !== undefined) return item;
      if (this.#failure) throw this.#failure.thrown;
      if (this.#isClosed) return undefined;
      await new Promise<void>((resolve) => (this.#wakeTaker = resolve));
    }
  }
}
