-- Calls of routes that went well and used nothing but themselves, many in one row (docs/adr/0034-runs-in-chunks.md). What they share stands in
-- it once, the rest in lists of the same length; PostgreSQL compresses those.
create table run_chunks (
  tenant_id uuid not null,                    -- as in runs, a check of it would cost more than it says
  first_id uuid not null,                     -- the least of ids, and
  last_id uuid not null,                      -- the greatest; made within chunkSpanMs of each other, so few chunks can hold an id
  installation_id uuid not null,
  plugin text not null,
  release text not null,
  name text not null,
  depth int not null,
  result json not null,
  limits text not null,                       -- the JSON, as format() takes it, for the amounts of wall_ms to request_bytes
  runs int not null check (runs > 0),
  started_at timestamptz not null,            -- of the one that started last
  ids uuid[] not null,
  before_ms int[] not null,                   -- how long before that each started
  took_ms int[] not null,
  wall_ms int[] not null,
  cpu_ms int[] not null,
  memory_mb int[] not null,
  result_bytes int[] not null,
  request_bytes int[] not null,
  primary key (tenant_id, last_id)
);
create index run_chunks_by_installation on run_chunks (tenant_id, installation_id, last_id desc);
create index run_chunks_by_age on run_chunks using brin (started_at) with (autosummarize = on);
select annex_protect('run_chunks', 'tenant_id', 'select, insert');

-- Every run alike, whichever way it is kept. A condition on an id says also which chunks may hold it: those from from_id to to_id.
create view every_run with (security_invoker = true) as
select tenant_id, id, id as from_id, id as to_id, installation_id, plugin, release, kind, name, ordinal, status, event_id, schedule_id, scheduled_for,
  replay_of, started_by, payload, depth, policy, attempts, result, error, limits, attempt_count, claims, next_attempt_at, dispatched_at, lease_until,
  lease_owner, cancel_requested, waiting_for, replayed_at, queued_at, started_at, finished_at, webhook_id, delivery_id, skipped_ticks, skipped_until,
  discarded_at
from runs
union all
select c.tenant_id, r.id, c.first_id, c.last_id, c.installation_id, c.plugin, c.release, 'route', c.name, 0, 'succeeded', null, null, null,
  null, null, null, c.depth, '{}', '[]', c.result, null,
  format(c.limits, r.wall_ms, r.cpu_ms, r.memory_mb, r.result_bytes, r.request_bytes)::json, 0, 0, null, null, null,
  null, false, null, null, c.started_at - r.before_ms * interval '1 millisecond', c.started_at - r.before_ms * interval '1 millisecond',
  c.started_at + (r.took_ms - r.before_ms) * interval '1 millisecond', null, null, null, null,
  null
from run_chunks c cross join lateral unnest(c.ids, c.before_ms, c.took_ms, c.wall_ms, c.cpu_ms, c.memory_mb, c.result_bytes, c.request_bytes)
  as r (id, before_ms, took_ms, wall_ms, cpu_ms, memory_mb, result_bytes, request_bytes);
revoke all on every_run from public;
grant select on every_run to annex_app, annex_platform;
