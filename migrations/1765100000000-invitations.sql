-- What people are called; null: by their address.
alter table users add column name text check (length(name) <= 100);

-- Invitations into a tenant. The token is in the mail or link only; who holds it makes the user, once.
create table invitations (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  email text not null,
  role text not null check (role in ('viewer', 'member', 'developer', 'admin', 'owner')),
  token_hash bytea not null,
  invited_by text not null,                -- an actor
  inviter_id uuid,                         -- the user behind it; null: an operator. What they may no longer give is revoked
  sends int not null default 1,            -- tokens that were made for it
  mail text not null default 'none' check (mail in ('sent', 'failed', 'none')),
  sent_at timestamptz,                     -- when a mail server took the latest mail
  expires_at timestamptz not null,
  accepted_at timestamptz,
  user_id uuid,                            -- who it became
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create unique index invitations_token on invitations (token_hash);
-- One address has one open invitation of a tenant; the other finds those of an address that an identity provider vouches for.
create unique index invitations_open on invitations (tenant_id, lower(email)) where accepted_at is null and revoked_at is null;
create index invitations_by_email on invitations (lower(email)) where accepted_at is null and revoked_at is null;
select annex_protect('invitations');
