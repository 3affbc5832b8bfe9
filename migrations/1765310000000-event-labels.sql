-- What an event carries beside its data, and why one that lacks what its source must say is kept from every handler.
alter table events
  add column severity text not null default 'info'
    check (severity in ('debug', 'info', 'warning', 'error', 'critical')),
  add column tags text[] not null default '{}',
  add column attributes json not null default '{}',  -- extension attributes of CloudEvents
  add column rejected json;                          -- { "reason", "missing": ["data.message"] }
create index events_rejected on events (tenant_id, created_at desc, id) where rejected is not null;
