-- The health checks that manifests ask for: when the next one is due, and what the last ones said.
create table plugin_checks (
  tenant_id uuid not null references tenants on delete cascade,
  installation_id uuid not null,
  interval_s int not null,
  active boolean not null default true,    -- the plugin is enabled
  next_at timestamptz not null default now(),
  status text not null default 'unknown' check (status in ('unknown', 'healthy', 'degraded', 'unhealthy')),
  since timestamptz not null default now(),  -- when status became what it is
  failures int not null default 0,         -- failed in a row
  checked_at timestamptz,
  last_error json,                         -- of the last check, if it failed
  primary key (tenant_id, installation_id),
  foreign key (tenant_id, installation_id) references installations (tenant_id, id) on delete cascade
);
create index plugin_checks_due on plugin_checks (next_at) where active;
select annex_protect('plugin_checks');
