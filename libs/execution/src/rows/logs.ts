import { uuidFromId, type Id } from '@annex/kernel';
import { storableJson, type TenantTransaction } from '@annex/database';
import { RunLogRow, type LogLevel } from './run-log-row.js';

/** A line that plugin code logged. */
export interface NewLogLine extends Pick<
  RunLogRow,
  'runId' | 'installationId' | 'plugin' | 'level' | 'message' | 'fields'
> {
  /** Milliseconds since the epoch. */
  timeMs: number;
}

/** A line as it was kept. */
export type LogLine = Pick<RunLogRow, 'id' | 'time' | 'level' | 'message' | 'fields' | 'runId' | 'plugin'>;

/** The channel on which {@link insertLogs} tells of new lines; the payload is the installation's UUID. */
export const logsChannel = 'annex_logs';

/**
 * How far a log may pass its quota, as a factor, while its oldest lines are being removed; lines that come then are
 * left out.
 */
const logOverdraft = 1.25;

/**
 * Writes lines in their order and tells whoever follows the installations' logs once this commits. Lines of a gone
 * installation are left out.
 */
export async function insertLogs(tx: TenantTransaction, lines: readonly NewLogLine[]): Promise<void> {
  if (lines.length === 0) return;
  const rows = lines.map((line) => ({
    r: uuidFromId(line.runId),
    i: uuidFromId(line.installationId),
    p: line.plugin,
    t: new Date(line.timeMs).toISOString(),
    l: line.level,
    m: line.message,
    f: line.fields,
  }));
  await tx.query(
    `with written as (
       insert into run_logs (tenant_id, run_id, installation_id, plugin, time, level, message, fields)
       select $1, r.r, r.i, r.p, r.t, r.l, r.m, r.f
       from rows from (json_to_recordset($2::json) as (r uuid, i uuid, p text, t timestamptz, l text, m text,
         f json)) with ordinality as r (r, i, p, t, l, m, f, n)
       where r.i in (select id from installations where tenant_id = $1 for key share)
         and coalesce((select sum(bytes) from quota_use
         where tenant_id = $1 and kind = 'logs') < annex_quota($1, 'log_bytes') * ${logOverdraft}, true)
       order by r.n
       returning installation_id)
     select pg_notify($3, installation_id::text) from (select distinct installation_id from written) as told`,
    [tx.tenantUuid, storableJson(rows), logsChannel],
  );
}

export interface LogFilter {
  installationId?: Id<'installation'>;
  runId?: Id<'run'>;
  /** Only these levels. Default: all. */
  levels?: readonly LogLevel[];
  since?: Date;
  until?: Date;
  /** Part of the message or of the fields' JSON, letter case ignored. */
  text?: string;
  limit: number;
}

/** Lines that one page looks at when it searches for text; further ones are the next page's. */
const scanCap = 20_000;

const columns = 'id, run_id, plugin, time, level, message, fields';

/**
 * A page of lines, newest first. `before`: the id that the page before answered as `next`. `next` is `null` at the end.
 * A page that searches looks at a bounded number of lines, so it may hold few or none and still have a `next`.
 */
export async function listLogs(
  tx: TenantTransaction,
  filter: LogFilter & { before?: string },
): Promise<{ lines: LogLine[]; next: string | null }> {
  const { installationId, runId, levels, since, until, text, limit, before } = filter;
  const parameters: unknown[] = [tx.tenantUuid];
  const add = (value: unknown): string => `$${parameters.push(value)}`;
  const range = ['tenant_id = $1'];
  if (installationId) range.push(`installation_id = ${add(uuidFromId(installationId))}`);
  if (runId) range.push(`run_id = ${add(uuidFromId(runId))}`);
  if (before) range.push(`id < ${add(before)}::bigint`);
  const wanted = ['true'];
  if (levels) wanted.push(`level = any (${add(levels)})`);
  if (since) wanted.push(`time >= ${add(since)}`);
  if (until) wanted.push(`time < ${add(until)}`);
  if (text) {
    const needle = add(`%${text.replace(/[\\%_]/g, '\\$&')}%`);
    wanted.push(`(message ilike ${needle} or fields::text ilike ${needle})`);
  }
  const rows = await tx.rows<RunLogRow, LogLine & { scanned: string | null }>(
    RunLogRow,
    `with scanned as materialized (select ${columns} from run_logs where ${range.join(' and ')} order by id desc
     limit ${scanCap}),
       edge as (select min(id) as id, count(*) as n from scanned)
     select s.*, case when edge.n >= ${scanCap} then edge.id end as scanned
     from edge left join lateral (select * from scanned where ${wanted.join(' and ')} order by id desc
     limit ${add(limit + 1)}) s on true`,
    parameters,
  );
  const edge = rows[0]?.scanned ?? null;
  const found = rows.filter((row) => row.id !== null).map(({ scanned: _, ...line }) => line);
  const lines = found.slice(0, limit);
  return { lines, next: found.length > limit ? (lines.at(-1)?.id ?? null) : edge };
}

/** Lines after `after` (exclusive), oldest first: what somebody who follows the logs has not seen yet. */
export function readLogsAfter(
  tx: TenantTransaction,
  { installationId, after, limit }: { installationId: Id<'installation'>; after: string; limit: number },
): Promise<LogLine[]> {
  return tx.rows<RunLogRow, LogLine>(
    RunLogRow,
    `select ${columns} from run_logs where tenant_id = $1 and installation_id = $2 and id > $3::bigint order by id
     limit $4`,
    [tx.tenantUuid, uuidFromId(installationId), after, limit],
  );
}

/** The id of an installation's newest line; `'0'` when it has none. */
export async function lastLogId(tx: TenantTransaction, installationId: Id<'installation'>): Promise<string> {
  const [row] = await tx.query<{ id: string }>(
    'select id from run_logs where tenant_id = $1 and installation_id = $2 order by id desc limit 1',
    [tx.tenantUuid, uuidFromId(installationId)],
  );
  return row?.id ?? '0';
}

/** Every line of a run in the order in which it was logged. */
export function readRunLogs(tx: TenantTransaction, runId: Id<'run'>, limit: number): Promise<LogLine[]> {
  return tx.rows<RunLogRow, LogLine>(
    RunLogRow,
    `select ${columns} from run_logs where tenant_id = $1 and run_id = $2 order by id limit $3`,
    [tx.tenantUuid, uuidFromId(runId), limit],
  );
}
