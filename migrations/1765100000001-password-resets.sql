-- Links that give a new password. One names every user of the address, of whatever tenant, so it belongs to none and only annex_platform
-- reads it. A password that has changed since (its version) is not touched.
create table password_resets (
  token_hash bytea primary key,
  user_ids uuid[] not null,
  user_versions int[] not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index password_resets_by_user on password_resets using gin (user_ids);
create index password_resets_by_expiry on password_resets (expires_at);
revoke all on password_resets from public;
grant select, insert, delete on password_resets to annex_platform;
