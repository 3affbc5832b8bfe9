-- What each tenant keeps, counted in the transaction that changes it, and how much it may. libs/quotas/src/quotas.ts is the catalogue.

-- The operator's word for every tenant, written by each start (libs/quotas' defaults, or settings).
create table quota_defaults (
  name text primary key,
  max bigint not null check (max >= 0)
);
revoke all on quota_defaults from public;
grant select on quota_defaults to annex_app;
grant select, insert, update, delete on quota_defaults to annex_platform;

-- The operator's word for one tenant: { "kv_bytes": 1000 }.
alter table tenants add column quotas jsonb not null default '{}';

-- Several rows add up to one count, so that transactions which commit at the same moment do not wait for each other: 0–31 for those that add, by
-- their connection, 32–63 for those that remove many rows. No reference to tenants: rows that go with their tenant are counted down too.
create table quota_use (
  tenant_id uuid not null,
  kind text not null,
  shard smallint not null,
  n bigint not null default 0,
  bytes bigint not null default 0,
  primary key (tenant_id, kind, shard)
) with (fillfactor = 50);
select annex_protect('quota_use');

-- What counts by UTC day.
create table quota_days (
  tenant_id uuid not null references tenants on delete cascade,
  day date not null,
  name text not null,
  used bigint not null default 0,
  primary key (tenant_id, day, name)
);
select annex_protect('quota_days');

-- Tenants that keep more log than they may: their oldest lines go.
create table log_trims (tenant_id uuid primary key);
select annex_protect('log_trims');

create function annex_quota(tenant uuid, quota text) returns bigint language sql stable as
  $$ select coalesce((select (t.quotas->>quota)::bigint from tenants t where t.id = tenant), (select d.max from quota_defaults d where d.name = quota)) $$;

-- Refuses with SQLSTATE AX001, of which libs/quotas makes QUOTA_EXCEEDED.
create function annex_refuse_quota(quota text, used bigint, more bigint, allowed bigint) returns void language plpgsql as $$
begin
  raise exception using errcode = 'AX001', message = 'quota exceeded', detail = json_build_object('quota', quota, 'used', used, 'more', more, 'max', allowed)::text;
end $$;

-- Adds to a count. What would pass a quota is refused, unless it is the platform's own (is_bound false); what does not grow never is.
create function annex_count(tenant uuid, of_kind text, more_n bigint, n_quota text, more_bytes bigint, bytes_quota text, is_bound boolean default true, first_shard int default 0)
  returns void language plpgsql as $$
declare sums record; allowed bigint;
begin
  insert into quota_use as q (tenant_id, kind, shard, n, bytes) values (tenant, of_kind, first_shard + pg_backend_pid() % 32, more_n, more_bytes)
    on conflict (tenant_id, kind, shard) do update set n = q.n + excluded.n, bytes = q.bytes + excluded.bytes;
  if not is_bound or more_n <= 0 and more_bytes <= 0 then return; end if;
  select sum(n)::bigint as n, sum(bytes)::bigint as bytes into sums from quota_use where tenant_id = tenant and kind = of_kind;
  if more_n > 0 and n_quota is not null then
    allowed := annex_quota(tenant, n_quota);
    if sums.n > allowed then perform annex_refuse_quota(n_quota, sums.n - more_n, more_n, allowed); end if;
  end if;
  if more_bytes > 0 and bytes_quota is not null then
    allowed := annex_quota(tenant, bytes_quota);
    if sums.bytes > allowed then perform annex_refuse_quota(bytes_quota, sums.bytes - more_bytes, more_bytes, allowed); end if;
  end if;
end $$;

-- Rows that come one by one are counted when their transaction commits: every other lock has been taken by then, so no two can wait for each other.
create function annex_count_one() returns trigger language plpgsql as $$
begin
  perform annex_count(new.tenant_id, tg_argv[0], 1, tg_argv[1], 0, null);
  return null;
end $$;

create function annex_count_kv() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    perform annex_count(new.tenant_id, 'kv', 1, 'kv_keys', octet_length(new.key) + octet_length(new.value::text), 'kv_bytes');
  else
    perform annex_count(new.tenant_id, 'kv', 0, 'kv_keys', octet_length(new.value::text) - octet_length(old.value::text), 'kv_bytes');
  end if;
  return null;
end $$;

create function annex_count_event() returns trigger language plpgsql as $$
begin
  -- What the platform tells of itself must not be what keeps somebody from removing a plugin or a file.
  perform annex_count(new.tenant_id, 'events', 1, 'events', octet_length(new.id) + octet_length(new.type) + octet_length(coalesce(new.data::text, '')), 'event_bytes', new.source <> 'annex:platform');
  return null;
end $$;

create function annex_count_idempotency() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    perform annex_count(new.tenant_id, 'idempotency', 1, 'idempotency_keys', octet_length(new.key) + octet_length(new.fingerprint), 'idempotency_bytes');
  else
    -- The work is done: its answer is kept whatever it takes, and the next key is refused.
    perform annex_count(new.tenant_id, 'idempotency', 0, null, octet_length(coalesce(new.body, '')) - octet_length(coalesce(old.body, '')), null, false);
  end if;
  return null;
end $$;

create function annex_count_mail() returns trigger language plpgsql as $$
declare total bigint; allowed bigint;
begin
  insert into quota_days as q (tenant_id, day, name, used) values (new.tenant_id, (now() at time zone 'UTC')::date, 'mails_per_day', 1)
    on conflict (tenant_id, day, name) do update set used = q.used + 1 returning used into total;
  allowed := annex_quota(new.tenant_id, 'mails_per_day');
  if total > allowed then perform annex_refuse_quota('mails_per_day', total - 1, 1, allowed); end if;
  return null;
end $$;

-- Rows that come or go many at once are counted by the statement, tenant by tenant in one order.
create function annex_count_blobs() returns trigger language plpgsql as $$
declare t record;
begin
  for t in select tenant_id, count(*) as n, sum(octet_length(bytes)) as bytes from changed group by 1 order by 1 loop
    if tg_op = 'INSERT' then perform annex_count(t.tenant_id, 'packages', t.n, null, t.bytes, 'package_bytes');
    else perform annex_count(t.tenant_id, 'packages', -t.n, null, -t.bytes, null, false, 32); end if;
  end loop;
  return null;
end $$;

-- A log is never refused: the oldest lines make room for new ones (log_trims).
create function annex_count_logs() returns trigger language plpgsql as $$
declare t record;
begin
  for t in select tenant_id, count(*) as n, sum(octet_length(message) + octet_length(coalesce(fields::text, ''))) as bytes from changed group by 1 order by 1 loop
    if tg_op = 'INSERT' then
      perform annex_count(t.tenant_id, 'logs', t.n, null, t.bytes, null, false);
      insert into log_trims (tenant_id) select t.tenant_id
        where (select sum(bytes) from quota_use where tenant_id = t.tenant_id and kind = 'logs') > annex_quota(t.tenant_id, 'log_bytes') on conflict do nothing;
    else perform annex_count(t.tenant_id, 'logs', -t.n, null, -t.bytes, null, false, 32); end if;
  end loop;
  return null;
end $$;

create function annex_uncount() returns trigger language plpgsql as $$
declare t record;
begin
  for t in execute format('select tenant_id, count(*) as n, coalesce(sum(%s), 0)::bigint as bytes from changed group by 1 order by 1', tg_argv[1]) loop
    perform annex_count(t.tenant_id, tg_argv[0], -t.n, null, -t.bytes, null, false, 32);
  end loop;
  return null;
end $$;

create constraint trigger kv_came after insert on kv deferrable initially deferred for each row execute function annex_count_kv();
create constraint trigger kv_changed after update of value on kv deferrable initially deferred for each row
  when (octet_length(old.value::text) <> octet_length(new.value::text)) execute function annex_count_kv();
create trigger kv_went after delete on kv referencing old table as changed for each statement
  execute function annex_uncount('kv', 'octet_length(key) + octet_length(value::text)');

create constraint trigger events_came after insert on events deferrable initially deferred for each row execute function annex_count_event();
create trigger events_went after delete on events referencing old table as changed for each statement
  execute function annex_uncount('events', 'octet_length(id) + octet_length(type) + octet_length(coalesce(data::text, ''''))');

create constraint trigger idempotency_came after insert on idempotency_keys deferrable initially deferred for each row execute function annex_count_idempotency();
create constraint trigger idempotency_changed after update of body on idempotency_keys deferrable initially deferred for each row
  when (octet_length(coalesce(old.body, '')) <> octet_length(coalesce(new.body, ''))) execute function annex_count_idempotency();
create trigger idempotency_went after delete on idempotency_keys referencing old table as changed for each statement
  execute function annex_uncount('idempotency', 'octet_length(key) + octet_length(fingerprint) + octet_length(coalesce(body, ''''))');

create trigger blobs_came after insert on blobs referencing new table as changed for each statement execute function annex_count_blobs();
create trigger blobs_went after delete on blobs referencing old table as changed for each statement execute function annex_count_blobs();
create trigger run_logs_came after insert on run_logs referencing new table as changed for each statement execute function annex_count_logs();
create trigger run_logs_went after delete on run_logs referencing old table as changed for each statement execute function annex_count_logs();

create constraint trigger mails_came after insert on mails deferrable initially deferred for each row execute function annex_count_mail();

create constraint trigger installations_came after insert on installations deferrable initially deferred for each row execute function annex_count_one('plugins', 'plugins');
create trigger installations_went after delete on installations referencing old table as changed for each statement execute function annex_uncount('plugins', '0');
create constraint trigger users_came after insert on users deferrable initially deferred for each row execute function annex_count_one('users', 'users');
create trigger users_went after delete on users referencing old table as changed for each statement execute function annex_uncount('users', '0');
create constraint trigger secrets_came after insert on secrets deferrable initially deferred for each row execute function annex_count_one('secrets', 'secrets');
create trigger secrets_went after delete on secrets referencing old table as changed for each statement execute function annex_uncount('secrets', '0');

-- What is there already.
insert into quota_use (tenant_id, kind, shard, n, bytes)
  select tenant_id, 'kv', 0, count(*), sum(octet_length(key) + octet_length(value::text)) from kv group by 1
  union all select tenant_id, 'events', 0, count(*), sum(octet_length(id) + octet_length(type) + octet_length(coalesce(data::text, ''))) from events group by 1
  union all select tenant_id, 'idempotency', 0, count(*), sum(octet_length(key) + octet_length(fingerprint) + octet_length(coalesce(body, ''))) from idempotency_keys group by 1
  union all select tenant_id, 'packages', 0, count(*), sum(octet_length(bytes)) from blobs group by 1
  union all select tenant_id, 'logs', 0, count(*), sum(octet_length(message) + octet_length(coalesce(fields::text, ''))) from run_logs group by 1
  union all select tenant_id, 'plugins', 0, count(*), 0 from installations group by 1
  union all select tenant_id, 'users', 0, count(*), 0 from users group by 1
  union all select tenant_id, 'secrets', 0, count(*), 0 from secrets group by 1;
