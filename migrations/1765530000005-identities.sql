-- Who the identity provider knows a user as. Signing in with it opens the user, whatever becomes of the addresses.
create table identities (
  tenant_id uuid not null references tenants on delete cascade,
  user_id uuid not null,
  issuer text not null check (length(issuer) <= 500),
  subject text not null check (length(subject) <= 255),
  managed boolean not null,                -- the provider's claims made the user, and say what it may do
  created_at timestamptz not null default now(),
  primary key (tenant_id, user_id, issuer),
  foreign key (tenant_id, user_id) references users on delete cascade
);
-- One person of the provider is one user of a tenant; and the people of a sign-in are found across tenants.
create unique index identities_by_subject on identities (issuer, subject, tenant_id);
select annex_protect('identities');
