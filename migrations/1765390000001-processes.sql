-- What each process of Annex does, told by itself every few seconds. Not tenant data: only annex_platform reads it.
create table processes (
  id text primary key,             -- another one at each start
  role text not null,
  host text not null,
  pid int not null,
  version text not null,
  report jsonb not null,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now()
);
revoke all on processes from public;
grant select, insert, update, delete on processes to annex_platform;
