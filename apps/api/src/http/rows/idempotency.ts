/**
 * Keys with which a caller may send a mutation again without doing it twice (the Idempotency-Key header). The
 * reservation is committed before the work begins, so that a second request sees it; the answer is kept when the work
 * is done. SQL by hand, one for both tables: whether a key is taken, taken over or given up is decided by one
 * statement.
 */
import { TenantTransaction, type PlatformTransaction } from '@annex/database';
import type { IdempotencyKeyRow } from './idempotency-key-row.js';

/** Keys of a tenant's people, or, of no tenant, of operators. */
type KeyTransaction = TenantTransaction | PlatformTransaction;

/**
 * Where a key stands, as SQL: the table, its key columns and what selects a row; with the parameters that these take,
 * first actor and key.
 */
function placeOf(
  tx: KeyTransaction,
  { actor, key }: { actor: string; key: string },
): { table: string; columns: string; values: string; row: string; parameters: unknown[]; next: number } {
  if (tx instanceof TenantTransaction) {
    return {
      table: 'idempotency_keys',
      columns: 'tenant_id, actor, key',
      values: '$1, $2, $3',
      row: 'tenant_id = $1 and actor = $2 and key = $3',
      parameters: [tx.tenantUuid, actor, key],
      next: 4,
    };
  }
  return {
    table: 'operator_idempotency_keys',
    columns: 'actor, key',
    values: '$1, $2',
    row: 'actor = $1 and key = $2',
    parameters: [actor, key],
    next: 3,
  };
}

export interface IdempotencyKey {
  /** Who sends it: two actors may use the same key. */
  actor: string;
  key: string;
  /** A keyed hash of method, path and body. */
  fingerprint: string;
  /** Every fingerprint that the same request may have been kept under, this one among them. Default: it alone. */
  known?: readonly string[];
}

export type Reservation =
  /** Do the work, then complete or forget with this `claim`. */
  | { state: 'reserved'; claim: number }
  /** The same request is under way. */
  | { state: 'in-flight' }
  /** The key belongs to another request. */
  | { state: 'mismatch' }
  /** The work was done: answer this. */
  | { state: 'replay'; status: number; headers: Record<string, string>; body: string | null };

/** How long a key is remembered. */
const REMEMBERED = `interval '24 hours'`;
/** A request that is silent for so long has died; the same request may take its place. */
const ABANDONED = `interval '2 minutes'`;

/** Takes a key, or says what became of the request that has it. Commit at once: others see it only then. */
export async function reserveIdempotent(
  tx: KeyTransaction,
  { actor, key, fingerprint, known = [fingerprint] }: IdempotencyKey,
): Promise<Reservation> {
  const { table, columns, values, row: isRow, parameters, next } = placeOf(tx, { actor, key });
  // The row may be forgotten between the two statements; then the second round takes it.
  for (let round = 0; round < 3; round += 1) {
    const [taken] = await tx.query<{ claim: number }>(
      `insert into ${table} as k (${columns}, fingerprint) values (${values}, $${next})
       on conflict (${columns}) do update
         set fingerprint = excluded.fingerprint, claim = k.claim + 1, status = null, headers = null, body = null,
           created_at = now()
         where k.created_at < now() - ${REMEMBERED}
           or (k.status is null and k.fingerprint = any($${next + 1}) and k.created_at < now() - ${ABANDONED})
       returning claim`,
      [...parameters, fingerprint, known],
    );
    if (taken) return { state: 'reserved', claim: taken.claim };
    const [row] = await tx.query<Pick<IdempotencyKeyRow, 'fingerprint' | 'status' | 'headers' | 'body'>>(
      `select fingerprint, status, headers, body from ${table} where ${isRow}`,
      parameters,
    );
    if (!row) continue;
    if (!known.includes(row.fingerprint)) return { state: 'mismatch' };
    return row.status === null
      ? { state: 'in-flight' }
      : { state: 'replay', status: row.status, headers: row.headers ?? {}, body: row.body };
  }
  return { state: 'in-flight' };
}

/**
 * Keeps the answer for 24 hours, in place of an earlier one of the same claim: work can be committed together with a
 * first answer, so that no crash comes between the two. `false`: another request has taken the key over meanwhile, and
 * its answer counts.
 */
export async function completeIdempotent(
  tx: KeyTransaction,
  {
    actor,
    key,
    claim,
    status,
    headers = {},
    body,
  }: {
    actor: string;
    key: string;
    claim: number;
    status: number;
    headers?: Record<string, string>;
    body: string | null;
  },
): Promise<boolean> {
  const { table, row, parameters, next } = placeOf(tx, { actor, key });
  const touched = await tx.execute(
    `update ${table} set status = $${next + 1}, headers = $${next + 2}, body = $${next + 3}
     where ${row} and claim = $${next}`,
    [...parameters, claim, status, JSON.stringify(headers), body],
  );
  return touched === 1;
}

/** Forgets a key after a failure that changed nothing, so that the caller may try again. */
export async function forgetIdempotent(
  tx: KeyTransaction,
  { actor, key, claim }: { actor: string; key: string; claim: number },
): Promise<void> {
  const { table, row, parameters, next } = placeOf(tx, { actor, key });
  await tx.query(`delete from ${table} where ${row} and claim = $${next} and status is null`, [...parameters, claim]);
}
