import type { LimitName, RunLimits } from './limits.js';

/** An amount and its limit. */
export interface Used {
  used: number;
  max: number;
}

/** The limits whose use a run stores, with their names on the wire (CONTRACT §5, `limits` of a run). */
export const usageNames = {
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

/** A limit whose use is stored. */
export type UsageName = keyof typeof usageNames;

/** What a run used of each limit, as it is stored and shown. */
export type UsageRecord = Record<(typeof usageNames)[UsageName], Used>;

/** Joins what was used with what was allowed. Amounts are rounded; what is missing counts as 0. */
export function usageRecord(limits: RunLimits, used: Partial<Record<UsageName, number>>): UsageRecord {
  const record: Partial<UsageRecord> = {};
  for (const name of Object.keys(usageNames) as UsageName[]) record[usageNames[name]] = { used: Math.round(used[name] ?? 0), max: limits[name] };
  return record as UsageRecord;
}

/** The sum of two attempts' use; heap and result take the larger, because they do not add up. */
export function addUsage(before: UsageRecord, after: UsageRecord): UsageRecord {
  const sum: Partial<UsageRecord> = {};
  for (const name of Object.values(usageNames)) {
    const [a, b] = [before[name].used, after[name].used];
    sum[name] = { used: name === 'memory_mb' || name === 'result_bytes' ? Math.max(a, b) : a + b, max: after[name].max };
  }
  return sum as UsageRecord;
}
