-- Who asked for a run: an actor (run-now, a replay, a test of a webhook), or the run whose code did. null: an event, a schedule or the platform did.
alter table runs add column started_by text;
create index runs_started_by on runs (tenant_id, started_by) where started_by like 'run\_%';
create index runs_replays on runs (tenant_id, replay_of) where replay_of is not null;
