-- A tenant's tree of settings: what is there, what was changed, and which plugin heard of it up to where.

create table setting_heads (
  tenant_id uuid primary key references tenants on delete cascade,
  revision bigint not null default 0     -- of the latest change; its row is held by whoever changes the tree
);
select annex_protect('setting_heads');

create table settings (
  tenant_id uuid not null references tenants on delete cascade,
  key text collate "C" not null,
  value json not null,
  revision bigint not null,              -- of the change that made it so
  updated_by text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, key)
);
create index settings_by_revision on settings (tenant_id, revision);
select annex_protect('settings');

-- Without gaps: a change that is rolled back takes its number with it.
create table setting_changes (
  tenant_id uuid not null references tenants on delete cascade,
  revision bigint not null,
  key text not null,
  op text not null check (op in ('put', 'delete')),
  value json,                            -- null: it is gone
  previous json,                         -- null: there was none
  actor text,
  at timestamptz not null default now(),
  primary key (tenant_id, revision)
);
create index setting_changes_by_age on setting_changes using brin (at);
select annex_protect('setting_changes');

create function annex_count_setting() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    perform annex_count(new.tenant_id, 'settings', 1, 'setting_keys', octet_length(new.key) + octet_length(new.value::text), 'setting_bytes');
  else
    perform annex_count(new.tenant_id, 'settings', 0, 'setting_keys', octet_length(new.value::text) - octet_length(old.value::text), 'setting_bytes');
  end if;
  return null;
end $$;

create constraint trigger settings_came after insert on settings deferrable initially deferred for each row execute function annex_count_setting();
create constraint trigger settings_changed after update of value on settings deferrable initially deferred for each row
  when (octet_length(old.value::text) <> octet_length(new.value::text)) execute function annex_count_setting();
create trigger settings_went after delete on settings referencing old table as changed for each statement
  execute function annex_uncount('settings', 'octet_length(key) + octet_length(value::text)');
