import { messageOf, SECOND, type Clock, type Id, type Logger } from '@annex/kernel';
import type { Database } from '@annex/database';
import { accountLimits, guessLimits, passwordResetLimits as limits } from '@annex/limits';
import { BoundedLimiter } from './bounded-limiter.js';
import { isEmail, passwordFaults } from './email.js';
import { accessErrors, refuseFaults } from './errors.js';
import { networkOf, spend } from './login.js';
import { passwordChangedMail, passwordResetMail } from './mail-texts.js';
import { hashOneTimeToken, makeOneTimeToken } from './one-time-tokens.js';
import type { Passwords } from './passwords.js';
import type { PlatformMail } from './platform-mail.js';
import { countResets, findReset, findResettable, insertReset, takeReset } from './rows/password-resets.js';
import { tenantSlugShape } from './tenant-resolution.js';
import type { Users } from './users.js';

export interface PasswordResetsOptions {
  database: Database;
  users: Users;
  passwords: Passwords;
  mail: PlatformMail;
  clock: Clock;
  logger: Logger;
}

export interface ResetRequest {
  email: string;
  /** Only this tenant's account, by slug. */
  tenant?: string | undefined;
  /** The client's network address. */
  address: string;
  requestId: string;
}

export interface ResetUse {
  token: string;
  password: string;
  /** Ends the API tokens too. Default: no. */
  endTokens?: boolean | undefined;
  address: string;
  requestId: string;
}

/**
 * A forgotten password is given anew by whoever reads the address's mail. Asking takes the same time and has the same
 * answer whether or not there is an account: the work begins behind the answer.
 */
export class PasswordResets {
  readonly #byNetwork = new BoundedLimiter({ keyPrefix: 'reset-network', ...guessLimits.resetsByNetwork });
  readonly #forAddress = new BoundedLimiter({ keyPrefix: 'reset-address', ...guessLimits.resetsForAddress });
  readonly #failures = new BoundedLimiter({ keyPrefix: 'reset-failures', ...guessLimits.resetTokens });
  readonly #atWork = new Set<Promise<void>>();

  constructor(private readonly options: PasswordResetsOptions) {}

  /**
   * Has a link sent to an address, if there is an account with a password. Answers how long it would be good, in
   * seconds. Throws `MAIL_NOT_SET_UP`, `RATE_LIMITED`, `OVERLOADED`, all whether or not there is one.
   */
  async request({ email, tenant, address, requestId }: ResetRequest): Promise<{ valid_for_s: number }> {
    if (!this.options.mail.isReady)
      throw accessErrors.error(
        'MAIL_NOT_SET_UP',
        'This Annex sends no mail: SMTP_URL and ANNEX_PUBLIC_URL are not both set. Ask an admin of your tenant for a ' +
          'new password: PATCH /api/users/<id>.',
      );
    await spend(this.#byNetwork, networkOf(address), 'to have a link sent');
    await spend(this.#forAddress, email.slice(0, 254).toLowerCase(), 'to have a link sent');
    if (this.#atWork.size >= limits.atOnce)
      throw accessErrors.error('OVERLOADED', 'Too many links are being sent at this moment. Try again in a second.', {
        retryAfterS: 1,
      });
    const isPlausible = isEmail(email) && (tenant === undefined || tenantSlugShape.test(tenant));
    if (isPlausible) this.#begin({ email, tenant, address, requestId });
    return { valid_for_s: limits.lifeMs / SECOND };
  }

  /** Resolves when what was asked for so far is done. */
  async idle(): Promise<void> {
    await Promise.all(this.#atWork);
  }

  /**
   * Gives every user of the link the new password; sessions made with the old one end, and API tokens if that is asked
   * for. Throws `RESET_INVALID`, `INVALID_INPUT`, `RATE_LIMITED`, `OVERLOADED`.
   */
  async use({ token, password, endTokens = false, address, requestId }: ResetUse): Promise<{
    users: string[];
    tokens_ended: number;
  }> {
    refuseFaults(passwordFaults(password).map((fault) => ({ ...fault, pointer: '/new_password' })));
    const { database, passwords, users, clock, mail, logger } = this.options;
    const from = networkOf(address);
    // Counted before the look, and given back where the token is good.
    await spend(this.#failures, from, 'with links');
    const tokenHash = hashOneTimeToken('reset', token);
    const now = new Date(clock.now());
    const found = tokenHash ? await database.platform((tx) => findReset(tx, tokenHash, now)) : [];
    if (!tokenHash || found.length === 0) throw invalid();
    await this.#failures.reward(from, 1);
    // Before the token is used up: whoever is sent away by a busy server comes again with it.
    const turn = { network: from, account: found[0]?.email ?? '', standing: 'fresh' as const };
    const hashes: string[] = [];
    for (const _ of found) hashes.push(await passwords.hash(password, turn));
    if (!(await database.platform((tx) => takeReset(tx, tokenHash)))) throw invalid();
    const changed: Id<'user'>[] = [];
    let tokensEnded = 0;
    for (const [index, { id, tenantId }] of found.entries()) {
      const done = await users.setPasswordHash({
        tenantId,
        userId: id,
        passwordHash: hashes[index] ?? '',
        endTokens,
        requestId,
        by: 'mail',
      });
      if (!done) continue;
      changed.push(id);
      tokensEnded += done.tokensEnded;
    }
    const [{ email } = { email: '' }] = found;
    if (mail.isReady)
      void mail.send({ to: email, ...passwordChangedMail() }).catch((thrown: unknown) => {
        logger.warn({ reason: messageOf(thrown) }, 'nobody could be told by mail that a password has changed');
      });
    return { users: changed, tokens_ended: tokensEnded };
  }

  #begin(request: ResetRequest): void {
    // On a turn of its own: nothing of it is done before the answer is on its way.
    const work = new Promise<void>((done) => setImmediate(done))
      .then(() => this.#send(request))
      .catch((thrown: unknown) => {
        this.options.logger.warn({ reason: messageOf(thrown) }, 'the mail with a link for a password was not sent');
      })
      .finally(() => this.#atWork.delete(work));
    this.#atWork.add(work);
  }

  async #send({ email, tenant, requestId }: ResetRequest): Promise<void> {
    const { database, users, mail, clock } = this.options;
    const now = clock.now();
    const token = makeOneTimeToken('reset');
    const found = await database.platform(async (tx) => {
      const found = await findResettable(tx, { email, tenant, limit: accountLimits.tenants });
      const ids = found.map(({ id }) => id);
      if (ids.length === 0 || (await countResets(tx, ids, new Date(now - limits.countedMs))) >= limits.counted)
        return [];
      const tokenHash = hashOneTimeToken('reset', token);
      if (!tokenHash) return [];
      await insertReset(tx, {
        tokenHash,
        users: found,
        createdAt: new Date(now),
        expiresAt: new Date(now + limits.lifeMs),
      });
      return found;
    });
    const [first] = found;
    if (!first) return;
    for (const { id, tenantId } of found) await users.noteReset({ tenantId, userId: id, requestId });
    const link = mail.linkTo(`/password-reset#token=${token}`);
    await mail.send({ to: first.email, ...passwordResetMail({ link, lifeMs: limits.lifeMs }) });
  }
}

function invalid(): Error {
  return accessErrors.error(
    'RESET_INVALID',
    'The link is unknown, was used or has expired, or the password has changed since. Ask for another one: POST ' +
      '/api/auth/password-reset.',
  );
}
