-- A plugin with an onInit is starting until that has succeeded, and failed when it did not, again and again.
alter table installations drop constraint installations_status_check;
alter table installations add constraint installations_status_check
  check (status in ('installed', 'starting', 'enabled', 'failed', 'disabled', 'suspended', 'uninstalling'));
create index installations_starting on installations (tenant_id, id) where status = 'starting';
