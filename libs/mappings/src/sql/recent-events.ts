import type { TenantTransaction } from '@annex/database';
import { eventSources, type IncomingEvent } from '@annex/events';
import { EventRow } from '@annex/runs';

/** Events that came last, oldest first, under the type that they came with; none that a mapping made. */
export async function recentEvents(
  tx: TenantTransaction,
  { type, limit }: { type?: string | undefined; limit: number },
): Promise<IncomingEvent[]> {
  const rows = await tx.rows(
    EventRow,
    `select id, coalesce(raw_type, type) as type, source, subject, data, time, severity, tags, attributes from events
     where tenant_id = $1 and ($2::text is null or coalesce(raw_type, type) = $2) and not starts_with(source, $3)
       and rejected is null
     order by created_at desc, id desc limit $4`,
    [tx.tenantUuid, type ?? null, eventSources.mapping(''), limit],
  );
  return rows
    .map(({ id, type: raw, source, subject, data, time, severity, tags, attributes }) => ({
      ...{ id, type: raw, source, subject, data, time: time.toISOString(), severity, tags, attributes },
    }))
    .reverse();
}
