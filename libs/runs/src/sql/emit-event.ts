/**
 * Emit: one transaction writes the event, resolves the subscriptions and makes one run for each. The event's row is
 * unique on tenant and id, so whoever sends the same id again, at the same moment or after a lost answer, gets the runs
 * of the first time and makes none.
 */
import { idFromUuid, newId, uuidFromId, type Id, type Json } from '@annex/kernel';
import { matchesEvent, type EventLabels } from '@annex/events';
import { maxEmitDepth } from '@annex/limits';
import { outcomeErrors } from '../outcomes.js';
import { statement, type TenantTransaction } from '@annex/database';
import { ensureRoom, insertQueued, type BackgroundKind, type NewRun, type RunPolicy } from './enqueue-run.js';
import type { Rejection } from '../rows/event-row.js';
import { handlerKey } from './replay.js';

/** An event to be written. Its texts must have passed `readEvent` (libs/events) or be the platform's own. */
export interface NewEvent extends Partial<EventLabels> {
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
  /** It is kept and shown, and nobody gets it. Default: everyone who subscribed does. */
  rejected?: Rejection | undefined;
}

export interface EmittedEvent {
  eventId: string;
  /**
   * One for each handler and webhook that subscribed; of the first time when the event was known. `plugin` is `null`
   * for a webhook of the tenant's own.
   */
  runs: { runId: Id<'run'>; plugin: string | null }[];
  /** An event with this id had been written before: nothing was changed. */
  duplicate: boolean;
}

/** Writes an event in the caller's transaction. Handlers start after its commit. */
export type EmitEvent = (tx: TenantTransaction, event: NewEvent) => Promise<EmittedEvent>;

interface SubscriptionRow {
  webhook_id: string | null;
  installation_id: string | null;
  pattern: string;
  name: string;
  ordinal: number;
  plugin: string | null;
  policy: RunPolicy;
}

const insertSql = statement(
  `insert into events (tenant_id, id, type, source, subject, data, time, depth, run_id, severity, tags, attributes,
     rejected)
   values ($1, $2, $3, $4, $5, $6::json, coalesce($7::timestamptz, now()), $8, $9, $10, $11, $12::json, $13::json)
   on conflict do nothing`,
);

const subscribersSql = statement(
  `select null::uuid as webhook_id, installation_id, pattern, pattern as name, ordinal, plugin, policy
   from subscriptions
     where tenant_id = $1 and (pattern = $2 or strpos(pattern, '*') > 0) and ($3::uuid is null or installation_id = $3)
     union all
     select w.id, w.installation_id, e.pattern, w.name, 0, w.plugin, w.policy from webhooks w cross
     join lateral jsonb_array_elements_text(w.events) as e (pattern)
     where w.tenant_id = $1 and w.active and (e.pattern = $2 or strpos(e.pattern, '*') > 0)
       and ($3::uuid is null or w.installation_id = $3)
     order by plugin, pattern, ordinal`,
);

/**
 * Writes an event and one run per subscribed handler. Throws `EMIT_DEPTH` when `depth` is over {@link maxEmitDepth} and
 * `QUEUE_FULL` when
 * the tenant's cap of unfinished background runs does not hold the new ones; then nothing is written.
 */
export const emitEvent: EmitEvent = async (tx, event) => {
  const depth = event.depth ?? 0;
  if (depth > maxEmitDepth) {
    throw outcomeErrors.error(
      'EMIT_DEPTH',
      `This event would be ${depth} emits deep; at most ${maxEmitDepth} are allowed. Look for handlers that cause ` +
        `each other's events.`,
      {
        extra: { limit: maxEmitDepth },
      },
    );
  }
  const eventId = event.id ?? newId('event');
  const inserted = await tx.execute(insertSql, [
    tx.tenantUuid,
    eventId,
    event.type,
    event.source,
    event.subject ?? null,
    JSON.stringify(event.data),
    event.time ?? null,
    depth,
    event.runId ? uuidFromId(event.runId) : null,
    event.severity ?? 'info',
    event.tags ?? [],
    JSON.stringify(event.attributes ?? {}),
    event.rejected ? JSON.stringify(event.rejected) : null,
  ]);
  if (inserted === 0) return { eventId, runs: await firstRuns(tx, eventId), duplicate: true };
  if (event.rejected) return { eventId, runs: [], duplicate: false };
  const runs = await planFanOut(tx, { eventId, type: event.type, depth, ...(event.only && { only: event.only }) });
  if (runs.length > 0) {
    await ensureRoom(tx, runs.length);
    await insertQueued(tx, runs);
  }
  return { eventId, runs: runs.map(({ id, plugin }) => ({ runId: id, plugin })), duplicate: false };
};

/**
 * The runs that an event makes: one per handler whose pattern matches now, and one per webhook, however many of its
 * patterns do. @internal
 */
export async function planFanOut(
  tx: TenantTransaction,
  {
    eventId,
    type,
    depth,
    only,
    replayOf,
  }: {
    eventId: string;
    type: string;
    depth: number;
    only?: Id<'installation'>;
    replayOf?: (handler: string) => Id<'run'> | null;
  },
): Promise<(NewRun & { id: Id<'run'> })[]> {
  const subscriptions = await tx.query<SubscriptionRow>(subscribersSql, [
    tx.tenantUuid,
    type,
    only ? uuidFromId(only) : null,
  ]);
  const sending = new Set<string>();
  return subscriptions
    .filter(({ webhook_id, pattern }) => {
      if (!matchesEvent(pattern, type)) return false;
      if (webhook_id === null) return true;
      const isFirst = !sending.has(webhook_id);
      sending.add(webhook_id);
      return isFirst;
    })
    .map(({ webhook_id, installation_id, name, ordinal, plugin, policy }) => {
      const kind: BackgroundKind = webhook_id === null ? 'event' : 'webhook';
      return {
        id: newId('run'),
        installationId: installation_id === null ? null : idFromUuid('installation', installation_id),
        plugin,
        kind,
        name,
        ordinal,
        policy,
        eventId,
        depth,
        replayOf: replayOf?.(handlerKey({ kind, plugin, name, ordinal })) ?? null,
        webhookId: webhook_id === null ? null : idFromUuid('webhook', webhook_id),
      };
    });
}

async function firstRuns(tx: TenantTransaction, eventId: string): Promise<EmittedEvent['runs']> {
  const rows = await tx.query<{ id: string; plugin: string | null }>(
    `select id, plugin from runs where tenant_id = $1 and event_id = $2 and kind in ('event', 'webhook')
       and replay_of is null order by id`,
    [tx.tenantUuid, eventId],
  );
  return rows.map(({ id, plugin }) => ({ runId: idFromUuid('run', id), plugin }));
}
