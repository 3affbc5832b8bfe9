-- The zone in which a tenant's people read times; schedules name their own.
alter table tenants add column timezone text not null default 'UTC';
