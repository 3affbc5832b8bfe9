import { uuidFromId, type Id } from '@annex/kernel';
import { MoreThan } from 'typeorm';
import { takeTurn, type PlatformTransaction, type TenantTransaction } from '@annex/database';
import { shutFor } from './tenant-suspension.js';
import { UserRow } from './user-row.js';

export type NewUser = Pick<UserRow, 'id' | 'email' | 'name' | 'passwordHash' | 'role'>;

/** Adds a user. `false`: the tenant has one with this e-mail address, whatever its case. */
export async function insertUser(tx: TenantTransaction, user: NewUser): Promise<boolean> {
  const rows = await tx.query(
    `insert into users (tenant_id, id, email, name, password_hash, role) values ($1, $2, $3, $4, $5, $6)
     on conflict (tenant_id, lower(email)) do nothing returning id`,
    [tx.tenantUuid, uuidFromId(user.id), user.email, user.name, user.passwordHash, user.role],
  );
  return rows.length === 1;
}

/** Whether a user of the tenant has an e-mail address, whatever its case. */
export async function existsUserWithEmail(tx: TenantTransaction, email: string): Promise<boolean> {
  const rows = await tx.query('select 1 from users where tenant_id = $1 and lower(email) = lower($2)', [
    tx.tenantUuid,
    email,
  ]);
  return rows.length > 0;
}

export function findUser(tx: TenantTransaction, id: Id<'user'>): Promise<UserRow | null> {
  return tx.repository(UserRow).findOneBy({ tenantId: tx.tenantId, id });
}

/** Users in the order they were made. `after`: the last id of the page before. */
export function listUsers(
  tx: TenantTransaction,
  { limit, after }: { limit: number; after?: Id<'user'> },
): Promise<UserRow[]> {
  return tx.repository(UserRow).find({
    where: { tenantId: tx.tenantId, ...(after === undefined ? {} : { id: MoreThan(after) }) },
    order: { id: 'ASC' },
    take: limit,
  });
}

/**
 * Makes changes to a tenant's users take turns, and says who its owners are: two people who lower each other at once
 * cannot leave the tenant without one.
 */
export async function lockOwners(tx: TenantTransaction): Promise<string[]> {
  await takeTurn(tx, 'users');
  const rows = await tx
    .repository(UserRow)
    .find({ select: { tenantId: true, id: true }, where: { tenantId: tx.tenantId, role: 'owner' } });
  return rows.map((row) => row.id);
}

export interface UserChange {
  email?: string;
  name?: string | null;
  role?: string;
  /** A new hash ends every sign-in made with the old password. `null`: no password any more. */
  passwordHash?: string | null;
}

/** Changes a user. `taken`: another user of the tenant has the new e-mail address. */
export async function updateUser(
  tx: TenantTransaction,
  id: Id<'user'>,
  change: UserChange,
): Promise<'updated' | 'taken'> {
  if (change.email !== undefined) {
    const taken = await tx.query('select 1 from users where tenant_id = $1 and id <> $2 and lower(email) = lower($3)', [
      tx.tenantUuid,
      uuidFromId(id),
      change.email,
    ]);
    if (taken.length > 0) return 'taken';
  }
  await tx.repository(UserRow).update(
    { tenantId: tx.tenantId, id },
    {
      ...change,
      ...(change.passwordHash !== undefined && { credentialVersion: () => 'credential_version + 1' }),
      updatedAt: () => 'now()',
    },
  );
  return 'updated';
}

/** Ends every sign-in of a user; the password stays. */
export async function endSignIns(tx: TenantTransaction, id: Id<'user'>): Promise<void> {
  await tx.repository(UserRow).increment({ tenantId: tx.tenantId, id }, 'credentialVersion', 1);
}

export async function deleteUser(tx: TenantTransaction, id: Id<'user'>): Promise<boolean> {
  const { affected } = await tx.repository(UserRow).delete({ tenantId: tx.tenantId, id });
  return affected === 1;
}

/** A user together with its tenant, as signing in and every token need it. */
export interface UserInTenant {
  id: string;
  email: string;
  role: string;
  credential_version: number;
  tenant_id: string;
  tenant_slug: string;
  tenant_name: string;
  /** When the tenant's data goes; `null`: it lives. */
  tenant_erases_at: Date | null;
  /** Why nobody enters the tenant; `null`: it is open. */
  tenant_shut_for: string | null;
}

/** Columns of a {@link UserInTenant}, of the rows of {@link livingTenant}. */
export const userInTenant =
  'u.id, u.email, u.role, u.credential_version, t.id as tenant_id, t.slug as tenant_slug, t.name as tenant_name, ' +
  `t.erase_after as tenant_erases_at, ${shutFor}`;
/** Also one in its time of grace, so that its people can be told. */
export const livingTenant = 'users u join tenants t on t.id = u.tenant_id and t.erasing_since is null';

/**
 * Users with an e-mail address across tenants, oldest first, with the hash of their password. `tenant`: only in that
 * one, by slug.
 */
export function findSignIns(
  tx: PlatformTransaction,
  { email, tenant, limit }: { email: string; tenant?: string; limit: number },
): Promise<(UserInTenant & { password_hash: string })[]> {
  return tx.query(
    `select ${userInTenant}, u.password_hash from ${livingTenant}
     where lower(u.email) = lower($1) and u.password_hash is not null and ($2::text is null or t.slug = $2)
     order by u.id limit $3`,
    [email, tenant ?? null, limit],
  );
}

/** The password hashes of users across tenants, of those that have one. */
export function findPasswordHashes(
  tx: PlatformTransaction,
  ids: readonly Id<'user'>[],
): Promise<{ id: string; tenant_id: string; password_hash: string }[]> {
  return tx.query(
    `select id, tenant_id, password_hash from users where id = any ($1::uuid[]) and password_hash is not null
     order by id`,
    [ids.map(uuidFromId)],
  );
}

/** Users by their ids across tenants, oldest first: the ones a session names. */
export function findUsersByIds(tx: PlatformTransaction, ids: Id<'user'>[]): Promise<UserInTenant[]> {
  return tx.query(`select ${userInTenant} from ${livingTenant} where u.id = any ($1::uuid[]) order by u.id`, [
    ids.map(uuidFromId),
  ]);
}

/** What users are called, and whether they have a password, oldest first. */
export function findProfiles(
  tx: PlatformTransaction,
  ids: readonly Id<'user'>[],
): Promise<{ name: string | null; has_password: boolean }[]> {
  return tx.query(
    `select u.name, u.password_hash is not null as has_password
     from ${livingTenant} where u.id = any ($1::uuid[]) order by u.id`,
    [ids.map(uuidFromId)],
  );
}
