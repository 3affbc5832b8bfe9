-- Filters of lists under a name, for everybody of a tenant. Views that are one person's own stay in their browser.
create table saved_views (
  tenant_id uuid not null references tenants on delete cascade,
  list text not null check (list in ('runs', 'events', 'logs', 'deliveries')),
  name text not null check (char_length(name) between 1 and 60),
  filters jsonb not null,
  saved_by text not null,
  saved_at timestamptz not null default now(),
  primary key (tenant_id, list, name)
);
select annex_protect('saved_views');
