-- Mail that plugins send. Each send has a row: of one that went out it says to whom, what about and how it ended; where no mail server is
-- configured the row keeps all of it, so that nothing is dropped without a trace.
create table mails (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null,
  installation_id uuid not null,
  plugin text not null,
  run_id uuid not null,
  dedupe_key text not null,                -- the same mail of the same run, or with the same idempotency key, is one mail
  message_id text not null,
  status text not null check (status in ('sending', 'sent', 'kept', 'failed')),
  sender text not null,
  recipients jsonb not null,               -- { to, cc, bcc, reply_to }
  subject text not null,
  text text,                               -- text, html and attachments: of kept mail only
  html text,
  size_bytes int not null,
  error jsonb,                             -- { code, message } of the last try
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, dedupe_key),
  foreign key (tenant_id, installation_id) references installations (tenant_id, id) on delete cascade
);
create index mails_kept on mails (tenant_id) include (size_bytes) where status = 'kept';
create index mails_by_installation on mails (tenant_id, installation_id);
create index mails_by_age on mails using brin (created_at) with (autosummarize = on);
select annex_protect('mails');

create table mail_attachments (
  tenant_id uuid not null references tenants on delete cascade,
  mail_id uuid not null,
  ordinal int not null,
  filename text not null,
  content_type text not null,
  bytes bytea not null,
  primary key (tenant_id, mail_id, ordinal),
  foreign key (tenant_id, mail_id) references mails (tenant_id, id) on delete cascade
);
alter table mail_attachments alter column bytes set storage external;
select annex_protect('mail_attachments');
