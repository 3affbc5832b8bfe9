import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import type { PlatformTransaction } from '@annex/database';
import { PasswordResetRow } from './password-reset-row.js';

/** A user whose password may be given anew. */
export interface ResettableUser {
  id: Id<'user'>;
  tenantId: Id<'tenant'>;
  email: string;
  version: number;
}

interface Found {
  id: string;
  tenant_id: string;
  email: string;
  credential_version: number;
}

/** Users of an address that have a password, across living tenants. `tenant`: only in that one, by slug. */
export async function findResettable(
  tx: PlatformTransaction,
  { email, tenant, limit }: { email: string; tenant: string | undefined; limit: number },
): Promise<ResettableUser[]> {
  const rows = await tx.query<Found>(
    `select u.id, u.tenant_id, u.email, u.credential_version
     from users u join tenants t on t.id = u.tenant_id and t.erase_after is null
     where lower(u.email) = lower($1) and u.password_hash is not null and ($2::text is null or t.slug = $2)
     order by u.id limit $3`,
    [email, tenant ?? null, limit],
  );
  return rows.map(resettable);
}

/** How many links that name any of these users were made since a moment. */
export async function countResets(tx: PlatformTransaction, ids: readonly Id<'user'>[], since: Date): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    'select count(*)::int as count from password_resets where user_ids && $1::uuid[] and created_at > $2',
    [ids.map(uuidFromId), since],
  );
  return row?.count ?? 0;
}

export async function insertReset(
  tx: PlatformTransaction,
  {
    users,
    ...reset
  }: Pick<PasswordResetRow, 'tokenHash' | 'createdAt' | 'expiresAt'> & { users: readonly ResettableUser[] },
): Promise<void> {
  await tx.repository(PasswordResetRow).insert({
    ...reset,
    userIds: users.map(({ id }) => id),
    userVersions: users.map(({ version }) => version),
  });
}

/** Whom a token gives a new password: those of its users whose password is the one from then. */
export async function findReset(tx: PlatformTransaction, tokenHash: Buffer, now: Date): Promise<ResettableUser[]> {
  const rows = await tx.query<Found>(
    `select u.id, u.tenant_id, u.email, u.credential_version
     from password_resets r, unnest(r.user_ids, r.user_versions) named (id, version)
     join users u on u.id = named.id and u.credential_version = named.version and u.password_hash is not null
     join tenants t on t.id = u.tenant_id and t.erase_after is null
     where r.token_hash = $1 and r.expires_at > $2 order by u.id`,
    [tokenHash, now],
  );
  return rows.map(resettable);
}

/** Uses a token up, and every other that names one of its users. `false`: somebody was faster. */
export async function takeReset(tx: PlatformTransaction, tokenHash: Buffer): Promise<boolean> {
  const taken = await tx.query<{ user_ids: string[] }>(
    'with taken as (delete from password_resets where token_hash = $1 returning user_ids) select user_ids from taken',
    [tokenHash],
  );
  const [first] = taken;
  if (!first) return false;
  await tx.execute('delete from password_resets where user_ids && $1::uuid[]', [first.user_ids]);
  return true;
}

const resettable = ({ id, tenant_id: tenantId, email, credential_version: version }: Found): ResettableUser => ({
  id: idFromUuid('user', id),
  tenantId: idFromUuid('tenant', tenantId),
  email,
  version,
});
