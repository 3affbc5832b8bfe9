import { SECOND } from '@annex/kernel';

/** Keys remembered; of one that is forgotten nothing is held. */
const MAX_KEYS = 10_000;

interface Account {
  points: number;
  atMs: number;
}

/** Points by key that are taken and come back with time. A key that was not seen has all of them. */
export class Points {
  readonly #accounts = new Map<string, Account>();

  /** @param most points that a key has at once, and those it may owe */
  constructor(
    private readonly perSecond: number,
    readonly most: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** What a key has; below 0: what it owes. */
  left(key: string): number {
    return this.#accountOf(key).points;
  }

  /** Takes points, beyond what is there too. Answers what is left. */
  take(key: string, points: number): number {
    const account = this.#accountOf(key);
    account.points = Math.max(-this.most, account.points - points);
    return account.points;
  }

  #accountOf(key: string): Account {
    const atMs = this.now();
    const known = this.#accounts.get(key);
    const earned = known === undefined ? this.most : ((atMs - known.atMs) * this.perSecond) / SECOND;
    const account = { points: Math.min(this.most, (known?.points ?? 0) + Math.max(0, earned)), atMs };
    // The one that was not seen longest makes room.
    this.#accounts.delete(key);
    this.#accounts.set(key, account);
    const [oldest] = this.#accounts.keys();
    if (this.#accounts.size > MAX_KEYS && oldest !== undefined) this.#accounts.delete(oldest);
    return account;
  }
}
