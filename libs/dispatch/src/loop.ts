import type { Logger, Stoppable } from '@annex/kernel';

export interface LoopOptions {
  /** For log lines. */
  name: string;
  /** Longest pause between two rounds, in milliseconds. */
  everyMs: number;
  logger: Logger;
  /** One round. Answers how long to pause at most, in milliseconds: 0 for not at all, nothing for `everyMs`. */
  work: () => Promise<number | undefined | void>;
}

/** Repeats work, one round at a time, until stopped: after a pause, or at once when woken. A round that throws is logged and repeated later and later, up to 5 s. */
export class Loop implements Stoppable {
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #isWoken = false;
  #isStopped = true;
  #failures = 0;

  constructor(private readonly options: LoopOptions) {}

  start(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#next();
  }

  /** Begins a round now, or right after the one under way. */
  wake(): void {
    this.#isWoken = true;
    // A loop in trouble keeps its pauses: being woken often must not turn them into a storm.
    if (this.#round === undefined && this.#failures === 0) this.#next();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#round;
  }

  #next(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped || this.#round) return;
    this.#round = this.#work().then((pauseMs) => {
      this.#round = undefined;
      if (this.#isStopped) return;
      if (pauseMs <= 0) this.#next();
      else this.#timer = setTimeout(() => this.#next(), pauseMs);
    });
  }

  async #work(): Promise<number> {
    const { name, everyMs, logger, work } = this.options;
    this.#isWoken = false;
    try {
      const pauseMs = (await work()) ?? everyMs;
      this.#failures = 0;
      return this.#isWoken ? 0 : Math.min(pauseMs, everyMs);
    } catch (thrown) {
      this.#failures += 1;
      logger.warn({ err: thrown, loop: name, failures: this.#failures }, 'a round of background work failed');
      return Math.min(100 * 2 ** this.#failures, 5000);
    }
  }
}
