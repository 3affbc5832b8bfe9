/**
 * Takes due runs, straight into `running`. Any number of workers ask at once and none leads: rows are taken with SKIP
 * LOCKED, so each run goes to one of them. How many of which tenant is the asker's matter (libs/dispatch, `turns.ts`);
 * here it is only looked up, by the index of what is due, so that it costs the same however much waits.
 */
import type { EventAlert, EventAttributes, EventSeverity } from '@annex/events';
import { idFromUuid, uuidFromId, type Id, type Json } from '@annex/kernel';
import { webhookLimits } from '@annex/limits';
import { statement, type PlatformTransaction } from '@annex/database';
import type { BackgroundKind, RunPolicy } from './enqueue-run.js';
import { isMovedBy } from './guards.js';
import { nowText } from './texts.js';

/** A run that this worker alone may try, until its lease runs out. */
export interface ClaimedRun {
  id: Id<'run'>;
  tenantId: Id<'tenant'>;
  /** `null`: it belongs to one of the tenant's own webhooks. */
  installationId: Id<'installation'> | null;
  /** The plugin's slug; `null` as above. */
  plugin: string | null;
  kind: BackgroundKind;
  name: string;
  /** Which of several handlers with the same kind and name, from 0. */
  ordinal: number;
  eventId: string | null;
  /**
   * The handler's second argument; for kind `event`, and `webhook` that an event caused, the event as `{ id, type,
   * source, subject, data, time }`.
   */
  payload: Json | undefined;
  /** Which try this is, from 1. */
  attempt: number;
  /** The fencing number. */
  claim: number;
  /** How many attempts the handler itself has failed. */
  failures: number;
  depth: number;
  policy: RunPolicy;
  scheduledFor: Date | null;
  queuedAt: Date;
  /** For kind `webhook`. */
  webhookId: Id<'webhook'> | null;
  deliveryId: Id<'delivery'> | null;
  /** W3C `traceparent` of the work that made it; `null`: traces were off. */
  traceparent: string | null;
}

/** How many runs of a tenant a worker wants. */
export interface DueAsk {
  tenantId: Id<'tenant'>;
  /** At least 1. */
  atMost: number;
  /** Only if no run of the tenant is under way anywhere. */
  onlyIfIdle: boolean;
}

/** What became of an ask. */
export interface DueAnswer {
  tenantId: Id<'tenant'>;
  /** The tenant's weight, and how many runs it may always have under way. */
  weight: number;
  cap: number;
  /** How many of its runs were under way before, in all workers. */
  running: number;
  /** How many due runs were found: claimed, or parked because something keeps them from starting. */
  found: number;
  /** In the order in which they shall start. */
  runs: ClaimedRun[];
}

interface AnswerRow {
  asked: string;
  weight: number;
  cap: number;
  running: number;
  waits: string | null;
  /** `null`: nothing of the tenant was found. */
  id: string | null;
}

interface ClaimedRow extends AnswerRow {
  id: string;
  installation_id: string | null;
  plugin: string | null;
  kind: BackgroundKind;
  name: string;
  ordinal: number;
  event_id: string | null;
  payload: string | null;
  attempt: number;
  claims: number;
  attempt_count: number;
  depth: number;
  policy: RunPolicy;
  scheduled_for: Date | null;
  queued_at: Date;
  webhook_id: string | null;
  delivery_id: string | null;
  traceparent: string | null;
  event_type: string | null;
  event_source: string | null;
  event_subject: string | null;
  event_data: string | null;
  event_time: Date | null;
  event_severity: EventSeverity | null;
  event_tags: string[] | null;
  event_attributes: EventAttributes | null;
  event_raw_type: string | null;
  event_mapped_from: string | null;
  event_alert: EventAlert | null;
}

/**
 * How the transaction of {@link claimDueRuns} and {@link listDueTenants} must be set: without the first two the planner
 * leaves the indexes when a table's statistics are older than a flood (40 ms in the place of 1), and with the third a
 * worker that is stopped in mid-transaction does not keep its rows from the others.
 */
export const claimSettings = {
  enable_bitmapscan: 'off',
  enable_seqscan: 'off',
  idle_in_transaction_session_timeout: '5000',
} as const;

/**
 * `found` locks at most as many due runs of each tenant as were asked for, the longest due first. `judged` says what
 * keeps each from starting, if anything does. `moved` claims or parks it.
 */
const claimSql = statement(`
with asked as materialized (
  select a.turn, a.tenant_id, a.at_most, t.weight, t.background_concurrency as cap,
    (select count(*)::int from runs u where u.tenant_id = a.tenant_id and u.lease_until is not null) as running,
    a.only_if_idle
  from unnest($1::uuid[], $2::int[], $3::bool[]) with ordinality as a (tenant_id, at_most, only_if_idle, turn)
  join tenants t on t.id = a.tenant_id and not t.at_rest
), found as materialized (
  select a.turn, r.* from asked a cross join lateral (
    select l.tenant_id, l.id, l.status, l.kind, l.name, l.next_attempt_at, l.installation_id, l.webhook_id from runs l
    where l.tenant_id = a.tenant_id and l.next_attempt_at <= now() order by l.next_attempt_at, l.id
    limit case when a.only_if_idle and a.running > 0 then 0 else a.at_most end for update skip locked
  ) r
), judged as materialized (
  select f.tenant_id, f.id, f.turn, f.next_attempt_at, case
    when f.installation_id is not null and (i.id is null
      -- Nothing but its onInit runs while a plugin is starting; one that is off is still told so.
      or i.status <> 'enabled' and (f.kind <> 'lifecycle' or i.status = 'starting' and f.name <> 'init'))
      then 'plugin'
    when f.webhook_id is not null and row_number() over (partition by f.tenant_id, f.webhook_id
      order by f.next_attempt_at, f.id) + (select count(*) from runs b where b.tenant_id = f.tenant_id
      and b.webhook_id = f.webhook_id and b.lease_until is not null) > $6::int then 'endpoint' end as waits
  from found f left join installations i on i.tenant_id = f.tenant_id and i.id = f.installation_id
  where ${isMovedBy('claim', 'f.status')}
), moved as (
  update runs r set next_attempt_at = null, waiting_for = j.waits,
    status = case when j.waits is null then 'running' else r.status end,
    claims = r.claims + case when j.waits is null then 1 else 0 end,
    lease_owner = case when j.waits is null then $4 end,
    lease_until = case when j.waits is null then now() + $5::float8 * interval '1 millisecond' end,
    started_at = case when j.waits is null then coalesce(r.started_at, now()) else r.started_at end,
    attempts = case when j.waits is null then r.attempts || jsonb_build_array(jsonb_build_object(
      'number', jsonb_array_length(r.attempts) + 1, 'started_at', ${nowText})) else r.attempts end
  from judged j where r.tenant_id = j.tenant_id and r.id = j.id
  returning r.*, j.waits, j.next_attempt_at as due_at
)
select a.tenant_id as asked, a.weight, a.cap, a.running, m.waits, m.id, m.installation_id, m.plugin, m.kind, m.name,
  m.ordinal, m.event_id, m.payload::text as payload, jsonb_array_length(m.attempts) as attempt, m.claims,
  m.attempt_count, m.depth, m.policy, m.scheduled_for, m.queued_at, m.webhook_id, m.delivery_id,
  m.traceparent,
  e.type as event_type, e.source as event_source, e.subject as event_subject, e.data::text as event_data,
  e.time as event_time, e.severity as event_severity, e.tags as event_tags, e.attributes as event_attributes,
  e.raw_type as event_raw_type, e.mapped_from as event_mapped_from, e.alert as event_alert
from asked a left join moved m on m.tenant_id = a.tenant_id
left join events e on m.waits is null and m.kind in ('event', 'webhook') and e.tenant_id = m.tenant_id
  and e.id = m.event_id
order by a.turn, m.due_at, m.id`);

/**
 * Claims due runs in one statement: the fencing number, the lease and the attempt are written with it, and the event
 * comes with the run. A run whose plugin is not enabled, or whose endpoint is busy, is parked instead. Ask once for a
 * tenant. A tenant that was deleted or is suspended has no
 * answer.
 */
export async function claimDueRuns(
  tx: PlatformTransaction,
  asks: readonly DueAsk[],
  { owner, leaseMs }: { owner: string; leaseMs: number },
): Promise<DueAnswer[]> {
  const rows = await tx.query<AnswerRow | ClaimedRow>(claimSql, [
    asks.map(({ tenantId }) => uuidFromId(tenantId)),
    asks.map(({ atMost }) => atMost),
    asks.map(({ onlyIfIdle }) => onlyIfIdle),
    owner,
    leaseMs,
    webhookLimits.atOnce,
  ]);
  const answers = new Map<string, DueAnswer>();
  for (const row of rows) {
    const { asked, weight, cap, running } = row;
    const tenantId = idFromUuid('tenant', asked);
    const answer = answers.get(asked) ?? { tenantId, weight, cap, running, found: 0, runs: [] };
    answers.set(asked, answer);
    if (!isFound(row)) continue;
    answer.found += 1;
    if (row.waits === null) answer.runs.push(fromClaimedRow(tenantId, row));
  }
  return [...answers.values()];
}

function isFound(row: AnswerRow | ClaimedRow): row is ClaimedRow {
  return row.id !== null;
}

function fromClaimedRow(tenantId: Id<'tenant'>, row: ClaimedRow): ClaimedRun {
  return {
    id: idFromUuid('run', row.id),
    tenantId,
    installationId: row.installation_id === null ? null : idFromUuid('installation', row.installation_id),
    plugin: row.plugin,
    kind: row.kind,
    name: row.name,
    ordinal: row.ordinal,
    eventId: row.event_id,
    payload: payloadOf(row),
    attempt: row.attempt,
    claim: row.claims,
    failures: row.attempt_count,
    depth: row.depth,
    policy: row.policy,
    scheduledFor: row.scheduled_for,
    queuedAt: row.queued_at,
    webhookId: row.webhook_id === null ? null : idFromUuid('webhook', row.webhook_id),
    deliveryId: row.delivery_id === null ? null : idFromUuid('delivery', row.delivery_id),
    traceparent: row.traceparent,
  };
}

function payloadOf(row: ClaimedRow): Json | undefined {
  const own = row.payload === null ? undefined : (JSON.parse(row.payload) as Json);
  if (row.event_type === null) return own;
  const data = own !== undefined ? own : (JSON.parse(row.event_data ?? 'null') as Json);
  return {
    id: row.event_id,
    type: row.event_type,
    source: row.event_source,
    subject: row.event_subject,
    data,
    time: row.event_time?.toISOString() ?? null,
    severity: row.event_severity,
    tags: row.event_tags,
    attributes: row.event_attributes,
    ...(row.event_raw_type !== null && { raw_type: row.event_raw_type }),
    ...(row.event_mapped_from !== null && { mapped_from: row.event_mapped_from }),
    ...(row.event_alert && { alert: { ...row.event_alert } }),
  };
}

/** A tenant that has due runs. */
export interface DueTenant {
  tenantId: Id<'tenant'>;
  weight: number;
  /** How many runs it may always have under way. */
  cap: number;
}

/** One step of the index for each tenant, however many runs it has. */
const dueTenantsSql = statement(`
with recursive waiting (tenant_id, due_at) as (
    (select tenant_id, next_attempt_at from runs
     where next_attempt_at is not null and ($1::uuid is null or tenant_id > $1)
     order by tenant_id, next_attempt_at limit 1)
  union all
    select r.tenant_id, r.next_attempt_at from waiting w cross join lateral (
      select tenant_id, next_attempt_at from runs where next_attempt_at is not null and tenant_id > w.tenant_id
      order by tenant_id, next_attempt_at limit 1) r
), page as (select * from waiting limit $2)
select p.tenant_id, t.weight, t.background_concurrency as cap,
  p.due_at <= now() and t.id is not null as is_due
from page p left join tenants t on t.id = p.tenant_id and not t.at_rest order by p.tenant_id`);

/**
 * Tenants that have due runs, in the order of their ids, from the one behind `after` on. `next`: the answer stopped at
 * this tenant, after having looked at `limit` of them; `undefined`: there are no more.
 */
export async function listDueTenants(
  tx: PlatformTransaction,
  { after, limit }: { after?: Id<'tenant'> | undefined; limit: number },
): Promise<{ tenants: DueTenant[]; next: Id<'tenant'> | undefined }> {
  const rows = await tx.query<{ tenant_id: string; weight: number; cap: number; is_due: boolean }>(dueTenantsSql, [
    after === undefined ? null : uuidFromId(after),
    limit,
  ]);
  const last = rows.length < limit ? undefined : rows.at(-1);
  return {
    tenants: rows
      .filter((row) => row.is_due)
      .map(({ tenant_id, weight, cap }) => ({ tenantId: idFromUuid('tenant', tenant_id), weight, cap })),
    next: last && idFromUuid('tenant', last.tenant_id),
  };
}
