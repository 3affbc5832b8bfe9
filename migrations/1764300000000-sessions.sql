-- Sign-ins with a password, so that people see and end them. One names every user whose password fitted, of whatever tenant, and maybe an
-- operator: it belongs to no tenant, so only annex_platform reads it. A token without its row opens nothing.
create table sessions (
  id uuid primary key,
  user_ids uuid[] not null,
  operator_id uuid references operators on delete cascade,
  address text not null,                   -- of the client, as it signed in
  user_agent text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index sessions_by_user on sessions using gin (user_ids);
create index sessions_by_operator on sessions (operator_id) where operator_id is not null;
create index sessions_by_expiry on sessions (expires_at);
revoke all on sessions from public;
grant select, insert, delete on sessions to annex_platform;
