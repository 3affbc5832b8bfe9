-- Code that nobody may run: every release of a slug, or one archive by its hash. Not tenant data; tenants' uploads are held against it.
create table quarantines (
  id uuid primary key,
  slug text unique,
  sha256 text unique,
  reason text not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  check (num_nonnulls(slug, sha256) = 1)
);
revoke all on quarantines from public;
grant select on quarantines to annex_app;
grant select, insert, update, delete on quarantines to annex_platform;
