-- Who is told when something needs people, and what they were told. Operators' own rule is in the settings: its rows carry the nil UUID.
create table notice_rules (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  name text not null,
  kinds text[] not null,
  channel text not null check (channel in ('mail', 'webhook', 'slack')),
  recipients text[] not null default '{}',  -- of mail
  shown text not null,                      -- where it goes, as people may see it
  failures int not null check (failures > 0),
  max_per_hour int not null check (max_per_hour > 0),
  enabled boolean not null,
  key_version int,                          -- with nonce and ciphertext: the URL and the signing secret
  nonce bytea,
  ciphertext bytea,
  last_sent_at timestamptz,
  last_error text,
  last_error_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, name)
);
select annex_protect('notice_rules');

-- What stands, as the last look saw it, for each rule that tells of it. No row: all is well.
create table notice_states (
  tenant_id uuid not null references tenants on delete cascade,
  rule_id uuid not null,
  kind text not null,
  subject text not null,
  level text not null check (level in ('warning', 'critical')),
  detail jsonb not null,
  since timestamptz not null default now(),
  primary key (tenant_id, rule_id, kind, subject)
);
select annex_protect('notice_states');

-- Every change of a state that somebody is told, written in the transaction that sees it, and sent later.
create table notices (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  rule_id uuid not null,
  rule text not null,                       -- the rule's name when it was written
  channel text not null,
  kind text not null,
  subject text not null,
  level text not null check (level in ('ok', 'warning', 'critical')),
  previous text not null check (previous in ('ok', 'warning', 'critical')),
  detail jsonb not null,
  created_at timestamptz not null default now(),
  message_id uuid,                          -- what it goes out in, with others or alone; null: it waits for its message
  composed_at timestamptz,                  -- when it was put into its message
  attempts int not null default 0,
  next_attempt_at timestamptz,              -- of its message; null: none follows
  sent_at timestamptz,
  failed_at timestamptz,                    -- given up
  last_error text,
  primary key (tenant_id, id)
);
create index notices_waiting on notices (rule_id, tenant_id, id) where message_id is null and failed_at is null;
create index notices_due on notices (next_attempt_at) where next_attempt_at is not null;
create index notices_composed on notices (rule_id, tenant_id, channel, composed_at) where composed_at is not null;
create index notices_of_message on notices (message_id) where message_id is not null;
create index notices_by_age on notices using brin (created_at) with (autosummarize = on);
select annex_protect('notices');

-- Ticks that did not run are few among runs, and looked for often.
create index runs_skipped on runs (tenant_id, id desc) where status = 'skipped';

-- When it was last looked what stands: workers take turns, and no two look at once. Not tenant data.
create table notice_looks (
  only_row boolean primary key default true check (only_row),
  looked_at timestamptz not null default '-infinity'
);
insert into notice_looks default values;
revoke all on notice_looks from public;
grant select, update on notice_looks to annex_platform;
