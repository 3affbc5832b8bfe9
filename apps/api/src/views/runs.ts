import { runKinds } from '@annex/limits';
import { batchActions, seriesKeys } from '@annex/runs';
import { z } from 'zod';
import { fault, json, runStatus, time, who } from './shared.js';

export const LogLine = z
  .object({
    id: z.string().describe('Its place in the stream: send it back as `Last-Event-ID`'),
    time,
    level: z.enum(['debug', 'info', 'warn', 'error']),
    message: z.string(),
    fields: json,
    run_id: z.string(),
    plugin: z.string(),
  })
  .meta({ id: 'LogLine' });
export type LogLine = z.infer<typeof LogLine>;

export const Attempt = z
  .object({
    number: z.number().int(),
    started_at: time,
    finished_at: time.nullable().optional(),
    error: fault.optional(),
  })
  .meta({ id: 'Attempt' });
export type Attempt = z.infer<typeof Attempt>;

export const Trigger = z
  .object({
    kind: z
      .enum(['event', 'schedule', 'manual', 'code', 'replay', 'request', 'platform'])
      .describe(
        '`event`: an event it handles. `schedule`: a tick of its job. `manual`: somebody who ran the job or tested ' +
          'the webhook. `code`: code of a plugin. `replay`: somebody who had a run made again. `request`: a caller ' +
          'of a route or filter. `platform`: a change to its plugin',
      ),
    by: z.string().nullable().describe('Of `manual` and `replay` the actor, of `code` the run; else `null`'),
    who: who.describe('In lists and of one run: who that is. Names are for members and above'),
  })
  .meta({ id: 'Trigger', description: 'What brought a run about' });

export const RunMention = z
  .object({
    id: z.string(),
    plugin: z.string().nullable(),
    kind: z.enum(runKinds),
    name: z.string(),
    status: runStatus,
  })
  .meta({ id: 'RunMention', description: 'A run as others name it' });

const used = z.object({ used: z.number(), max: z.number() });

export const Run = z
  .object({
    id: z.string(),
    plugin: z.string().nullable().describe('Its slug; `null`: it sends one of the tenant’s own webhooks'),
    kind: z.enum(runKinds),
    name: z.string().describe('The handler: a job’s name, an event’s, a route’s'),
    status: runStatus,
    event_id: z.string().optional(),
    scheduled_for: time.optional(),
    replay_of: z.string().optional().describe('The run that this one repeats'),
    trigger: Trigger,
    release: z.string().nullable().describe('Version of the release that ran last; `null`: none has yet'),
    attempts: z.array(Attempt),
    result: json,
    result_omitted_bytes: z
      .number()
      .int()
      .optional()
      .describe('In lists: the result has this many bytes and is shown with the run itself'),
    error: fault.nullable(),
    limits: z.record(z.string(), used).describe('What was used of each limit: `wall_ms`, `cpu_ms`, `memory_mb`, …'),
    waiting_for: z
      .enum([
        ...(['slot', 'tenant_limit', 'retry', 'time', 'overlap'] as const),
        ...(['plugin_disabled', 'endpoint', 'agent', 'approval', 'quota'] as const),
      ])
      .optional()
      .describe(
        'What it waits for. `slot`: a worker that is free. `tenant_limit`: one of its tenant’s own runs to end. ' +
          '`retry`: the time of its next attempt. `time`: the time it was made for. `overlap`: an earlier run of its ' +
          'job. `plugin_disabled`: somebody who enables its plugin. `endpoint`: earlier deliveries to the same ' +
          'endpoint. `agent`: an agent that works on it. `approval`: somebody who says yes. `quota`: the end of a ' +
          'day whose quota is used up',
      ),
    skipped: z
      .object({ ticks: z.number().int(), first: time, last: time })
      .optional()
      .describe('Of a tick that did not run and tells of those after it too: how many, and when'),
    discarded_at: time.optional().describe('When somebody discarded it as a dead letter'),
    next_attempt_at: time.optional().describe('When it starts at the earliest'),
    queued_at: time,
    started_at: time.nullable(),
    finished_at: time.nullable(),
  })
  .meta({ id: 'Run', description: 'One request to execute a handler' });
export type Run = z.infer<typeof Run>;

export const RunDetail = Run.extend({
  logs: z.array(LogLine).describe('The first thousand lines'),
  payload: json.describe('What its handler was given. Of an event its `data`, unless another was given'),
  cause: RunMention.nullable().describe('The run that emitted its event, or whose code asked for it'),
  children: z.array(RunMention).describe('Runs that its code brought about, oldest first, at most 100'),
  emitted: z
    .array(z.object({ id: z.string(), type: z.string() }))
    .describe('Events that its code emitted, oldest first, at most 100'),
  replays: z.array(RunMention).describe('Runs that repeat it, oldest first, at most 100'),
}).meta({ id: 'RunDetail', description: 'One run with its log, and what it came of and led to' });
export type RunDetail = z.infer<typeof RunDetail>;

export const RecordedCall = z
  .object({
    number: z.number().int().describe('Its place in the order in which the code made them, from 1'),
    method: z.string().describe('As docs/host-api.md names it, such as `kv.get`'),
    args: z.array(json).nullable().describe('As they left the sandbox, secrets masked; `null`: they are left out'),
    answer: json.optional().describe('Not there for a call that failed, or whose answer is left out'),
    error: fault.optional(),
    omitted: z.string().optional().describe('Why arguments or answer are left out'),
    at_ms: z.number().describe('Milliseconds from the beginning of the attempt'),
    took_ms: z.number().nullable().describe('Milliseconds until the answer; `null`: the run ended before'),
  })
  .meta({ id: 'RecordedCall', description: 'A call of `ctx` by a run whose plugin was recorded' });

export const RecordedCalls = z
  .object({
    run_id: z.string(),
    attempt: z.number().int().nullable().describe('Whose calls these are; `null`: the run was not recorded'),
    attempts: z.array(z.number().int()).describe('Attempts that were recorded, the latest first'),
    started_at: time.nullable(),
    items: z.array(RecordedCall),
    left_out: z.number().int().describe('Calls after these that had no room'),
    next_cursor: z.null(),
  })
  .meta({ id: 'RecordedCalls' });
export type RecordedCalls = z.infer<typeof RecordedCalls>;

export const StartedRun = z.object({ run_id: z.string(), status: runStatus }).meta({ id: 'StartedRun' });
export type StartedRun = z.infer<typeof StartedRun>;

/** With `?wait=` the run as well. */
export const AwaitedRun = RunDetail.extend({ run_id: z.string() }).meta({
  id: 'AwaitedRun',
  description: 'A run that was started and waited for',
});
export type AwaitedRun = z.infer<typeof AwaitedRun>;

export const ReplayedDeadLetters = z
  .object({
    replay_id: z.string().describe('GET /api/dead-letters/replays/:id follows it'),
    total: z.number().int(),
    replayed: z.number().int(),
    remaining: z.number().int(),
    status: z.enum(['running', 'done', 'cancelled']),
    runs: z.array(z.object({ run_id: z.string(), replay_of: z.string() })),
  })
  .meta({ id: 'ReplayedDeadLetters' });
export type ReplayedDeadLetters = z.infer<typeof ReplayedDeadLetters>;

export const DiscardedDeadLetters = z
  .object({ discarded: z.number().int(), remaining: z.number().int() })
  .meta({ id: 'DiscardedDeadLetters' });
export type DiscardedDeadLetters = z.infer<typeof DiscardedDeadLetters>;

export const DeadLetterReplay = z
  .object({
    id: z.string(),
    total: z.number().int(),
    replayed: z.number().int(),
    failed: z.number().int(),
    remaining: z.number().int(),
    status: z.enum(['running', 'done', 'cancelled']),
    waiting_for: z.string().optional(),
    actor: z.string(),
    who,
    created_at: time,
    finished_at: time.nullable(),
  })
  .meta({ id: 'DeadLetterReplay', description: 'How far a replay of dead letters has come' });
export type DeadLetterReplay = z.infer<typeof DeadLetterReplay>;

export const RunBatchExtent = z
  .object({
    total: z.number().int(),
    more: z.boolean().describe('There are more than one act may change: these are the oldest'),
  })
  .meta({ id: 'RunBatchExtent', description: 'How many runs an act would change' });
export type RunBatchExtent = z.infer<typeof RunBatchExtent>;

export const RunBatch = z
  .object({
    id: z.string(),
    action: z.enum(batchActions),
    filter: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
    total: z.number().int().describe('Runs that it meant when it was asked for'),
    done: z.number().int(),
    missed: z.number().int().describe('Could not be changed any more: gone, or somebody else was faster'),
    remaining: z.number().int(),
    status: z.enum(['running', 'done', 'stopped']),
    waiting_for: z.string().optional().describe('`queue_full`: it goes on as soon as there is room'),
    actor: z.string(),
    created_at: time,
    finished_at: time.nullable(),
  })
  .meta({ id: 'RunBatch', description: 'An act on many runs, and how far it has come' });
export type RunBatch = z.infer<typeof RunBatch>;

const analytics = z
  .record(z.string(), z.object({ count: z.number(), sums: z.record(z.string(), z.number()) }))
  .describe('What plugin code counted with `ctx.analytics.track`: how often, and the sums of its numbers');
const metrics = z.record(z.string(), z.number());
const series = z
  .record(z.string(), z.number())
  .describe('Counts by name: `job/failed/<name>`, `event/<pattern>`, `error/<code>`; those of `GET /api/metrics`');

export const PluginMetrics = z
  .object({
    since: time,
    runs: z.object({
      total: z.number().int(),
      by_status: z.record(z.string(), z.number()),
      by_kind: z.record(z.string(), z.number()),
      by_error: z.record(z.string(), z.number()),
      capped: z.boolean().describe('The span holds more runs than were counted'),
    }),
    wall_ms: z.object({ p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() }).nullable(),
    days: z.array(z.object({ day: z.string(), metrics, analytics })).describe('Counts by UTC day, newest first'),
  })
  .meta({ id: 'PluginMetrics' });
export type PluginMetrics = z.infer<typeof PluginMetrics>;

export const Stats = z
  .object({
    metric: z.enum(['runs', 'wall_ms']),
    by: z.enum(seriesKeys).nullable().describe('`null`: the series are percentiles'),
    since: time,
    until: time,
    bucket_s: z.number().int(),
    complete_since: time.describe('Buckets from here on hold everything; earlier ones less'),
    times: z.array(time).describe('When each bucket begins'),
    series: z
      .array(z.object({ key: z.string(), values: z.array(z.number().nullable()) }))
      .describe(
        'In order of key, a value for each bucket; of `plugin` the key is empty for the tenant’s own webhooks, of ' +
          '`error` for runs without one',
      ),
  })
  .meta({ id: 'Stats', description: 'A time series for a chart' });
export type Stats = z.infer<typeof Stats>;

/** Statuses of a plugin that is not enabled. */
const offStatuses = ['installed', 'starting', 'failed', 'disabled', 'suspended', 'uninstalling'] as const;

export const PluginHealth = z
  .object({
    status: z
      .enum(['healthy', 'degraded', 'unhealthy', 'unknown', ...offStatuses])
      .describe('What its health handler says; of a plugin that is not enabled, its status'),
    reason: z.string().nullable().optional(),
    degraded: z
      .object({
        since: time,
        failed_attempts: z.number().int(),
        failed_runs: z.number().int(),
        last_run_id: z.string(),
        last_error: json,
      })
      .optional(),
    run_id: z.string().optional(),
    result: json.optional(),
    error: fault.extend({ fault: z.string() }).optional(),
  })
  .meta({ id: 'PluginHealth' });
export type PluginHealth = z.infer<typeof PluginHealth>;

const healthStatus = z.enum(['failed', 'unhealthy', 'degraded', 'unknown', 'healthy']);

export const PluginsHealth = z
  .object({
    status: healthStatus.describe(
      'The worst of the plugins that are enabled or that the platform stopped; `healthy` where there is none',
    ),
    items: z
      .array(
        z
          .object({
            id: z.string(),
            slug: z.string(),
            status: healthStatus
              .or(z.enum(['installed', 'starting', 'disabled', 'uninstalling']))
              .describe('`failed`: the platform stopped it. `unknown`: enabled, and nothing speaks for or against it'),
            reason: z.string().nullable(),
            since: time.nullable(),
            checked_at: time.nullable().describe('End of its last scheduled check; `null`: there was none'),
          })
          .meta({ id: 'PluginHealthLine' }),
      )
      .describe('The worst first, then in order of slug'),
    next_cursor: z.null(),
  })
  .meta({ id: 'PluginsHealth' });
export type PluginsHealth = z.infer<typeof PluginsHealth>;

export const UsageLine = z
  .object({ day: z.string(), installation_id: z.string(), plugin: z.string().nullable(), metrics, series, analytics })
  .meta({ id: 'UsageLine' });
export type UsageLine = z.infer<typeof UsageLine>;

export const Usage = z
  .object({
    items: z.array(UsageLine),
    quotas: z
      .record(
        z.string(),
        z.object({
          used: z.number(),
          max: z.number().nullable().describe('`null`: without limit'),
          unit: z.enum(['count', 'bytes', 'tokens', 'seconds']),
        }),
      )
      .describe('Use and limit of each quota, by name'),
    next_cursor: z.null(),
  })
  .meta({ id: 'Usage' });
export type Usage = z.infer<typeof Usage>;
