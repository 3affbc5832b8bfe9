/** What follows from how a question stands: for its run, and as events. */
import { eventSources } from '@annex/events';
import { isAnnexError, jsonBytes, type Id, type Json } from '@annex/kernel';
import { agentLimits, maxPayloadBytes } from '@annex/limits';
import { isOutcomeCode, type AttemptOutcome, type EmitEvent } from '@annex/runs';
import type { TenantTransaction } from '@annex/database';
import type { WebhookRun } from '../ports.js';

/** What an agent said in the end, secrets masked. */
export interface AnsweredQuestion {
  /** `null`: it answered without a task. */
  task_id: string | null;
  state: string;
  text: string;
  data: Json[];
  /** Of a language model. */
  usage?: Json;
  model?: string;
}

/** An outcome without what it used. */
export type WithoutEnding = AttemptOutcome extends infer One
  ? One extends unknown
    ? Omit<One, 'limits' | 'release'>
    : never
  : never;

export function waiting(waitingFor: 'agent' | 'approval', delayMs: number): WithoutEnding {
  return { status: 'waiting', waitingFor, delayMs: Math.max(0, Math.ceil(delayMs)) };
}

/** How a step ends that has failed. */
export function failed(code: string, message: string): { outcome: WithoutEnding } {
  return { outcome: { status: 'failed', error: { code, message } } };
}

/** Until an agent is asked again how far it is, after so many times. */
export function pollDelayMs(polls: number): number {
  return Math.min(agentLimits.maxPollMs, agentLimits.pollMs * 1.5 ** Math.min(polls, 40));
}

/** Why a language model did not answer, as the run ends with it. */
export function modelFault(code: string, message: string): { code: string; message: string } {
  // What is not decided about is no fault of the platform: a key that is wrong, a prompt that is refused.
  return isOutcomeCode(code) ? { code, message } : { code: 'AGENT_FAILED', message: `${code}: ${message}` };
}

/** Whose question it was. */
export interface AskedOf {
  run: WebhookRun;
  deliveryId: Id<'delivery'>;
  /** The plugin's slug. */
  plugin: string;
  eventType: string;
}

type Ended = { type: 'agent.completed'; taskId: string | null; result: Json } | { type: 'agent.failed'; error: Json };

/**
 * Tells how a question ended, in the transaction in which its run does. An event that would be too deep is left out:
 * an agent that is asked about its own answers must not go on for ever.
 */
export function tellEnd(emit: EmitEvent, { run, deliveryId, plugin, eventType }: AskedOf, ended: Ended) {
  return async (tx: TenantTransaction): Promise<void> => {
    const said: { [key: string]: Json } =
      ended.type === 'agent.completed' ? { task_id: ended.taskId, result: ended.result } : { error: ended.error };
    try {
      await emit(tx, {
        type: ended.type,
        source: eventSources.platform,
        subject: run.name,
        data: { ...askedData({ run, deliveryId, plugin, eventType }), ...fitting(said, 'result') },
        severity: ended.type === 'agent.failed' ? 'error' : 'info',
        depth: run.depth + 1,
        runId: run.id,
      });
    } catch (thrown) {
      // A success is told again later; a failure that cannot be told has still failed.
      if (!isAnnexError(thrown)) throw thrown;
      if (thrown.code !== 'EMIT_DEPTH' && (ended.type === 'agent.completed' || thrown.code !== 'QUEUE_FULL'))
        throw thrown;
    }
  };
}

/**
 * Tells that a question waits for a yes, with its words, in the transaction that makes it wait. An event that would be
 * too deep is left out: the question waits all the same.
 */
export async function tellApproval(
  tx: TenantTransaction,
  emit: EmitEvent,
  { prompt, expiresAt, ...asked }: AskedOf & { prompt: string; expiresAt: Date | null },
): Promise<void> {
  const { run } = asked;
  try {
    await emit(tx, {
      type: 'agent.approval_required',
      source: eventSources.platform,
      subject: run.name,
      data: {
        ...askedData(asked),
        ...fitting({ prompt }, 'prompt'),
        expires_at: expiresAt?.toISOString() ?? null,
      },
      severity: 'warning',
      depth: run.depth + 1,
      runId: run.id,
    });
  } catch (thrown) {
    if (!isAnnexError(thrown) || thrown.code !== 'EMIT_DEPTH') throw thrown;
  }
}

function askedData({ run, deliveryId, plugin, eventType }: AskedOf): { [key: string]: Json } {
  return { agent: run.name, plugin, delivery_id: deliveryId, event_id: run.eventId, event_type: eventType };
}

/** What would make the event too large is left out by name; REST has it. */
function fitting(said: { [key: string]: Json }, large: string): { [key: string]: Json } {
  return jsonBytes(said) < maxPayloadBytes - 4096 ? said : { ...said, [large]: null, [`${large}_omitted`]: true };
}
