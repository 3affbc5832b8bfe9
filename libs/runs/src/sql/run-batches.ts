/** Runs that one act is to change, found by a filter, and how far it has come. */
import { idFromUuid, newId, uuidFromId, type Id, type JsonObject } from '@annex/kernel';
import { runListLimits } from '@annex/limits';
import type { TenantTransaction } from '@annex/database';
import { LessThan, Not } from 'typeorm';
import { DeadLetterReplayRow } from '../rows/dead-letter-replay-row.js';
import { isDeadLetterSql } from './dead-letters.js';
import { isOpen } from './guards.js';
import { notUninstalled } from './read-runs.js';

/** What is done to many runs. */
export const batchActions = ['cancel', 'replay', 'discard'] as const;
export type BatchAction = (typeof batchActions)[number];

/** Which runs are meant, with wire names. Every part left out means all. */
export interface BatchFilter {
  ids?: string[];
  /** The plugin's slug. */
  plugin?: string;
  kind?: string;
  status?: string;
  /** Of the handler, exactly. */
  name?: string;
  event_id?: string;
  /** Part of the handler's name, the plugin's slug or the error, letter case ignored. */
  q?: string;
  /** RFC 3339. */
  since?: string;
  until?: string;
}

/** An act on many runs, and how far it has come. */
export type RunBatch = Omit<DeadLetterReplayRow, 'tenantId' | 'nextAt' | 'filter' | 'action'> & {
  action: BatchAction;
  filter: BatchFilter;
};

/** How many runs an act would change. */
export interface BatchExtent {
  total: number;
  /** There are more than one act may change: these are the oldest. */
  more: boolean;
}

/** From which run to which, both uuids; the first is left out. */
interface Bounds {
  after: string | null;
  upTo: string | null;
}

/** Runs that an action can change at all. */
const changeable: Readonly<Record<BatchAction, string>> = {
  cancel: isOpen('status'),
  replay:
    `kind in ('event', 'job', 'webhook', 'lifecycle') and status in ('succeeded', 'failed', 'cancelled') ` +
    `and ${notUninstalled}`,
  discard: `${isDeadLetterSql} and ${notUninstalled}`,
};

/** As many of the latest runs are looked through for words, as in lists: no index finds those. */
const lookedAt = 20_000;

function found(action: BatchAction): string {
  return `from runs where tenant_id = $1 and ${changeable[action]}
    and ($2::uuid[] is null or id = any($2)) and ($3::text is null or plugin = $3) and ($4::text is null or kind = $4)
    and ($5::text is null or status = $5) and ($6::text is null or event_id = $6)
    and ($7::timestamptz is null or queued_at >= $7) and ($8::timestamptz is null or queued_at < $8)
    and ($9::text is null or name = $9)
    and ($10::text is null or position($10 in lower(concat_ws(' ', name, plugin, error::text))) > 0)
    and ($11::uuid is null or id > $11) and ($12::uuid is null or id <= $12)`;
}

function parametersOf(tx: TenantTransaction, filter: BatchFilter, { after, upTo }: Bounds): unknown[] {
  const { ids, plugin, kind, status, event_id: eventId, since, until, name, q } = filter;
  const uuids = ids?.map((id) => uuidFromId(id as Id<'run'>)) ?? null;
  const said = [plugin, kind, status, eventId, since, until, name, q?.toLowerCase()].map((part) => part ?? null);
  return [tx.tenantUuid, uuids, ...said, after, upTo];
}

/** From which run to which an act looks that is asked for now. */
export async function batchBounds(tx: TenantTransaction, { name, q }: BatchFilter): Promise<Bounds> {
  const [newest] = await tx.query<{ id: string }>('select id from runs where tenant_id = $1 order by id desc limit 1', [
    tx.tenantUuid,
  ]);
  if (name === undefined && q === undefined) return { after: null, upTo: newest?.id ?? null };
  const [oldest] = await tx.query<{ id: string }>(
    `select id from runs where tenant_id = $1 order by id desc offset ${lookedAt} limit 1`,
    [tx.tenantUuid],
  );
  return { after: oldest?.id ?? null, upTo: newest?.id ?? null };
}

export async function measureBatch(
  tx: TenantTransaction,
  { action, filter, bounds }: { action: BatchAction; filter: BatchFilter; bounds: Bounds },
): Promise<BatchExtent> {
  if (bounds.upTo === null) return { total: 0, more: false };
  const [row] = await tx.query<{ n: number }>(
    `select count(*)::int as n from (select ${found(action)} limit ${runListLimits.batch + 1}) runs`,
    parametersOf(tx, filter, bounds),
  );
  const n = row?.n ?? 0;
  return { total: Math.min(n, runListLimits.batch), more: n > runListLimits.batch };
}

/**
 * Runs that the next portion of an act changes, oldest first, held until the transaction ends. Those to be cancelled
 * are not held: cancelling locks a run's job first, and so does everybody else.
 */
export async function lockBatchRuns(
  tx: TenantTransaction,
  { action, filter, cameTo, upTo }: RunBatch,
  limit: number,
): Promise<Id<'run'>[]> {
  const bounds = { after: cameTo && uuidFromId(cameTo), upTo: upTo && uuidFromId(upTo) };
  const rows = await tx.query<{ id: string }>(
    `select id ${found(action)} order by id limit $13 ${action === 'cancel' ? '' : 'for update'}`,
    [...parametersOf(tx, filter, bounds), limit],
  );
  return rows.map(({ id }) => idFromUuid('run', id));
}

/** Keeps an act that was asked for; one that would change nothing is done. */
export async function insertRunBatch(
  tx: TenantTransaction,
  batch: { action: BatchAction; filter: BatchFilter; bounds: Bounds; total: number; actor: string },
): Promise<RunBatch> {
  const { action, filter, bounds, total, actor } = batch;
  const [row] = await tx.rows(
    DeadLetterReplayRow,
    `insert into dead_letter_replays (tenant_id, id, action, filter, came_to, up_to, total, status, actor, finished_at)
     values ($1, $2, $3, $4, $5, $6, $7, case when $7::int = 0 then 'done' else 'running' end, $8,
       case when $7::int = 0 then now() end) returning *`,
    [
      tx.tenantUuid,
      uuidFromId(newId('replay')),
      action,
      JSON.stringify(filter),
      bounds.after,
      bounds.upTo,
      total,
      actor,
    ],
  );
  if (!row) throw new Error('an act on many runs was not kept');
  if (row.status === 'running') await tx.notify('annex_replay', '');
  return fromRow(row);
}

/** An act, or `null` when the tenant has none with that id. */
export async function findRunBatch(tx: TenantTransaction, id: Id<'replay'>): Promise<RunBatch | null> {
  const row = await tx
    .repository(DeadLetterReplayRow)
    .findOneBy({ tenantId: tx.tenantId, id, action: Not('dead_letters') });
  return row && fromRow(row);
}

/** Acts, newest first, after that of `before`. */
export async function listRunBatches(
  tx: TenantTransaction,
  { limit, before }: { limit: number; before?: Id<'replay'> | undefined },
): Promise<RunBatch[]> {
  const rows = await tx.repository(DeadLetterReplayRow).find({
    where: { tenantId: tx.tenantId, action: Not('dead_letters'), ...(before && { id: LessThan(before) }) },
    order: { id: 'DESC' },
    take: limit,
  });
  return rows.map(fromRow);
}

/** How many acts of the tenant are under way. */
export function countRunningBatches(tx: TenantTransaction): Promise<number> {
  return tx
    .repository(DeadLetterReplayRow)
    .countBy({ tenantId: tx.tenantId, action: Not('dead_letters'), status: 'running' });
}

/** Ends an act where it stands; what it did stays done. `false`: it had ended. */
export async function stopRunBatch(tx: TenantTransaction, id: Id<'replay'>): Promise<boolean> {
  const { affected } = await tx
    .repository(DeadLetterReplayRow)
    .update(
      { tenantId: tx.tenantId, id, action: Not('dead_letters'), status: 'running' },
      { status: 'cancelled', waitingFor: null, finishedAt: () => 'now()' },
    );
  return affected === 1;
}

/** The act behind a row; `null`: it is a replay of dead letters. */
export function runBatchFrom(row: DeadLetterReplayRow): RunBatch | null {
  return row.action === 'dead_letters' ? null : fromRow(row);
}

function fromRow({ tenantId: _, nextAt: __, filter, action, ...row }: DeadLetterReplayRow): RunBatch {
  return { ...row, action: action as BatchAction, filter: filter as JsonObject as BatchFilter };
}
