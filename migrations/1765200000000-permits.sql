-- Due runs are claimed straight into `running`, so many of each tenant at once, and a claim asks how many of a tenant's runs are under way.
-- `dispatched_at` stays for the workers of the release before, which go on until they are replaced; it goes with a later step.
create index runs_running on runs (tenant_id, lease_until) where lease_until is not null;
drop index runs_leased;
create index runs_sending on runs (tenant_id, webhook_id) where webhook_id is not null and lease_until is not null;
drop index runs_webhook_busy;
