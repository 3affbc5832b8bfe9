import { uuidFromId, type Id } from '@annex/kernel';
import type { PlatformTransaction } from '@annex/database';
import { OperatorRow } from './operator-row.js';

/** An operator by e-mail address, whatever its case. */
export function findOperatorByEmail(tx: PlatformTransaction, email: string): Promise<OperatorRow | null> {
  return tx
    .repository(OperatorRow)
    .createQueryBuilder('operator')
    .where('lower(operator.email) = lower(:email)', { email })
    .getOne();
}

export function findOperator(tx: PlatformTransaction, id: Id<'user'>): Promise<OperatorRow | null> {
  return tx.repository(OperatorRow).findOneBy({ id });
}

/** Adds an operator. `false`: there is one with this e-mail address. */
export async function insertOperator(
  tx: PlatformTransaction,
  operator: Pick<OperatorRow, 'id' | 'email' | 'passwordHash'>,
): Promise<boolean> {
  const rows = await tx.query(
    `insert into operators (id, email, password_hash) values ($1, $2, $3) on conflict (lower(email)) do nothing
     returning id`,
    [uuidFromId(operator.id), operator.email, operator.passwordHash],
  );
  return rows.length === 1;
}

/** Gives an operator a new password, which ends every sign-in made with the old one. */
export async function updateOperatorPassword(
  tx: PlatformTransaction,
  id: Id<'user'>,
  passwordHash: string,
): Promise<void> {
  await tx
    .repository(OperatorRow)
    .update({ id }, { passwordHash, credentialVersion: () => 'credential_version + 1', updatedAt: () => 'now()' });
}
