import { alertOf, eventSources, resolved } from '@annex/events';
import { newId, type Id, type Json } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import { countMapped } from '../mapped-counts.js';
import { EventRow } from '../rows/event-row.js';
import type { AlertRow } from './alert-states.js';
import type { NewRun } from './enqueue-run.js';
import { planFanOut } from './fan-out.js';
import { insertEvent } from './insert-event.js';

/** Says of whom a resolved event tells when its alert's last event is gone. */
const unknownEvent = { subject: null, data: {} as Json, severity: 'info' as const, tags: [], attributes: {}, depth: 0 };

/**
 * Makes the event that tells the end of an alert: like the last one that went through, with `alert.status` `resolved`.
 * Answers the runs that get it.
 */
export async function makeResolvedEvent(
  tx: TenantTransaction,
  alert: AlertRow,
  { runId }: { runId?: Id<'run'> | undefined } = {},
): Promise<(NewRun & { id: Id<'run'> })[]> {
  const [last] = await tx.rows<
    EventRow,
    Pick<EventRow, 'subject' | 'data' | 'severity' | 'tags' | 'attributes' | 'depth'>
  >(EventRow, 'select subject, data, severity, tags, attributes, depth from events where tenant_id = $1 and id = $2', [
    tx.tenantUuid,
    alert.eventId,
  ]);
  countMapped(tx, 'ended');
  const { subject, data, severity, tags, attributes, depth } = last ?? unknownEvent;
  const id = newId('event');
  const [mapping = ''] = alert.rule.split('/');
  const event = {
    ...{ id, type: alert.type, source: eventSources.mapping(mapping), subject, data, severity, tags, attributes },
    ...{ rawType: null, mappedFrom: alert.rule, alert: alertOf(resolved(alert, 0)) },
  };
  const context = { depth, runId, time: undefined, rejected: undefined, suppressedBy: null };
  await insertEvent(tx, { ...event, ...context });
  return planFanOut(tx, { event: { ...event, time: new Date().toISOString() }, depth });
}
