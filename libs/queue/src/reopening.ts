/** Something of BullMQ's that connects when it is made. */
interface Connecting {
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

/** Between two openings, in milliseconds. */
const pauseMs = 1000;

/**
 * BullMQ connects once, when a queue or worker is made, and one whose first connection failed (its server was away, or
 * slow to migrate) fails for ever. This one is made anew until it has connected; from then on it finds its way back by
 * itself.
 */
export class Reopening<T extends Connecting> {
  readonly #make: () => T;
  readonly #ready = Promise.withResolvers<void>();
  #current: T;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(make: () => T) {
    this.#make = make;
    this.#ready.promise.catch(() => undefined);
    this.#current = this.#open();
  }

  /** The one in use; another one after a first connection failed. */
  get current(): T {
    return this.#current;
  }

  /** Resolves at the first connection; rejects when that did not come before {@link close}. */
  ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Leaves the one in use as it is from now on. */
  openNoMore(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
  }

  /** Makes no further one, and closes the one in use. */
  async close(): Promise<void> {
    this.openNoMore();
    this.#ready.reject(new Error('the queue was closed'));
    await this.#current.close();
  }

  #open(): T {
    const opened = this.#make();
    opened.waitUntilReady().then(
      () => this.#ready.resolve(),
      () => {
        if (this.#isClosed) return;
        this.#retry = setTimeout(() => {
          opened.close().catch(() => undefined);
          this.#current = this.#open();
        }, pauseMs).unref();
      },
    );
    return opened;
  }
}
