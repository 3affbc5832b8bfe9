/**
 * What one tenant's costly REST calls may cost, in points that come back with time. A call costs what its endpoint
 * says, and each 16 KiB of its body beyond the first 16 KiB a point more, so that neither many small calls nor few
 * large ones keep the one thread of the API from other tenants. Endpoints that name no points cost nothing, however
 * large their bodies: nothing would refuse their callers.
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

export class CallBudget {
  readonly #points: Points;

  /** @param perMinute points of one tenant; 0: without limit */
  constructor(
    private readonly perMinute = doorLimits.tenantCallPoints,
    now: () => number = Date.now,
  ) {
    this.#points = new Points(perMinute / 60, (perMinute * BURST_S) / 60, now);
  }

  /** Points that a tenant has at once, and those it may owe. */
  get most(): number {
    return this.#points.most;
  }

  /**
   * Takes the points of a call. Throws `RATE_LIMITED` when the tenant has none left; what a call takes beyond them is
   * owed.
   */
  spend(tenantId: string, points: number): void {
    if (this.perMinute === 0 || points <= 0) return;
    const left = this.#points.left(tenantId);
    if (left <= 0) {
      const retryAfterS = Math.ceil(((1 - left) * 60) / this.perMinute);
      throw apiErrors.error(
        'RATE_LIMITED',
        `This tenant has used its points for costly calls (${this.perMinute} a minute, ${Math.floor(this.most)} at once). The next call is taken in ${retryAfterS} s.`,
        { retryAfterS },
      );
    }
    this.#points.take(tenantId, points);
  }

  /** Takes what a body costs that was read. */
  charge(tenantId: string, bytes: number): void {
    if (this.perMinute === 0 || bytes <= FREE_BYTES) return;
    this.#points.take(tenantId, Math.ceil((bytes - FREE_BYTES) / BYTES_A_POINT));
  }
}
