import type { LimitName, RunLimits } from './limits.js';

/** An amount and its limit. */
export interface Used {
  used: number;
  max: number;
}

/** The limits whose use every run stores, with their names on the wire (`limits` of a run in the REST API). */
const always = {
  wallMs: 'wall_ms',
  cpuMs: 'cpu_ms',
  memoryMb: 'memory_mb',
  resultBytes: 'result_bytes',
  logLines: 'log_lines',
  logBytes: 'log_bytes',
  httpCalls: 'http_calls',
  emits: 'emits',
  hostCalls: 'host_calls',
} as const satisfies Partial<Record<LimitName, string>>;

/** Those that a run stores when it used any. */
const whenUsed = {
  httpCallsAtOnce: 'http_calls_at_once',
  httpBodyBytes: 'http_body_bytes',
  emitDepth: 'emit_depth',
  jobStarts: 'job_starts',
  emails: 'emails',
  webhookSends: 'webhook_sends',
  llmCalls: 'llm_calls',
  llmTokens: 'llm_tokens',
  pluginCalls: 'plugin_calls',
  callDepth: 'call_depth',
  requestBytes: 'request_bytes',
  payloadBytes: 'payload_bytes',
} as const satisfies Partial<Record<LimitName, string>>;

/** Every limit whose use is stored, with its name on the wire. */
export const usageNames = { ...always, ...whenUsed } as const;

/** A limit whose use is stored. */
export type UsageName = keyof typeof usageNames;

/** What a run used of each limit, as it is stored and shown. */
export type UsageRecord = Record<(typeof always)[keyof typeof always], Used> &
  Partial<Record<(typeof whenUsed)[keyof typeof whenUsed], Used>>;

const alwaysNames = Object.keys(always) as (keyof typeof always)[];
const whenUsedNames = Object.keys(whenUsed) as (keyof typeof whenUsed)[];

/** Joins what was used with what was allowed. Amounts are rounded; what is missing counts as 0. */
export function usageRecord(limits: RunLimits, used: Partial<Record<UsageName, number>>): UsageRecord {
  const record: Partial<UsageRecord> = {};
  for (const name of alwaysNames) record[always[name]] = { used: Math.round(used[name] ?? 0), max: limits[name] };
  for (const name of whenUsedNames) {
    const amount = used[name];
    if (amount !== undefined && amount > 0) record[whenUsed[name]] = { used: Math.round(amount), max: limits[name] };
  }
  return record as UsageRecord;
}

/** What does not add up over attempts: the larger one counts. */
const peaks: ReadonlySet<string> = new Set([
  'memory_mb',
  'result_bytes',
  'http_calls_at_once',
  'http_body_bytes',
  'emit_depth',
  'call_depth',
  'request_bytes',
  'payload_bytes',
]);

/** The sum of two attempts' use; of peaks, such as heap and result, the larger. */
export function addUsage(before: UsageRecord, after: UsageRecord): UsageRecord {
  const sum: Partial<UsageRecord> = {};
  for (const name of Object.values(usageNames)) {
    const [a, b] = [before[name], after[name]];
    const max = b?.max ?? a?.max;
    if (max !== undefined)
      sum[name] = {
        used: peaks.has(name) ? Math.max(a?.used ?? 0, b?.used ?? 0) : (a?.used ?? 0) + (b?.used ?? 0),
        max,
      };
  }
  return sum as UsageRecord;
}
