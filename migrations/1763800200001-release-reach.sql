-- What the code of a release can reach, as reading it told at upload. Apart from releases: only the permission screen asks for it.
create table release_reach (
  tenant_id uuid not null references tenants on delete cascade,
  release_id uuid not null,
  reach json not null,             -- libs/manifest's BundleReach
  primary key (tenant_id, release_id),
  foreign key (tenant_id, release_id) references releases (tenant_id, id) on delete cascade
);
select annex_protect('release_reach', 'tenant_id', 'select, insert, delete');
