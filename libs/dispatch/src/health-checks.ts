import type { Logger, Stoppable } from '@annex/kernel';
import { Loop } from './loop.js';

/** Who knows which plugins want to be asked for their health, and asks. */
export interface HealthChecks<Due = unknown> {
  /** Takes over up to `limit` checks that are due. */
  take(limit: number): Promise<Due[]>;
  /** Makes one check. Never rejects. */
  run(due: Due): Promise<void>;
  /** Milliseconds until the next one is due; `null`: none is to come. */
  untilNextMs(): Promise<number | null>;
}

/** Checks of one process at once: they share their executors with people who wait for an answer. */
const atOnce = 4;

/**
 * Has every check made when it is due. A check that hangs takes one place until its limit ends it, and delays no other
 * plugin's as long as places are left.
 */
export class HealthCheckLoop implements Stoppable {
  readonly #underWay = new Set<Promise<void>>();
  readonly #loop: Loop;

  constructor(
    private readonly checks: HealthChecks,
    logger: Logger,
  ) {
    this.#loop = new Loop({ name: 'health checks', everyMs: 2000, logger, work: () => this.#round() });
  }

  start(): void {
    this.#loop.start();
  }

  /** Takes no more, and resolves when those under way have ended. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    await Promise.all(this.#underWay);
  }

  async #round(): Promise<number | undefined> {
    const free = atOnce - this.#underWay.size;
    if (free === 0) return undefined;
    const due = await this.checks.take(free);
    for (const each of due) this.#begin(each);
    if (due.length === free) return undefined;
    const untilMs = await this.checks.untilNextMs();
    return untilMs === null ? undefined : Math.max(untilMs, 10);
  }

  #begin(due: unknown): void {
    const done = this.checks.run(due).finally(() => {
      this.#underWay.delete(done);
      this.#loop.wake();
    });
    this.#underWay.add(done);
  }
}
