/**
 * What tells two requests with one Idempotency-Key apart is kept for a day, and bodies hold passwords: a digest without
 * a key would let whoever reads the table try words.
 */
import { createHash, createHmac } from 'node:crypto';

export class Fingerprints {
  /** @param keys the present one first; what earlier ones made is still known */
  constructor(private readonly keys: readonly Buffer[]) {}

  /** Of a request: the one to keep, and all under which the same request may have been kept before. */
  of(text: string): { fingerprint: string; known: string[] } {
    const [fingerprint = '', ...earlier] = this.keys.map((key) => createHmac('sha256', key).update(text).digest('hex'));
    // Releases before this kept a digest without a key; theirs are gone a day after the upgrade.
    return { fingerprint, known: [fingerprint, ...earlier, createHash('sha256').update(text).digest('hex')] };
  }
}
