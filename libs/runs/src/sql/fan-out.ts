import { matchesEvent, hookGate, soundFilter, type FilteredEvent } from '@annex/events';
import type { Filter } from '@annex/host-api';
import { idFromUuid, newId, uuidFromId, type Id, type Json } from '@annex/kernel';
import { LRUCache } from 'lru-cache';
import { statement, type TenantTransaction } from '@annex/database';
import type { BackgroundKind, NewRun, RunPolicy } from './enqueue-run.js';
import { handlerKey } from './replay.js';

interface SubscriptionRow {
  webhook_id: string | null;
  installation_id: string | null;
  /** `null`: this row tells the revision of the tenant's mappings as its `name`. */
  pattern: string | null;
  name: string;
  ordinal: number;
  plugin: string | null;
  policy: RunPolicy;
  /** JSON of a filter that the event must pass. */
  filter: string | null;
}

/** The revision comes along with the subscribers, so that it costs no statement. */
const subscribersSql = statement(
  `select null::uuid as webhook_id, installation_id, pattern, pattern as name, ordinal, plugin, policy,
     filter::text as filter
   from subscriptions
     where tenant_id = $1 and (pattern = any($2::text[]) or strpos(pattern, '*') > 0)
       and ($3::uuid is null or installation_id = $3)
     union all
     select w.id, w.installation_id, e.pattern, w.name, 0, w.plugin, w.policy, w.filter::text from webhooks w cross
     join lateral jsonb_array_elements_text(w.events) as e (pattern)
     where w.tenant_id = $1 and w.active and (e.pattern = any($2::text[]) or strpos(e.pattern, '*') > 0)
       and ($3::uuid is null or w.installation_id = $3)
     union all
     select null, null, null, h.revision::text, 0, null, null, null
     from mapping_heads h where h.tenant_id = $1
     order by plugin, pattern, ordinal`,
);

/** Who may get an event, as it was looked up. */
export interface Subscribers {
  /** Of the tenant's mappings; `null`: it never had one. */
  revision: string | null;
  /** The names that were looked for. */
  types: readonly string[];
  rows: (SubscriptionRow & { pattern: string })[];
}

/** Subscribers of any of some names. `only`: of this installation. */
export async function findSubscribers(
  tx: TenantTransaction,
  types: readonly string[],
  only?: Id<'installation'>,
): Promise<Subscribers> {
  const found = await tx.query<SubscriptionRow>(subscribersSql, [tx.tenantUuid, types, only ? uuidFromId(only) : null]);
  return {
    revision: found.find(({ pattern }) => pattern === null)?.name ?? null,
    types,
    rows: found.filter((row): row is SubscriptionRow & { pattern: string } => row.pattern !== null),
  };
}

/** Hooks get an event by its name, and by the one that it had before a mapping. */
export function typesOf({ type, rawType }: Pick<FilteredEvent, 'type' | 'rawType'>): string[] {
  return rawType === null ? [type] : [type, rawType];
}

/** Filters as they were read, by their JSON: a busy hook's is read once. */
const filters = new LRUCache<string, Filter>({ max: 1000 });

/** A filter as its JSON says. @internal */
export function filterOf(text: string): Filter {
  const known = filters.get(text);
  if (known) return known;
  const filter = soundFilter(JSON.parse(text) as Json);
  filters.set(text, filter);
  return filter;
}

export interface FanOut {
  event: FilteredEvent;
  depth: number;
  replayOf?: (handler: string) => Id<'run'> | null;
}

/**
 * The runs that an event makes: one per handler whose pattern matches, and one per webhook, however many of its
 * patterns and of the event's names do.
 */
export function planRuns({ rows }: Subscribers, { event, depth, replayOf }: FanOut): (NewRun & { id: Id<'run'> })[] {
  const sending = new Set<string>();
  const types = typesOf(event);
  const passes = hookGate(event);
  return rows
    .filter(({ webhook_id, pattern, filter }) => {
      if (!types.some((type) => matchesEvent(pattern, type))) return false;
      if (filter !== null && !passes(filterOf(filter))) return false;
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
        eventId: event.id,
        depth,
        replayOf: replayOf?.(handlerKey({ kind, plugin, name, ordinal })) ?? null,
        webhookId: webhook_id === null ? null : idFromUuid('webhook', webhook_id),
      };
    });
}

/** The runs that an event makes now. @internal */
export async function planFanOut(
  tx: TenantTransaction,
  { only, ...fanOut }: FanOut & { only?: Id<'installation'> },
): Promise<(NewRun & { id: Id<'run'> })[]> {
  return planRuns(await findSubscribers(tx, typesOf(fanOut.event), only), fanOut);
}
