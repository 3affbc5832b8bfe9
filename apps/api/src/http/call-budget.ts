/**
 * What one tenant's costly REST calls may cost, in points that come back with time. A call costs what its endpoint
 * says, and each 16 KiB of its body beyond the first 16 KiB a point more, so that neither many small calls nor few
 * large ones keep the one thread of the API from other tenants. Endpoints that name no points cost nothing, however
 * large their bodies: nothing would refuse their callers.
 */
import { KiB, SECOND } from '@annex/kernel';
import { apiErrors } from './errors.js';

/** Points a minute of one tenant, when the operator says nothing. */
export const defaultCallPoints = 12_000;
/** A tenant that was quiet has those of so many seconds at once. */
const BURST_S = 10;
/** Bytes of a body that cost nothing, and those that cost a point. */
const FREE_BYTES = 16 * KiB;
const BYTES_A_POINT = 16 * KiB;
/** Tenants remembered; of one that is forgotten nothing is held. */
const MAX_TENANTS = 10_000;

interface Account {
  points: number;
  atMs: number;
}

export class CallBudget {
  readonly #accounts = new Map<string, Account>();

  /** @param perMinute points of one tenant; 0: without limit */
  constructor(
    private readonly perMinute = defaultCallPoints,
    private readonly now: () => number = Date.now,
  ) {}

  /** Points that a tenant has at once, and those it may owe. */
  get most(): number {
    return (this.perMinute * BURST_S) / 60;
  }

  /**
   * Takes the points of a call. Throws `RATE_LIMITED` when the tenant has none left; what a call takes beyond them is
   * owed.
   */
  spend(tenantId: string, points: number): void {
    if (this.perMinute === 0 || points <= 0) return;
    const account = this.#accountOf(tenantId);
    if (account.points <= 0) {
      const retryAfterS = Math.ceil(((1 - account.points) * 60) / this.perMinute);
      throw apiErrors.error(
        'RATE_LIMITED',
        `This tenant has used its points for costly calls (${this.perMinute} a minute, ${Math.floor(this.most)} at once). The next call is taken in ${retryAfterS} s.`,
        { retryAfterS },
      );
    }
    this.#take(account, points);
  }

  /** Takes what a body costs that was read. */
  charge(tenantId: string, bytes: number): void {
    if (this.perMinute === 0 || bytes <= FREE_BYTES) return;
    this.#take(this.#accountOf(tenantId), Math.ceil((bytes - FREE_BYTES) / BYTES_A_POINT));
  }

  #take(account: Account, points: number): void {
    account.points = Math.max(-this.most, account.points - points);
  }

  #accountOf(tenantId: string): Account {
    const { most } = this;
    const atMs = this.now();
    const known = this.#accounts.get(tenantId);
    const earned = known === undefined ? most : ((atMs - known.atMs) * this.perMinute) / (60 * SECOND);
    const account = { points: Math.min(most, (known?.points ?? 0) + Math.max(0, earned)), atMs };
    // The one that has not called longest makes room.
    this.#accounts.delete(tenantId);
    this.#accounts.set(tenantId, account);
    const [oldest] = this.#accounts.keys();
    if (this.#accounts.size > MAX_TENANTS && oldest !== undefined) this.#accounts.delete(oldest);
    return account;
  }
}
