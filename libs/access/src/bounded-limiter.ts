import { RateLimiterMemory, type IRateLimiterOptions, type RateLimiterRes } from 'rate-limiter-flexible';

/** Keys that one limiter remembers. Whoever makes up addresses fills this and no more. */
export const MAX_COUNTED = 50_000;

/** Counts attempts in memory, of so many keys at most: the one that was not seen longest makes room. */
export class BoundedLimiter extends RateLimiterMemory {
  readonly #keys = new Set<string | number>();

  constructor(
    options: IRateLimiterOptions,
    private readonly maxKeys = MAX_COUNTED,
  ) {
    super(options);
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.#keys.size;
  }

  override async consume(key: string | number, points?: number): Promise<RateLimiterRes> {
    await this.#remember(key);
    return super.consume(key, points);
  }

  override async penalty(key: string | number, points?: number): Promise<RateLimiterRes> {
    await this.#remember(key);
    return super.penalty(key, points);
  }

  override delete(key: string | number): Promise<boolean> {
    this.#keys.delete(key);
    return super.delete(key);
  }

  async #remember(key: string | number): Promise<void> {
    this.#keys.delete(key);
    this.#keys.add(key);
    const [oldest] = this.#keys;
    if (this.#keys.size > this.maxKeys && oldest !== undefined) await this.delete(oldest);
  }
}
