-- The release that shall take over: its onInit runs while the active one goes on serving.
alter table installations
  add column next_release_id uuid,                 -- null: no upgrade is under way
  add column next_since timestamptz,
  add column next_tries int not null default 0,    -- calls of its onInit
  add foreign key (tenant_id, next_release_id) references releases (tenant_id, id) deferrable initially deferred;
create index installations_upgrading on installations (id) where next_release_id is not null;
