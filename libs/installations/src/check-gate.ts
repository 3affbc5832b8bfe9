import { outcomeErrors } from '@annex/runs';

export interface CheckGateOptions {
  /** Checks under way at once in this process. */
  atOnce: number;
  /** Of these, checks of one tenant. */
  atOncePerTenant: number;
  /** Checks of one tenant that may wait; further ones are refused with `RATE_LIMITED`. */
  waitingPerTenant: number;
}

/**
 * Unpacking, bundling and trying out a package is the dearest thing a request can ask for. So few are checked at once,
 * the rest wait, and a tenant that sends many waits behind its own.
 */
export class CheckGate {
  readonly #waiting: { tenantId: string; start: () => void }[] = [];
  readonly #underWay = new Map<string, number>();
  #total = 0;

  constructor(private readonly options: CheckGateOptions) {}

  /** Runs `work` when its turn has come. */
  async run<T>(tenantId: string, work: () => Promise<T>): Promise<T> {
    if (this.#isFree(tenantId)) this.#enter(tenantId);
    else await this.#wait(tenantId);
    try {
      return await work();
    } finally {
      this.#leave(tenantId);
    }
  }

  #isFree(tenantId: string): boolean {
    return this.#total < this.options.atOnce && (this.#underWay.get(tenantId) ?? 0) < this.options.atOncePerTenant;
  }

  #wait(tenantId: string): Promise<void> {
    const waiting = this.#waiting.filter((each) => each.tenantId === tenantId).length;
    if (waiting >= this.options.waitingPerTenant) {
      throw outcomeErrors.error(
        'RATE_LIMITED',
        `${waiting} packages of this tenant wait to be checked; at most ${this.options.waitingPerTenant} may. Send ` +
          'them one after the other.',
        { retryAfterS: 5 },
      );
    }
    return new Promise((resolve) => this.#waiting.push({ tenantId, start: resolve }));
  }

  #enter(tenantId: string): void {
    this.#total += 1;
    this.#underWay.set(tenantId, (this.#underWay.get(tenantId) ?? 0) + 1);
  }

  #leave(tenantId: string): void {
    this.#total -= 1;
    const left = (this.#underWay.get(tenantId) ?? 1) - 1;
    if (left > 0) this.#underWay.set(tenantId, left);
    else this.#underWay.delete(tenantId);
    const next = this.#waiting.findIndex((each) => this.#isFree(each.tenantId));
    if (next < 0) return;
    const [entry] = this.#waiting.splice(next, 1);
    if (!entry) return;
    // Its place is taken here and not when it wakes, so that nobody slips in between.
    this.#enter(entry.tenantId);
    entry.start();
  }
}
