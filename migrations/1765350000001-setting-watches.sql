-- Up to where each plugin has heard of its tenant's settings.
create table setting_watches (
  tenant_id uuid not null references tenants on delete cascade,
  installation_id uuid not null,
  patterns text[] not null,
  active boolean not null,
  position bigint not null default 0,     -- all up to here was told, or is none of its
  sync_until bigint not null default 0,   -- up to here each key is told once, as it is now
  known bigint not null default 0,        -- up to here it had heard before; what went since is told too
  pending_revision bigint,                -- of the change that is being told
  pending_key text,
  pending_runs uuid[] not null default '{}',
  refused json not null default '[]',     -- [{ "key", "revision", "code", "message", "at" }]
  primary key (tenant_id, installation_id),
  foreign key (tenant_id, installation_id) references installations (tenant_id, id) on delete cascade
);
create index setting_watches_active on setting_watches (tenant_id) where active;
select annex_protect('setting_watches');
