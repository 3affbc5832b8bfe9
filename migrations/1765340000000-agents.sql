-- Agents: webhooks with another transport. What an agent was asked, who said yes to it, and which task it works on.

alter table webhooks
  add column transport text not null default 'http' check (transport in ('http', 'a2a', 'llm')),
  add column filter json;          -- an event must pass it; null: each does

-- Starts after which a run only waited for somebody outside: they speak neither for a crash nor for a failure.
alter table runs add column waited int not null default 0;

-- One row a question, beside its delivery.
create table agent_questions (
  tenant_id uuid not null references tenants on delete cascade,
  delivery_id uuid not null,
  run_id uuid not null,            -- that asks; a replay is another one, and asks anew
  approval text check (approval in ('pending', 'approved', 'rejected')),  -- null: nobody has to say yes
  approval_ends_at timestamptz,    -- a pending one is too late then
  decided_by text,
  decided_at timestamptz,
  reason text,                     -- why somebody said no
  endpoint_path text,              -- what its card says, below the address that was written down; null: that address itself
  protocol_version text,
  task_id text,                    -- the agent's name for it; null: it has not said one
  state text,                      -- how far the agent is, in its own words
  polls int not null default 0,
  asked_at timestamptz,            -- before the question leaves for the first time
  answer json,                     -- what the agent said, secrets masked; null: nothing yet
  answered_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (tenant_id, delivery_id),
  foreign key (tenant_id, delivery_id) references webhook_deliveries (tenant_id, id) on delete cascade
);
create index agent_questions_pending on agent_questions (tenant_id, delivery_id) where approval = 'pending';
select annex_protect('agent_questions');
