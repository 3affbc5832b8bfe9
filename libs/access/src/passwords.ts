import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { SignInQueue, type Turn } from './sign-in-queue.js';

/** OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Hashes at work at once: a processor stays free for everything else, and so do the others of libuv's four threads. */
const AT_ONCE = Math.max(1, Math.min(2, availableParallelism() - 1));
/** Hashes waiting for their turn, in all and of one network whose sign-ins fail. */
const WAITING = 256;
const WAITING_WHILE_FAILING = 32;
/** Every sign-in costs as many verifications as one by somebody who is an operator and a user. */
const USUAL_ROWS = 2;

/** argon2id (RFC 9106) with bounded concurrency, in fair turns. */
export class Passwords {
  readonly #queue = new SignInQueue({ atOnce: AT_ONCE, waiting: WAITING, waitingWhileFailing: WAITING_WHILE_FAILING });
  #decoy: Promise<string> | undefined;

  /** The PHC string to keep. Throws `OVERLOADED`. */
  hash(password: string, turn: Turn): Promise<string> {
    return this.#queue.run(turn, () => hash(password, parameters));
  }

  /** Whether the password belongs to a hash. Throws `OVERLOADED`, `RATE_LIMITED`. */
  verify(hashed: string, password: string, turn: Turn): Promise<boolean> {
    return this.#queue.run(turn, () => verify(hashed, password).catch(() => false));
  }

  /**
   * Which of the hashes the password belongs to. Works at least as long as for two hashes, so that the time it takes
   * does not tell whether anybody has the e-mail address.
   */
  async verifyEach(hashes: readonly string[], password: string, turn: Turn): Promise<boolean[]> {
    this.#decoy ??= hash(randomBytes(16).toString('hex'), parameters);
    const decoy = await this.#decoy;
    const padded = [...hashes, ...Array.from({ length: Math.max(0, USUAL_ROWS - hashes.length) }, () => decoy)];
    const matches = await Promise.all(padded.map((hashed) => this.verify(hashed, password, turn)));
    return matches.slice(0, hashes.length);
  }
}

/** The turns of people's own work in a tenant, and of the platform. */
export function turnOf(tenantId: string, actor: string): Turn {
  return { network: tenantId, account: actor, standing: 'fresh' };
}
