import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import type { PlatformTransaction, TenantTransaction } from '@annex/database';
import { InvitationRow, type InvitationMail } from './invitation-row.js';

export type InvitationStatus = 'open' | 'expired' | 'accepted' | 'revoked';

export type NewInvitation = Pick<
  InvitationRow,
  'id' | 'email' | 'role' | 'tokenHash' | 'invitedBy' | 'inviterId' | 'expiresAt' | 'createdAt'
>;

const isOpen = 'accepted_at is null and revoked_at is null';

/** What is true of invitations with a status, at `$3`. */
const withStatus: Readonly<Record<InvitationStatus, string>> = {
  open: `${isOpen} and expires_at > $3`,
  expired: `${isOpen} and expires_at <= $3`,
  accepted: 'accepted_at is not null',
  revoked: 'revoked_at is not null',
};

/**
 * Adds an invitation; one for the same address that has run out makes room. `false`: there is an open one. Call under
 * {@link takeTurn} of the tenant's users.
 */
export async function insertInvitation(tx: TenantTransaction, invitation: NewInvitation): Promise<boolean> {
  const { email, createdAt } = invitation;
  await tx.query(
    `update invitations set revoked_at = $3, updated_at = $3
     where tenant_id = $1 and lower(email) = lower($2) and ${isOpen} and expires_at <= $3`,
    [tx.tenantUuid, email, createdAt],
  );
  const open = await tx.query(
    `select 1 from invitations where tenant_id = $1 and lower(email) = lower($2) and ${isOpen}`,
    [tx.tenantUuid, email],
  );
  if (open.length > 0) return false;
  await tx.repository(InvitationRow).insert({ ...invitation, tenantId: tx.tenantId, updatedAt: createdAt });
  return true;
}

/** How many of a tenant's invitations are open at a moment, and how many were made since another. */
export async function countInvitations(
  tx: TenantTransaction,
  { now, since }: { now: Date; since: Date },
): Promise<{ open: number; recent: number }> {
  const [row] = await tx.query<{ open: number; recent: number }>(
    `select count(*) filter (where ${isOpen} and expires_at > $2)::int as open,
       count(*) filter (where created_at > $3)::int as recent
     from invitations where tenant_id = $1`,
    [tx.tenantUuid, now, since],
  );
  return row ?? { open: 0, recent: 0 };
}

export function findInvitation(tx: TenantTransaction, id: Id<'invitation'>): Promise<InvitationRow | null> {
  return tx.repository(InvitationRow).findOneBy({ tenantId: tx.tenantId, id });
}

/** Invitations in the order they were made. `after`: the last id of the page before. */
export function listInvitations(
  tx: TenantTransaction,
  { status, now, limit, after }: { status?: InvitationStatus; now: Date; limit: number; after?: Id<'invitation'> },
): Promise<InvitationRow[]> {
  return tx.rows(
    InvitationRow,
    `select * from invitations where tenant_id = $1 and ($2::uuid is null or id > $2::uuid)
       and $3::timestamptz is not null and ${status === undefined ? 'true' : withStatus[status]}
     order by id limit $4`,
    [tx.tenantUuid, after === undefined ? null : uuidFromId(after), now, limit],
  );
}

/** Gives an open invitation another token and time. `false`: it has ended. */
export async function renewInvitation(
  tx: TenantTransaction,
  id: Id<'invitation'>,
  { tokenHash, expiresAt, now }: { tokenHash: Buffer; expiresAt: Date; now: Date },
): Promise<boolean> {
  return (
    (await tx.execute(
      `update invitations set token_hash = $3, expires_at = $4, sends = sends + 1, mail = 'none', sent_at = null,
         updated_at = $5
       where tenant_id = $1 and id = $2 and ${isOpen}`,
      [tx.tenantUuid, uuidFromId(id), tokenHash, expiresAt, now],
    )) === 1
  );
}

/** Writes down how the mail with a token went; not, when there is a newer token. */
export async function noteInvitationMail(
  tx: TenantTransaction,
  id: Id<'invitation'>,
  { tokenHash, mail, now }: { tokenHash: Buffer; mail: InvitationMail; now: Date },
): Promise<void> {
  await tx.execute(
    `update invitations set mail = $4, sent_at = case when $4 = 'sent' then $5::timestamptz end
     where tenant_id = $1 and id = $2 and token_hash = $3`,
    [tx.tenantUuid, uuidFromId(id), tokenHash, mail, now],
  );
}

/** Takes an open invitation back. `false`: it has ended. */
export async function revokeInvitation(tx: TenantTransaction, id: Id<'invitation'>, now: Date): Promise<boolean> {
  return (
    (await tx.execute(
      `update invitations set revoked_at = $3, updated_at = $3 where tenant_id = $1 and id = $2 and ${isOpen}`,
      [tx.tenantUuid, uuidFromId(id), now],
    )) === 1
  );
}

/** Takes back what a user may not give any more: open invitations to other roles than these. Answers their ids. */
export async function revokeInvitationsOf(
  tx: TenantTransaction,
  inviter: Id<'user'>,
  { but, now }: { but: readonly string[]; now: Date },
): Promise<Id<'invitation'>[]> {
  const rows = await tx.query<{ id: string }>(
    `update invitations set revoked_at = $4, updated_at = $4
     where tenant_id = $1 and inviter_id = $2 and ${isOpen} and role <> all ($3::text[]) returning id`,
    [tx.tenantUuid, uuidFromId(inviter), but, now],
  );
  return rows.map(({ id }) => idFromUuid('invitation', id));
}

/** An invitation that may be accepted, with its tenant. */
export interface OpenInvitation {
  id: string;
  email: string;
  role: string;
  invited_by: string;
  expires_at: Date;
  tenant_id: string;
  tenant_slug: string;
  tenant_name: string;
}

const openInvitation = `select i.id, i.email, i.role, i.invited_by, i.expires_at, t.id as tenant_id,
    t.slug as tenant_slug, t.name as tenant_name
  from invitations i join tenants t on t.id = i.tenant_id and t.erase_after is null
  where i.accepted_at is null and i.revoked_at is null and i.expires_at > $2`;

/** The invitation that a token accepts, across tenants; `undefined`: it has ended, or there never was one. */
export async function findOpenInvitation(
  tx: PlatformTransaction,
  tokenHash: Buffer,
  now: Date,
): Promise<OpenInvitation | undefined> {
  const [row] = await tx.query<OpenInvitation>(`${openInvitation} and i.token_hash = $1`, [tokenHash, now]);
  return row;
}

/** Open invitations of an address across tenants, oldest first. */
export function findOpenInvitationsOf(
  tx: PlatformTransaction,
  email: string,
  { now, limit }: { now: Date; limit: number },
): Promise<OpenInvitation[]> {
  return tx.query(`${openInvitation} and lower(i.email) = lower($1) order by i.id limit $3`, [email, now, limit]);
}

/**
 * Ends an open invitation in its acceptance. `tokenHash`: only while that is its token. `false`: it has ended, or
 * somebody else accepts it at this moment.
 */
export async function acceptInvitation(
  tx: TenantTransaction,
  id: Id<'invitation'>,
  { tokenHash, userId, now }: { tokenHash?: Buffer; userId: Id<'user'>; now: Date },
): Promise<boolean> {
  return (
    (await tx.execute(
      `update invitations set accepted_at = $4, updated_at = $4, user_id = $3
       where tenant_id = $1 and id = $2 and ${isOpen} and expires_at > $4
         and ($5::bytea is null or token_hash = $5::bytea)`,
      [tx.tenantUuid, uuidFromId(id), uuidFromId(userId), now, tokenHash ?? null],
    )) === 1
  );
}
