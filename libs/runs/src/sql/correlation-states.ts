/** Windows of correlations as they are kept. Rows are locked in one order, so two events never wait in a circle. */
import { correlationEndsMs, takeCorrelation, type CorrelationPart, type CorrelationState } from '@annex/events';
import { mappingLimits } from '@annex/limits';
import { statement, type TenantTransaction } from '@annex/database';
import { OpenKeys } from '../open-keys.js';

/** A correlation that is met: which, for which key, by which events. */
export interface FiredCorrelation {
  correlation: CorrelationPart['correlation'];
  key: string;
  eventIds: string[];
}

export interface RawCorrelation {
  rule: string;
  key: string;
  seen: CorrelationState['seen'] | null;
  due_ms: string | null;
  closed_ms: string | null;
  now_ms: string;
}

export const correlationColumns = `c.rule, c.key, c.seen, extract(epoch from c.due_at) * 1000 as due_ms,
  extract(epoch from c.closed_until) * 1000 as closed_ms, extract(epoch from clock_timestamp()) * 1000 as now_ms`;

const ms = (text: string | null): number | null => (text === null ? null : Math.round(Number(text)));

export function correlationFrom({ seen, due_ms, closed_ms }: RawCorrelation): CorrelationState {
  return { seen: seen ?? {}, dueMs: ms(due_ms), closedUntilMs: ms(closed_ms) };
}

const lockSql = statement(
  `with open as materialized (
     select count(*)::int as n from (select from correlation_states o where $5 and o.tenant_id = $1 limit $4) many),
   locked as (
   insert into correlation_states as c (tenant_id, rule, key)
   select $1, p.rule, p.key from unnest($2::text[], $3::text[]) as p (rule, key)
   where exists (select from correlation_states e where e.tenant_id = $1 and e.rule = p.rule and e.key = p.key)
     or (select n from open) < $4
   order by p.rule, p.key
   on conflict (tenant_id, rule, key) do update set key = excluded.key
   returning ${correlationColumns}, xmax = 0 as is_new)
   select locked.*, (select n from open) as open from locked`,
);

const keepSql = statement(
  `with p as materialized (select * from unnest($2::text[], $3::text[], $4::text[], $5::float8[], $6::float8[],
     $7::float8[]) as p (rule, key, seen, due_ms, closed_ms, ends_ms)),
   gone as (delete from correlation_states c using p
     where c.tenant_id = $1 and c.rule = p.rule and c.key = p.key and p.ends_ms is null)
   update correlation_states c set seen = p.seen::json, due_at = to_timestamp(p.due_ms / 1000),
     closed_until = to_timestamp(p.closed_ms / 1000), ends_at = to_timestamp(p.ends_ms / 1000),
     depth = greatest(c.depth, $8)
   from p where c.tenant_id = $1 and c.rule = p.rule and c.key = p.key and p.ends_ms is not null`,
);

const openKeys = new OpenKeys();

/** Counts an event in the correlations that it has a part in; answers those that are met by it. */
export async function correlate(
  tx: TenantTransaction,
  parts: readonly CorrelationPart[],
  { eventId, depth }: { eventId: string; depth: number },
): Promise<FiredCorrelation[]> {
  if (parts.length === 0) return [];
  const isCounted = openKeys.isCountDue(tx.tenantUuid);
  const rows = await tx.query<RawCorrelation & { open: number; is_new: boolean }>(lockSql, [
    tx.tenantUuid,
    parts.map(({ correlation }) => correlation.id),
    parts.map(({ key }) => key),
    mappingLimits.openKeys,
    isCounted,
  ]);
  for (const [index, { is_new: isNew, open }] of rows.entries())
    openKeys.took(tx.tenantUuid, { isNew, counted: isCounted && index === 0 ? open : null });
  const decided = parts.flatMap((part) => {
    const row = rows.find(({ rule, key }) => rule === part.correlation.id && key === part.key);
    // Without room for another key there is nothing to count in.
    if (!row) return [];
    const nowMs = Math.floor(Number(row.now_ms));
    const { meets, isAbsent, correlation } = part;
    return [{ part, ...takeCorrelation(correlationFrom(row), correlation, { meets, isAbsent, eventId, nowMs }) }];
  });
  await keepCorrelations(
    tx,
    decided.map(({ part: { correlation, key }, state }) => ({ correlation, key, state })),
    depth,
  );
  return decided.flatMap(({ part: { correlation, key }, fired }) =>
    fired.map((eventIds) => ({ correlation, key, eventIds })),
  );
}

/** Writes what is kept from now on. */
export async function keepCorrelations(
  tx: TenantTransaction,
  kept: readonly { correlation: CorrelationPart['correlation']; key: string; state: CorrelationState | null }[],
  depth: number,
): Promise<void> {
  if (kept.length === 0) return;
  await tx.execute(keepSql, [
    tx.tenantUuid,
    kept.map(({ correlation }) => correlation.id),
    kept.map(({ key }) => key),
    kept.map(({ state }) => state && JSON.stringify(state.seen)),
    kept.map(({ state }) => state?.dueMs ?? null),
    kept.map(({ state }) => state?.closedUntilMs ?? null),
    kept.map(({ correlation, state }) => state && correlationEndsMs(state, correlation)),
    depth,
  ]);
}
