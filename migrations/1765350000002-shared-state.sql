-- State that plugins of a tenant share, and versions of what ctx.kv keeps.

-- Microseconds of the clock: it grows with each change of a key, and one that went and came again has another.
create function annex_now_version() returns bigint language sql volatile as
  $$ select (extract(epoch from clock_timestamp()) * 1000000)::bigint $$;

create function annex_next_version() returns trigger language plpgsql as $$
begin
  new.version := greatest(old.version + 1, annex_now_version());
  return new;
end $$;

alter table kv add column version bigint not null default 1;
alter table kv alter column version set default annex_now_version();
create trigger kv_version before update of value, expires_at on kv for each row execute function annex_next_version();

-- As kv. The key begins with the name of the state and a slash; the installation is the one that owns it.
create table shared_entries (
  tenant_id uuid not null references tenants on delete cascade,
  installation_id uuid not null,
  key text collate "C" not null,
  value json not null,
  expires_at timestamptz,                -- from then on it is gone for every reader; its row goes later
  updated_at timestamptz not null default now(),
  version bigint not null default annex_now_version(),
  primary key (tenant_id, installation_id, key),
  foreign key (tenant_id, installation_id) references installations (tenant_id, id) on delete cascade
);
create index shared_entries_expired on shared_entries (expires_at) where expires_at is not null;
select annex_protect('shared_entries');
create trigger shared_entries_version before update of value, expires_at on shared_entries for each row execute function annex_next_version();

create constraint trigger shared_entries_came after insert on shared_entries deferrable initially deferred for each row execute function annex_count_kv();
create constraint trigger shared_entries_changed after update of value on shared_entries deferrable initially deferred for each row
  when (octet_length(old.value::text) <> octet_length(new.value::text)) execute function annex_count_kv();
create trigger shared_entries_went after delete on shared_entries referencing old table as changed for each statement
  execute function annex_uncount('kv', 'octet_length(key) + octet_length(value::text)');
