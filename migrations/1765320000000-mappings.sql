-- Mappings: what events become, which of them are one alert, and what follows when several come together.

alter table events
  add column raw_type text,        -- as it came; null: it kept its type
  add column mapped_from text,     -- <mapping>/<rule> that took it, or made it
  add column suppressed_by json,   -- { "reason", "rule", "alert" }: why nobody got it
  add column alert json;           -- { "id", "status", "count", "first_at" }
create index events_suppressed on events (tenant_id, created_at desc, id) where suppressed_by is not null;

-- What is in force: the tenant's own, made by REST, and those of packages, kept by what enables, upgrades or disables their plugin.
create table mappings (
  tenant_id uuid not null references tenants on delete cascade,
  name text not null,              -- of a package: <slug>.<file>
  installation_id uuid,            -- null: the tenant's own
  plugin text,
  version int not null default 1,
  document json not null,          -- as it was written
  definition json not null,        -- as it was understood (libs/events' MappingDefinition)
  created_by text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, name),
  foreign key (tenant_id, installation_id) references installations (tenant_id, id) on delete cascade
);
create index mappings_of_package on mappings (tenant_id, installation_id) where installation_id is not null;
select annex_protect('mappings');

-- One row for a tenant that ever had a mapping. Another revision with each change, so that whoever keeps the rules sees that they are old.
create table mapping_heads (
  tenant_id uuid primary key references tenants on delete cascade,
  revision uuid not null default gen_random_uuid()
);
select annex_protect('mapping_heads');

-- What is remembered of the events of one rule and key.
create table event_states (
  tenant_id uuid not null references tenants on delete cascade,
  rule text not null,              -- <mapping>/<rule>
  key text not null,
  id uuid not null,                -- alr_…
  status text not null check (status in ('new', 'firing', 'resolved')),  -- new: of the transaction that makes it
  type text not null,              -- of its events
  event_id text not null,          -- the last one that went through
  count int not null default 0,
  first_at timestamptz not null,
  last_at timestamptz not null,
  passed_at timestamptz not null,  -- when an event last went through
  ends_at timestamptz not null,    -- over by itself then; a resolved one is forgotten then
  tells_end boolean not null default false,
  silenced_until timestamptz,
  resolved_by text,                -- an actor; null: an event or its time
  primary key (tenant_id, rule, key)
);
create unique index event_states_id on event_states (tenant_id, id);
create index event_states_firing on event_states (tenant_id, first_at) where status = 'firing';
create index event_states_ends on event_states (ends_at);
select annex_protect('event_states');

-- What is remembered of the events of one correlation and key.
create table correlation_states (
  tenant_id uuid not null references tenants on delete cascade,
  rule text not null,              -- <mapping>/<correlation>
  key text not null,
  seen json,                       -- by the place in "all": { "ms", "id" } of the event that met it last
  due_at timestamptz,              -- it fires then, unless one of "absent" comes
  closed_until timestamptz,        -- it fired
  ends_at timestamptz not null default now(),  -- due, or forgotten
  depth int not null default 0,
  primary key (tenant_id, rule, key)
);
create index correlation_states_ends on correlation_states (ends_at);
select annex_protect('correlation_states');

-- What mappings/*.yaml of a release say: [{ "name", "document", "definition" }].
alter table releases add column mappings json not null default '[]';
