-- What a bill is made from: a line for each tenant, day and plugin, written once when the day is closed. It outlives the tenant.
create table spend (
  tenant_id uuid not null,
  day date not null,                        -- UTC
  installation_id uuid not null,            -- the nil UUID: of the tenant as a whole
  tenant text not null,                     -- its slug when the day was closed
  plugin text not null,                     -- '': of the tenant as a whole, or nothing is known of it any more
  runs bigint not null default 0,
  failed_runs bigint not null default 0,
  cpu_ms bigint not null default 0,
  wall_ms bigint not null default 0,
  host_calls bigint not null default 0,
  http_calls bigint not null default 0,
  egress_bytes bigint not null default 0,
  mails bigint not null default 0,
  llm_tokens bigint not null default 0,
  storage_bytes bigint not null default 0,  -- kept when the day was closed
  primary key (tenant_id, day, installation_id)
);
create index spend_by_day on spend (day, tenant_id);
select annex_protect('spend', 'tenant_id', 'select');
-- A closed day never changes.
revoke update on spend from annex_platform;

-- Days that are closed. Not tenant data.
create table spend_days (
  day date primary key,
  closed_at timestamptz not null default now()
);
revoke all on spend_days from public;
grant select on spend_days to annex_app;
grant select, insert, delete on spend_days to annex_platform;
