import type { Json } from '@annex/kernel';
import type { RunKind } from '@annex/limits';
import type { EventMention, RunMention, StoredRun, RunStatus, RunStory } from '@annex/runs';
import type { RecordedCall, RecordedCallsRow } from '../rows/recorded-calls-row.js';
import type { LogLine } from '../rows/logs.js';

/** A log line as the REST API shows it. `id` places it in the stream: send it back as `Last-Event-ID`. */
export interface LogView {
  id: string;
  time: string;
  level: LogLine['level'];
  message: string;
  fields: Json;
  run_id: string;
  plugin: string;
}

/** What went wrong. */
export interface FaultView {
  code: string;
  message: string;
}

/** One try of a run. */
export interface AttemptView {
  number: number;
  started_at: string;
  finished_at?: string | null;
  error?: FaultView;
}

/** What a run that is not under way waits for. */
export type WaitView =
  | 'slot'
  | 'tenant_limit'
  | 'retry'
  | 'time'
  | 'overlap'
  | 'plugin_disabled'
  | 'endpoint'
  | 'agent'
  | 'approval'
  | 'quota';

/**
 * A run as the REST API shows it. Parts that a run cannot have are left out; those that it does not have yet are
 * `null`.
 */
export interface RunView {
  id: string;
  /** `null`: it sends one of the tenant's own webhooks. */
  plugin: string | null;
  kind: RunKind;
  name: string;
  status: RunStatus;
  event_id?: string;
  scheduled_for?: string;
  /** The run that this one repeats. */
  replay_of?: string;
  trigger: TriggerView;
  /** Version of the release that ran last; `null` before the first attempt. */
  release: string | null;
  attempts: AttemptView[];
  result: Json;
  /** In lists: the result has this many bytes and is shown with the run itself. */
  result_omitted_bytes?: number;
  error: FaultView | null;
  /** What was used of each limit, and the limit. */
  limits: Record<string, { used: number; max: number }>;
  /**
   * What it waits for. `slot`: a worker that is free. `tenant_limit`: one of its tenant's own runs to end. `retry`: the
   * time of its next attempt.
   * `time`: the time it was made for. `overlap`: an earlier run of its job. `plugin_disabled`: somebody who enables its
   * plugin. `endpoint`: earlier deliveries to the same endpoint. `agent`: an agent that works on it. `approval`:
   * somebody who says yes. `quota`: the end of a day whose quota is used up.
   */
  waiting_for?: WaitView;
  /**
   * Of a tick that did not run and tells of those after it too, which did not for the same reason: how many in all, and
   * when the last one was due.
   */
  skipped?: { ticks: number; first: string; last: string };
  /** When somebody discarded it as a dead letter. */
  discarded_at?: string;
  /** When it starts at the earliest. */
  next_attempt_at?: string;
  queued_at: string;
  started_at: string | null;
  finished_at: string | null;
}

/** What brought a run about. */
export interface TriggerView {
  /**
   * `event`: an event it handles. `schedule`: a tick of its job. `manual`: somebody who ran the job or tested the
   * webhook. `code`: code of a plugin. `replay`: somebody who had a run made again. `request`: a caller of a route or
   * filter. `platform`: a change to its plugin.
   */
  kind: 'event' | 'schedule' | 'manual' | 'code' | 'replay' | 'request' | 'platform';
  /** Of `manual` and `replay` the actor, of `code` the run; else `null`. */
  by: string | null;
}

/** One run with what is read for it alone. */
export interface RunDetailView extends RunView {
  /** Its log, the first thousand lines. */
  logs: LogView[];
  /** What its handler was given. Of an event its `data`, unless another was given. */
  payload: Json;
  /** The run that emitted its event, or whose code asked for it. */
  cause: RunMention | null;
  /** Runs that its code brought about, oldest first, at most 100. */
  children: RunMention[];
  /** Events that its code emitted, oldest first, at most 100. */
  emitted: EventMention[];
  /** Runs that repeat it, oldest first, at most 100. */
  replays: RunMention[];
}

export function storyView({ payload, cause, children, emitted, replays }: RunStory): RunStory {
  return { payload, cause, children, emitted, replays };
}

function triggerOf(run: Pick<StoredRun, 'kind' | 'startedBy' | 'replayOf' | 'scheduledFor' | 'eventId'>): TriggerView {
  const { kind, startedBy: by, replayOf, scheduledFor, eventId } = run;
  if (replayOf !== null) return { kind: 'replay', by };
  if (by?.startsWith('run_')) return { kind: 'code', by };
  if (by !== null) return { kind: 'manual', by };
  if (scheduledFor !== null) return { kind: 'schedule', by };
  if (eventId !== null) return { kind: 'event', by };
  if (kind === 'lifecycle') return { kind: 'platform', by };
  if (kind === 'source') return { kind: 'schedule', by };
  // A job or webhook from before it was noted who asked for it.
  return { kind: kind === 'job' || kind === 'webhook' ? 'manual' : 'request', by };
}

export function logView(line: LogLine): LogView {
  return {
    id: line.id,
    time: line.time.toISOString(),
    level: line.level,
    message: line.message,
    fields: line.fields,
    run_id: line.runId,
    plugin: line.plugin,
  };
}

/** A call of `ctx` that a run made while its plugin was recorded. */
export interface RecordedCallView extends RecordedCall {
  /** Its place in the order in which the code made them, from 1. */
  number: number;
}

/** What an attempt of a run asked of the host. */
export interface RecordedCallsView {
  run_id: string;
  /** Whose calls these are; `null`: the run was not recorded. */
  attempt: number | null;
  /** Attempts that were recorded, the latest first. */
  attempts: number[];
  started_at: string | null;
  items: RecordedCallView[];
  /** Calls after these that had no room. */
  left_out: number;
  next_cursor: null;
}

export function recordedCallsView(
  runId: string,
  attempts: readonly Pick<RecordedCallsRow, 'attempt'>[],
  shown: {
    found: Pick<RecordedCallsRow, 'attempt' | 'startedAt' | 'leftOut'> | undefined;
    calls: readonly RecordedCall[];
  },
): RecordedCallsView {
  const { found, calls } = shown;
  return {
    run_id: runId,
    attempt: found?.attempt ?? null,
    attempts: attempts.map(({ attempt }) => attempt),
    started_at: found?.startedAt.toISOString() ?? null,
    items: calls.map((call, index) => ({ number: index + 1, ...call })),
    left_out: found?.leftOut ?? 0,
    next_cursor: null,
  };
}

/**
 * What a run that is not under way waits for; `undefined`: nothing any more. `load`: what its tenant has under way, and
 * may have.
 */
export function waitReason(
  run: Pick<StoredRun, 'status' | 'waitingFor' | 'nextAttemptAt'>,
  load: { running: number; cap: number },
  nowMs: number,
): WaitView | undefined {
  if (run.status !== 'queued' && run.status !== 'retrying') return undefined;
  if (run.waitingFor !== null) return run.waitingFor === 'plugin' ? 'plugin_disabled' : run.waitingFor;
  if (run.nextAttemptAt !== null && run.nextAttemptAt.getTime() > nowMs)
    return run.status === 'retrying' ? 'retry' : 'time';
  return load.running >= load.cap ? 'tenant_limit' : 'slot';
}

export function runView(run: StoredRun, waitingFor?: WaitView): RunView {
  const open = run.status === 'queued' || run.status === 'retrying';
  return {
    id: run.id,
    plugin: run.plugin,
    kind: run.kind,
    name: run.name,
    status: run.status,
    ...(run.eventId !== null && { event_id: run.eventId }),
    ...(run.scheduledFor !== null && { scheduled_for: run.scheduledFor.toISOString() }),
    ...(run.replayOf !== null && { replay_of: run.replayOf }),
    trigger: triggerOf(run),
    release: run.release,
    // These three are JSON that the platform wrote itself.
    attempts: run.attempts as unknown as AttemptView[],
    result: run.result ?? null,
    ...(run.result === undefined && run.resultBytes !== null && { result_omitted_bytes: run.resultBytes }),
    error: run.error as unknown as FaultView | null,
    limits: run.limits as unknown as RunView['limits'],
    ...(run.skippedTicks !== null &&
      run.scheduledFor &&
      run.skippedUntil && {
        skipped: {
          ticks: run.skippedTicks,
          first: run.scheduledFor.toISOString(),
          last: run.skippedUntil.toISOString(),
        },
      }),
    ...(waitingFor !== undefined && { waiting_for: waitingFor }),
    ...(open && run.nextAttemptAt !== null && { next_attempt_at: run.nextAttemptAt.toISOString() }),
    ...(run.discardedAt !== null && { discarded_at: run.discardedAt.toISOString() }),
    queued_at: run.queuedAt.toISOString(),
    started_at: run.startedAt?.toISOString() ?? null,
    finished_at: run.finishedAt?.toISOString() ?? null,
  };
}
