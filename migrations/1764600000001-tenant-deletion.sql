-- A tenant that is deleted is suspended at once and erased after a time of grace, in which it can be taken back.
alter table tenants
  add column deleted_at timestamptz,              -- somebody asked for its end: nobody enters any more, nothing of it starts
  add column deleted_by text,
  add column erase_after timestamptz,             -- from then on its rows go; null: it lives
  add column erased jsonb not null default '{}';  -- rows that went so far, by table: counted with each portion, so that no crash forgets them
update tenants set deleted_at = erasing_since, erase_after = erasing_since where erasing_since is not null;
alter table tenants add check ((deleted_at is null) = (erase_after is null)), add check (erasing_since is null or erase_after is not null);
create index tenants_to_erase on tenants (erase_after) where erase_after is not null;

-- What operators do to tenants and what must outlive them. Append-only, and not tenant data: only annex_platform reads it.
create table platform_audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  actor text not null,                            -- an operator, its token, or system
  email text,
  action text not null,
  target text not null,                           -- ten_…
  detail jsonb not null default '{}',
  request_id text
);
revoke all on platform_audit from public;
grant select, insert, delete on platform_audit to annex_platform;
