/**
 * Replays of many dead letters, kept as rows so that whoever asked can follow them, and any worker goes on with one
 * whose worker died.
 */
import { idFromUuid, newId, parseId, uuidFromId, type Id, type Json } from '@annex/kernel';
import type { PlatformTransaction, TenantTransaction } from '@annex/database';
import { LessThan } from 'typeorm';
import { DeadLetterReplayRow } from '../rows/dead-letter-replay-row.js';
import type { DeadLetterFilter } from './replay.js';
import { runBatchFrom, type RunBatch } from './run-batches.js';

/** How a replay of many dead letters stands. */
export interface BulkReplay extends Omit<
  DeadLetterReplayRow,
  'tenantId' | 'filter' | 'upTo' | 'nextAt' | 'action' | 'cameTo'
> {
  filter: DeadLetterFilter;
}

/**
 * Keeps a replay that was asked for. `replayed`: those that were replayed in the same transaction; all of them, and it
 * is done.
 */
export async function insertBulkReplay(
  tx: TenantTransaction,
  { filter, total, replayed, actor }: { filter: DeadLetterFilter; total: number; replayed: number; actor: string },
): Promise<BulkReplay> {
  const id = newId('replay');
  const [row] = await tx.rows(
    DeadLetterReplayRow,
    `insert into dead_letter_replays (tenant_id, id, filter, up_to, total, replayed, status, actor, finished_at)
     values ($1, $2, $3, $4, $5, $6, case when $6::int >= $5::int then 'done' else 'running' end, $7, case
       when $6::int >= $5::int then now() end) returning *`,
    [
      tx.tenantUuid,
      uuidFromId(id),
      JSON.stringify(filterJson(filter)),
      filter.upTo ? uuidFromId(filter.upTo) : null,
      total,
      replayed,
      actor,
    ],
  );
  if (!row) throw new Error('a replay was not kept');
  if (row.status === 'running') await tx.notify('annex_replay', '');
  return fromRow(row);
}

/** A replay, or `null` when the tenant has none with that id. */
export async function findBulkReplay(tx: TenantTransaction, id: Id<'replay'>): Promise<BulkReplay | null> {
  const row = await tx.repository(DeadLetterReplayRow).findOneBy({ tenantId: tx.tenantId, id, action: 'dead_letters' });
  return row && fromRow(row);
}

/** Replays, newest first, after that of `before`. */
export async function listBulkReplays(
  tx: TenantTransaction,
  { limit, before }: { limit: number; before?: Id<'replay'> | undefined },
): Promise<BulkReplay[]> {
  const rows = await tx.repository(DeadLetterReplayRow).find({
    where: { tenantId: tx.tenantId, action: 'dead_letters', ...(before && { id: LessThan(before) }) },
    order: { id: 'DESC' },
    take: limit,
  });
  return rows.map(fromRow);
}

/** Replays that have something to do now. */
export async function listDueBulkReplays(
  tx: PlatformTransaction,
  limit: number,
): Promise<{ tenantId: Id<'tenant'>; id: Id<'replay'> }[]> {
  const rows = await tx.query<{ tenant_id: string; id: string }>(
    `select tenant_id, id from dead_letter_replays where status = 'running' and next_at <= now() order by next_at
     limit $1`,
    [limit],
  );
  return rows.map(({ tenant_id, id }) => ({ tenantId: idFromUuid('tenant', tenant_id), id: idFromUuid('replay', id) }));
}

/** Locks a replay, or another act, that is still to go on; `null` when it is not, or another worker is at it. */
export async function lockBulkReplay(
  tx: TenantTransaction,
  id: Id<'replay'>,
): Promise<{ replay: BulkReplay; batch: null } | { batch: RunBatch } | null> {
  const row = await tx.repository(DeadLetterReplayRow).findOne({
    where: { tenantId: tx.tenantId, id, status: 'running' },
    lock: { mode: 'pessimistic_write', onLocked: 'skip_locked' },
  });
  if (!row) return null;
  const batch = runBatchFrom(row);
  return batch ? { batch } : { replay: fromRow(row), batch };
}

/**
 * Writes what a portion did. `isLast`: nothing is left of what was meant. `pauseMs`: when it goes on, with the reason
 * `waitingFor`. `cameTo`: the newest run that it has looked at.
 */
export async function advanceBulkReplay(
  tx: TenantTransaction,
  id: Id<'replay'>,
  {
    replayed,
    isLast,
    pauseMs = 0,
    waitingFor = null,
    cameTo,
  }: {
    replayed: number;
    isLast: boolean;
    pauseMs?: number;
    waitingFor?: string | null;
    cameTo?: Id<'run'> | undefined;
  },
): Promise<void> {
  await tx.query(
    `update dead_letter_replays set replayed = replayed + $3::int, status = case when $4 then 'done' else status end,
       waiting_for = $6, came_to = coalesce($7, came_to),
       failed = case when $4 then greatest(0, total - replayed - $3::int) else failed end, finished_at = case when $4
         then now() end, next_at = now() + $5::float8 * interval '1 millisecond'
     where tenant_id = $1 and id = $2`,
    [tx.tenantUuid, uuidFromId(id), replayed, isLast, pauseMs, waitingFor, cameTo ? uuidFromId(cameTo) : null],
  );
}

function filterJson({ ids, plugin, kind, name, eventId, since, until }: DeadLetterFilter): Json {
  return JSON.parse(JSON.stringify({ ids, plugin, kind, name, event_id: eventId, since, until })) as Json;
}

function fromRow(row: DeadLetterReplayRow): BulkReplay {
  const { tenantId: _, nextAt: __, action: ___, cameTo: ____, filter, upTo, ...replay } = row;
  const text = (name: string): string | undefined => (typeof filter[name] === 'string' ? filter[name] : undefined);
  const [plugin, kind, name, eventId, since, until] = ['plugin', 'kind', 'name', 'event_id', 'since', 'until'].map(
    text,
  );
  return {
    ...replay,
    filter: {
      ...(Array.isArray(filter['ids']) && { ids: filter['ids'].flatMap((id) => parseId('run', String(id)) ?? []) }),
      ...(plugin !== undefined && { plugin }),
      ...(kind !== undefined && { kind }),
      ...(name !== undefined && { name }),
      ...(eventId !== undefined && { eventId }),
      ...(since !== undefined && { since: new Date(since) }),
      ...(until !== undefined && { until: new Date(until) }),
      ...(upTo !== null && { upTo }),
    },
  };
}
