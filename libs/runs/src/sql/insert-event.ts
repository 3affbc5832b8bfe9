import { uuidFromId, type Id } from '@annex/kernel';
import type { EventLabels } from '@annex/events';
import { statement, type TenantTransaction } from '@annex/database';
import type { Rejection, Suppression } from '../rows/event-row.js';

/** An event as it is written. */
export interface EventToInsert extends EventLabels {
  id: string;
  type: string;
  source: string;
  subject: string | null;
  data: unknown;
  /** RFC 3339; `undefined`: now. */
  time: string | undefined;
  depth: number;
  runId: Id<'run'> | undefined;
  rejected: Rejection | undefined;
  rawType: string | null;
  mappedFrom: string | null;
  suppressedBy: Suppression | null;
  alert: object | null;
}

/** Values of {@link insertEventSql}. */
export type EventColumns = unknown[];

/** Takes {@link eventColumnsOf} as `$1` to `$17`; does nothing where the event is there already. */
export const insertEventSql = `insert into events (tenant_id, id, type, source, subject, data, time, depth, run_id,
     severity, tags, attributes, rejected, raw_type, mapped_from, suppressed_by, alert)
   values ($1, $2, $3, $4, $5, $6::json, coalesce($7::timestamptz, now()), $8, $9, $10, $11, $12::json, $13::json,
     $14, $15, $16::json, $17::json)
   on conflict do nothing`;

const insertSql = statement(insertEventSql);

export function eventColumnsOf(tx: TenantTransaction, event: EventToInsert): EventColumns {
  return [
    tx.tenantUuid,
    event.id,
    event.type,
    event.source,
    event.subject,
    JSON.stringify(event.data),
    event.time ?? null,
    event.depth,
    event.runId ? uuidFromId(event.runId) : null,
    event.severity,
    event.tags,
    JSON.stringify(event.attributes),
    event.rejected ? JSON.stringify(event.rejected) : null,
    event.rawType,
    event.mappedFrom,
    event.suppressedBy && JSON.stringify(event.suppressedBy),
    event.alert && JSON.stringify(event.alert),
  ];
}

/** Writes an event; answers whether it is new. */
export async function insertEvent(tx: TenantTransaction, event: EventToInsert): Promise<boolean> {
  return (await tx.execute(insertSql, eventColumnsOf(tx, event))) > 0;
}
