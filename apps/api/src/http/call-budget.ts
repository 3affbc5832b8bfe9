/**
 * What one tenant's costly REST calls may cost, in points that come back with time. A call costs what its endpoint
 * says, and each 16 KiB of its body beyond the first 16 KiB a point more, so that neither many small calls nor few
 * large ones keep the one thread of the API from other tenants. Endpoints that name no points cost nothing, however
 * large their bodies: nothing would refuse their callers. Events, which hosts send at any rate, have an account of
 * their own, which only large ones are paid from.
 */
import { KiB } from '@annex/kernel';
import { doorLimits } from '@annex/limits';
import { apiErrors } from './errors.js';
import { Points } from './points.js';

/** A tenant that was quiet has those of so many seconds at once. */
const BURST_S = 10;
/** Bytes of a body that cost nothing, and those that cost a point. */
const FREE_BYTES = 16 * KiB;
const BYTES_A_POINT = 16 * KiB;
/** The same of an event. */
const FREE_EVENT_BYTES = 64 * KiB;
const EVENT_BYTES_A_POINT = 64 * KiB;

export interface Budgets {
  calls: CallBudget;
  events: EventBudget;
}

/** Points of tenants; a tenant without any waits, and what it took beyond them is owed. */
class Budget {
  readonly #points: Points;

  /** @param perMinute points of one tenant; 0: without limit */
  constructor(
    protected readonly perMinute: number,
    now: () => number = Date.now,
  ) {
    this.#points = new Points(perMinute / 60, (perMinute * BURST_S) / 60, now);
  }

  /** Points that a tenant has at once, and those it may owe. */
  get most(): number {
    return this.#points.most;
  }

  protected take(tenantId: string, points: number): void {
    if (this.perMinute > 0 && points > 0) this.#points.take(tenantId, points);
  }

  /** Throws `RATE_LIMITED` when the tenant has no points left. */
  protected requireSome(tenantId: string, what: string, next: string): void {
    if (this.perMinute === 0) return;
    const left = this.#points.left(tenantId);
    if (left > 0) return;
    const retryAfterS = Math.ceil(((1 - left) * 60) / this.perMinute);
    throw apiErrors.error(
      'RATE_LIMITED',
      `This tenant has used its points for ${what} (${this.perMinute} a minute, ${Math.floor(this.most)} at once). ` +
        `${next} in ${retryAfterS} s.`,
      { retryAfterS },
    );
  }
}

export class CallBudget extends Budget {
  constructor(perMinute: number = doorLimits.tenantCallPoints, now?: () => number) {
    super(perMinute, now);
  }

  /**
   * Takes the points of a call. Throws `RATE_LIMITED` when the tenant has none left; what a call takes beyond them is
   * owed.
   */
  spend(tenantId: string, points: number): void {
    if (points <= 0) return;
    this.requireSome(tenantId, 'costly calls', 'The next call is taken');
    this.take(tenantId, points);
  }

  /** Takes what a body costs that was read. */
  charge(tenantId: string, bytes: number): void {
    this.take(tenantId, Math.ceil((bytes - FREE_BYTES) / BYTES_A_POINT));
  }
}

export class EventBudget extends Budget {
  constructor(perMinute: number = doorLimits.tenantEventPoints, now?: () => number) {
    super(perMinute, now);
  }

  /** Throws `RATE_LIMITED` when an event of so many bytes costs points and the tenant has none left. */
  require(tenantId: string, bytes: number): void {
    if (bytes <= FREE_EVENT_BYTES) return;
    this.requireSome(
      tenantId,
      `events of more than ${FREE_EVENT_BYTES} bytes`,
      'Smaller ones are taken at any time, the next large one',
    );
  }

  /** Takes what an event costs that was read. Throws `RATE_LIMITED`. */
  charge(tenantId: string, bytes: number): void {
    this.require(tenantId, bytes);
    this.take(tenantId, Math.ceil((bytes - FREE_EVENT_BYTES) / EVENT_BYTES_A_POINT));
  }
}
