import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import type { PlatformTransaction, TenantTransaction } from '@annex/database';
import { livingTenant, userInTenant, type UserInTenant } from './users.js';
import { IdentityRow } from './identity-row.js';

/** Somebody as an identity provider names them. */
export interface ProviderSubject {
  issuer: string;
  subject: string;
}

/** A user whom an identity opens. */
export interface IdentifiedUser extends UserInTenant {
  /** The provider's claims made the user, and say what it may do. */
  managed: boolean;
}

/** The users of an identity across tenants, oldest first. */
export function findIdentified(
  tx: PlatformTransaction,
  { issuer, subject }: ProviderSubject,
  limit: number,
): Promise<IdentifiedUser[]> {
  return tx.query(
    `select ${userInTenant}, i.managed from ${livingTenant}
     join identities i on i.tenant_id = u.tenant_id and i.user_id = u.id
     where i.issuer = $1 and i.subject = $2 order by u.id limit $3`,
    [issuer, subject, limit],
  );
}

/**
 * Users with an e-mail address whom nobody of the provider opens yet: a second person who is given the address later
 * does not become the first. `withPassword`: also those who have a password.
 */
export async function findUnidentified(
  tx: PlatformTransaction,
  { email, issuer, withPassword, limit }: { email: string; issuer: string; withPassword: boolean; limit: number },
): Promise<{ tenantId: Id<'tenant'>; userId: Id<'user'> }[]> {
  const rows = await tx.query<{ id: string; tenant_id: string }>(
    `select u.id, u.tenant_id from ${livingTenant}
     where lower(u.email) = lower($1) and t.erase_after is null and ($2 or u.password_hash is null)
       and not exists (select from identities i where i.tenant_id = u.tenant_id and i.user_id = u.id and i.issuer = $3)
     order by u.id limit $4`,
    [email, withPassword, issuer, limit],
  );
  return rows.map((row) => ({ tenantId: idFromUuid('tenant', row.tenant_id), userId: idFromUuid('user', row.id) }));
}

/**
 * Users whose address the provider vouches for in a token, oldest first: not those whom it knows as somebody else,
 * since an address may be given to the next person.
 */
export function findVouchedUsers(
  tx: PlatformTransaction,
  { email, issuer, subject, limit }: ProviderSubject & { email: string; limit: number },
): Promise<UserInTenant[]> {
  return tx.query(
    `select ${userInTenant} from ${livingTenant}
     where lower(u.email) = lower($1) and not exists (select from identities i
       where i.tenant_id = u.tenant_id and i.user_id = u.id and i.issuer = $2 and i.subject <> $3)
     order by u.id limit $4`,
    [email, issuer, subject, limit],
  );
}

/** Lets an identity open a user. `false`: it opens another of the tenant, or another identity opens this one. */
export async function insertIdentity(
  tx: TenantTransaction,
  { userId, issuer, subject, managed }: Pick<IdentityRow, 'userId' | 'issuer' | 'subject' | 'managed'>,
): Promise<boolean> {
  const rows = await tx.rows<IdentityRow, Pick<IdentityRow, 'userId'>>(
    IdentityRow,
    `insert into identities (tenant_id, user_id, issuer, subject, managed) values ($1, $2, $3, $4, $5)
     on conflict do nothing returning user_id`,
    [tx.tenantUuid, uuidFromId(userId), issuer, subject, managed],
  );
  return rows.length === 1;
}
