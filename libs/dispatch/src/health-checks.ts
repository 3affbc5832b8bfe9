import type { Id, Logger, Stoppable } from '@annex/kernel';
import { Loop } from './loop.js';

/** Who knows which plugins want to be asked for their health, and asks. */
export interface HealthChecks<Due extends { tenantId: Id<'tenant'> } = DueCheck> {
  /** Takes over up to `limit` checks that are due, one of a tenant and none of the `busy` ones. */
  take(limit: number, busy: readonly Id<'tenant'>[]): Promise<Due[]>;
  /** Makes one check. Never rejects. */
  run(due: Due): Promise<void>;
  /** Milliseconds until the next one is due; `null`: none is to come. */
  untilNextMs(): Promise<number | null>;
}

/** Of one plugin. */
interface DueCheck {
  tenantId: Id<'tenant'>;
  installationId: Id<'installation'>;
}

/** Checks of one process at once: they share their executors with people who wait for an answer. */
const atOnce = 4;

/** How long a stop waits for checks under way, in milliseconds. Nobody misses one: the plugin is asked again. */
const stopMs = 1000;

/**
 * Has every check made when it is due. A check that hangs takes one place until its limit ends it, and a tenant has one
 * place at the most, so that one with many such plugins delays its own.
 */
export class HealthCheckLoop implements Stoppable {
  readonly #underWay = new Map<Id<'tenant'>, Promise<void>>();
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

  /** Takes no more, and resolves when those under way have ended, or after a second. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, stopMs);
    await Promise.race([Promise.all(this.#underWay.values()), late.promise]);
    clearTimeout(timer);
  }

  async #round(): Promise<number | undefined> {
    const free = atOnce - this.#underWay.size;
    if (free === 0) return undefined;
    const due = await this.checks.take(free, [...this.#underWay.keys()]);
    for (const each of due) this.#begin(each);
    if (due.length === free) return undefined;
    const untilMs = await this.checks.untilNextMs();
    // What is due may be a busy tenant's, whose end wakes this.
    return untilMs === null ? undefined : Math.max(untilMs, 250);
  }

  #begin(due: DueCheck): void {
    const done = this.checks.run(due).finally(() => {
      this.#underWay.delete(due.tenantId);
      this.#loop.wake();
    });
    this.#underWay.set(due.tenantId, done);
  }
}
