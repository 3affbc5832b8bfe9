-- What plugins count themselves with ctx.analytics.track, by UTC day: how often a name came, and the sums of its numeric properties.
create table tracked (
  tenant_id uuid not null references tenants on delete cascade,
  day date not null,
  installation_id uuid not null,   -- no reference: what a plugin counted stays when it is uninstalled
  name text not null,
  prop text not null default '',   -- '': how often; otherwise the property that is summed
  value double precision not null default 0,
  primary key (tenant_id, day, installation_id, name, prop)
);
select annex_protect('tracked');

-- When an installation last used each permission; written at most once a minute for each.
create table permission_uses (
  tenant_id uuid not null references tenants on delete cascade,
  installation_id uuid not null,
  permission text not null,
  last_used_at timestamptz not null,
  primary key (tenant_id, installation_id, permission),
  foreign key (tenant_id, installation_id) references installations (tenant_id, id) on delete cascade
);
select annex_protect('permission_uses');
