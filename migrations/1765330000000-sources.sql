-- Where events come from: what packages declare, and what tenants set up themselves.
create table sources (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  name text not null,              -- of a package: <slug>.<name>
  installation_id uuid,            -- null: the tenant's own
  type text not null,
  spec jsonb not null,             -- what its declaration says
  active boolean not null,         -- it is declared and its plugin is on; the tenant's own: somebody enabled it
  declared boolean not null default true,  -- the active release has it
  paused boolean not null default false,
  cursor json,                     -- where to go on; null: at the beginning
  token bigint not null default 0, -- goes up whenever the cursor gets another owner: who knows an older one writes nothing
  initialized_for uuid,            -- the release whose initialize has succeeded
  next_at timestamptz,             -- when to poll or to open the connection; null: nothing is due
  owner text,                      -- the worker that holds the connection
  lease_until timestamptz,
  restarted_at timestamptz[] not null default '{}',  -- when the connection broke, the latest times
  failed_at timestamptz,           -- it broke too often, and waits for somebody
  last_error json,                 -- of the connection; null: none since it was opened
  last_error_at timestamptz,
  last_batch_at timestamptz,       -- when something was taken, be it nothing
  last_event_at timestamptz,
  events bigint not null default 0,
  duplicates bigint not null default 0,
  rejected bigint not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, installation_id) references installations (tenant_id, id) on delete cascade
);
create unique index sources_by_name on sources (tenant_id, name);
create index sources_of_installation on sources (tenant_id, installation_id) where installation_id is not null;
create index sources_due on sources (next_at) where active and not paused and next_at is not null;
select annex_protect('sources');

-- A poll, and a request that a source received, are runs of their own kind. Rows from before have none.
alter table runs drop constraint runs_kind_check;
alter table runs add constraint runs_kind_check
  check (kind in ('route', 'event', 'job', 'webhook', 'filter', 'lifecycle', 'source')) not valid;
create index runs_by_source on runs (tenant_id, installation_id, name, id desc) where kind = 'source';
