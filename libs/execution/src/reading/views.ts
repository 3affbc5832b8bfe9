import type { Json } from '@annex/kernel';
import type { LogLine, RunRow } from '@annex/persistence';

/** A log line on the wire (CONTRACT §5). `id` places it in the stream: send it back as `Last-Event-ID`. */
export interface LogView {
  id: string;
  time: string;
  level: LogLine['level'];
  message: string;
  fields: Json;
  run_id: string;
  plugin: string;
}

/** A run on the wire (CONTRACT §5). Parts that a run cannot have are left out; those that it does not have yet are `null`. */
export interface RunView {
  id: string;
  /** `null`: it sends one of the tenant's own webhooks. */
  plugin: string | null;
  kind: string;
  name: string;
  status: string;
  event_id?: string;
  scheduled_for?: string;
  /** The run that this one repeats. */
  replay_of?: string;
  /** Version of the release that ran last; `null` before the first attempt. */
  release: string | null;
  attempts: Json;
  result: Json;
  /** In lists: the result has this many bytes and is shown with the run itself. */
  result_omitted_bytes?: number;
  error: Json;
  /** What was used of each limit, and the limit. */
  limits: Json;
  /** Only with the run itself, not in lists: its log, the first thousand lines. */
  logs?: LogView[];
  /** Why it does not start although its time has come. */
  waiting_for?: string;
  /** When it starts at the earliest. */
  next_attempt_at?: string;
  queued_at: string;
  started_at: string | null;
  finished_at: string | null;
}

export function logView(line: LogLine): LogView {
  return { id: line.id, time: line.time.toISOString(), level: line.level, message: line.message, fields: line.fields, run_id: line.runId, plugin: line.plugin };
}

export function runView(run: RunRow, logs?: readonly LogLine[]): RunView {
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
    release: run.release,
    attempts: run.attempts,
    result: run.result ?? null,
    ...(run.result === undefined && run.resultBytes !== null && { result_omitted_bytes: run.resultBytes }),
    error: run.error,
    limits: run.limits,
    ...(logs && { logs: logs.map(logView) }),
    ...(open && run.waitingFor !== null && { waiting_for: run.waitingFor }),
    ...(open && run.nextAttemptAt !== null && { next_attempt_at: run.nextAttemptAt.toISOString() }),
    queued_at: run.queuedAt.toISOString(),
    started_at: run.startedAt?.toISOString() ?? null,
    finished_at: run.finishedAt?.toISOString() ?? null,
  };
}
