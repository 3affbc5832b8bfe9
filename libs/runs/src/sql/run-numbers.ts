/** Numbers over many runs: for the figures of a plugin, and for charts. */
import type { Id } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import { firstUuidAt } from '../id-times.js';
import { newestIn } from './every-run.js';

/** Numbers over an installation's latest runs. */
export interface RunMetrics {
  total: number;
  byStatus: Record<string, number>;
  byKind: Record<string, number>;
  /** By outcome code, failed runs only. */
  byError: Record<string, number>;
  /** Milliseconds from start to end, of runs that have ended. */
  wallMs: { p50: number; p95: number; p99: number; max: number } | null;
  /** Older runs of the span were left out: it holds more than the cap. */
  capped: boolean;
}

/**
 * Counts an installation's runs made since `since`, the latest `cap` at most (default 10 000), so that a busy plugin
 * costs no more.
 */
export async function runMetrics(
  tx: TenantTransaction,
  {
    installationId,
    since,
    until,
    cap = 10_000,
  }: { installationId: Id<'installation'>; since: Date; until?: Date; cap?: number },
): Promise<RunMetrics> {
  const parameters: unknown[] = [tx.tenantUuid];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const span = { installationId, from: firstUuidAt(since), before: until && firstUuidAt(until) };
  const [row] = await tx.query<{
    total: number;
    by_status: Record<string, number> | null;
    by_kind: Record<string, number> | null;
    by_error: Record<string, number> | null;
    wall: number[] | null;
  }>(
    `with latest as materialized (
       select kind, status, error->>'code' as code, extract(epoch from finished_at - started_at)::float8 * 1000 as wall
       from every_run where ${newestIn(span, cap, bind).join(' and ')} order by id desc limit ${bind(cap)})
     select (select count(*)::int from latest) as total,
       (select json_object_agg(status, n order by status)
       from (select status, count(*)::int as n from latest group by 1) s) as by_status,
       (select json_object_agg(kind, n order by kind)
       from (select kind, count(*)::int as n from latest group by 1) k) as by_kind,
       (select json_object_agg(code, n order by code) from (select code, count(*)::int as n from latest
       where status = 'failed' and code is not null group by 1) e) as by_error,
       (select percentile_disc(array[0.5, 0.95, 0.99, 1]) within group (order by wall) from latest
       where wall is not null) as wall`,
    parameters,
  );
  const wall = row?.wall;
  return {
    total: row?.total ?? 0,
    byStatus: row?.by_status ?? {},
    byKind: row?.by_kind ?? {},
    byError: row?.by_error ?? {},
    wallMs: wall ? { p50: round(wall[0]), p95: round(wall[1]), p99: round(wall[2]), max: round(wall[3]) } : null,
    capped: (row?.total ?? 0) >= cap,
  };
}

/** What a chart of runs counts them by. */
export const seriesKeys = ['status', 'kind', 'plugin', 'error'] as const;
export type SeriesKey = (typeof seriesKeys)[number];

const keySql: Record<SeriesKey, string> = {
  status: 'status',
  kind: 'kind',
  plugin: "coalesce(plugin, '')",
  error: "coalesce(error->>'code', '')",
};

export interface SeriesSpan {
  since: Date;
  /** Left out: everything since. An id may be a moment ahead of a clock that was set back. */
  until?: Date | undefined;
  /** Length of a bucket, in seconds; buckets begin at multiples of it since 1970. */
  bucketS: number;
  installationId?: Id<'installation'> | undefined;
  /** Most runs that are looked at, the latest first. Default 20,000, as many as a search looks at. */
  cap?: number;
}

export interface SeriesPoint {
  /** When the bucket begins, in seconds since the epoch. */
  atS: number;
  key: string;
  value: number;
}

export interface Series {
  points: SeriesPoint[];
  /** The oldest run that was looked at, when there were more than the cap; `null`: all were. */
  cutAt: Date | null;
}

/** How many runs were made in each bucket, by what they are. */
export function countRuns(tx: TenantTransaction, span: SeriesSpan, by: SeriesKey): Promise<Series> {
  return readSeries(
    tx,
    span,
    `select at_s, key, count(*)::float8 as value
     from (select floor(made / $2) * $2 as at_s, ${keySql[by]} as key from latest) r group by 1, 2 order by 1, 2`,
  );
}

/** How long the runs made in each bucket took, in milliseconds: percentiles, by their names. */
export function timeRuns(tx: TenantTransaction, span: SeriesSpan): Promise<Series> {
  return readSeries(
    tx,
    span,
    `select at_s, key, value from (
       select floor(made / $2) * $2 as at_s,
         percentile_disc(array[0.5, 0.95, 0.99]) within group (order by wall) as found from latest
       where wall is not null group by 1) b
     cross join unnest(array['p50', 'p95', 'p99'], found) as p (key, value) order by 1, 2`,
  );
}

/** One walk along the primary key, whose ids begin with the time at which they were made. */
async function readSeries(
  tx: TenantTransaction,
  { since, until, bucketS, installationId, cap = 20_000 }: SeriesSpan,
  select: string,
): Promise<Series> {
  const parameters: unknown[] = [tx.tenantUuid, bucketS, cap];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const span = { installationId, from: firstUuidAt(since), before: until && firstUuidAt(until) };
  const latest = `latest as materialized (
    select status, kind, plugin, error, extract(epoch from queued_at)::float8 as made, queued_at,
      extract(epoch from finished_at - started_at)::float8 * 1000 as wall
    from every_run where ${newestIn(span, cap, bind).join(' and ')} order by id desc limit $3)`;
  const rows = await tx.query<{ at_s: number; key: string; value: number; cut: Date | null }>(
    `with ${latest}, cut as (select case when count(*) >= $3 then min(queued_at) end as cut from latest)
     select r.*, cut.cut from cut left join (${select}) r on true`,
    parameters,
  );
  return {
    points: rows.flatMap(({ at_s: atS, key, value }) => (key === null ? [] : [{ atS, key, value: round(value) }])),
    cutAt: rows[0]?.cut ?? null,
  };
}

function round(value: number | undefined): number {
  return Math.round((value ?? 0) * 10) / 10;
}
