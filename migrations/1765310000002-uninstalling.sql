-- A plugin that is told of its end, while its data is still there for it.
alter table installations drop constraint installations_status_check;
alter table installations add constraint installations_status_check
  check (status in ('installed', 'enabled', 'disabled', 'suspended', 'uninstalling'));
