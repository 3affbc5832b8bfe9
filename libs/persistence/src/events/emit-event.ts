/**
 * Emit: one transaction writes the event, resolves the subscriptions and makes one run for each. The event's row is unique on tenant and id,
 * so whoever sends the same id again, at the same moment or after a lost answer, gets the runs of the first time and makes none.
 */
import { idFromUuid, newId, uuidFromId, type Id, type Json } from '@annex/kernel';
import { matchesEvent, maxEmitDepth } from '@annex/events';
import { outcomeErrors } from '@annex/lifecycle';
import type { TenantTransaction } from '../core/database.js';
import { ensureRoom, insertQueued, type NewRun, type RunPolicy } from '../runs/enqueue-run.js';

/** An event to be written. Its texts must have passed `readEvent` (libs/events) or be the platform's own. */
export interface NewEvent {
  /** The sender's own; the same id again is the same event. Default: a fresh `evt_…`. */
  id?: string | undefined;
  type: string;
  source: string;
  subject?: string | null;
  data: Json;
  /** When it happened, RFC 3339. Default: now. */
  time?: string | undefined;
  /** How many emits lie between it and the outside world. Default 0. */
  depth?: number;
  /** The run that emitted it. */
  runId?: Id<'run'>;
  /** Only this installation's handlers get it. Default: every subscriber. */
  only?: Id<'installation'>;
}

export interface EmittedEvent {
  eventId: string;
  /** One for each handler that subscribed; of the first time when the event was known. */
  runs: { runId: Id<'run'>; plugin: string }[];
  /** An event with this id had been written before: nothing was changed. */
  duplicate: boolean;
}

/** Writes an event in the caller's transaction. Handlers start after its commit. */
export type EmitEvent = (tx: TenantTransaction, event: NewEvent) => Promise<EmittedEvent>;

interface SubscriptionRow {
  installation_id: string;
  pattern: string;
  ordinal: number;
  plugin: string;
  policy: RunPolicy;
}

/**
 * Writes an event and one run per subscribed handler. Throws `EMIT_DEPTH` when `depth` is over 10 and `QUEUE_FULL` when the tenant's cap of
 * unfinished background runs does not hold the new ones; then nothing is written.
 */
export const emitEvent: EmitEvent = async (tx, event) => {
  const depth = event.depth ?? 0;
  if (depth > maxEmitDepth) {
    throw outcomeErrors.error('EMIT_DEPTH', `This event would be ${depth} emits deep; at most ${maxEmitDepth} are allowed. Look for handlers that cause each other's events.`, {
      extra: { limit: maxEmitDepth },
    });
  }
  const eventId = event.id ?? newId('event');
  const inserted = await tx.execute(
    `insert into events (tenant_id, id, type, source, subject, data, time, depth, run_id)
     values ($1, $2, $3, $4, $5, $6::json, coalesce($7::timestamptz, now()), $8, $9) on conflict do nothing`,
    [tx.tenantUuid, eventId, event.type, event.source, event.subject ?? null, JSON.stringify(event.data), event.time ?? null, depth, event.runId ? uuidFromId(event.runId) : null],
  );
  if (inserted === 0) return { eventId, runs: await firstRuns(tx, eventId), duplicate: true };
  const runs = await planFanOut(tx, { eventId, type: event.type, depth, ...(event.only && { only: event.only }) });
  if (runs.length > 0) {
    await ensureRoom(tx, runs.length);
    await insertQueued(tx, runs);
  }
  return { eventId, runs: runs.map(({ id, plugin }) => ({ runId: id, plugin })), duplicate: false };
};

/** The runs that an event makes: one per handler whose pattern matches now. @internal */
export async function planFanOut(
  tx: TenantTransaction,
  { eventId, type, depth, only, replayOf }: { eventId: string; type: string; depth: number; only?: Id<'installation'>; replayOf?: (plugin: string, name: string, ordinal: number) => Id<'run'> | null },
): Promise<(NewRun & { id: Id<'run'> })[]> {
  const subscriptions = await tx.query<SubscriptionRow>(
    `select installation_id, pattern, ordinal, plugin, policy from subscriptions
     where tenant_id = $1 and (pattern = $2 or strpos(pattern, '*') > 0) and ($3::uuid is null or installation_id = $3)
     order by plugin, pattern, ordinal`,
    [tx.tenantUuid, type, only ? uuidFromId(only) : null],
  );
  return subscriptions
    .filter(({ pattern }) => matchesEvent(pattern, type))
    .map(({ installation_id, pattern, ordinal, plugin, policy }) => ({
      id: newId('run'),
      installationId: idFromUuid('installation', installation_id),
      plugin,
      kind: 'event',
      name: pattern,
      ordinal,
      policy,
      eventId,
      depth,
      replayOf: replayOf?.(plugin, pattern, ordinal) ?? null,
    }));
}

async function firstRuns(tx: TenantTransaction, eventId: string): Promise<EmittedEvent['runs']> {
  const rows = await tx.query<{ id: string; plugin: string }>(
    `select id, plugin from runs where tenant_id = $1 and event_id = $2 and kind = 'event' and replay_of is null order by id`,
    [tx.tenantUuid, eventId],
  );
  return rows.map(({ id, plugin }) => ({ runId: idFromUuid('run', id), plugin }));
}
