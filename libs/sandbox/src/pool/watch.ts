/**
 * The parent's eyes: deadlines, heartbeat and memory of every executor, whatever the executor itself says or does not
 * say.
 */
import type { Flight } from './flight.js';
import type { ProcessExecutor } from './process-executor.js';
import type { SandboxErrorCode } from '../sandbox.js';

export interface WatchLimits {
  executorRssMb: number;
  killGraceMs: number;
}

/** An executor ends its runs itself at their deadline; this much later the parent does. */
const deadlineSlackMs = 60;
const pingEveryMs = 200;
const rssEveryMs = 100;

export class Watch {
  readonly #limits: WatchLimits;
  readonly #lastPing = new WeakMap<ProcessExecutor, number>();
  readonly #lastRss = new WeakMap<ProcessExecutor, number>();

  constructor(limits: WatchLimits) {
    this.#limits = limits;
  }

  /** Looks at one executor; kills it when it has to. */
  look(executor: ProcessExecutor, nowMs: number): void {
    for (const flight of executor.flights) {
      if (this.#deadline(executor, flight, nowMs)) return;
    }
    if (executor.flights.size > 0 && executor.state === 'ready' && this.#heartbeat(executor, nowMs)) return;
    if (nowMs - (this.#lastRss.get(executor) ?? 0) >= rssEveryMs) {
      this.#lastRss.set(executor, nowMs);
      this.#memory(executor);
    }
  }

  #deadline(executor: ProcessExecutor, flight: Flight, nowMs: number): boolean {
    if (!flight.isOver && nowMs >= flight.deadline + deadlineSlackMs) {
      flight.overdueAt = nowMs;
      executor.overdue += 1;
      flight.expire(nowMs);
      executor.cancel(flight);
    }
    if (
      flight.overdueAt !== undefined &&
      !(executor.isUnheard && flight.isExcused(nowMs)) &&
      nowMs - flight.overdueAt >= this.#limits.killGraceMs &&
      executor.flights.has(flight)
    ) {
      executor.kill('unresponsive', this.#blame(executor, flight));
      return true;
    }
    return false;
  }

  /** The runs to bill when `overdue` did not end: those in their turn, or that one if nothing is known. */
  #blame(executor: ProcessExecutor, overdue: Flight): Map<Flight, SandboxErrorCode> {
    const suspects = executor.suspects();
    return new Map((suspects.length > 0 ? suspects : [overdue]).map((flight) => [flight, 'TIMEOUT']));
  }

  #heartbeat(executor: ProcessExecutor, nowMs: number): boolean {
    if (executor.pingSentAt === undefined) {
      if (nowMs - (this.#lastPing.get(executor) ?? 0) < pingEveryMs) return false;
      this.#lastPing.set(executor, nowMs);
      executor.ping();
      return false;
    }
    if (executor.isUnheard || nowMs - executor.pingSentAt < silenceMs(executor) + this.#limits.killGraceMs)
      return false;
    const suspects = executor.suspects();
    executor.kill('unresponsive', new Map(suspects.map((flight) => [flight, 'CPU_LIMIT'])));
    return true;
  }

  #memory(executor: ProcessExecutor): void {
    executor.sampleRss();
    if (executor.rssBytes <= this.#limits.executorRssMb * 2 ** 20) return;
    executor.kill('memory', new Map(executor.blamed().map((flight) => [flight, 'MEMORY_LIMIT'])));
  }
}

/** How long an executor may say nothing: as long as one turn may keep it busy. */
function silenceMs(executor: ProcessExecutor): number {
  let longest = 1000;
  for (const { turnLimits: limits } of executor.flights)
    longest = Math.max(longest, Math.min(limits.wallMs, limits.cpuMs * 2 + 20));
  return longest;
}
