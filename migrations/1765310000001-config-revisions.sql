-- The settings of an installation as they were, each with a number of its own. 0: what was there before the first change.
create table config_revisions (
  tenant_id uuid not null references tenants on delete cascade,
  installation_id uuid not null,
  revision int not null,
  config json not null,                  -- as the tenant made it, defaults not filled in
  keys text[] not null,                  -- whose value became another one
  actor text,                            -- null: unknown
  created_at timestamptz not null default now(),
  primary key (tenant_id, installation_id, revision),
  foreign key (tenant_id, installation_id) references installations (tenant_id, id) on delete cascade
);
select annex_protect('config_revisions');
