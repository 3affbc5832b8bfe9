import { apiErrors } from '../http/errors.js';

/** Counts calls under way per tenant, so that one tenant's slow plugins cannot take every place. */
export class InFlight {
  readonly #counts = new Map<string, number>();

  /** @param max calls of one tenant at once */
  constructor(private readonly max: number) {}

  /** Takes a place and answers what gives it back. Throws `RATE_LIMITED` when the tenant has none left. */
  enter(tenantId: string): () => void {
    const count = this.#counts.get(tenantId) ?? 0;
    if (count >= this.max) {
      throw apiErrors.error('RATE_LIMITED', `This tenant has ${count} plugin calls under way, the limit is ${this.max}. Wait for some to end and try again.`, { retryAfterS: 1 });
    }
    this.#counts.set(tenantId, count + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const now = (this.#counts.get(tenantId) ?? 1) - 1;
      if (now === 0) this.#counts.delete(tenantId);
      else this.#counts.set(tenantId, now);
    };
  }
}
