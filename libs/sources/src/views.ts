/** Sources as the API shows them. */
import { isJsonObject, type Json } from '@annex/kernel';
import { receivingSourceTypes, type RouteAuth, type SourceType } from '@annex/manifest';
import type { RunStatus } from '@annex/runs';
import type { SourceRow } from './rows/source-row.js';
import { presetOf } from './sender.js';

/** Where a source stands. */
export const sourceStates = ['starting', 'running', 'backoff', 'failed', 'paused'] as const;

/** One of {@link sourceStates}. */
export type SourceState = (typeof sourceStates)[number];

/** How senders prove who they are. */
export interface SourceAuthView {
  kind: 'public' | 'hmac' | 'token';
  /** The form of the proof, such as `github` or `bearer`; `null`: none. */
  scheme: string | null;
  /** Names the secret, and never says it. */
  secret: string | null;
}

/** A source on the wire. */
export interface SourceView {
  name: string;
  /** `webhook`: set at `/api/hooks`. */
  type: SourceType | 'webhook';
  /** The slug of its package; `null`: the tenant's own. */
  plugin: string | null;
  enabled: boolean;
  state: SourceState;
  /** Why it is not running, for people; `null`: it is. */
  reason: string | null;
  /** Of the tenant's own: as it was written. */
  with: { [key: string]: Json };
  /** How senders prove who they are, and which secret holds the proof; `null`: nobody sends. */
  auth: SourceAuthView | null;
  events: string[];
  require: string[];
  schedule: string | null;
  timezone: string | null;
  /** Where others send, below the address of this Annex; `null`: nowhere. */
  path: string | null;
  /** Where it goes on; `null`: at the beginning. */
  cursor: Json;
  /** The worker that holds its connection; `null`: none. */
  owner: string | null;
  /** Seconds since something was taken last, be it nothing; `null`: nothing was so far. */
  lag_s: number | null;
  last_error: { code: string; message: string; at: string | null; run_id: string | null } | null;
  /** Times that its connection broke within the last hour. */
  restarts: number;
  /** `null`: nobody counts, of webhooks. */
  counts: { events: number; duplicates: number; rejected: number } | null;
  next_at: string | null;
  last_event_at: string | null;
  last_run: { id: string; status: RunStatus } | null;
  created_at: string;
  updated_at: string;
}

/** What a view is made of beside the source's row. */
export interface SourceFacts {
  plugin: string | null;
  pluginStatus: string | null;
  lastRun: { id: string; status: RunStatus; error: { code: string; message: string } | null; at: Date | null } | null;
  nowMs: number;
  tenantSlug: string;
  /** Times of {@link SourceRow.restartedAt} within the hour. */
  restarts: number;
}

export function sourceView(row: SourceRow, facts: SourceFacts): SourceView {
  const { spec } = row;
  const { state, reason } = stateOf(row, facts);
  const failure = failureOf(row, facts);
  const isReceiving = receivingSourceTypes.has(row.type);
  return {
    name: row.name,
    type: row.type,
    plugin: facts.plugin,
    enabled: row.active,
    state,
    reason,
    with: spec.with,
    auth: authView(spec.auth),
    events: spec.events,
    require: spec.require,
    schedule: spec.schedule,
    timezone: spec.schedule === null ? null : spec.timezone,
    path: isReceiving ? `/hooks/${facts.tenantSlug}/${row.name}` : null,
    cursor: row.cursor,
    owner: row.owner,
    lag_s: row.lastBatchAt ? Math.max(0, Math.round((facts.nowMs - row.lastBatchAt.getTime()) / 1000)) : null,
    last_error: failure,
    restarts: facts.restarts,
    counts: { events: row.events, duplicates: row.duplicates, rejected: row.rejected },
    next_at: row.nextAt?.toISOString() ?? null,
    last_event_at: row.lastEventAt?.toISOString() ?? null,
    last_run: facts.lastRun && { id: facts.lastRun.id, status: facts.lastRun.status },
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

function authView(auth: Json): SourceAuthView | null {
  if (auth === 'public') return { kind: 'public', scheme: null, secret: null };
  if (!isJsonObject(auth)) return null;
  const kind = isJsonObject(auth['hmac'] ?? null) ? 'hmac' : 'token';
  const { secret = null } = auth[kind] as { secret?: string };
  return { kind, scheme: presetOf(auth as unknown as RouteAuth), secret };
}

function stateOf(row: SourceRow, facts: SourceFacts): { state: SourceState; reason: string | null } {
  if (row.paused) return { state: 'paused', reason: 'Somebody paused it.' };
  if (facts.pluginStatus !== null && facts.pluginStatus !== 'enabled')
    return { state: 'paused', reason: `The plugin ${facts.plugin} is ${facts.pluginStatus}.` };
  if (!row.active) return { state: 'paused', reason: 'It is not enabled.' };
  const failure = failureOf(row, facts);
  if (row.failedAt)
    return { state: 'failed', reason: `It broke too often. ${failure?.message ?? ''} Restart it.`.replace('  ', ' ') };
  if (failure) return { state: 'backoff', reason: failure.message };
  return row.lastBatchAt || row.initializedFor
    ? { state: 'running', reason: null }
    : { state: 'starting', reason: null };
}

/** The latest failure, unless something went well since. */
function failureOf(row: SourceRow, { lastRun }: SourceFacts): SourceView['last_error'] {
  if (row.lastError) return { ...row.lastError, at: row.lastErrorAt?.toISOString() ?? null, run_id: null };
  if (!lastRun?.error || (lastRun.status !== 'failed' && lastRun.status !== 'retrying')) return null;
  return { ...lastRun.error, at: lastRun.at?.toISOString() ?? null, run_id: lastRun.id };
}
