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
