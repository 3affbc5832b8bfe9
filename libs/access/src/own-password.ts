import { idFromUuid, type Id, type InputFault } from '@annex/kernel';
import { guessLimits } from '@annex/limits';
import { findPasswordHashes } from './rows/users.js';
import type { Database } from '@annex/database';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Principal } from './caller.js';
import { passwordFaults } from './email.js';
import { accessErrors, refuseFaults } from './errors.js';
import { spend } from './login.js';
import { turnOf, type Passwords } from './passwords.js';

/**
 * Proves that whoever changes a password knows the present one: a session that was left open or stolen must not be
 * enough.
 */
export class OwnPassword {
  readonly #tries = new RateLimiterMemory({ keyPrefix: 'own-password', ...guessLimits.ownPassword });

  constructor(private readonly options: { database: Database; passwords: Passwords }) {}

  /**
   * Which of the principal's users have this password, with their tenants.
   * Throws `INVALID_INPUT` when none has it, `RATE_LIMITED` after ten tries in five minutes.
   * @param ids only these users
   */
  async prove(
    principal: Principal,
    password: string,
    ids: readonly Id<'user'>[],
  ): Promise<{ userId: Id<'user'>; tenantId: Id<'tenant'> }[]> {
    await spend(this.#tries, principal.actor);
    const rows = await this.options.database.platform((tx) => findPasswordHashes(tx, ids));
    const turn = turnOf(principal.memberships[0]?.tenant.id ?? 'platform', principal.actor);
    const matches = await this.options.passwords.verifyEach(
      rows.map((row) => row.password_hash),
      password,
      turn,
    );
    const proven = rows
      .filter((_, index) => matches[index])
      .map((row) => ({ userId: idFromUuid('user', row.id), tenantId: idFromUuid('tenant', row.tenant_id) }));
    if (proven.length === 0) refuseFaults([wrongPassword]);
    await this.#tries.delete(principal.actor);
    return proven;
  }
}

const wrongPassword: InputFault = {
  pointer: '/current_password',
  code: 'WRONG_PASSWORD',
  detail: 'is not your present password',
};

/** What is wrong with a new password in the place of an old one. */
export function newPasswordFaults(current: string, next: string): InputFault[] {
  if (current === next)
    return [{ pointer: '/new_password', code: 'SAME_PASSWORD', detail: 'is the present password; choose another one' }];
  return passwordFaults(next).map((fault) => ({ ...fault, pointer: '/new_password' }));
}

/** Throws `FORBIDDEN` for somebody whose password is kept elsewhere. */
export function requireOwnUser(principal: Principal): Id<'user'>[] {
  const ids = principal.memberships.flatMap(({ userId }) => userId ?? []);
  if (ids.length > 0) return ids;
  throw accessErrors.error(
    'FORBIDDEN',
    'Your password is not kept here: an operator’s is the setting ANNEX_ADMIN_PASSWORD, another’s is with the ' +
      'identity provider.',
  );
}
