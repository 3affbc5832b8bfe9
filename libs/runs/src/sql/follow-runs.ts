import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import type { RunKind } from '@annex/limits';
import type { RunStatus } from '../run-status.js';
import type { TenantTransaction } from '@annex/database';
import { RunRow } from '../rows/run-row.js';
import { listedResult, runColumns, toRun, type ReadRun, type StoredRun } from './read-runs.js';
import { firstUuidAt } from '../id-times.js';
import { horizonSql, writerSql } from './settled.js';

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

/** The place from which only changes are seen that are not settled yet. */
export async function runsFromNow(tx: TenantTransaction): Promise<RunPlace> {
  const [row] = await tx.query<{ settled: string }>(`with ${horizonSql} select settled::text from h`);
  return [row?.settled ?? '0', noUuid];
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

/**
 * Settled changes behind a place, in their order, of runs made at `since` or later and of these others. `all`: of the
 * latest {@link lookedAt} runs.
 */
export async function readRunsAfter(
  tx: TenantTransaction,
  asked: FollowedRuns & { place: RunPlace; since: Date; others: readonly Id<'run'>[]; all: boolean; limit: number },
): Promise<FollowedRun[]> {
  const { place, since, others, all, limit } = asked;
  const looked = all
    ? `(select id from runs where tenant_id = $1 order by id desc limit ${lookedAt})`
    : '(select id from runs where tenant_id = $1 and id >= $2::uuid)';
  const rows = await tx.rows<RunRow, ReadRun & { writer: string }>(
    RunRow,
    `with ${horizonSql},
     looked as (${looked} union select unnest($3::uuid[])),
     changed as (select r.*, ${writerSql('r')} as writer
       from looked join runs r on r.tenant_id = $1 and r.id = looked.id, h
       where $2::uuid is not null and ($6::text is null or r.plugin = $6)
         and ($7::uuid is null or r.installation_id = $7) and ($8::text is null or r.kind = $8)
         and ($9::text is null or r.status = $9) and ($10::text is null or r.event_id = $10)
         and ($11::text is null or r.name = $11))
     select ${runColumns}, ${listedResult} as result, writer::text as writer from changed, h
     where writer < h.settled and (writer, id) > ($4::bigint, $5::uuid)
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
    ],
  );
  return rows.map(({ writer, ...row }) => ({ ...toRun(row), place: [writer, uuidFromId(row.id)] }));
}
