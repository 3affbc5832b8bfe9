-- A dead letter that nobody wants is discarded: it stays in the history as long as other failed runs, and is no dead letter any more.
alter table runs add column discarded_at timestamptz;
drop index runs_dead;
create index runs_dead on runs (tenant_id, id) where status = 'failed' and replayed_at is null and discarded_at is null and kind in ('event', 'job', 'webhook');
