-- A filter on the event that a hook asks for: no run is made for what does not pass.
alter table subscriptions add column filter json;
