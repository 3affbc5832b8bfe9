import { isIPv4, isIPv6 } from 'node:net';
import { idFromUuid } from '@annex/kernel';
import { accountLimits, guessLimits } from '@annex/limits';
import { findOperatorByEmail } from './rows/operators.js';
import { findSignIns } from './rows/users.js';
import type { Database } from '@annex/database';
import { RateLimiterRes, type RateLimiterMemory } from 'rate-limiter-flexible';
import { BoundedLimiter } from './bounded-limiter.js';
import type { Membership } from './caller.js';
import { isEmail } from './email.js';
import { accessErrors } from './errors.js';
import type { Passwords } from './passwords.js';
import { membershipOf } from './authenticator.js';
import type { Turn } from './sign-in-queue.js';
import type { Sessions } from './sessions.js';
import { tenantSlugShape } from './tenant-resolution.js';
import { tenantPlaces, type TenantPlace } from './views.js';

/**
 * Failures of one network, or for one account from wherever, in five minutes, after which its sign-ins come behind all
 * others.
 */
const TROUBLES = { points: 10, duration: 300 };

/** Accounts and networks they signed in from that are remembered. */
const MAX_KNOWN = 10_000;

export interface LoginInput {
  email: string;
  password: string;
  /** Only this tenant's account, by slug. */
  tenant?: string | undefined;
  /** The client's network address. */
  address: string;
  /** What the client calls itself. Default: nothing. */
  userAgent?: string | undefined;
}

/** The answer to a sign-in, with wire names. */
export interface LoginAnswer {
  access_token: string;
  token_type: 'Bearer';
  /** Seconds. */
  expires_in: number;
  user: { id: string; email: string; operator: boolean };
  tenants: TenantPlace[];
}

export interface LoginOptions {
  database: Database;
  passwords: Passwords;
  sessions: Sessions;
  ttlS: number;
}

/** Signing in with e-mail and password. */
export class Login {
  readonly #attempts = new BoundedLimiter({ keyPrefix: 'attempts', ...guessLimits.signIns });
  readonly #failures = new BoundedLimiter({ keyPrefix: 'failures', ...guessLimits.failedSignIns });
  readonly #standings = new Standings();

  constructor(private readonly options: LoginOptions) {}

  /** Accounts and networks whose attempts are remembered. */
  get remembered(): number {
    return this.#attempts.size + this.#failures.size + this.#standings.size;
  }

  /** Throws `INVALID_CREDENTIALS`, `RATE_LIMITED`, `OVERLOADED`. */
  async login({ email, password, tenant, address, userAgent }: LoginInput): Promise<LoginAnswer> {
    const from = networkOf(address);
    const account = email.slice(0, 254).toLowerCase();
    const who = `${from}|${account}`;
    // Counted before the work: a thousand guesses at once are a thousand guesses. By network first: who is refused
    // there leaves nothing behind.
    if (!this.#standings.isKnown(address, account)) await spend(this.#failures, from);
    if (
      !isEmail(email) ||
      Buffer.byteLength(password) > accountLimits.passwordBytes ||
      (tenant !== undefined && !tenantSlugShape.test(tenant))
    )
      throw invalidCredentials();
    const turn = await this.#standings.enter(address, account);
    await spend(this.#attempts, who);

    const rows = await this.options.database.platform(async (tx) => ({
      users: await findSignIns(tx, {
        email,
        ...(tenant === undefined ? {} : { tenant }),
        limit: accountLimits.accountsTried,
      }),
      operator: await findOperatorByEmail(tx, email),
    }));
    const operatorHash = rows.operator?.passwordHash ?? null;
    const matches = await this.options.passwords.verifyEach(
      [...rows.users.map((user) => user.password_hash), ...(operatorHash === null ? [] : [operatorHash])],
      password,
      turn,
    );
    const users = rows.users.filter((_, index) => matches[index]);
    const operator = operatorHash !== null && matches[rows.users.length] ? rows.operator : null;
    if (users.length === 0 && operator === null) throw invalidCredentials();

    await Promise.all([
      this.#attempts.delete(who),
      turn.standing !== 'known' && this.#failures.reward(from, 1),
      this.#standings.succeeded(address, account),
    ]);
    const memberships: Membership[] = users.map(membershipOf);
    return {
      access_token: await this.options.sessions.begin({
        address,
        userAgent,
        users: users.map((user) => ({ id: idFromUuid('user', user.id), version: user.credential_version })),
        operator: operator === null ? null : { id: operator.id, version: operator.credentialVersion },
      }),
      token_type: 'Bearer',
      expires_in: this.options.ttlS,
      user: {
        id: memberships[0]?.userId ?? operator?.id ?? '',
        email: memberships[0]?.email ?? operator?.email ?? email,
        operator: operator !== null,
      },
      tenants: tenantPlaces({ memberships, operator: operator !== null }),
    };
  }
}

/** Remembers who signs in from where, and where sign-ins fail. In memory: a start forgets it. */
class Standings {
  readonly #troubles = new BoundedLimiter({ keyPrefix: 'troubles', ...TROUBLES });
  readonly #known = new Set<string>();

  get size(): number {
    return this.#troubles.size;
  }

  /** Whether the account signed in from there before. */
  isKnown(address: string, account: string): boolean {
    return this.#known.has(`${neighbourhoodOf(address)}|${account}`);
  }

  /** Where a sign-in stands in the line. Counts it as failed until it is said to have succeeded. */
  async enter(address: string, account: string): Promise<Turn> {
    const near = neighbourhoodOf(address);
    const counts = await Promise.all([this.#troubles.penalty(`n|${near}`), this.#troubles.penalty(`a|${account}`)]);
    const failing = counts.some(({ consumedPoints }) => consumedPoints > TROUBLES.points);
    return {
      network: networkOf(address),
      account,
      standing: this.isKnown(address, account) ? 'known' : failing ? 'failing' : 'fresh',
    };
  }

  async succeeded(address: string, account: string): Promise<void> {
    const near = neighbourhoodOf(address);
    await Promise.all([this.#troubles.reward(`n|${near}`), this.#troubles.reward(`a|${account}`)]);
    const pair = `${near}|${account}`;
    // The one that has not been used longest makes room.
    this.#known.delete(pair);
    this.#known.add(pair);
    const [oldest] = this.#known;
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }
}

function invalidCredentials(): Error {
  return accessErrors.error('INVALID_CREDENTIALS', 'No account has this e-mail address and password.', {
    headers: { 'www-authenticate': 'Bearer' },
  });
}

/** Counts an attempt. `what` it was: a word of the refusal. Throws `RATE_LIMITED`. */
export async function spend(limiter: RateLimiterMemory, key: string, what = 'with a password'): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (thrown) {
    if (!(thrown instanceof RateLimiterRes)) throw thrown;
    const retryAfterS = Math.max(1, Math.ceil(thrown.msBeforeNext / 1000));
    throw accessErrors.error('RATE_LIMITED', `Too many attempts ${what}. Try again in ${retryAfterS} seconds.`, {
      retryAfterS,
    });
  }
}

/** An IPv6 client owns at least a /64, so that is what counts as one address. */
export function networkOf(address: string): string {
  const groups = groupsOf(address);
  return typeof groups === 'string' ? groups : `${groups.slice(0, 4).join(':')}::/64`;
}

/** The addresses that one customer of a network commonly has: an IPv4 /24, an IPv6 /56. */
export function neighbourhoodOf(address: string): string {
  const groups = groupsOf(address);
  if (typeof groups === 'string') return isIPv4(groups) ? `${groups.slice(0, groups.lastIndexOf('.'))}.0/24` : groups;
  return `${groups.slice(0, 3).join(':')}:${(parseInt(groups[3] ?? '0', 16) & 0xff00).toString(16)}::/56`;
}

/** The first four groups of an IPv6 address, without leading zeros; any other address as it is. */
function groupsOf(address: string): string | string[] {
  const text = address.slice(0, 64).replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(text)) return text;
  const [head = '', tail] = text.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? 0 : tail.split(':').length;
    while (groups.length + after < 8 && groups.length < 4) groups.push('0');
    groups.push(...tail.split(':'));
  }
  return groups.slice(0, 4).map((group) => parseInt(group || '0', 16).toString(16));
}
