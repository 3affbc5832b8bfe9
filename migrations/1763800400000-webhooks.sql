-- Webhooks: outgoing ones (of packages and of tenants), their deliveries with every attempt, and the sources of incoming ones.

-- What webhooks/*.yaml of a release say (libs/manifest's WebhookDefinition), and the blob of the script that holds their transforms.
alter table releases add column webhooks json not null default '[]', add column transforms_sha256 text;

-- Where events go. Of a package: kept by the transaction that enables, upgrades or disables its plugin. Of a tenant: made by REST.
create table webhooks (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  installation_id uuid,            -- null: the tenant's own
  plugin text,
  name text not null,
  url text not null,               -- as it was written: a package's may hold ${SECRET:…}
  events jsonb not null,           -- patterns
  policy jsonb not null default '{}',
  description text,
  key_version int,                 -- the tenant's own: secrets and headers, sealed by the vault
  nonce bytea,
  ciphertext bytea,
  active boolean not null,         -- events make deliveries: the tenant's own exists, or the plugin is on and its release declares it
  declared boolean not null default true,  -- the active release has it
  disabled_at timestamptz,         -- deliveries are skipped; told in disabled_reason
  disabled_reason text,
  failures int not null default 0, -- attempts in a row that the endpoint did not take
  failing_since timestamptz,
  last_delivery_id uuid,
  last_attempt_at timestamptz,
  last_error text,                 -- code of the last attempt; null: it was taken
  deleted_at timestamptz,          -- its deliveries may still be looked at
  created_by text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, installation_id) references installations (tenant_id, id) on delete cascade,
  foreign key (tenant_id, key_version) references tenant_keys (tenant_id, version)
);
create unique index webhooks_of_package on webhooks (tenant_id, installation_id, name) where installation_id is not null;
create unique index webhooks_of_tenant on webhooks (tenant_id, name) where installation_id is null and deleted_at is null;
select annex_protect('webhooks');

-- One message to one endpoint: its bytes are made once, and every attempt and replay sends them.
create table webhook_deliveries (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  webhook_id uuid not null,
  run_id uuid not null,            -- the latest run that sends it: its status is the delivery's
  event_id text,                   -- null: sent directly
  body bytea,                      -- null: not made yet
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, webhook_id) references webhooks (tenant_id, id) on delete cascade
);
create unique index webhook_deliveries_run on webhook_deliveries (tenant_id, run_id);
create index webhook_deliveries_webhook on webhook_deliveries (tenant_id, webhook_id);
create index webhook_deliveries_by_age on webhook_deliveries using brin (created_at) with (autosummarize = on);
select annex_protect('webhook_deliveries');

create table webhook_attempts (
  tenant_id uuid not null references tenants on delete cascade,
  id bigint generated always as identity,
  delivery_id uuid not null,
  run_id uuid not null,
  started_at timestamptz not null default now(),
  duration_ms int,                 -- null: under way, or its worker died
  request json not null,           -- secrets masked
  response json,
  error json,
  primary key (tenant_id, id),
  foreign key (tenant_id, delivery_id) references webhook_deliveries (tenant_id, id) on delete cascade
);
create index webhook_attempts_delivery on webhook_attempts (tenant_id, delivery_id, id);
select annex_protect('webhook_attempts');

-- A run of kind webhook is one request to send a delivery. One of the tenant's own endpoints belongs to no installation.
alter table runs alter column installation_id drop not null, alter column plugin drop not null,
  add column webhook_id uuid, add column delivery_id uuid,
  add foreign key (tenant_id, webhook_id) references webhooks (tenant_id, id) on delete cascade,
  add check (installation_id is not null or webhook_id is not null);
create index runs_by_webhook on runs (tenant_id, webhook_id) where webhook_id is not null;
create index runs_webhook_due on runs (tenant_id, webhook_id, next_attempt_at) where webhook_id is not null and next_attempt_at is not null;
create index runs_webhook_busy on runs (tenant_id, webhook_id) where webhook_id is not null and (dispatched_at is not null or lease_until is not null);
create index runs_webhook_crowded on runs (tenant_id, webhook_id, queued_at) where waiting_for = 'endpoint';

-- A value that was replaced goes on signing for a while (24 hours), so that receivers can follow.
alter table secrets add column previous_version int, add column previous_key_version int, add column previous_nonce bytea,
  add column previous_ciphertext bytea, add column replaced_at timestamptz;
create index secrets_replaced on secrets (replaced_at) where replaced_at is not null;

-- Who may send to POST /hooks/:tenant/:source, and how it signs.
create table hook_sources (
  tenant_id uuid not null references tenants on delete cascade,
  source text not null,
  preset text not null,
  header text,                     -- where the signature stands; null: where the preset says
  tolerance_s int not null default 300,
  key_version int,
  nonce bytea,
  ciphertext bytea,
  last_received_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, source),
  foreign key (tenant_id, key_version) references tenant_keys (tenant_id, version)
);
select annex_protect('hook_sources');
