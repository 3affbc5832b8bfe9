-- Plugins that are on their way up or out: looked through every few seconds, and mostly none.
drop index installations_starting;
create index installations_unfinished on installations (status, id) where status in ('starting', 'uninstalling');
