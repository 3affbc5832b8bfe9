import { idFromUuid, uuidFromId, type Id, type Json } from '@annex/kernel';
import type { RunStatus } from '../run-status.js';
import type { TenantTransaction } from '@annex/database';
import { RunRow } from '../rows/run-row.js';
import type { BackgroundKind, NewRun } from './enqueue-run.js';
import { isDeadLetterSql } from './dead-letters.js';
import { notUninstalled } from './read-runs.js';

/** An ended background run that can be made again. */
export interface ReplayableRun {
  id: Id<'run'>;
  status: RunStatus;
  /** Its plugin is gone, so it cannot be made again. */
  isUninstalled: boolean;
  /** Everything a new run of the same needs. */
  again: NewRun;
}

interface ReplayableRow extends Pick<
  RunRow,
  | 'id'
  | 'installationId'
  | 'plugin'
  | 'name'
  | 'ordinal'
  | 'status'
  | 'eventId'
  | 'depth'
  | 'policy'
  | 'webhookId'
  | 'deliveryId'
> {
  kind: BackgroundKind;
  /** The payload as JSON text, since `null` is one; `null`: none. */
  payloadText: string | null;
  isUninstalled: boolean;
}

const columns =
  'id, installation_id, plugin, kind, name, ordinal, status, event_id, payload::text as "payloadText", depth, ' +
  `policy, webhook_id, delivery_id, not ${notUninstalled} as "isUninstalled"`;

/** Locks a background run for a replay, or answers `null` when the tenant has none with that id. */
export async function lockRunForReplay(tx: TenantTransaction, runId: Id<'run'>): Promise<ReplayableRun | null> {
  const [row] = await tx.rows<RunRow, ReplayableRow>(
    RunRow,
    `select ${columns} from runs where tenant_id = $1 and id = $2
       and kind in ('event', 'job', 'webhook', 'lifecycle') for update`,
    [tx.tenantUuid, uuidFromId(runId)],
  );
  return row ? fromRow(row) : null;
}

/** Which dead letters are meant. Every part left out means all. */
export interface DeadLetterFilter {
  ids?: readonly Id<'run'>[];
  /** The plugin's slug. */
  plugin?: string;
  kind?: string;
  name?: string;
  eventId?: string;
  since?: Date;
  until?: Date;
  /** None made after this one. */
  upTo?: Id<'run'>;
}

const deadLetters = `
  from runs where tenant_id = $1 and ${isDeadLetterSql} and ${notUninstalled}
    and ($2::uuid[] is null or id = any($2)) and ($3::text is null or plugin = $3) and ($4::text is null or kind = $4)
      and ($5::text is null or name = $5)
    and ($6::text is null or event_id = $6) and ($7::timestamptz is null or queued_at >= $7)
      and ($8::timestamptz is null or queued_at < $8) and ($9::uuid is null or id <= $9)`;

function filterParameters(tx: TenantTransaction, filter: DeadLetterFilter): unknown[] {
  return [
    tx.tenantUuid,
    filter.ids ? filter.ids.map(uuidFromId) : null,
    filter.plugin ?? null,
    filter.kind ?? null,
    filter.name ?? null,
    filter.eventId ?? null,
    filter.since ?? null,
    filter.until ?? null,
    filter.upTo ? uuidFromId(filter.upTo) : null,
  ];
}

/** Locks dead letters for a replay, oldest first; those that another transaction is replaying are left to it. */
export async function lockDeadLetters(
  tx: TenantTransaction,
  filter: DeadLetterFilter,
  limit: number,
): Promise<ReplayableRun[]> {
  const rows = await tx.rows<RunRow, ReplayableRow>(
    RunRow,
    `select ${columns} ${deadLetters} order by id limit $10 for update skip locked`,
    [...filterParameters(tx, filter), limit],
  );
  return rows.map(fromRow);
}

/** How many dead letters the filter means. */
export async function countDeadLetters(tx: TenantTransaction, filter: DeadLetterFilter): Promise<number> {
  const [row] = await tx.query<{ n: number }>(`select count(*)::int as n ${deadLetters}`, filterParameters(tx, filter));
  return row?.n ?? 0;
}

/** Ids of dead letters, newest first. `before`: the last id of the page before. */
export async function listDeadLetterIds(
  tx: TenantTransaction,
  filter: DeadLetterFilter,
  { limit, before }: { limit: number; before?: Id<'run'> },
): Promise<Id<'run'>[]> {
  const rows = await tx.query<{ id: string }>(
    `select id ${deadLetters} and ($10::uuid is null or id < $10) order by id desc limit $11`,
    [...filterParameters(tx, filter), before ? uuidFromId(before) : null, limit],
  );
  return rows.map(({ id }) => idFromUuid('run', id));
}

/**
 * Discards dead letters, oldest first and at most `limit`; those that another transaction is replaying are left to it.
 * Answers how many went.
 */
export async function discardDeadLetters(
  tx: TenantTransaction,
  filter: DeadLetterFilter,
  limit: number,
): Promise<number> {
  return tx.execute(
    `with meant as materialized (select id ${deadLetters} order by id limit $10 for update skip locked)
     update runs r set discarded_at = now() from meant m where r.tenant_id = $1 and r.id = m.id`,
    [...filterParameters(tx, filter), limit],
  );
}

/**
 * What discarding a run met: `discarded` (also before), `other` (no dead letter), or `null`: the tenant has no such
 * background run.
 */
export async function discardRun(tx: TenantTransaction, runId: Id<'run'>): Promise<'discarded' | 'other' | null> {
  const [row] = await tx.query<{ discards: boolean }>(
    `with found as materialized (
       select id, status = 'failed' and replayed_at is null and kind in ('event', 'job', 'webhook') as discards
       from runs
       where tenant_id = $1 and id = $2 and kind in ('event', 'job', 'webhook', 'lifecycle') for update
     ), marked as (
       update runs r set discarded_at = coalesce(r.discarded_at, now()) from found f
       where f.discards and r.tenant_id = $1 and r.id = f.id
     ) select discards from found`,
    [tx.tenantUuid, uuidFromId(runId)],
  );
  if (!row) return null;
  return row.discards ? 'discarded' : 'other';
}

/** Failed runs among these are no dead letters any more. */
export async function markReplayed(tx: TenantTransaction, ids: readonly Id<'run'>[]): Promise<void> {
  await tx.query(
    `update runs set replayed_at = now()
     where tenant_id = $1 and id = any($2::uuid[]) and status = 'failed' and replayed_at is null`,
    [tx.tenantUuid, ids.map(uuidFromId)],
  );
}

/** The latest run of each handler for an event, for a replay of the event: handler ({@link handlerKey}) → run. */
export async function latestRunsOfEvent(tx: TenantTransaction, eventId: string): Promise<Map<string, Id<'run'>>> {
  const rows = await tx.query<{
    id: string;
    kind: BackgroundKind;
    plugin: string | null;
    name: string;
    ordinal: number;
  }>(
    `select distinct on (kind, installation_id, name, ordinal, webhook_id) id, kind, plugin, name, ordinal from runs
     where tenant_id = $1 and event_id = $2 and kind in ('event', 'webhook')
     order by kind, installation_id, name, ordinal, webhook_id, id desc`,
    [tx.tenantUuid, eventId],
  );
  return new Map(rows.map(({ id, ...handler }) => [handlerKey(handler), idFromUuid('run', id)]));
}

/** Names a handler among all that may get one event. */
export function handlerKey({
  kind,
  plugin,
  name,
  ordinal,
}: Pick<NewRun, 'kind' | 'plugin' | 'name' | 'ordinal'>): string {
  return `${kind}/${plugin ?? ''}/${name}/${ordinal}`;
}

function fromRow({ id, status, isUninstalled, payloadText, ...run }: ReplayableRow): ReplayableRun {
  const { installationId, plugin, kind, name, ordinal, policy, eventId, depth, webhookId, deliveryId } = run;
  const payload = payloadText === null ? undefined : (JSON.parse(payloadText) as Json);
  const handler = { installationId, plugin, kind, name, ordinal };
  const again = { ...handler, payload, policy, eventId, replayOf: id, depth, webhookId, deliveryId };
  return { id, status, isUninstalled, again };
}
