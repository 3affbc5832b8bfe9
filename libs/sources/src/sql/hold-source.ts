import { uuidFromId, type Id, type Json } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';

/**
 * Locks a source's row, so that its batches follow each other. Answers whether the token is still the source's, and the
 * source runs; without a token, whether it is there. A worker that is frozen now keeps the row from the others for no
 * longer than five seconds.
 */
export async function holdSource(tx: TenantTransaction, id: Id<'source'>, token: number | null): Promise<boolean> {
  const [held] = await tx.query<{ is_held: boolean }>(
    `select token = coalesce($3, token) and ($3::bigint is null or active and not paused) as is_held,
       set_config('idle_in_transaction_session_timeout', '5000', true)
     from sources where tenant_id = $1 and id = $2 for no key update`,
    [tx.tenantUuid, uuidFromId(id), token],
  );
  return held?.is_held ?? false;
}

/** What a batch changes of its source. */
export interface BatchNote {
  /** `undefined`: it stays where it was. */
  cursor: Json | undefined;
  spendToken: boolean;
  events: number;
  duplicates: number;
  rejected: number;
}

/** Writes where a source goes on, and counts what it gave. */
export async function noteBatch(tx: TenantTransaction, id: Id<'source'>, note: BatchNote): Promise<void> {
  const { cursor, spendToken, events, duplicates, rejected } = note;
  await tx.execute(
    `update sources set cursor = case when $3 then $4::json else cursor end,
       token = token + case when $5 then 1 else 0 end,
       last_batch_at = now(), last_event_at = case when $6 > 0 then now() else last_event_at end,
       events = events + $6, duplicates = duplicates + $7, rejected = rejected + $8,
       last_error = null, last_error_at = null
     where tenant_id = $1 and id = $2`,
    [
      tx.tenantUuid,
      uuidFromId(id),
      cursor !== undefined,
      cursor === undefined ? null : JSON.stringify(cursor),
      spendToken,
      events,
      duplicates,
      rejected,
    ],
  );
}
