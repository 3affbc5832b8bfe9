-- Tenant files. A row here is the truth about a file; its bytes are an object in the store (a disk, or S3) under a name that no tenant chose.
-- An object is written first, then the row, then the object before it goes: a crash in between leaves an object too many, never one too few.

create table files (
  tenant_id uuid not null references tenants on delete cascade,
  key text collate "C" not null check (octet_length(key) between 1 and 1024),   -- in the order of its bytes, so that a prefix is a range of the primary key
  object text not null,
  size_bytes bigint not null check (size_bytes >= 0),
  content_type text not null,
  sha256 text not null,
  created_by text not null,                -- a user, a token, or plugin:<slug>; of the bytes as they are now
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, key)
);
select annex_protect('files');

-- What each tenant's files come to, kept by the transaction that changes them; its row is also the lock under which they are counted.
create table file_usage (
  tenant_id uuid not null references tenants on delete cascade,
  size_bytes bigint not null default 0,
  files bigint not null default 0,
  primary key (tenant_id)
);
select annex_protect('file_usage');

-- Objects that no row of files names: being written, or to be removed. They outlive their tenant, so nothing refers to it.
create table file_objects (
  object text primary key,
  owner uuid not null,                     -- the tenant whose transactions may see it
  due_at timestamptz not null              -- from then on it may be removed
);
create index file_objects_due on file_objects (due_at);
select annex_protect('file_objects', 'owner');

-- However a row goes (deleted, replaced, its tenant erased), its object is left behind for the sweeper.
create function files_leave_object() returns trigger language plpgsql as $$
begin
  insert into file_objects (object, owner, due_at) values (old.object, old.tenant_id, now()) on conflict (object) do update set due_at = excluded.due_at;
  perform pg_notify('annex_file_objects', '');
  return null;
end $$;
create trigger files_deleted after delete on files for each row execute function files_leave_object();
create trigger files_replaced after update on files for each row when (old.object is distinct from new.object) execute function files_leave_object();
