-- Tokens that a tenant's language model calls used or have set aside, by UTC day; kept only while the operator caps them.
create table llm_days (
  tenant_id uuid not null references tenants on delete cascade,
  day date not null,
  tokens bigint not null default 0 check (tokens >= 0),
  primary key (tenant_id, day)
);
select annex_protect('llm_days');
