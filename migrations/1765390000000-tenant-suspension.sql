-- An operator may bring a tenant to a standstill and let it go on; nothing of it is lost meanwhile.
alter table tenants
  add column suspended_at timestamptz,   -- null: it goes on
  add column suspended_by text,
  add column suspend_reason text,
  add column suspend_scope text check (suspend_scope in ('everything', 'background')),
  -- Nothing of it is started: it was deleted, or is suspended.
  add column at_rest boolean not null generated always as (erase_after is not null or suspended_at is not null) stored,
  add check (num_nonnulls(suspended_at, suspended_by, suspend_reason, suspend_scope) in (0, 4));
create index tenants_at_rest on tenants (id) where at_rest;
