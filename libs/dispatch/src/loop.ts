import type { Logger, Stoppable } from '@annex/kernel';

export interface LoopOptions {
  /** For log lines. */
  name: string;
  /** Longest pause between two rounds, in milliseconds. */
  everyMs: number;
  /** Shortest pause between two rounds when woken, in milliseconds, so that many wakings make one round. Default 0. */
  gapMs?: number;
  logger: Logger;
  /** One round. Answers how long to pause at most, in milliseconds: 0 for not at all, nothing for `everyMs`. */
  work: () => Promise<number | undefined | void>;
}

/**
 * Repeats work, one round at a time, until stopped: after a pause, or at once when woken. A round that throws is logged
 * and repeated later and later, up to 5 s.
 */
export class Loop implements Stoppable {
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #isWoken = false;
  #isStopped = true;
  #failures = 0;
  #endedAt = 0;

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
    if (this.#round !== undefined || this.#failures > 0 || this.#isStopped) return;
    const gapMs = this.#endedAt + (this.options.gapMs ?? 0) - performance.now();
    if (gapMs <= 0) this.#next();
    else this.#after(gapMs);
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
      this.#endedAt = performance.now();
      if (this.#isStopped) return;
      if (pauseMs <= 0) this.#next();
      else this.#after(pauseMs);
    });
  }

  #after(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#next(), ms);
  }

  async #work(): Promise<number> {
    const { name, everyMs, logger, work } = this.options;
    this.#isWoken = false;
    try {
      const pauseMs = (await work()) ?? everyMs;
      this.#failures = 0;
      return Math.min(this.#isWoken ? (this.options.gapMs ?? 0) : pauseMs, everyMs);
    } catch (thrown) {
      this.#failures += 1;
      logger.warn({ err: thrown, loop: name, failures: this.#failures }, 'a round of background work failed');
      return Math.min(100 * 2 ** this.#failures, 5000);
    }
  }
}
