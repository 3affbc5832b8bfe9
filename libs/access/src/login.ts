import { isIPv6 } from 'node:net';
import { idFromUuid } from '@annex/kernel';
import { findOperatorByEmail, findSignIns, type Database } from '@annex/persistence';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Membership } from './caller.js';
import { isEmail, maxPasswordBytes } from './email.js';
import { accessErrors } from './errors.js';
import type { Passwords } from './passwords.js';
import { membershipOf } from './principals.js';
import type { SessionTokens } from './session-tokens.js';
import { tenantSlugShape } from './tenant-resolution.js';
import { tenantPlaces, type TenantPlace } from './views.js';

/** Rows of one e-mail address that a password is tried against; name the tenant to reach the others. */
const MAX_ROWS = 10;
/** Attempts for one address and e-mail in five minutes. */
const ATTEMPTS = { points: 10, duration: 300 };
/** Failures of one address, whatever the e-mail, in five minutes. */
const FAILURES = { points: 100, duration: 300 };

export interface LoginInput {
  email: string;
  password: string;
  /** Only this tenant's account, by slug. */
  tenant?: string | undefined;
  /** The client's network address. */
  address: string;
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
  sessions: SessionTokens;
  ttlS: number;
}

/** Signing in with e-mail and password. */
export class Login {
  readonly #attempts = new RateLimiterMemory({ keyPrefix: 'attempts', ...ATTEMPTS });
  readonly #failures = new RateLimiterMemory({ keyPrefix: 'failures', ...FAILURES });

  constructor(private readonly options: LoginOptions) {}

  /** Throws `INVALID_CREDENTIALS`, `RATE_LIMITED`, `OVERLOADED`. */
  async login({ email, password, tenant, address }: LoginInput): Promise<LoginAnswer> {
    const from = networkOf(address);
    const who = `${from}|${email.slice(0, 254).toLowerCase()}`;
    // Counted before the work: a thousand guesses at once are a thousand guesses.
    await spend(this.#failures, from);
    await spend(this.#attempts, who);
    if (!isEmail(email) || Buffer.byteLength(password) > maxPasswordBytes || (tenant !== undefined && !tenantSlugShape.test(tenant))) throw invalidCredentials();

    const rows = await this.options.database.platform(async (tx) => ({
      users: await findSignIns(tx, { email, ...(tenant === undefined ? {} : { tenant }), limit: MAX_ROWS }),
      operator: await findOperatorByEmail(tx, email),
    }));
    const operatorHash = rows.operator?.passwordHash ?? null;
    const matches = await this.options.passwords.verifyEach([...rows.users.map((user) => user.password_hash), ...(operatorHash === null ? [] : [operatorHash])], password);
    const users = rows.users.filter((_, index) => matches[index]);
    const operator = operatorHash !== null && matches[rows.users.length] ? rows.operator : null;
    if (users.length === 0 && operator === null) throw invalidCredentials();

    await Promise.all([this.#attempts.delete(who), this.#failures.reward(from, 1)]);
    const memberships: Membership[] = users.map(membershipOf);
    return {
      access_token: await this.options.sessions.issue({
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

function invalidCredentials(): Error {
  return accessErrors.error('INVALID_CREDENTIALS', 'No account has this e-mail address and password.', { headers: { 'www-authenticate': 'Bearer' } });
}

async function spend(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (thrown) {
    if (!(thrown instanceof RateLimiterRes)) throw thrown;
    const retryAfterS = Math.max(1, Math.ceil(thrown.msBeforeNext / 1000));
    throw accessErrors.error('RATE_LIMITED', `Too many attempts to sign in. Try again in ${retryAfterS} seconds.`, { retryAfterS });
  }
}

/** An IPv6 client owns at least a /64, so that is what counts as one address. */
export function networkOf(address: string): string {
  const text = address.slice(0, 64).replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(text)) return text;
  const [head = '', tail] = text.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? 0 : tail.split(':').length;
    while (groups.length + after < 8 && groups.length < 4) groups.push('0');
    groups.push(...tail.split(':'));
  }
  return `${groups.slice(0, 4).map((group) => parseInt(group || '0', 16).toString(16)).join(':')}::/64`;
}
