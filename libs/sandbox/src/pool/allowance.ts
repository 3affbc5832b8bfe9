/**
 * What one executor may send and be sent in large messages: a bucket of bytes that fills at a steady rate. They cost
 * the host's one thread a millisecond for each megabyte; a tenant that sends nothing else must not have most of that
 * thread.
 */
export interface AllowanceOptions {
  bytesPerSecond: number;
  /** What may pass at once after a time of quiet. */
  burstBytes: number;
  /** Milliseconds of a steady clock. */
  now(): number;
}

/** A token bucket that may go into debt: what has come cannot be sent back, so the next one waits. */
export class Allowance {
  readonly #options: AllowanceOptions;
  #left: number;
  #filledAt: number;

  constructor(options: AllowanceOptions) {
    this.#options = options;
    this.#left = options.burstBytes;
    this.#filledAt = options.now();
  }

  /** Takes `bytes` out; how long its owner has to wait for the next, in milliseconds, 0: not at all. */
  take(bytes: number): number {
    this.#left -= bytes;
    if (this.#left >= 0) return 0;
    const { bytesPerSecond, burstBytes, now } = this.#options;
    const nowMs = now();
    const filled = ((nowMs - this.#filledAt) * bytesPerSecond) / 1000;
    this.#left = Math.min(burstBytes, this.#left + bytes + filled) - bytes;
    this.#filledAt = nowMs;
    return Math.max(0, (-this.#left * 1000) / bytesPerSecond);
  }
}
