/**
 * Whose turn it is to have a password hashed. One hash takes some 20 ms of a processor, so whoever sends many guesses
 * would keep everybody else waiting behind them. Turns go round between networks, inside one between accounts, and
 * guesses come after everybody who has made none.
 */
import { accessErrors } from './errors.js';

/**
 * What is known of whoever signs in: `known` has signed in from this network before; `fresh` nothing; `failing` comes
 * from a network, or asks for an account, of which many sign-ins failed a short while ago.
 */
export type Standing = 'known' | 'fresh' | 'failing';
const standings: readonly Standing[] = ['known', 'fresh', 'failing'];

export interface Turn {
  network: string;
  account: string;
  standing: Standing;
}

export interface SignInQueueOptions {
  /** Hashes at work at once. */
  atOnce: number;
  /** Hashes that wait, in all. */
  waiting: number;
  /** Hashes of one network that wait while its sign-ins fail. */
  waitingWhileFailing: number;
}

interface Waiter extends Turn {
  go: () => void;
  refuse: (fault: Error) => void;
}

/** Of so many turns one goes to those who come last, so that these wait long and not for ever. */
const LAST_EVERY = 4;

export class SignInQueue {
  readonly #lines: Record<Standing, Map<string, Map<string, Waiter[]>>> = {
    known: new Map(),
    fresh: new Map(),
    failing: new Map(),
  };
  readonly #failing = new Map<string, number>();
  #atWork = 0;
  #waiting = 0;
  #turns = 0;

  constructor(private readonly options: SignInQueueOptions) {}

  /**
   * Runs `work` in its turn. Throws `RATE_LIMITED` to a network that fails and waits too much already, `OVERLOADED`
   * when the line is full.
   */
  async run<T>(turn: Turn, work: () => Promise<T>): Promise<T> {
    if (this.#atWork < this.options.atOnce) this.#atWork += 1;
    else await this.#wait(turn);
    try {
      return await work();
    } finally {
      const next = this.#next();
      // Whoever leaves hands its place on, so that nobody slips in between.
      if (next) next.go();
      else this.#atWork -= 1;
    }
  }

  #wait(turn: Turn): Promise<void> {
    const { network, standing } = turn;
    if (standing === 'failing' && (this.#failing.get(network) ?? 0) >= this.options.waitingWhileFailing) {
      throw accessErrors.error(
        'RATE_LIMITED',
        'Too many sign-ins from your network failed, and too many are waiting. Try again in a second.',
        { retryAfterS: 1 },
      );
    }
    if (this.#waiting >= this.options.waiting) this.#makeRoom(turn);
    return new Promise((go, refuse) => {
      const line = this.#lines[standing];
      const accounts = line.get(network) ?? new Map<string, Waiter[]>();
      const waiters = accounts.get(turn.account) ?? [];
      waiters.push({ ...turn, go, refuse });
      accounts.set(turn.account, waiters);
      line.set(network, accounts);
      this.#count(turn, 1);
    });
  }

  /** Sends away one who stands behind the newcomer. Throws `OVERLOADED` when there is none. */
  #makeRoom(newcomer: Turn): void {
    const busy = accessErrors.error('OVERLOADED', 'Too many people sign in at this moment. Try again in a second.', {
      retryAfterS: 1,
    });
    const behind = standings.slice(standings.indexOf(newcomer.standing) + 1).reverse();
    const standing = behind.find((one) => this.#lines[one].size > 0);
    const sent = standing && this.#take(standing);
    if (!sent) throw busy;
    sent.refuse(busy);
  }

  #next(): Waiter | undefined {
    this.#turns += 1;
    const order = this.#turns % LAST_EVERY === 0 ? [...standings].reverse() : standings;
    for (const standing of order) {
      const waiter = this.#take(standing);
      if (waiter) return waiter;
    }
    return undefined;
  }

  /** The one whose turn it is among equals; its network and account go to the end of theirs. */
  #take(standing: Standing): Waiter | undefined {
    const line = this.#lines[standing];
    for (const [network, accounts] of line) {
      line.delete(network);
      for (const [account, waiters] of accounts) {
        accounts.delete(account);
        const waiter = waiters.shift();
        if (waiters.length > 0) accounts.set(account, waiters);
        if (accounts.size > 0) line.set(network, accounts);
        if (!waiter) break;
        this.#count(waiter, -1);
        return waiter;
      }
    }
    return undefined;
  }

  #count({ network, standing }: Turn, by: 1 | -1): void {
    this.#waiting += by;
    if (standing !== 'failing') return;
    const count = (this.#failing.get(network) ?? 0) + by;
    if (count > 0) this.#failing.set(network, count);
    else this.#failing.delete(network);
  }
}
