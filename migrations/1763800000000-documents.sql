-- Tables that tenants make by inserting: JSON documents (docs/adr/0007-tenant-tables.md says why they are laid out like this).

create table document_tables (
  tenant_id uuid not null references tenants on delete cascade,
  name text collate "C" not null check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  created_at timestamptz not null default now(),
  primary key (tenant_id, name)
);
select annex_protect('document_tables');

-- How much a tenant keeps in all of its tables together, counted in the transaction of each change.
create table document_usage (
  tenant_id uuid primary key references tenants on delete cascade,
  tables int not null default 0,
  documents bigint not null default 0,
  bytes bigint not null default 0
);
select annex_protect('document_usage');

create table documents (
  tenant_id uuid not null,
  table_name text collate "C" not null,
  id uuid not null,                 -- UUIDv7: in the order in which they were made
  data jsonb not null,
  size int not null,                -- bytes of data as text
  created_at timestamptz not null,  -- to the millisecond, and the one inside the id
  updated_at timestamptz not null,
  primary key (tenant_id, table_name, id),
  foreign key (tenant_id, table_name) references document_tables (tenant_id, name) on delete cascade
);
create index documents_by_update on documents (tenant_id, table_name, updated_at, id);
alter table documents set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
select annex_protect('documents');

-- Where a value is found: one row for each text, number and boolean of a document (libs/tables/src/sql/index-entries.ts writes them).
-- Under row-level security an index is used only through operators that are leakproof, which those of jsonb are not and those of bytea are.
-- No foreign key to the document: checking one would cost as much again as the row.
create table document_values (
  tenant_id uuid not null,
  table_name text collate "C" not null,
  value bytea not null,
  document_id uuid not null,
  primary key (tenant_id, table_name, value, document_id)
);
alter table document_values set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
select annex_protect('document_values', 'tenant_id', 'select, insert, delete');
