/**
 * What mappings remember and whose time has come: alerts that are over, windows of correlations that close. Any number
 * of workers look and none leads: a state is locked with SKIP LOCKED, and what follows from it is written in the same
 * transaction, so each end is told once whoever dies.
 */
import { fireDue } from '@annex/events';
import { failpoint, idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import { mappingLimits } from '@annex/limits';
import type { PlatformTransaction, TenantTransaction } from '@annex/database';
import { alertColumns, alertFrom, type AlertRow, type RawAlert } from './alert-states.js';
import {
  correlationColumns,
  correlationFrom,
  keepCorrelations,
  type FiredCorrelation,
  type RawCorrelation,
} from './correlation-states.js';
import { ensureRoom, insertQueued } from './enqueue-run.js';
import { ofLivingTenant } from './living-tenants.js';
import { mapperOf } from './mapping-rules.js';
import { makeResolvedEvent } from './resolved-event.js';
import { makeCorrelatedEvent } from './write-mapped.js';

/** A state whose time has come. */
export interface DueState {
  kind: 'alert' | 'correlation';
  tenantId: Id<'tenant'>;
  rule: string;
  key: string;
}

/** States whose time has come, the oldest first, at most `perTenant` of each tenant, none of `but`. */
export async function listDueStates(
  tx: PlatformTransaction,
  { limit, perTenant, but = [] }: { limit: number; perTenant: number; but?: readonly Id<'tenant'>[] },
): Promise<DueState[]> {
  const rows = await tx.query<{ kind: DueState['kind']; tenant_id: string; rule: string; key: string }>(
    `select kind, tenant_id, rule, key from (
       select *, row_number() over (partition by tenant_id order by ends_at) as turn from (
         (select 'alert' as kind, tenant_id, rule, key, ends_at from event_states
          where ends_at <= now() and tenant_id <> all($3::uuid[]) and ${ofLivingTenant} order by ends_at limit 5000)
         union all
         (select 'correlation', tenant_id, rule, key, ends_at from correlation_states
          where ends_at <= now() and tenant_id <> all($3::uuid[]) and ${ofLivingTenant} order by ends_at limit 5000)
       ) due
     ) turns where turn <= $2 order by ends_at limit $1`,
    [limit, perTenant, but.map(uuidFromId)],
  );
  return rows.map(({ tenant_id, ...row }) => ({ ...row, tenantId: idFromUuid('tenant', tenant_id) }));
}

/** Milliseconds until the next state's time comes, by the database's clock; `null`: there is none. */
export async function untilNextStateMs(tx: PlatformTransaction): Promise<number | null> {
  const earliest = (table: string): string =>
    `(select ends_at from ${table} where ${ofLivingTenant} order by ends_at limit 1)`;
  const [row] = await tx.query<{ ms: number | null }>(
    `select (extract(epoch from least(${earliest('event_states')}, ${earliest('correlation_states')})
       - clock_timestamp()) * 1000)::float8 as ms`,
  );
  return row?.ms ?? null;
}

/**
 * Does what is due about a state, unless another worker does: tells the end of an alert or makes a correlation's event,
 * or forgets it. Throws `QUEUE_FULL` when the runs of the event find no room; then everything stays as it was.
 */
export async function settleState(tx: TenantTransaction, { kind, rule, key }: DueState): Promise<void> {
  const runs = kind === 'alert' ? await settleAlert(tx, rule, key) : await settleCorrelation(tx, rule, key);
  if (runs.length > 0) {
    await ensureRoom(tx, runs.length);
    await insertQueued(tx, runs);
  }
  failpoint('tick.written');
}

type Runs = Awaited<ReturnType<typeof makeResolvedEvent>>;

async function settleAlert(tx: TenantTransaction, rule: string, key: string): Promise<Runs> {
  const [row] = await tx.query<RawAlert>(
    `select ${alertColumns} from event_states s
     where tenant_id = $1 and rule = $2 and key = $3 and ends_at <= now() for update skip locked`,
    [tx.tenantUuid, rule, key],
  );
  const alert = row ? alertFrom(row) : null;
  if (!alert) return [];
  if (alert.status === 'resolved' || !alert.tellsEnd) {
    // A silence is of the key: it outlives the alert.
    if (await keepSilence(tx, alert)) return [];
    await tx.execute('delete from event_states where tenant_id = $1 and rule = $2 and key = $3', [
      tx.tenantUuid,
      rule,
      key,
    ]);
    return [];
  }
  await endAlert(tx, alert, null);
  return makeResolvedEvent(tx, alert);
}

/** Keeps an alert that is to be forgotten as long as it is silenced. Answers whether it is. */
async function keepSilence(tx: TenantTransaction, { rule, key }: AlertRow): Promise<boolean> {
  const kept = await tx.execute(
    `update event_states set status = 'resolved', ends_at = silenced_until
     where tenant_id = $1 and rule = $2 and key = $3 and silenced_until > now()`,
    [tx.tenantUuid, rule, key],
  );
  return kept > 0;
}

/** Writes that an alert is over. `by`: the actor who said so; `null`: its time did. */
export async function endAlert(tx: TenantTransaction, alert: AlertRow, by: string | null): Promise<void> {
  await tx.execute(
    `update event_states set status = 'resolved', tells_end = false, resolved_by = $4,
       ends_at = greatest(now() + $5 * interval '1 millisecond', silenced_until)
     where tenant_id = $1 and rule = $2 and key = $3`,
    [tx.tenantUuid, alert.rule, alert.key, by, mappingLimits.resolvedMs],
  );
}

async function settleCorrelation(tx: TenantTransaction, rule: string, key: string): Promise<Runs> {
  const [row] = await tx.query<RawCorrelation & { depth: number; revision: string | null }>(
    `select ${correlationColumns}, c.depth, (select revision::text from mapping_heads h where h.tenant_id = $1)
     from correlation_states c
     where tenant_id = $1 and rule = $2 and key = $3 and ends_at <= now() for update skip locked`,
    [tx.tenantUuid, rule, key],
  );
  if (!row) return [];
  const { mapper } = await mapperOf(tx, row.revision);
  const correlation = mapper.correlations.find(({ id }) => id === rule);
  const due = correlation && fireDue(correlationFrom(row), correlation, Number(row.now_ms));
  if (!correlation || !due) {
    await tx.execute('delete from correlation_states where tenant_id = $1 and rule = $2 and key = $3', [
      tx.tenantUuid,
      rule,
      key,
    ]);
    return [];
  }
  await keepCorrelations(tx, [{ correlation, key, state: due.state }], row.depth);
  const fired: FiredCorrelation[] = due.fired.map((eventIds) => ({ correlation, key, eventIds }));
  const runs: Runs = [];
  for (const one of fired) runs.push(...(await makeCorrelatedEvent(tx, one, { depth: row.depth })));
  return runs;
}
