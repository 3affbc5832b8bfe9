/**
 * What stands now, kind by kind, out of tables that other libraries keep anyway: nothing that happens writes anything
 * for it. Each is SQL that answers `tenant_id, rule_id, subject, level, detail` for the rules in `watched`.
 */
import { noticeLimits } from '@annex/limits';
import { quotaUsesSql } from '@annex/quotas';
import { isDeadLetterSql } from '@annex/runs';
import type { NoticeKind } from '../kinds.js';

const secondsOf = (ms: number): string => `interval '${Math.round(ms / 1000)} s'`;

/** Dead letters of a tenant that are counted; more are told as that many. */
const countedDeadLetters = 10_000;

/** The latest ticks of a tenant that are looked at. */
const lookedTicks = 1000;

/** By kind. `$1` is the kind, `$4` the least id of a run that is looked at for ticks. */
export const foundSql: Record<NoticeKind, string> = {
  // Runs that failed in a row are counted where runs end (plugin_failures), and gone when one goes well.
  plugin_failing: `
    select w.tenant_id, w.rule_id, i.slug as subject,
      case when i.status in ('suspended', 'disabled') then 'critical' else 'warning' end as level,
      jsonb_build_object('status', i.status, 'runs', coalesce(f.runs, 0), 'code', f.last_error->>'code',
        'health', c.status) as detail
    from watched w join installations i on i.tenant_id = w.tenant_id
    left join plugin_failures f on f.tenant_id = i.tenant_id and f.installation_id = i.id
    left join plugin_checks c on c.tenant_id = i.tenant_id and c.installation_id = i.id and c.active
    where i.status = 'suspended' or (i.status = 'disabled' and i.status_reason is not null)
      or (i.status in ('enabled', 'starting') and (f.runs >= w.failures or c.status = 'unhealthy'))`,
  dead_letters: `
    select w.tenant_id, w.rule_id, d.plugin as subject, 'warning' as level,
      jsonb_build_object('count', d.n) as detail
    from watched w cross join lateral (
      select plugin, count(*) as n from (
        select plugin from runs where tenant_id = w.tenant_id and ${isDeadLetterSql} limit ${countedDeadLetters}) r
      group by plugin) d`,
  // Who is told that a quota is full is told of room only when there is some: no message for each row that goes.
  // Logs make room by themselves, and so stand at their quota for good.
  quota: `
    select w.tenant_id, w.rule_id, q.name as subject,
      case when q.used >= m.max or (s.level = 'critical' and q.used >= m.max * 0.95) then 'critical'
        else 'warning' end as level,
      jsonb_build_object('used', q.used, 'max', m.max) as detail
    from watched w
    cross join lateral (select * from ${quotaUsesSql('w.tenant_id', `(now() at time zone 'UTC')::date`)}) q
    cross join lateral (select annex_quota(w.tenant_id, q.name) as max) m
    left join notice_states s
      on s.tenant_id = w.tenant_id and s.rule_id = w.rule_id and s.kind = $1 and s.subject = q.name
    where m.max > 0 and q.name <> 'log_bytes'
      and (q.used >= m.max * 0.8 or (s.level is not null and q.used >= m.max * 0.75))`,
  missed_ticks: `
    select w.tenant_id, w.rule_id, t.plugin || '/' || t.name as subject, 'warning' as level,
      jsonb_build_object('ticks', t.ticks, 'code', t.code) as detail
    from watched w cross join lateral (
      select plugin, name, sum(coalesce(skipped_ticks, 1)) as ticks, (array_agg(code order by id desc))[1] as code
      from (
        select id, kind, plugin, name, skipped_ticks, schedule_id, finished_at, error->>'code' as code from runs
        where tenant_id = w.tenant_id and status = 'skipped' and id > $4 order by id desc limit ${lookedTicks}) r
      where kind = 'job' and schedule_id is not null and finished_at > now() - ${secondsOf(noticeLimits.missedMs)}
        and code in ('MISSED', 'SUPERSEDED', 'MISFIRE_DEADLINE', 'QUEUE_FULL')
      group by plugin, name) t`,
  // A poll that failed was tried again before; a connection that broke is opened again first.
  source_unhealthy: `
    select w.tenant_id, w.rule_id, s.name as subject,
      case when s.failed_at is null then 'warning' else 'critical' end as level,
      jsonb_build_object('failed', s.failed_at is not null, 'code', coalesce(s.last_error->>'code', r.code)) as detail
    from watched w join sources s on s.tenant_id = w.tenant_id and s.active and not s.paused
    left join lateral (
      select status, error->>'code' as code from runs
      where tenant_id = s.tenant_id and installation_id = s.installation_id and kind = 'source'
        and name = s.spec->>'name' and status in ('failed', 'succeeded') order by id desc limit 1) r on true
    where s.failed_at is not null or r.status = 'failed'
      or (s.last_error is not null
        and coalesce(s.last_batch_at, s.created_at) < now() - ${secondsOf(noticeLimits.sourceMs)})`,
  missing_secret: `
    select w.tenant_id, w.rule_id, i.slug as subject, 'warning' as level,
      jsonb_build_object('names', jsonb_agg(d.name order by d.name)) as detail
    from watched w join installations i on i.tenant_id = w.tenant_id and i.status in ('enabled', 'starting')
    join releases r on r.tenant_id = i.tenant_id and r.id = i.release_id
    cross join lateral (
      select s->>'name' as name from json_array_elements(r.manifest->'secrets') s where s->>'required' = 'true') d
    where not exists (
      select 1 from secrets x
      where x.tenant_id = i.tenant_id and x.name = d.name and (x.installation_id = i.id or x.installation_id is null))
    group by w.tenant_id, w.rule_id, i.slug`,
};
