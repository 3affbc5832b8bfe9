import type { RunStatus } from '@annex/runs';
import { webhookLimits } from '@annex/limits';
import type { SentDelivery } from './rows/deliveries.js';
import type { WebhookAttemptRow } from './rows/webhook-attempt-row.js';
import type { WebhookRow } from './rows/webhook-row.js';
import { maskQuery } from './destination.js';
import { missingPermission } from './agents/agent-permissions.js';
import type { WebhookInstallation } from './ports.js';

/** A webhook on the wire. */
export interface WebhookView {
  id: string;
  name: string;
  /** `package`: from `webhooks/*.yaml` of a plugin. `api`: the tenant's own. */
  origin: 'package' | 'api';
  plugin: string | null;
  /** As it was written, placeholders included; values of the query of the tenant's own are hidden. */
  url: string;
  events: string[];
  description: string | null;
  /** `inactive`: its plugin is not enabled. `blocked`: the plugin was not granted `emit_webhook`. */
  status: 'enabled' | 'disabled' | 'inactive' | 'blocked';
  /** Why it does not send; `null` while it does. */
  reason: string | null;
  /** Names of further header fields. */
  headers: string[];
  signed: boolean;
  retry: {
    max_attempts?: number;
    backoff?: 'exponential' | 'fixed';
    initial_delay_s?: number;
    max_delay_s?: number;
  };
  /** Attempts in a row that the endpoint did not take, and since when. */
  failures: number;
  failing_since: string | null;
  last_delivery: { id: string; at: string; error: string | null } | null;
  created_at: string;
  updated_at: string;
}

/** @param own header names of a webhook of the tenant's own */
export function webhookView(
  row: WebhookRow,
  { snapshot, own }: { snapshot?: WebhookInstallation | undefined; own?: { headers: string[] } | undefined },
): WebhookView {
  const definition = snapshot?.webhooks.find(({ name }) => name === row.name);
  const { status, reason } = stand(row, snapshot);
  const { maxAttempts, backoff, initialDelayS, maxDelayS } = row.policy.retry ?? {};
  return {
    id: row.id,
    name: row.name,
    origin: row.installationId === null ? 'api' : 'package',
    plugin: row.plugin,
    url: row.installationId === null ? maskQuery(row.url) : row.url,
    events: row.events,
    description: row.description ?? definition?.description ?? null,
    status,
    reason,
    headers: own?.headers ?? Object.keys(definition?.headers ?? {}),
    signed: row.installationId === null || (definition?.signing ?? null) !== null,
    retry: {
      ...(maxAttempts !== undefined && { max_attempts: maxAttempts }),
      ...(backoff !== undefined && { backoff }),
      ...(initialDelayS !== undefined && { initial_delay_s: initialDelayS }),
      ...(maxDelayS !== undefined && { max_delay_s: maxDelayS }),
    },
    failures: row.failures,
    failing_since: row.failingSince?.toISOString() ?? null,
    last_delivery:
      row.lastDeliveryId && row.lastAttemptAt
        ? { id: row.lastDeliveryId, at: row.lastAttemptAt.toISOString(), error: row.lastError }
        : null,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

function stand(row: WebhookRow, snapshot: WebhookInstallation | undefined): Pick<WebhookView, 'status' | 'reason'> {
  if (row.disabledAt) return { status: 'disabled', reason: row.disabledReason };
  if (row.installationId === null) return { status: 'enabled', reason: null };
  if (!row.active || snapshot?.status !== 'enabled')
    return { status: 'inactive', reason: `The plugin ${row.plugin ?? ''} is ${snapshot?.status ?? 'not installed'}.` };
  const denied = missingPermission(snapshot.webhooks.find(({ name }) => name === row.name) ?? {}, snapshot);
  if (denied !== undefined)
    return { status: 'blocked', reason: `PERMISSION_DENIED: the plugin ${snapshot.slug} was not granted ${denied}.` };
  return { status: 'enabled', reason: null };
}

/** A delivery on the wire. */
export interface DeliveryView {
  id: string;
  webhook: string;
  webhook_id: string;
  plugin: string | null;
  event_id: string | null;
  event_type: string | null;
  status: RunStatus;
  error: FaultView | null;
  attempt_count: number;
  /** Only with the delivery itself, not in lists. */
  attempts?: AttemptView[];
  next_attempt_at?: string;
  waiting_for?: string;
  /** The run that sends it, or sent it last. */
  run_id: string;
  created_at: string;
  finished_at: string | null;
}

/** What went wrong. */
export interface FaultView {
  code: string;
  message: string;
}

/** A body as far as it is shown. */
interface BodyView {
  body: string;
  body_bytes: number;
  body_truncated: boolean;
}

/** What was sent; without the body where that is gone. */
export interface SentView extends Partial<BodyView> {
  method: string;
  url: string;
  headers: Record<string, string>;
}

/** What the endpoint answered. */
export interface AnswerView extends BodyView {
  status: number;
  headers: Record<string, string>;
}

export interface AttemptView {
  number: number;
  run_id: string;
  started_at: string;
  /** `null`: it is under way, or the process that made it died. */
  duration_ms: number | null;
  request: SentView;
  response: AnswerView | null;
  error: FaultView | null;
}

export function deliveryView(
  row: SentDelivery,
  details?: { attempts: readonly WebhookAttemptRow[]; body: Buffer | null },
): DeliveryView {
  const isOpen = row.status === 'queued' || row.status === 'retrying';
  return {
    id: row.id,
    webhook: row.webhook,
    webhook_id: row.webhookId,
    plugin: row.plugin,
    event_id: row.eventId,
    event_type: row.eventType,
    status: row.status,
    error: row.error as unknown as FaultView | null,
    attempt_count: row.attempts,
    ...(details && { attempts: details.attempts.map((attempt, index) => attemptView(attempt, index, details.body)) }),
    ...(isOpen && row.nextAttemptAt && { next_attempt_at: row.nextAttemptAt.toISOString() }),
    ...(isOpen && row.waitingFor !== null && { waiting_for: row.waitingFor }),
    run_id: row.runId,
    created_at: row.createdAt.toISOString(),
    finished_at: row.finishedAt?.toISOString() ?? null,
  };
}

function attemptView(
  { runId, startedAt, durationMs, request, response, error }: WebhookAttemptRow,
  index: number,
  body: Buffer | null,
): AttemptView {
  const sent = body && {
    body: body.subarray(0, webhookLimits.shownBodyBytes).toString('utf8'),
    body_bytes: body.length,
    body_truncated: body.length > webhookLimits.shownBodyBytes,
  };
  return {
    number: index + 1,
    run_id: runId,
    started_at: startedAt.toISOString(),
    duration_ms: durationMs,
    // These three are JSON that the deliverer wrote.
    request: { ...(request as unknown as SentView), ...sent },
    response: response as unknown as AnswerView | null,
    error: error as unknown as FaultView | null,
  };
}
