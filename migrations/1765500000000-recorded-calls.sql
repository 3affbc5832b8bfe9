-- What runs asked of the host and what they were answered, kept while somebody has an installation recorded.
alter table installations add column recording_until timestamptz;

create table recorded_calls (
  tenant_id uuid not null references tenants on delete cascade,
  run_id uuid not null,
  attempt integer not null,
  installation_id uuid not null,
  recorded_at timestamptz not null default now(),
  started_at timestamptz not null,       -- of the attempt; the calls count their milliseconds from here
  calls json not null,                   -- in the order in which the code made them, secrets masked
  left_out integer not null,             -- calls that had no room
  bytes integer not null,
  primary key (tenant_id, run_id, attempt),
  foreign key (tenant_id, installation_id) references installations (tenant_id, id) on delete cascade
);
create index recorded_calls_by_installation on recorded_calls (tenant_id, installation_id);
create index recorded_calls_by_age on recorded_calls using brin (recorded_at);
select annex_protect('recorded_calls');
