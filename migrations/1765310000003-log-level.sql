-- What is kept of what a plugin's code logs.
alter table installations add column log_level text not null default 'debug'
  check (log_level in ('debug', 'info', 'warn', 'error'));
