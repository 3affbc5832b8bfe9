-- Passwords of the logins that Annex makes for itself (docs/adr/0024-database-logins.md), sealed with the master key. The owner's alone: no role
-- of the application may read them. Empty where the operator names the logins.
create table database_logins (
  role text primary key,
  password bytea not null,
  updated_at timestamptz not null default now()
);
revoke all on database_logins from public;

-- So that a process without the owner's login sees whether the schema is the one it knows.
do $$ begin
  if to_regclass('migrations') is not null then grant select on migrations to annex_platform; end if;
end $$;

-- Nobody but the owner makes tables beside these. New databases are so since PostgreSQL 15; for others' schemas it is no error.
do $$ begin execute format('revoke create on schema %I from public', current_schema()); end $$;
