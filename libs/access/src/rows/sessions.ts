import { uuidFromId, type Id } from '@annex/kernel';
import type { PlatformTransaction } from '@annex/database';
import { SessionRow } from './session-row.js';

/** A sign-in as its people see it. */
export type Session = Omit<SessionRow, 'userVersions' | 'operatorVersion'>;

/** A session that begins, with the versions of the passwords that fitted. */
export interface NewSession extends Omit<Session, 'userIds' | 'operatorId'> {
  users: readonly { id: Id<'user'>; version: number }[];
  operator: { id: Id<'user'>; version: number } | null;
}

/** Whose sessions: those that open nobody else, and the one they call with. */
export interface SessionOwner {
  userIds: readonly Id<'user'>[];
  operatorId: Id<'user'> | null;
  current: Id<'session'> | null;
}

const columns = 'id, user_ids, operator_id, address, user_agent, created_at, expires_at';
/** Users that a session opens still: they are there, with the password that it was made with. */
const opened = `select u.id from unnest(sessions.user_ids, sessions.user_versions) named (id, version)
  join users u on u.id = named.id and (named.version is null or named.version = u.credential_version)
  join tenants t on t.id = u.tenant_id and t.erasing_since is null`;
const opensOperator = `exists (select from operators o where o.id = operator_id
    and (operator_version is null or operator_version = o.credential_version))`;
/**
 * `$1`: users, `$2`: the operator, `$3`: the session called with. Somebody else's session may name a user of theirs
 * too, made by another tenant for the same address.
 */
const owned = `(id = $3::uuid or (user_ids && $1::uuid[] or operator_id = $2::uuid)
  and not exists (select from (${opened}) open where open.id <> all ($1::uuid[]))
    and (operator_id is null or operator_id = $2::uuid or not ${opensOperator}))`;
/** Of these, the ones that open anything. */
const good =
  `(operator_id = $2::uuid and ${opensOperator} or exists (select from (${opened}) open where open.id = any ` +
  '($1::uuid[])))';

const parametersOf = ({ userIds, operatorId, current }: SessionOwner): unknown[] => [
  userIds.map(uuidFromId),
  operatorId === null ? null : uuidFromId(operatorId),
  current === null ? null : uuidFromId(current),
];

export async function insertSession(
  tx: PlatformTransaction,
  { users, operator, ...session }: NewSession,
): Promise<void> {
  await tx.repository(SessionRow).insert({
    ...session,
    userIds: users.map(({ id }) => id),
    userVersions: users.map(({ version }) => version),
    operatorId: operator && operator.id,
    operatorVersion: operator && operator.version,
  });
}

/** Whether a session has not been ended. */
export async function sessionExists(tx: PlatformTransaction, id: Id<'session'>): Promise<boolean> {
  return (await tx.query('select 1 from sessions where id = $1', [uuidFromId(id)])).length > 0;
}

/** Somebody's sessions that are good and have not run out, newest first, at most `limit`. */
export function listSessions(
  tx: PlatformTransaction,
  owner: SessionOwner,
  { now, limit }: { now: Date; limit: number },
): Promise<Session[]> {
  return tx.rows<SessionRow, Session>(
    SessionRow,
    `select ${columns} from sessions where ${owned} and ${good} and expires_at > $4 order by id desc limit $5`,
    [...parametersOf(owner), now, limit],
  );
}

/** Ends one session of somebody, or all but one. Answers those that ended. */
export function deleteSessions(
  tx: PlatformTransaction,
  owner: SessionOwner,
  which: { only: Id<'session'> } | { except: Id<'session'> | null },
): Promise<Session[]> {
  const [one, id] = 'only' in which ? [true, which.only] : [false, which.except];
  return tx.rows<SessionRow, Session>(
    SessionRow,
    `with ended as (delete from sessions
     where ${owned} and (case when $4 then id = $5::uuid else id is distinct from $5::uuid end)
     returning ${columns}) select * from ended`,
    [...parametersOf(owner), one, id === null ? null : uuidFromId(id)],
  );
}
