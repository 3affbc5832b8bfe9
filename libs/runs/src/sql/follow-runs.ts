import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import type { RunKind } from '@annex/limits';
import type { RunStatus } from '../run-status.js';
import type { TenantTransaction } from '@annex/database';
import { RunRow } from '../rows/run-row.js';
import { listedResult, runColumns, toRun, type ReadRun, type StoredRun } from './read-runs.js';
import { firstUuidAt } from '../id-times.js';
import { horizonSql, notVisibleIn, writerSql } from './settled.js';

/** Behind which change of a run a reader goes on: the number of the transaction that made it, and the run's UUID. */
export type RunPlace = readonly [writer: string, uuid: string];

/** A run as a change left it, with the place behind that. */
export type FollowedRun = StoredRun & { place: RunPlace };

export interface FollowedRuns {
  /** A slug. */
  plugin?: string | undefined;
  installationId?: Id<'installation'> | undefined;
  kind?: RunKind | undefined;
  status?: RunStatus | undefined;
  eventId?: string | undefined;
  name?: string | undefined;
}

/** Most runs that are looked at for changes while nobody did: the latest. */
const lookedAt = 20_000;
/** Most runs that are under way and followed beside those that are made. */
const openRuns = 2_000;
const noUuid = '00000000-0000-0000-0000-000000000000';
/** The last UUID that there can be. */
const lastUuid = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Where somebody begins who wants what changes from now on. */
export interface RunsFromNow {
  /** Behind it lies every change that is not settled yet. */
  place: RunPlace;
  /** What could be seen then, as PostgreSQL writes it: changes that could are told to nobody. */
  snapshot: string;
  /** The latest of the runs that have not ended, as they were then. */
  open: StoredRun[];
}

/** The place from which only changes are seen that come from now on, and what is under way now. */
export async function runsFromNow(tx: TenantTransaction): Promise<RunsFromNow> {
  // One statement: what changes between two looks must be in one of them.
  const rows = await tx.rows<RunRow, ReadRun & { settled: string; snapshot: string }>(
    RunRow,
    `with ${horizonSql}, s as materialized (select pg_current_snapshot()::text as snapshot),
     r as (select ${runColumns}, null as result from runs
       where tenant_id = $1 and status in ('queued', 'running', 'retrying') order by id desc limit ${openRuns})
     select r.*, h.settled::text as settled, s.snapshot from h cross join s left join r on true`,
    [tx.tenantUuid],
  );
  const open = rows.filter(({ id }) => id !== null).map(({ settled: _, snapshot: __, ...row }) => toRun(row));
  return { place: [rows[0]?.settled ?? '0', noUuid], snapshot: rows[0]?.snapshot ?? '1:1:', open };
}

/** Runs that have not ended, the latest of them. */
export async function findOpenRuns(tx: TenantTransaction): Promise<Id<'run'>[]> {
  const rows = await tx.query<{ id: string }>(
    `select id from runs where tenant_id = $1 and status in ('queued', 'running', 'retrying')
     order by id desc limit ${openRuns}`,
    [tx.tenantUuid],
  );
  return rows.map(({ id }) => idFromUuid('run', id));
}

/** Which changes of runs somebody asks for. */
export interface RunsAfter extends FollowedRuns {
  place: RunPlace;
  /** Of {@link runsFromNow}: what could be seen in it is left out. Default: nothing is. */
  snapshot?: string | undefined;
  since: Date;
  others: readonly Id<'run'>[];
  all: boolean;
  limit: number;
}

/** What a plain call has, as the view `every_run` says it, of a chunk `c` and one of its calls `p`. */
const plainColumns = `p.id, c.installation_id, c.plugin, c.release, 'route' as kind, c.name, 'succeeded' as status,
  null as event_id, null::timestamptz as scheduled_for, null::uuid as replay_of, null as started_by,
  '[]' as attempts, 0 as claims, c.result, null as error,
  format(c.limits, p.wall_ms, p.cpu_ms, p.memory_mb, p.result_bytes, p.request_bytes)::json as limits,
  null as waiting_for, c.started_at - p.before_ms * interval '1 ms' as queued_at,
  c.started_at - p.before_ms * interval '1 ms' as started_at,
  c.started_at + (p.took_ms - p.before_ms) * interval '1 ms' as finished_at, null::timestamptz as next_attempt_at,
  null::int as skipped_ticks, null::timestamptz as skipped_until, null::timestamptz as discarded_at, c.writer`;
const rowColumns = `r.id, r.installation_id, r.plugin, r.release, r.kind, r.name, r.status, r.event_id, r.scheduled_for,
  r.replay_of, r.started_by, r.attempts, r.claims, r.result, r.error, r.limits, r.waiting_for, r.queued_at,
  r.started_at, r.finished_at, r.next_attempt_at, r.skipped_ticks, r.skipped_until, r.discarded_at`;

/**
 * Settled changes behind a place, in their order, of runs made at `since` or later and of these others. `all`: of the
 * latest {@link lookedAt} runs. Plain calls are among them as runs that ended, however they are kept.
 */
export async function readRunsAfter(tx: TenantTransaction, asked: RunsAfter): Promise<FollowedRun[]> {
  const { place, snapshot, since, others, all, limit } = asked;
  const looked = all
    ? `(select id from runs where tenant_id = $1 order by id desc limit ${lookedAt})`
    : '(select id from runs where tenant_id = $1 and id >= $2::uuid)';
  // The oldest chunk that is looked into holds the last of so many calls.
  const fromChunk = all
    ? `(select coalesce(min(last_id::text)::uuid, '${lastUuid}') from (
         select last_id, runs, sum(runs) over (order by last_id desc) as reached from run_chunks
         where tenant_id = $1 and last_id > '${noUuid}' order by last_id desc limit ${lookedAt}) as heads
       where reached - runs < ${lookedAt})`
    : '$2::uuid';
  const rows = await tx.rows<RunRow, ReadRun & { writer: string }>(
    RunRow,
    `with ${horizonSql},
     looked as (${looked} union select unnest($3::uuid[])),
     rows as (select ${rowColumns}, ${writerSql('r')} as writer
       from looked join runs r on r.tenant_id = $1 and r.id = looked.id, h
       where $2::uuid is not null and ($6::text is null or r.plugin = $6)
         and ($7::uuid is null or r.installation_id = $7) and ($8::text is null or r.kind = $8)
         and ($9::text is null or r.status = $9) and ($10::text is null or r.event_id = $10)
         and ($11::text is null or r.name = $11)),
     chunks as materialized (select r.*, ${writerSql('r')} as writer from run_chunks r, h
       where r.tenant_id = $1 and r.last_id >= ${fromChunk} and ($6::text is null or r.plugin = $6)
         and ($7::uuid is null or r.installation_id = $7) and coalesce($8::text, 'route') = 'route'
         and coalesce($9::text, 'succeeded') = 'succeeded' and $10::text is null
         and ($11::text is null or r.name = $11) and ${writerSql('r')} between $4::bigint and h.settled - 1),
     changed as (select * from rows union all select ${plainColumns} from chunks c cross join lateral
       unnest(c.ids, c.before_ms, c.took_ms, c.wall_ms, c.cpu_ms, c.memory_mb, c.result_bytes, c.request_bytes)
       as p (id, before_ms, took_ms, wall_ms, cpu_ms, memory_mb, result_bytes, request_bytes))
     select ${runColumns}, ${listedResult} as result, writer::text as writer from changed, h
     where writer < h.settled and (writer, id) > ($4::bigint, $5::uuid)
       and ${notVisibleIn('$13', 'writer')}
     order by changed.writer, id limit $12`,
    [
      tx.tenantUuid,
      firstUuidAt(since),
      others.map(uuidFromId),
      ...place,
      asked.plugin ?? null,
      asked.installationId === undefined ? null : uuidFromId(asked.installationId),
      asked.kind ?? null,
      asked.status ?? null,
      asked.eventId ?? null,
      asked.name ?? null,
      limit,
      snapshot ?? null,
    ],
  );
  return rows.map(({ writer, ...row }) => ({ ...toRun(row), place: [writer, uuidFromId(row.id)] }));
}
