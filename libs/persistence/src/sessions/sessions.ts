import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import type { PlatformTransaction } from '../core/database.js';

/** A sign-in with a password. */
export interface SessionRow {
  id: Id<'session'>;
  /** Every user whose password fitted, of whatever tenant. */
  userIds: Id<'user'>[];
  operatorId: Id<'user'> | null;
  /** The client's network address, as it signed in. */
  address: string;
  userAgent: string | null;
  createdAt: Date;
  expiresAt: Date;
}

/** Whose sessions: those that name nobody else. */
export interface SessionOwner {
  userIds: readonly Id<'user'>[];
  operatorId: Id<'user'> | null;
}

interface Columns {
  id: string;
  user_ids: string[];
  operator_id: string | null;
  address: string;
  user_agent: string | null;
  created_at: Date;
  expires_at: Date;
}

const columns = 'id, user_ids, operator_id, address, user_agent, created_at, expires_at';
/** `$1`: users, `$2`: the operator. Somebody else's session may name a user of theirs too, made by another tenant for the same address. */
const owned = `(user_ids <@ $1::uuid[] and (operator_id is null or operator_id = $2::uuid) and (user_ids && $1::uuid[] or operator_id = $2::uuid))`;

const parametersOf = ({ userIds, operatorId }: SessionOwner): unknown[] => [userIds.map(uuidFromId), operatorId === null ? null : uuidFromId(operatorId)];

export async function insertSession(tx: PlatformTransaction, { id, userIds, operatorId, address, userAgent, createdAt, expiresAt }: SessionRow): Promise<void> {
  await tx.query('insert into sessions (id, user_ids, operator_id, address, user_agent, created_at, expires_at) values ($3, $1, $2, $4, $5, $6, $7)', [
    ...parametersOf({ userIds, operatorId }),
    uuidFromId(id),
    address,
    userAgent,
    createdAt,
    expiresAt,
  ]);
}

/** Whether a session has not been ended. */
export async function sessionExists(tx: PlatformTransaction, id: Id<'session'>): Promise<boolean> {
  return (await tx.query('select 1 from sessions where id = $1', [uuidFromId(id)])).length > 0;
}

/** Somebody's sessions that have not run out, newest first, at most `limit`. */
export async function listSessions(tx: PlatformTransaction, owner: SessionOwner, { now, limit }: { now: Date; limit: number }): Promise<SessionRow[]> {
  const rows = await tx.query<Columns>(`select ${columns} from sessions where ${owned} and expires_at > $3 order by id desc limit $4`, [...parametersOf(owner), now, limit]);
  return rows.map(toRow);
}

/** Ends one session of somebody, or all but one. Answers those that ended. */
export async function deleteSessions(tx: PlatformTransaction, owner: SessionOwner, which: { only: Id<'session'> } | { except: Id<'session'> | null }): Promise<SessionRow[]> {
  const [one, id] = 'only' in which ? [true, which.only] : [false, which.except];
  const rows = await tx.query<Columns>(
    `with ended as (delete from sessions where ${owned} and (case when $3 then id = $4::uuid else id is distinct from $4::uuid end) returning ${columns}) select * from ended`,
    [...parametersOf(owner), one, id === null ? null : uuidFromId(id)],
  );
  return rows.map(toRow);
}

function toRow(row: Columns): SessionRow {
  return {
    id: idFromUuid('session', row.id),
    userIds: row.user_ids.map((id) => idFromUuid('user', id)),
    operatorId: row.operator_id === null ? null : idFromUuid('user', row.operator_id),
    address: row.address,
    userAgent: row.user_agent,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
