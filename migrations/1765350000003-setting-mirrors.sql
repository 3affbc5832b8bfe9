-- Prefixes of an etcd that an operator mirrors into tenants' settings: how far each has come, and which worker follows it.
create table setting_mirrors (
  tenant_id uuid not null references tenants on delete cascade,
  prefix text not null,
  into_prefix text not null,             -- what stands in the tree in its place
  revision text,                         -- of etcd: everything up to it is in the tree; null: read everything
  token bigint not null default 0,       -- demanded by every write; a claim raises it
  owner text,
  lease_until timestamptz,
  last_error text,                       -- of the connection, or of the last value that could not be taken
  last_error_at timestamptz,
  synced_at timestamptz,                 -- when the tree last was what etcd held
  primary key (tenant_id, prefix)
);
select annex_protect('setting_mirrors');
