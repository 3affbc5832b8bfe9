-- Deliveries: what plugins fail in a row, replays of many dead letters, causes of events; schedules: jitter, and why ticks did not run;
-- answers to the keys of operators; portions of what uninstalled plugins leave.

-- How an installation fails in a row, by its own fault; no row: its last run went well.
create table plugin_failures (
  tenant_id uuid not null references tenants on delete cascade,
  installation_id uuid not null,
  attempts int not null default 0,         -- failed, retried ones included
  runs int not null default 0,             -- failed for good
  since timestamptz not null default now(),
  last_at timestamptz not null default now(),
  last_run_id uuid not null,
  last_error json not null,
  primary key (tenant_id, installation_id)
);
select annex_protect('plugin_failures');

-- A replay of many dead letters, done portion by portion, whoever dies in between.
create table dead_letter_replays (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  filter json not null,
  up_to uuid,                              -- the newest run that it means; later dead letters are none of its business
  total int not null,
  replayed int not null default 0,
  failed int not null default 0,           -- could not be replayed: gone, or replayed by somebody else
  status text not null default 'running' check (status in ('running', 'done', 'cancelled')),
  waiting_for text,                        -- 'queue_full': goes on when there is room
  actor text not null,
  next_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (tenant_id, id)
);
create index dead_letter_replays_running on dead_letter_replays (next_at) where status = 'running';
create index dead_letter_replays_age on dead_letter_replays (finished_at) where finished_at is not null;
select annex_protect('dead_letter_replays');

create index events_by_run on events (tenant_id, run_id) where run_id is not null;

-- One row tells of a stretch of ticks that did not run for the same reason: how many, and until which.
alter table runs add column skipped_ticks int, add column skipped_until timestamptz;

alter table schedules
  add column jitter_s int not null default 0,
  add column resting_since timestamptz,    -- since when its plugin is not enabled; null: it is
  add column rested_until timestamptz,     -- ticks up to here fell into a pause or a rest that is over, and do not run
  add column rested_for text,              -- what it was: 'paused' or 'plugin_disabled'
  drop column last_run_id;

-- Keys of requests that belong to no tenant: operators' own, and of people about themselves. Only annex_platform reads it.
create table operator_idempotency_keys (
  actor text not null,
  key text not null,
  fingerprint text not null,
  claim int not null default 1,
  status int,
  headers jsonb,
  body text,
  created_at timestamptz not null default now(),
  primary key (actor, key)
);
create index operator_idempotency_keys_age on operator_idempotency_keys (created_at);
revoke all on operator_idempotency_keys from public;
grant select, insert, update, delete on operator_idempotency_keys to annex_platform;

-- The runs of an uninstalled plugin go in portions, behind the answer, as those of a tenant that is erased do. They therefore hang on no
-- installation any more, nor on a tenant: looking at either would cost each new run a quarter of its insert.
do $$ declare c record; begin
  for c in select conname from pg_constraint where contype = 'f' and confrelid = 'installations'::regclass and conrelid = 'runs'::regclass
  loop execute format('alter table runs drop constraint %I', c.conname); end loop;
end $$;
create table uninstalled (
  tenant_id uuid not null references tenants on delete cascade,
  installation_id uuid not null,
  at timestamptz not null default now(),
  next_at timestamptz not null default now(),   -- when to look for leftovers again
  primary key (tenant_id, installation_id)
);
create index uninstalled_due on uninstalled (next_at);
select annex_protect('uninstalled', 'tenant_id', 'select, insert');
