import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import type { PlatformTransaction } from '@annex/database';

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

/** A session that begins, with the versions of the passwords that fitted. */
export interface NewSession extends Omit<SessionRow, 'userIds' | 'operatorId'> {
  users: readonly { id: Id<'user'>; version: number }[];
  operator: { id: Id<'user'>; version: number } | null;
}

/** Whose sessions: those that open nobody else, and the one they call with. */
export interface SessionOwner {
  userIds: readonly Id<'user'>[];
  operatorId: Id<'user'> | null;
  current: Id<'session'> | null;
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
/** Users that a session opens still: they are there, with the password that it was made with. */
const opened = `select u.id from unnest(sessions.user_ids, sessions.user_versions) named (id, version)
  join users u on u.id = named.id and (named.version is null or named.version = u.credential_version) join tenants t on t.id = u.tenant_id and t.erasing_since is null`;
const opensOperator = `exists (select from operators o where o.id = operator_id and (operator_version is null or operator_version = o.credential_version))`;
/**
 * `$1`: users, `$2`: the operator, `$3`: the session called with. Somebody else's session may name a user of theirs
 * too, made by another tenant for the same address.
 */
const owned = `(id = $3::uuid or (user_ids && $1::uuid[] or operator_id = $2::uuid)
  and not exists (select from (${opened}) open where open.id <> all ($1::uuid[])) and (operator_id is null or operator_id = $2::uuid or not ${opensOperator}))`;
/** Of these, the ones that open anything. */
const good = `(operator_id = $2::uuid and ${opensOperator} or exists (select from (${opened}) open where open.id = any ($1::uuid[])))`;

const parametersOf = ({ userIds, operatorId, current }: SessionOwner): unknown[] => [
  userIds.map(uuidFromId),
  operatorId === null ? null : uuidFromId(operatorId),
  current === null ? null : uuidFromId(current),
];

export async function insertSession(
  tx: PlatformTransaction,
  { id, users, operator, address, userAgent, createdAt, expiresAt }: NewSession,
): Promise<void> {
  await tx.query(
    `insert into sessions (id, user_ids, user_versions, operator_id, operator_version, address, user_agent, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      uuidFromId(id),
      users.map((user) => uuidFromId(user.id)),
      users.map(({ version }) => version),
      operator && uuidFromId(operator.id),
      operator && operator.version,
      address,
      userAgent,
      createdAt,
      expiresAt,
    ],
  );
}

/** Whether a session has not been ended. */
export async function sessionExists(tx: PlatformTransaction, id: Id<'session'>): Promise<boolean> {
  return (await tx.query('select 1 from sessions where id = $1', [uuidFromId(id)])).length > 0;
}

/** Somebody's sessions that are good and have not run out, newest first, at most `limit`. */
export async function listSessions(
  tx: PlatformTransaction,
  owner: SessionOwner,
  { now, limit }: { now: Date; limit: number },
): Promise<SessionRow[]> {
  const rows = await tx.query<Columns>(
    `select ${columns} from sessions where ${owned} and ${good} and expires_at > $4 order by id desc limit $5`,
    [...parametersOf(owner), now, limit],
  );
  return rows.map(toRow);
}

/** Ends one session of somebody, or all but one. Answers those that ended. */
export async function deleteSessions(
  tx: PlatformTransaction,
  owner: SessionOwner,
  which: { only: Id<'session'> } | { except: Id<'session'> | null },
): Promise<SessionRow[]> {
  const [one, id] = 'only' in which ? [true, which.only] : [false, which.except];
  const rows = await tx.query<Columns>(
    `with ended as (delete from sessions where ${owned} and (case when $4 then id = $5::uuid else id is distinct from $5::uuid end) returning ${columns}) select * from ended`,
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
