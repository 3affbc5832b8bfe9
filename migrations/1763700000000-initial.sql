-- Annex: the first schema. Rules every table keeps (docs/architecture.md, "Tenants"):
--   * a table with tenant_id is protected with annex_protect(): row-level security enabled AND forced;
--   * tenant_id leads every primary key, unique key and foreign key between tenants' tables;
--   * the application runs as annex_app (one tenant a transaction) or annex_platform (work across tenants: relay, retention,
--     sign-in). Neither owns anything, neither may bypass row security.

-- Made here only where nobody has made them: the owner of an operator's own database may not be allowed to (docs/configuration.md).
do $$ begin
  if to_regrole('annex_app') is null then create role annex_app nologin noinherit nobypassrls; end if;
exception when duplicate_object then null; when unique_violation then null; end $$;
do $$ begin
  if to_regrole('annex_platform') is null then create role annex_platform nologin noinherit nobypassrls; end if;
exception when duplicate_object then null; when unique_violation then null; end $$;
do $$ begin
  if not (select rolsuper or pg_has_role(oid, 'annex_platform', 'usage') from pg_roles where rolname = current_user) then
    execute format('grant annex_app, annex_platform to %I with set true', current_user);
  end if;
end $$;

do $$ begin execute format('grant usage on schema %I to annex_app, annex_platform', current_schema()); end $$;

-- The tenant of the current transaction. After a transaction the setting is '' and not NULL, hence nullif.
create function annex_tenant() returns uuid language sql stable parallel safe
  as $$ select nullif(current_setting('app.tenant', true), '')::uuid $$;

-- Puts the second wall around a table: annex_app sees one tenant's rows, annex_platform every row.
create function annex_protect(target regclass, tenant_column text default 'tenant_id', privileges text default 'select, insert, update, delete') returns void
  language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy one_tenant on %s to annex_app using (%I = nullif(current_setting(''app.tenant'', true), '''')::uuid) with check (%I = nullif(current_setting(''app.tenant'', true), '''')::uuid)', target, tenant_column, tenant_column);
  execute format('create policy every_tenant on %s to annex_platform using (true) with check (true)', target);
  execute format('revoke all on %s from public', target);
  execute format('grant %s on %s to annex_app', privileges, target);
  execute format('grant select, insert, update, delete on %s to annex_platform', target);
end $$;

-- ── tenants and access ─────────────────────────────────────────────────────────────────────────────────────────────
create table tenants (
  id uuid primary key,
  slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text not null,
  background_concurrency int not null default 5 check (background_concurrency > 0),
  weight int not null default 1 check (weight > 0),
  erasing_since timestamptz,       -- being deleted: nobody enters any more, its rows go in portions
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
select annex_protect('tenants', 'id', 'select');

-- People who may act in every tenant. Not tenant data: only annex_platform reads it.
create table operators (
  id uuid primary key,
  email text not null,
  password_hash text,
  credential_version int not null default 1,   -- counts up with each new password; older sign-ins end
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index operators_email on operators (lower(email));
revoke all on operators from public;
grant select, insert, update, delete on operators to annex_platform;

create table users (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  email text not null,
  password_hash text,
  credential_version int not null default 1,   -- as in operators
  role text not null check (role in ('viewer', 'member', 'developer', 'admin', 'owner')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create unique index users_email on users (tenant_id, lower(email));
create index users_by_email on users (lower(email));
create unique index users_by_id on users (id);
select annex_protect('users');

create table api_tokens (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  user_id uuid,
  operator_id uuid references operators on delete cascade,   -- keeps this operator's right to act in every tenant
  name text not null,
  role text not null check (role in ('viewer', 'member', 'developer', 'admin', 'owner')),
  token_hash bytea not null,
  expires_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create unique index api_tokens_hash on api_tokens (token_hash);
select annex_protect('api_tokens');

-- ── plugins ────────────────────────────────────────────────────────────────────────────────────────────────────────
create table installations (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  slug text not null,
  name text not null,
  status text not null default 'installed' check (status in ('installed', 'enabled', 'disabled', 'suspended')),
  status_reason text,
  release_id uuid,
  granted jsonb not null default '[]',
  config json not null default '{}',       -- as the tenant set it; json, here and in releases: jsonb refuses the NUL character
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, slug)
);
select annex_protect('installations');

create table releases (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  installation_id uuid not null,
  version text not null,
  sha256 text not null,            -- of the uploaded archive
  manifest json not null,          -- libs/manifest's Manifest: camelCase, defaults filled in; plugin.json itself is among the files
  registrations json not null,     -- what the entry registered, in order
  bundle_sha256 text not null,     -- blob: the script
  source_map_sha256 text,          -- blob
  created_by text,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, installation_id, sha256),
  foreign key (tenant_id, installation_id) references installations (tenant_id, id) on delete cascade
);
select annex_protect('releases', 'tenant_id', 'select, insert, delete');
alter table installations add foreign key (tenant_id, release_id) references releases (tenant_id, id) deferrable initially deferred;

-- Files by content, so that a name a tenant chose never reaches a disk.
create table blobs (
  tenant_id uuid not null references tenants on delete cascade,
  sha256 text not null,
  bytes bytea not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, sha256)
);
alter table blobs alter column bytes set storage external;
select annex_protect('blobs', 'tenant_id', 'select, insert, delete');

create table release_files (
  tenant_id uuid not null references tenants on delete cascade,
  release_id uuid not null,
  path text not null,
  sha256 text not null,
  size int not null,
  primary key (tenant_id, release_id, path),
  foreign key (tenant_id, release_id) references releases (tenant_id, id) on delete cascade,
  foreign key (tenant_id, sha256) references blobs (tenant_id, sha256)
);
select annex_protect('release_files', 'tenant_id', 'select, insert, delete');

-- Each kill of an executor is billed to the installation that caused it.
create table executor_kills (
  tenant_id uuid not null references tenants on delete cascade,
  installation_id uuid not null,
  at timestamptz not null default now(),
  reason text not null,
  foreign key (tenant_id, installation_id) references installations (tenant_id, id) on delete cascade
);
create index executor_kills_recent on executor_kills (tenant_id, installation_id, at);
select annex_protect('executor_kills', 'tenant_id', 'select, insert, delete');

-- Which handlers of enabled installations want which events. Kept by the transaction that enables, upgrades or disables, read by the one
-- that writes an event.
create table subscriptions (
  tenant_id uuid not null references tenants on delete cascade,
  installation_id uuid not null,
  pattern text not null,
  ordinal int not null,
  plugin text not null,
  policy jsonb not null,
  primary key (tenant_id, installation_id, pattern, ordinal),
  foreign key (tenant_id, installation_id) references installations (tenant_id, id) on delete cascade
);
select annex_protect('subscriptions');

-- ── secrets ────────────────────────────────────────────────────────────────────────────────────────────────────────
create table tenant_keys (
  tenant_id uuid not null references tenants on delete cascade,
  version int not null,
  kek_id text not null,
  wrapped bytea not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, version)
);
select annex_protect('tenant_keys');

create table secrets (
  tenant_id uuid not null references tenants on delete cascade,
  installation_id uuid,            -- null: tenant-wide
  name text not null,
  version int not null default 1,
  key_version int not null,
  nonce bytea not null,
  ciphertext bytea not null,
  allowed_hosts jsonb not null default '[]',
  updated_by text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique nulls not distinct (tenant_id, installation_id, name),
  foreign key (tenant_id, installation_id) references installations (tenant_id, id) on delete cascade,
  foreign key (tenant_id, key_version) references tenant_keys (tenant_id, version)
);
select annex_protect('secrets');

-- ── events, runs, logs ─────────────────────────────────────────────────────────────────────────────────────────────
create table events (
  tenant_id uuid not null references tenants on delete cascade,
  id text not null,                -- the sender's own, or evt_…
  type text not null,
  source text not null,
  subject text,
  data json,                       -- json, here and below: jsonb refuses the NUL character and forgets the order of keys
  time timestamptz not null,
  depth int not null default 0,
  run_id uuid,                     -- the run that emitted it
  created_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create index events_recent on events (tenant_id, created_at desc, id);
create index events_by_age on events using brin (created_at) with (autosummarize = on);
select annex_protect('events');

-- Every request to run a handler. Background runs (event, job, webhook) are also the delivery: state, claim and lease live here,
-- so that nothing in a queue is the only copy. A route's run is written once, when it ends.
create table runs (
  tenant_id uuid not null,         -- the installation's key leads to the tenant; a second check a row would cost a quarter of the insert
  id uuid not null,
  installation_id uuid not null,
  plugin text not null,
  release text,
  kind text not null check (kind in ('route', 'event', 'job', 'webhook', 'filter', 'lifecycle')),
  name text not null,
  ordinal int not null default 0,  -- which of several handlers with the same kind and name
  status text not null check (status in ('queued', 'running', 'retrying', 'succeeded', 'failed', 'cancelled', 'skipped')),
  event_id text,
  schedule_id uuid,
  scheduled_for timestamptz,
  replay_of uuid,
  payload json,
  depth int not null default 0,
  policy jsonb not null default '{}',      -- timeout and retry, as resolved when the run was made
  attempts jsonb not null default '[]',
  result json,
  error json,
  limits json not null default '{}',       -- json: as jsonb its thirty numbers cost more than the rest of the row
  -- dispatch
  attempt_count int not null default 0,    -- the handler failed: drives the retry schedule
  claims int not null default 0,           -- starts: the fencing token, and the cap on crash loops
  next_attempt_at timestamptz,             -- when the relay may queue it; null: not waiting for the relay
  dispatched_at timestamptz,               -- handed to the queue, not yet claimed
  lease_until timestamptz,
  lease_owner text,
  cancel_requested boolean not null default false,
  waiting_for text,                        -- null, or why the relay leaves it alone: 'overlap' (an earlier run of the job), 'plugin' (not enabled)
  replayed_at timestamptz,                 -- a failed run is a dead letter until it was replayed
  queued_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, installation_id) references installations (tenant_id, id) on delete cascade
);
create index runs_by_installation on runs (tenant_id, installation_id, id desc);
create index runs_background on runs (tenant_id, kind, id desc) where kind <> 'route';
create index runs_by_job on runs (tenant_id, installation_id, name, id desc) where kind = 'job';
create index runs_by_event on runs (tenant_id, event_id) where event_id is not null;
create index runs_failed on runs (tenant_id, id desc) where status = 'failed';
create index runs_dead on runs (tenant_id, id) where status = 'failed' and replayed_at is null and kind in ('event', 'job', 'webhook');
create index runs_due on runs (tenant_id, next_attempt_at, id) where next_attempt_at is not null;
create index runs_parked on runs (tenant_id, installation_id, queued_at) where waiting_for is not null;
create index runs_by_age on runs using brin (queued_at) with (autosummarize = on);
create index runs_open on runs (tenant_id, installation_id, kind, name) where status in ('queued', 'running', 'retrying');
create index runs_dispatched on runs (dispatched_at) where dispatched_at is not null;
create index runs_leased on runs (lease_until) where lease_until is not null;
create unique index runs_tick on runs (tenant_id, schedule_id, scheduled_for) where schedule_id is not null and replay_of is null;
alter table runs set (autovacuum_vacuum_scale_factor = 0.05);
select annex_protect('runs');

-- Which dispatchers are alive and how many background runs each takes. Not tenant data: only annex_platform reads it.
create table workers (
  id text primary key,
  slots int not null check (slots > 0),
  seen_at timestamptz not null default now()
);
revoke all on workers from public;
grant select, insert, update, delete on workers to annex_platform;

create table run_logs (
  tenant_id uuid not null references tenants on delete cascade,
  id bigint generated always as identity,
  run_id uuid not null,
  installation_id uuid not null,
  plugin text not null,
  time timestamptz not null,
  level text not null,
  message text not null,
  fields json,
  primary key (tenant_id, id)
);
create index run_logs_by_run on run_logs (tenant_id, run_id, id);
create index run_logs_by_installation on run_logs (tenant_id, installation_id, id);
create index run_logs_by_age on run_logs using brin (time) with (autosummarize = on);
select annex_protect('run_logs');

create table schedules (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  installation_id uuid not null,
  name text not null,
  spec_hash text not null,
  schedule text not null,                  -- in force: the manifest's, or the admin's own
  timezone text not null,
  overridden boolean not null default false,
  overlap text not null check (overlap in ('skip', 'queue', 'allow', 'replace')),
  catch_up text not null check (catch_up in ('none', 'latest', 'all')),
  misfire_deadline_s int,                  -- null: a late tick always fires
  paused boolean not null default false,
  active boolean not null default false,   -- the installation is enabled and declares it
  next_at timestamptz,
  last_run_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, installation_id, name),
  foreign key (tenant_id, installation_id) references installations (tenant_id, id) on delete cascade
);
create index schedules_due on schedules (next_at) where active and not paused and next_at is not null;
select annex_protect('schedules');

-- ── what plugins keep, and what the platform keeps about them ──────────────────────────────────────────────────────
create table kv (
  tenant_id uuid not null references tenants on delete cascade,
  installation_id uuid not null,
  key text collate "C" not null,   -- in the order of its bytes, so that a prefix is a range of the primary key
  value json not null,
  expires_at timestamptz,
  updated_at timestamptz not null default now(),
  primary key (tenant_id, installation_id, key),
  foreign key (tenant_id, installation_id) references installations (tenant_id, id) on delete cascade
);
create index kv_expired on kv (expires_at) where expires_at is not null;
select annex_protect('kv');

create table idempotency_keys (
  tenant_id uuid not null references tenants on delete cascade,
  actor text not null,
  key text not null,
  fingerprint text not null,               -- method, path and body
  claim int not null default 1,            -- counts takeovers of a request that died: only the latest may complete
  status int,                              -- null: in flight
  headers jsonb,
  body text,
  created_at timestamptz not null default now(),
  primary key (tenant_id, actor, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);
select annex_protect('idempotency_keys');

-- Append-only and hash-chained per tenant: each row's hash covers the one before it.
create table audit (
  tenant_id uuid not null references tenants on delete cascade,
  seq bigint not null,
  at timestamptz not null,
  actor text not null,
  action text not null,
  target text,
  detail jsonb not null default '{}',
  request_id text,
  previous_hash bytea not null,
  hash bytea not null,
  primary key (tenant_id, seq)
);
select annex_protect('audit', 'tenant_id', 'select, insert');

create table usage (
  tenant_id uuid not null references tenants on delete cascade,
  day date not null,
  installation_id uuid not null,
  metric text not null,
  value double precision not null default 0,
  primary key (tenant_id, day, installation_id, metric)
);
select annex_protect('usage');

-- Names one generation of every cache: bumped in the transaction that changes what /ext caches, told by NOTIFY annex_changed.
create function annex_changed(tenant uuid, what text) returns void language sql as
  $$ select pg_notify('annex_changed', json_build_object('tenant', tenant, 'what', what)::text) $$;
