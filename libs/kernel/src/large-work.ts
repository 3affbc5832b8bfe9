/** Characters or bytes from which on reading a text is large work: it takes a millisecond and more. */
export const LARGE_TEXT = 128 * 1024;

/**
 * Pieces of work that each take some milliseconds of a thread which serves everybody. Only one of them is done in a
 * turn of the event loop, so that whatever came meanwhile is answered before the next; in the order in which they
 * asked.
 */
class LargeWork {
  readonly #waiting: (() => void)[] = [];

  /** Resolves when the caller may do its piece, at once and without waiting for anything in it. */
  turn(): Promise<void> {
    return new Promise((go) => {
      if (this.#waiting.push(go) === 1) setImmediate(() => this.#next());
    });
  }

  #next(): void {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) setImmediate(() => this.#next());
  }
}

/** That of this thread. */
export const largeWork = new LargeWork();
