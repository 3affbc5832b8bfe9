/**
 * Writes what a source gave: its events, and where it goes on, in the caller's transaction. Both or neither: a cursor
 * that is ahead of its events loses them, and one that is behind gives them again, which their ids make harmless.
 */
import { eventSources, sourceEventId, type SourceBatch, type SourceEvent } from '@annex/events';
import { failpoint, type Id } from '@annex/kernel';
import { outcomeErrors, type EmitEvent } from '@annex/runs';
import type { TenantTransaction } from '@annex/database';
import type { SourceRow } from './rows/source-row.js';
import { holdSource, noteBatch } from './sql/hold-source.js';

export interface BatchToWrite {
  source: Pick<SourceRow, 'id' | 'name'>;
  batch: SourceBatch;
  /** The run that gave it; left out for a connection of the host's. */
  runId?: Id<'run'> | undefined;
  /** How many emits lie between its events and the outside world. */
  depth: number;
  /**
   * What the source's token was when the batch was begun. Another one since: nothing is written. `null`: the source has
   * no cursor, and any batch holds.
   */
  token: number | null;
  /** Nobody else may write with the same token. */
  spendToken?: boolean;
}

/** What became of the events of a batch. */
export interface Taken {
  events: number;
  duplicates: number;
  rejected: number;
  /** In the order of the batch. */
  eventIds: string[];
}

/** Throws `SOURCE_MOVED`, and what emitting throws (`QUEUE_FULL`, `EMIT_DEPTH`). */
export async function writeBatch(tx: TenantTransaction, emit: EmitEvent, given: BatchToWrite): Promise<Taken> {
  const { source, batch, token, spendToken = false } = given;
  // First the source's row, so that two batches of one source follow each other and never wait for each other's events.
  const isHeld = token === null && batch.events.length < 2 ? true : await holdSource(tx, source.id, token);
  if (!isHeld)
    throw outcomeErrors.error(
      'SOURCE_MOVED',
      `The source ${source.name} was moved, paused or taken over while its events were read, so none of them was ` +
        'written. They are read again from where it stands.',
    );
  const taken: Taken = { events: 0, duplicates: 0, rejected: 0, eventIds: [] };
  for (const event of batch.events) {
    const { eventId, duplicate } = await emit(tx, newEvent(given, event));
    taken.eventIds.push(eventId);
    if (duplicate) taken.duplicates += 1;
    else if (event.missing.length > 0 || event.fault !== undefined) taken.rejected += 1;
    else taken.events += 1;
  }
  const { events, duplicates, rejected } = taken;
  await noteBatch(tx, source.id, { cursor: batch.cursor, spendToken, events, duplicates, rejected });
  if (events > 0) failpoint('source.written');
  return taken;
}

function newEvent({ source, runId, depth }: BatchToWrite, event: SourceEvent): Parameters<EmitEvent>[1] {
  const { id, type, source: said, subject, data, time, severity, tags, attributes, missing, fault } = event;
  return {
    ...(id !== null && { id: sourceEventId(source.name, id) }),
    type,
    source: said ?? eventSources.source(source.name),
    subject,
    data,
    ...(time !== null && { time }),
    severity,
    tags,
    attributes,
    depth,
    ...(runId !== undefined && { runId }),
    ...(missing.length > 0 && {
      rejected: {
        reason: `The source ${source.name} asks for ${missing.join(', ')}, and the event has nothing there.`,
        missing,
      },
    }),
    ...(fault !== undefined && {
      rejected: { reason: `The source ${source.name} gave an event that cannot be kept: ${fault}`, missing: [] },
    }),
  };
}
