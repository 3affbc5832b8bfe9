/** Reads out of PostgreSQL, past the product, what the checker needs. */
import { idFromUuid } from '@annex/kernel';
import type { Deployment } from '../support/deployment.js';
import type { RunRecord, Tick } from './checker.js';

type Sql = Deployment['sql'];

/** Tenants whose history is read, by slug. */
const mine = `tenant_id in (select id from tenants where slug = any($1))`;

/** Committed `work.done` events by the key of their work. */
export async function readEffects(sql: Sql, slugs: readonly string[]): Promise<Map<string, number>> {
  const rows = await sql<{ key: string; n: number }>(
    `select data ->> 'key' as key, count(*)::int as n from events where ${mine} and type = 'work.done' group by 1`,
    [slugs],
  );
  return new Map(rows.map(({ key, n }) => [key, n]));
}

interface RunRow {
  id: string;
  delivery_id: string | null;
  name: string;
  status: string;
  claims: number;
  attempts: { started_at: string; finished_at?: string; error?: { code: string } }[];
}

/**
 * The runs of these handlers, and those that send webhooks, which are named by their delivery as their receiver knows
 * it.
 */
export async function readRuns(sql: Sql, slugs: readonly string[], names: readonly string[]): Promise<RunRecord[]> {
  const rows = await sql<RunRow>(
    `select id, delivery_id, name, status, claims, attempts from runs
     where ${mine} and (name = any($2) or kind = 'webhook')`,
    [slugs, names],
  );
  return rows.map(({ id, delivery_id, name, status, claims, attempts }) => ({
    id: delivery_id === null ? idFromUuid('run', id) : idFromUuid('delivery', delivery_id),
    name,
    status,
    claims,
    attempts: attempts.map(({ started_at, finished_at, error }) => ({
      fromMs: Date.parse(started_at),
      toMs: finished_at === undefined ? Infinity : Date.parse(finished_at),
      error: error?.code,
    })),
  }));
}

/** Each decided tick of the tenants' schedules; a schedule is named by its tenant and its job. */
export async function readTicks(sql: Sql, slugs: readonly string[]): Promise<(Tick & { lagMs: number })[]> {
  const rows = await sql<{
    schedule: string;
    at: Date;
    status: string;
    code: string | null;
    lag_ms: number;
    ticks: number | null;
    until: Date | null;
  }>(
    `select t.slug || '/' || r.name as schedule, r.scheduled_for as at, r.status, r.error ->> 'code' as code,
       r.skipped_ticks as ticks, r.skipped_until as until,
       (extract(epoch from coalesce(r.started_at, r.finished_at) - r.scheduled_for) * 1000)::float8 as lag_ms
     from runs r join tenants t on t.id = r.tenant_id where r.${mine} and r.scheduled_for is not null`,
    [slugs],
  );
  return rows.map(({ schedule, at, status, code, lag_ms, ticks, until }) => ({
    schedule,
    atMs: at.getTime(),
    status,
    code: code ?? undefined,
    stretch: ticks === null || until === null ? undefined : { ticks, untilMs: until.getTime() },
    lagMs: lag_ms,
  }));
}

export interface OpenRun {
  id: string;
  name: string;
  status: string;
  claims: number;
  waiting_for: string | null;
}

/** Runs that have not ended. */
export function readOpen(sql: Sql, slugs: readonly string[]): Promise<OpenRun[]> {
  return sql<OpenRun>(
    `select id, name, status, claims, waiting_for from runs
     where ${mine} and status in ('queued', 'retrying', 'running') order by id`,
    [slugs],
  );
}

/**
 * Waits until every run of the tenants has ended, and answers those that have not when nothing has moved for
 * `patienceMs` milliseconds: a slow machine moves slowly, lost work not at all.
 */
export async function untilSettled(sql: Sql, slugs: readonly string[], patienceMs: number): Promise<OpenRun[]> {
  let before = '';
  let movedMs = Date.now();
  for (;;) {
    const open = await readOpen(sql, slugs);
    if (open.length === 0) return [];
    const now = JSON.stringify(open);
    if (now !== before) {
      before = now;
      movedMs = Date.now();
    } else if (Date.now() - movedMs > patienceMs) {
      return open;
    }
    await new Promise((done) => setTimeout(done, 250));
  }
}
