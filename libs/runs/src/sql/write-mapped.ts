/** Writes an event as its mapping makes it, with what the mappings remember of it and what follows from it. */
import {
  correlationSeverity,
  eventSources,
  incidentBody,
  takeAlert,
  type CorrelationPart,
  type DedupeTerms,
  type EventAlert,
  type MappedEvent,
  type Mapper,
} from '@annex/events';
import { newId, type Id } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import { countMapped } from '../mapped-counts.js';
import type { Suppression } from '../rows/event-row.js';
import { keepAlert, takeIntoAlert, type AlertRow } from './alert-states.js';
import { correlate, type FiredCorrelation } from './correlation-states.js';
import type { NewRun } from './enqueue-run.js';
import { planFanOut } from './fan-out.js';
import { eventColumnsOf, insertEvent, type EventToInsert } from './insert-event.js';
import { makeResolvedEvent } from './resolved-event.js';

type Runs = (NewRun & { id: Id<'run'> })[];

export interface WrittenEvent {
  isDuplicate: boolean;
  isSuppressed: boolean;
  /** The alert that it belongs to, as the event carries it. */
  alert: EventAlert | null;
  /** Of the events that follow from it: alerts that were over, correlations that are met. */
  followingRuns: Runs;
}

interface Context {
  depth: number;
  /** As its sender said; `undefined`: now. */
  time: string | undefined;
  runId: Id<'run'> | undefined;
  mapper: Mapper;
}

const duplicate: WrittenEvent = { isDuplicate: true, isSuppressed: true, alert: null, followingRuns: [] };

/** Writes a mapped event in the caller's transaction; the caller makes the runs. */
export async function writeMapped(
  tx: TenantTransaction,
  mapped: MappedEvent,
  { mapper, ...context }: Context,
): Promise<WrittenEvent> {
  const { event, mappedFrom, rawType, droppedBy, dedupe } = mapped;
  const suppressedBy: Suppression | null =
    droppedBy === null ? null : { reason: 'unmapped', rule: droppedBy, alert: null };
  const row = { ...event, ...context, rejected: undefined, rawType, mappedFrom, suppressedBy, alert: null };
  if (mapped.isTooDear) countMapped(tx, 'tooDear');
  const written: WrittenEvent & { isSilenced?: true } = dedupe
    ? await writeDeduped(tx, row, { dedupe, isResolving: mapped.isResolving })
    : (await insertEvent(tx, row))
      ? { isDuplicate: false, isSuppressed: suppressedBy !== null, alert: null, followingRuns: [] }
      : duplicate;
  if (written.isDuplicate) return written;
  if (droppedBy !== null) countMapped(tx, 'unmapped');
  else if (mappedFrom !== null && !written.isSuppressed) countMapped(tx, 'passed');
  // What was dropped, or silenced by somebody, did not happen; an end is no beginning.
  const counts = droppedBy === null && !mapped.isResolving && !written.isSilenced;
  if (!counts || mapper.correlations.length === 0) return written;
  const fired = await correlate(tx, inOneOrder(mapper.partsOf(mapped)), { eventId: event.id, depth: context.depth });
  const following: Runs = [];
  for (const one of fired) following.push(...(await makeCorrelatedEvent(tx, one, context)));
  return { ...written, followingRuns: [...written.followingRuns, ...following] };
}

async function writeDeduped(
  tx: TenantTransaction,
  row: EventToInsert,
  { dedupe, isResolving }: { dedupe: DedupeTerms; isResolving: boolean },
): Promise<WrittenEvent & { isSilenced?: true }> {
  const { rule, key } = dedupe;
  const freshId = newId('alert');
  const taken = await takeIntoAlert(tx, eventColumnsOf(tx, row), { rule, key, freshId });
  if (taken.isDuplicate) return duplicate;
  // Without room for another key the event goes on uncounted: it is not lost.
  if (taken.nowMs === null) {
    countMapped(tx, 'noRoom');
    return { isDuplicate: false, isSuppressed: false, alert: null, followingRuns: [] };
  }
  const { state, alert, suppressedBy, ended } = takeAlert(taken.state, dedupe, {
    isResolving,
    nowMs: taken.nowMs,
    freshId,
  });
  const suppression: Suppression | null = suppressedBy && { reason: suppressedBy, rule, alert: alert.id };
  if (suppressedBy) countMapped(tx, suppressedBy);
  await keepAlert(tx, { rule, key, type: row.type, state, eventId: row.id, alert, suppressedBy: suppression });
  return {
    isDuplicate: false,
    isSuppressed: suppression !== null,
    alert,
    followingRuns: ended ? await makeResolvedEvent(tx, ended as AlertRow, { runId: row.runId }) : [],
    ...(suppressedBy === 'silence' && { isSilenced: true }),
  };
}

/** Makes the event of a correlation that is met, and the runs that get it. */
export async function makeCorrelatedEvent(
  tx: TenantTransaction,
  { correlation, key, eventIds }: FiredCorrelation,
  { depth, runId }: { depth: number; runId?: Id<'run'> | undefined },
): Promise<Runs> {
  countMapped(tx, 'correlated');
  const id = newId('event');
  const [mapping = ''] = correlation.id.split('/');
  const event = {
    ...{
      id,
      type: correlation.emit,
      source: eventSources.mapping(mapping),
      ...incidentBody(correlation, key, eventIds),
    },
    ...{ severity: correlationSeverity(correlation), tags: correlation.tags, attributes: {} },
    ...{ rawType: null, mappedFrom: correlation.id, alert: null },
  };
  const context = { depth, runId, time: undefined, rejected: undefined, suppressedBy: null };
  await insertEvent(tx, { ...event, ...context });
  return planFanOut(tx, { event: { ...event, time: new Date().toISOString() }, depth });
}

function inOneOrder(parts: CorrelationPart[]): CorrelationPart[] {
  return parts.sort((a, b) => (a.correlation.id < b.correlation.id ? -1 : 1));
}
