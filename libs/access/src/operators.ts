import { newId, type Clock } from '@annex/kernel';
import { findOperatorByEmail, insertOperator, updateOperatorPassword } from './rows/operators.js';
import type { Database } from '@annex/database';
import { emailFaults, passwordFaults } from './email.js';
import { refuseFaults } from './errors.js';
import { turnOf, type Passwords } from './passwords.js';

const platformTurn = turnOf('platform', 'system');

export interface OperatorsOptions {
  database: Database;
  passwords: Passwords;
  clock: Clock;
  /** Drops what this process keeps of people, right after the commit. */
  forget: () => void;
}

/** The people who may act in every tenant. They come from the settings, not from the API. */
export class Operators {
  constructor(private readonly options: OperatorsOptions) {}

  /**
   * Makes sure that there is an operator with this e-mail address and password; another password than before ends the
   * old sign-ins. May be called at every start, by several processes at once. Throws `INVALID_INPUT`.
   */
  async ensure({ email, password }: { email: string; password: string }): Promise<void> {
    refuseFaults([...emailFaults(email), ...passwordFaults(password)]);
    const { database, passwords, clock } = this.options;
    const known = await database.platform((tx) => findOperatorByEmail(tx, email));
    if (known?.passwordHash && (await passwords.verify(known.passwordHash, password, platformTurn))) return;
    const passwordHash = await passwords.hash(password, platformTurn);
    await database.platform(async (tx) => {
      if (known) await updateOperatorPassword(tx, known.id, passwordHash);
      else await insertOperator(tx, { id: newId('user', clock.now()), email, passwordHash });
      await tx.operatorsChanged();
      tx.afterCommit(this.options.forget);
    });
  }
}
