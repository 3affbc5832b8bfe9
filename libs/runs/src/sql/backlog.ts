import type { PlatformTransaction } from '@annex/database';
import { ofLivingTenant } from './living-tenants.js';
import { isDeadLetterSql } from './dead-letters.js';

/** How background work of all tenants together stands. */
export interface Backlog {
  /**
   * Background runs that have not ended, by what they are at. `parked`: they wait for something else to happen
   * (`waiting_for`).
   */
  runs: { due: number; delayed: number; running: number; parked: number };
  /** Questions to agents that wait, by what for: an admin's yes, or the agent that works. */
  questions: { approval: number; agent: number };
  /** How long the run that waits longest has been due, in seconds; 0: none waits. */
  oldestWaitingS: number;
  deadLetters: number;
  /** How late the tick is that has been due longest, in seconds; 0: none is due. */
  scheduleLagS: number;
  /** Alerts that fire. */
  firingAlerts: number;
  /** How late the alert or correlation is whose time came first, in seconds; 0: none is due. */
  stateLagS: number;
  /** Runs made within the last minute that have ended. */
  lastMinute: { kind: string; status: string; runs: number }[];
}

/** Looks at the backlog; a few indexes, whatever the tables hold. */
export async function readBacklog(tx: PlatformTransaction): Promise<Backlog> {
  const [row] = await tx.query<
    Backlog['runs'] & Backlog['questions'] & Record<'oldest_s' | 'dead' | 'lag_s' | 'firing' | 'state_lag_s', number>
  >(
    `select due.n as due, due.oldest_s,
       (select count(*)::int from runs where next_attempt_at > now()) as delayed,
       (select count(*)::int from runs where lease_until is not null) as running,
       waiting.parked, waiting.approval, waiting.agent,
       (select count(*)::int from runs where ${isDeadLetterSql}) as dead,
       (select coalesce(greatest(0, extract(epoch from now() - min(next_at))), 0)::float8 from schedules
       where active and not paused and next_at is not null and ${ofLivingTenant}) as lag_s,
       (select count(*)::int from event_states where status = 'firing') as firing,
       (select coalesce(greatest(0, extract(epoch from now() - min(ends_at))), 0)::float8 from (
         (select ends_at from event_states where ${ofLivingTenant} order by ends_at limit 1)
         union all (select ends_at from correlation_states where ${ofLivingTenant} order by ends_at limit 1)
       ) states) as state_lag_s
     from (select count(*)::int as n, coalesce(extract(epoch from now() - min(next_attempt_at)), 0)::float8 as oldest_s
     from runs where next_attempt_at <= now() and ${ofLivingTenant}) due,
     (select count(*)::int as parked, count(*) filter (where waiting_for = 'approval')::int as approval,
       count(*) filter (where waiting_for = 'agent')::int as agent
     from runs where waiting_for is not null) waiting`,
  );
  // The index by age is a coarse one (BRIN), so a little more is read than counts.
  const lastMinute = await tx.query<{ kind: string; status: string; runs: number }>(
    `select kind, status, count(*)::int as runs from (
       select kind, status from runs where queued_at > now() - interval '1 minute' and finished_at is not null
       union all
       select 'route', 'succeeded' from run_chunks c cross join unnest(c.before_ms) as b (ms)
       where c.started_at > now() - interval '1 minute'
         and c.started_at - b.ms * interval '1 millisecond' > now() - interval '1 minute') r
     group by 1, 2 order by 1, 2`,
  );
  const {
    oldest_s: oldestWaitingS = 0,
    dead: deadLetters = 0,
    lag_s: scheduleLagS = 0,
    firing: firingAlerts = 0,
    state_lag_s: stateLagS = 0,
    approval = 0,
    agent = 0,
    ...runs
  } = row ?? { due: 0, delayed: 0, running: 0, parked: 0 };
  const questions = { approval, agent };
  return { runs, questions, oldestWaitingS, deadLetters, scheduleLagS, firingAlerts, stateLagS, lastMinute };
}
