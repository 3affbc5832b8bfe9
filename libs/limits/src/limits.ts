/**
 * The catalogue of limits (docs/limits.md): every number that bounds a run, with its unit, its default and who may move
 * it, a manifest or an operator. A run stores the used and the allowed amount of each (`usage.ts`).
 */
import { GiB, HOUR, KiB, MINUTE, MiB, SECOND } from '@annex/kernel';
import { runKinds, type RunKind } from './run-kinds.js';

/** What a limit is measured in. */
export type LimitUnit = 'ms' | 'MiB' | 'bytes' | 'lines' | 'calls' | 'levels' | 'tokens';

/** What one run may use. */
export interface RunLimits {
  /** From start to answer, waiting included, in milliseconds. */
  wallMs: number;
  /** Processor time, in milliseconds. */
  cpuMs: number;
  /** V8 heap of the installation's isolate, in MiB. */
  memoryMb: number;
  /** Result of a hook or job, or response of a route, in bytes. */
  resultBytes: number;
  logLines: number;
  logBytes: number;
  /** Outbound HTTP calls in all, and at once. */
  httpCalls: number;
  httpCallsAtOnce: number;
  /** Body of one outbound request or response, in bytes. */
  httpBodyBytes: number;
  emits: number;
  /** How deep events may cause events. */
  emitDepth: number;
  /** Host calls of every kind in all, and at once. */
  hostCalls: number;
  hostCallsAtOnce: number;
  jobStarts: number;
  emails: number;
  webhookSends: number;
  llmCalls: number;
  /**
   * Of language models, prompts and answers together; the call that passes it is still answered, the next one is
   * refused.
   */
  llmTokens: number;
  pluginCalls: number;
  /** How deep plugins may call plugins. */
  callDepth: number;
  /** Request body of a route, in bytes. */
  requestBytes: number;
  /** Payload of an event or job, in bytes. */
  payloadBytes: number;
  /** A route that answers with a stream: from then on these hold in place of `wallMs`, `cpuMs` and `resultBytes`. */
  streamMs: number;
  streamCpuMs: number;
  streamBytes: number;
  /** How long a stream may send nothing, or its reader take nothing, in milliseconds. */
  streamIdleMs: number;
}

/** The name of a limit. */
export type LimitName = keyof RunLimits;

/** One number for all kinds of run, or one for each where kinds differ. */
export type ByKind = number | (Partial<Record<RunKind, number>> & { other: number });

/** One line of the catalogue. */
export interface LimitRow {
  unit: LimitUnit;
  /** What holds when nobody says anything. */
  default: ByKind;
  /** The most that a manifest may ask for until the operator says otherwise. Left out: the default. */
  ceiling?: ByKind;
  /** Runs that it bounds. Left out: all of them. */
  kinds?: readonly RunKind[];
  /** What an operator may set (`ANNEX_LIMITS`). `fixed`: nothing, because of this. */
  operator: { least: number; most: ByKind; sameForAll?: true } | { fixed: string };
  /** The outcome or host-call code that names it. */
  code: string;
  /** What is limited, for the reference page and error details. */
  what: string;
}

/**
 * Longest run that anybody may ask for, in milliseconds: of a job, and of everything else where an operator lets it.
 */
export const longestRunMs = 15 * MINUTE;
/** Largest payload of an event or job as UTF-8 JSON, in bytes. */
export const maxPayloadBytes = 256 * KiB;
/** Largest value that goes into a filter or comes out of one, as JSON, in bytes. */
export const maxFilterValueBytes = 256 * KiB;
/** Largest body of an outbound request or response, in bytes. */
export const maxHttpBodyBytes = 10 * MiB;
/** Largest body that comes in for a route or at `/hooks`, in bytes. */
export const maxRequestBytes = MiB;
/** Highest depth of an event: how many emits may lie between it and the outside world. */
export const maxEmitDepth = 10;

/** Transforms of webhooks compute and may call nothing. */
const withHostCalls = ['route', 'event', 'job', 'filter', 'lifecycle', 'source'] as const satisfies RunKind[];

/** How often a run may do something; none at all is an answer too. */
const counted = { least: 0, most: 1000 } as const;

/** The catalogue. */
export const runLimits: Readonly<Record<LimitName, LimitRow>> = {
  wallMs: {
    unit: 'ms',
    default: { job: 30 * SECOND, source: 30 * SECOND, filter: SECOND, other: 5 * SECOND },
    ceiling: { job: longestRunMs, source: longestRunMs, filter: SECOND, other: 5 * SECOND },
    code: 'TIMEOUT',
    what: 'time from start to answer',
    operator: { least: 100, most: { filter: SECOND, other: longestRunMs } },
  },
  cpuMs: {
    unit: 'ms',
    default: { job: 10 * SECOND, source: 10 * SECOND, other: SECOND },
    code: 'CPU_LIMIT',
    what: 'processor time',
    operator: { least: 10, most: { job: longestRunMs, source: longestRunMs, filter: SECOND, other: MINUTE } },
  },
  memoryMb: {
    unit: 'MiB',
    default: 100,
    code: 'MEMORY_LIMIT',
    what: 'heap',
    operator: { least: 8, most: 256, sameForAll: true },
  },
  resultBytes: {
    unit: 'bytes',
    default: { route: 5 * MiB, filter: maxFilterValueBytes, other: MiB },
    code: 'OUTPUT_LIMIT',
    what: 'result',
    operator: { least: KiB, most: { route: 5 * MiB, filter: maxFilterValueBytes, other: MiB } },
  },
  logLines: {
    unit: 'lines',
    default: 1000,
    code: 'LOG_LIMIT',
    what: 'log lines',
    operator: { least: 0, most: 10_000 },
  },
  logBytes: {
    unit: 'bytes',
    default: 256 * KiB,
    code: 'LOG_LIMIT',
    what: 'log text',
    operator: { least: 0, most: MiB },
  },
  httpCalls: {
    unit: 'calls',
    default: 50,
    code: 'HTTP_LIMIT',
    what: 'outbound HTTP calls',
    kinds: withHostCalls,
    operator: counted,
  },
  httpCallsAtOnce: {
    unit: 'calls',
    default: 6,
    code: 'HTTP_LIMIT',
    what: 'outbound HTTP calls at once; further ones wait',
    kinds: withHostCalls,
    operator: { least: 1, most: 16 },
  },
  httpBodyBytes: {
    unit: 'bytes',
    default: maxHttpBodyBytes,
    code: 'HTTP_LIMIT',
    what: 'body of an outbound request or response',
    kinds: withHostCalls,
    operator: { least: KiB, most: maxHttpBodyBytes },
  },
  emits: {
    unit: 'calls',
    default: 100,
    code: 'RATE_LIMITED',
    what: 'events emitted',
    kinds: withHostCalls,
    operator: counted,
  },
  emitDepth: {
    unit: 'levels',
    default: maxEmitDepth,
    code: 'EMIT_DEPTH',
    what: 'levels of events caused by events',
    kinds: withHostCalls,
    operator: { fixed: 'it keeps events from going in circles wherever they are made, in runs or not' },
  },
  hostCalls: {
    unit: 'calls',
    default: { job: 10_000, source: 10_000, other: 1000 },
    code: 'RATE_LIMITED',
    what: 'host calls',
    kinds: withHostCalls,
    operator: { least: 0, most: 100_000 },
  },
  hostCallsAtOnce: {
    unit: 'calls',
    default: 64,
    code: 'RATE_LIMITED',
    what: 'host calls at once; further ones wait',
    kinds: withHostCalls,
    operator: { least: 1, most: 64 },
  },
  jobStarts: {
    unit: 'calls',
    default: 50,
    code: 'RATE_LIMITED',
    what: 'jobs started',
    kinds: withHostCalls,
    operator: counted,
  },
  emails: {
    unit: 'calls',
    default: { job: 200, other: 20 },
    code: 'RATE_LIMITED',
    what: 'mails sent',
    kinds: withHostCalls,
    operator: counted,
  },
  webhookSends: {
    unit: 'calls',
    default: { job: 200, other: 20 },
    code: 'RATE_LIMITED',
    what: 'webhooks sent',
    kinds: withHostCalls,
    operator: counted,
  },
  llmCalls: {
    unit: 'calls',
    default: { job: 100, other: 10 },
    code: 'RATE_LIMITED',
    what: 'language model calls',
    kinds: withHostCalls,
    operator: counted,
  },
  llmTokens: {
    unit: 'tokens',
    default: { job: 1_000_000, other: 200_000 },
    code: 'RATE_LIMITED',
    what: 'language model tokens',
    kinds: withHostCalls,
    operator: { least: 0, most: 100_000_000 },
  },
  pluginCalls: {
    unit: 'calls',
    default: 50,
    code: 'RATE_LIMITED',
    what: 'calls of other plugins',
    kinds: withHostCalls,
    operator: counted,
  },
  callDepth: {
    unit: 'levels',
    default: 5,
    code: 'CALL_DEPTH',
    what: 'levels of plugins calling plugins',
    kinds: withHostCalls,
    operator: { least: 0, most: 10 },
  },
  requestBytes: {
    unit: 'bytes',
    default: maxRequestBytes,
    code: 'PAYLOAD_TOO_LARGE',
    what: 'request body of a route or source',
    kinds: ['route', 'source'],
    operator: { least: KiB, most: maxRequestBytes },
  },
  payloadBytes: {
    unit: 'bytes',
    default: maxPayloadBytes,
    code: 'PAYLOAD_TOO_LARGE',
    what: 'payload of an event or job',
    kinds: ['event', 'job'],
    operator: { fixed: 'payloads are judged where they come in, before there is a run' },
  },
  streamMs: {
    unit: 'ms',
    default: 10 * MINUTE,
    code: 'TIMEOUT',
    what: 'time of an answer that is a stream',
    kinds: ['route'],
    operator: { least: SECOND, most: HOUR },
  },
  streamCpuMs: {
    unit: 'ms',
    default: 10 * SECOND,
    code: 'CPU_LIMIT',
    what: 'processor time of an answer that is a stream',
    kinds: ['route'],
    operator: { least: 10, most: MINUTE },
  },
  streamBytes: {
    unit: 'bytes',
    default: 50 * MiB,
    code: 'OUTPUT_LIMIT',
    what: 'an answer that is a stream',
    kinds: ['route'],
    operator: { least: KiB, most: GiB },
  },
  streamIdleMs: {
    unit: 'ms',
    default: MINUTE,
    code: 'TIMEOUT',
    what: 'time in which a stream sends nothing',
    kinds: ['route'],
    operator: { least: SECOND, most: 10 * MINUTE },
  },
};

/**
 * What to do about a limit of the sandbox that ended a run, as a sentence behind its value. Host calls say it
 * themselves.
 */
export const limitAdvice: Readonly<Record<string, string>> = {
  TIMEOUT:
    'Do less in one run, move long work into a job, or raise limits.timeout_ms (for a job its own timeout_ms) in ' +
    'the manifest as far as the operator allows.',
  CPU_LIMIT: 'Compute less in one run, or spread the work over several jobs.',
  MEMORY_LIMIT:
    'Keep less in memory at a time, or raise limits.memory_mb in the manifest as far as the operator allows.',
  OUTPUT_LIMIT: 'Answer less at a time, or put it into ctx.files and answer its key.',
  LOG_LIMIT: 'Log less: a summary instead of each step, a key instead of the whole value.',
};

/** Every name, in the order of the catalogue. */
export const limitNames = Object.keys(runLimits) as LimitName[];

/** What a manifest says about limits, already checked to be positive. */
export interface AskedLimits {
  /** `limits.memory_mb`. */
  memoryMb?: number;
  /** `limits.timeout_ms`: routes, hooks, webhooks, filters and lifecycle hooks. */
  timeoutMs?: number;
  /** The own `timeout_ms` of a job or source. */
  jobTimeoutMs?: number;
}

/**
 * The operator's word: a number for every kind of run that the limit bounds, or one for some kinds. Of what manifests
 * can ask for ({@link AskedLimits}) it is the most that they get; of everything else it is the limit.
 */
export type OperatorCeilings = Partial<Record<LimitName, number | Partial<Record<RunKind, number>>>>;

/** What holds for a kind of run when neither manifest nor operator says anything. */
export function defaultLimit(name: LimitName, kind: RunKind): number {
  return forKind(runLimits[name].default, kind);
}

/** The most that a run of this kind may use of one limit. */
export function ceilingOf(name: LimitName, kind: RunKind, ceilings: OperatorCeilings = {}): number {
  const { [name]: set } = ceilings;
  const own = typeof set === 'object' ? set[kind] : set;
  return own ?? forKind(runLimits[name].ceiling ?? runLimits[name].default, kind);
}

/**
 * The limits of one run: what the manifest asks for, else the default, and never over the ceiling. What a manifest
 * cannot ask for is as high as its ceiling. The own timeout of a job or source counts for those only,
 * `limits.timeout_ms` for everything else.
 */
export function effectiveLimits(kind: RunKind, asked: AskedLimits = {}, ceilings: OperatorCeilings = {}): RunLimits {
  const limits: Partial<RunLimits> = {};
  for (const name of limitNames) limits[name] = ceilingOf(name, kind, ceilings);
  const full = limits as RunLimits;
  const wallMs = kind === 'job' || kind === 'source' ? asked.jobTimeoutMs : asked.timeoutMs;
  full.wallMs = Math.min(wallMs ?? defaultLimit('wallMs', kind), full.wallMs);
  full.memoryMb = Math.min(asked.memoryMb ?? defaultLimit('memoryMb', kind), full.memoryMb);
  return full;
}

/** The most that a manifest may ask for: of its `timeout_ms` what the kind of run with the most time may have. */
export function manifestCeilings(ceilings: OperatorCeilings = {}): Required<AskedLimits> {
  const others = runKinds.filter((kind) => kind !== 'job' && kind !== 'source');
  return {
    memoryMb: ceilingOf('memoryMb', 'route', ceilings),
    timeoutMs: Math.max(...others.map((kind) => ceilingOf('wallMs', kind, ceilings))),
    jobTimeoutMs: ceilingOf('wallMs', 'job', ceilings),
  };
}

/** The number of one kind of run. */
export function forKind(value: ByKind, kind: RunKind): number {
  return typeof value === 'number' ? value : (value[kind] ?? value.other);
}
