import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { accessErrors } from './errors.js';

/** OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Hashes at work at once: the rest of libuv's four threads stay free for files and names. */
const AT_ONCE = 2;
/** Hashes waiting for their turn; with more, signing in answers 503 instead of piling up. */
const WAITING = 256;
/** Every sign-in costs as many verifications as one by somebody who is an operator and a user. */
const USUAL_ROWS = 2;

/** argon2id (RFC 9106) with bounded concurrency. */
export class Passwords {
  #running = 0;
  readonly #queue: (() => void)[] = [];
  #decoy: Promise<string> | undefined;

  /** The PHC string to keep. Throws `OVERLOADED`. */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(password, parameters));
  }

  /** Whether the password belongs to a hash. Throws `OVERLOADED`. */
  verify(hashed: string, password: string): Promise<boolean> {
    return this.#inTurn(() => verify(hashed, password).catch(() => false));
  }

  /**
   * Which of the hashes the password belongs to. Works at least as long as for two hashes, so that the time it takes does not tell
   * whether anybody has the e-mail address.
   */
  async verifyEach(hashes: readonly string[], password: string): Promise<boolean[]> {
    this.#decoy ??= hash(randomBytes(16).toString('hex'), parameters);
    const decoy = await this.#decoy;
    const padded = [...hashes, ...Array.from({ length: Math.max(0, USUAL_ROWS - hashes.length) }, () => decoy)];
    const matches = await Promise.all(padded.map((hashed) => this.verify(hashed, password)));
    return matches.slice(0, hashes.length);
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) {
      if (this.#queue.length >= WAITING) throw accessErrors.error('OVERLOADED', 'Too many people sign in at this moment. Try again in a second.', { retryAfterS: 1 });
      // Whoever leaves hands its place on, so that nobody slips in between.
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
