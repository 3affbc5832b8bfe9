import type { RunStatus } from '@annex/runs';
import type { Json } from '@annex/kernel';
import type { SentDelivery } from '../rows/deliveries.js';
import type { AgentQuestionRow } from '../rows/agent-question-row.js';
import type { WebhookAttemptRow } from '../rows/webhook-attempt-row.js';
import type { WebhookRow } from '../rows/webhook-row.js';
import { deliveryView, webhookView, type AttemptView, type FaultView, type WebhookView } from '../views.js';
import type { WebhookInstallation } from '../ports.js';

/** An agent on the wire. */
export interface AgentView extends Pick<
  WebhookView,
  | 'id'
  | 'name'
  | 'events'
  | 'description'
  | 'status'
  | 'reason'
  | 'retry'
  | 'failures'
  | 'failing_since'
  | 'created_at'
  | 'updated_at'
> {
  plugin: string;
  protocol: 'a2a' | 'llm';
  /** As it was written, placeholders included; `null` for `llm`. */
  url: string | null;
  /** A filter that events must pass; `null`: each does. */
  where: Json;
  approval: 'none' | 'required';
  timeout_s: number | null;
  last_question: { id: string; at: string; error: string | null } | null;
}

export function agentView(row: WebhookRow, snapshot: WebhookInstallation | undefined): AgentView {
  const view = webhookView(row, { snapshot });
  const terms = snapshot?.webhooks.find(({ name }) => name === row.name)?.agent;
  const { id, name, events, description, status, reason, retry, failures } = view;
  const { failing_since, created_at, updated_at, last_delivery: last_question } = view;
  return {
    ...{ id, name, events, description, status, reason, retry, failures, failing_since, created_at, updated_at },
    plugin: row.plugin ?? '',
    protocol: row.transport === 'llm' ? 'llm' : 'a2a',
    url: row.transport === 'llm' ? null : row.url,
    where: row.filter,
    approval: (terms?.approvalS ?? null) === null ? 'none' : 'required',
    timeout_s: terms?.timeoutS ?? null,
    last_question,
  };
}

/** A question on the wire. */
export interface QuestionView {
  /** Of the delivery that asks it, and of the message that the agent gets. */
  id: string;
  agent: string;
  agent_id: string;
  plugin: string | null;
  event_id: string | null;
  event_type: string | null;
  status: RunStatus;
  /** `approval`: an admin who says yes. `agent`: the agent, which works on it. The others as of a run. */
  waiting_for?: string;
  next_attempt_at?: string;
  /** `null`: nobody has to say yes, or it has not come so far. */
  approval: {
    status: 'pending' | 'approved' | 'rejected' | 'expired';
    expires_at: string | null;
    by: string | null;
    at: string | null;
    reason: string | null;
  } | null;
  /** The agent's name for it. */
  task_id: string | null;
  /** How far the agent is, in its own words, such as `working`. */
  state: string | null;
  /** How often it was asked how far it is. */
  polls: number;
  asked_at: string | null;
  answered_at: string | null;
  error: FaultView | null;
  run_id: string;
  created_at: string;
  finished_at: string | null;
  /** What is asked; only with the question itself. */
  prompt?: string | null;
  /** What the agent said, secrets masked; only with the question itself. */
  answer?: Json;
  attempts?: AttemptView[];
}

export function questionView(
  sent: SentDelivery,
  { question, nowMs }: { question: AgentQuestionRow | undefined; nowMs: number },
  details?: { attempts: readonly WebhookAttemptRow[]; body: Buffer | null },
): QuestionView {
  const view = deliveryView(sent, details);
  // What is written of an earlier run is not this one's.
  const own = question?.runId === sent.runId ? question : undefined;
  return {
    id: view.id,
    agent: view.webhook,
    agent_id: view.webhook_id,
    plugin: view.plugin,
    event_id: view.event_id,
    event_type: view.event_type,
    status: view.status,
    ...(view.waiting_for !== undefined && { waiting_for: view.waiting_for }),
    ...(view.next_attempt_at !== undefined && { next_attempt_at: view.next_attempt_at }),
    approval: own ? approvalView(own, nowMs) : null,
    task_id: own?.taskId ?? null,
    state: own?.state ?? null,
    polls: own?.polls ?? 0,
    asked_at: own?.askedAt?.toISOString() ?? null,
    answered_at: own?.answeredAt?.toISOString() ?? null,
    error: view.error,
    run_id: view.run_id,
    created_at: view.created_at,
    finished_at: view.finished_at,
    ...(details && {
      prompt: details.body?.toString('utf8') ?? null,
      answer: own?.answer ?? null,
      attempts: view.attempts ?? [],
    }),
  };
}

function approvalView(
  { approval, approvalEndsAt, decidedBy, decidedAt, reason }: AgentQuestionRow,
  nowMs: number,
): QuestionView['approval'] {
  if (approval === null) return null;
  const isLate = approval === 'pending' && (approvalEndsAt?.getTime() ?? 0) <= nowMs;
  return {
    status: isLate ? 'expired' : approval,
    expires_at: approvalEndsAt?.toISOString() ?? null,
    by: decidedBy,
    at: decidedAt?.toISOString() ?? null,
    reason,
  };
}
