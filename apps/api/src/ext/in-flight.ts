import { apiErrors } from '../http/errors.js';

/** Counts what is under way per tenant, so that one tenant cannot take every place. */
export class InFlight {
  readonly #counts = new Map<string, number>();

  /**
   * @param max of one tenant at once
   * @param what is counted, for people
   */
  constructor(
    private readonly max: number,
    private readonly what = 'plugin calls',
  ) {}

  /** Takes a place and answers what gives it back. Throws `RATE_LIMITED` when the tenant has none left. */
  enter(tenantId: string): () => void {
    if (!this.tryEnter(tenantId)) {
      throw apiErrors.error(
        'RATE_LIMITED',
        `This tenant has ${this.#counts.get(tenantId) ?? 0} ${this.what} under way, the limit is ${this.max}. Wait ` +
          'for some to end and try again.',
        { retryAfterS: 1 },
      );
    }
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.leave(tenantId);
    };
  }

  /** Takes a place, if the tenant has one left. Whoever got one gives it back with {@link InFlight.leave}, once. */
  tryEnter(tenantId: string): boolean {
    const count = this.#counts.get(tenantId) ?? 0;
    if (count >= this.max) return false;
    this.#counts.set(tenantId, count + 1);
    return true;
  }

  leave(tenantId: string): void {
    const now = (this.#counts.get(tenantId) ?? 1) - 1;
    if (now === 0) this.#counts.delete(tenantId);
    else this.#counts.set(tenantId, now);
  }
}
