/** Reads what an executor says about a run. An executor may be hostile: nothing is believed that was not checked. */
import { DAY, type Json } from '@annex/kernel';
import type {
  Registration,
  RouteResponse,
  RunOutcome,
  SandboxErrorCode,
  SandboxLimits,
  SandboxLog,
  SandboxUsage,
} from '../sandbox.js';
import type { FromExecutor, GuestUsage } from '../wire/messages.js';
import type { FlightAnswer } from './flight.js';
import { base64Bytes, logLevels } from '../prelude/emissions.js';

const headerName = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;
/** A plugin may ask to wait a year at most. */
const maxRetryAfterMs = 365 * DAY;
const failureCodes = new Set<string>([
  'PLUGIN_ERROR',
  'NON_RETRYABLE',
  'RETRY_AFTER',
  'TIMEOUT',
  'CPU_LIMIT',
  'MEMORY_LIMIT',
  'OUTPUT_LIMIT',
  'LOG_LIMIT',
  'CANCELLED',
  'EXECUTOR_LOST',
] satisfies SandboxErrorCode[]);

export function asFailureCode(code: string): SandboxErrorCode {
  return failureCodes.has(code) ? (code as SandboxErrorCode) : 'PLUGIN_ERROR';
}

export function usageOf(claimed: GuestUsage, wallMs: number): SandboxUsage {
  const amount = (value: number): number => (value >= 0 && value < 1e15 ? value : 0);
  return {
    wallMs: Math.round(wallMs * 100) / 100,
    cpuMs: Math.round(amount(claimed.cpuMs) * 100) / 100,
    memoryMb: Math.round(amount(claimed.memoryMb) * 10) / 10,
    resultBytes: amount(claimed.resultBytes),
    logLines: amount(claimed.logLines),
    logBytes: amount(claimed.logBytes),
    hostCalls: amount(claimed.hostCalls),
  };
}

export function outcomeOf(
  message: Extract<FromExecutor, { type: 'succeeded' | 'responded' | 'failed' }>,
  limits: SandboxLimits,
  usage: SandboxUsage,
): RunOutcome {
  switch (message.type) {
    case 'succeeded':
      if (message.value.length > limits.resultBytes) return tooLarge(message.value.length, limits, usage);
      return { status: 'succeeded', result: message.hasValue ? message.value : undefined, usage };
    case 'responded': {
      const size = bodySize(message);
      if (size > limits.resultBytes) return tooLarge(size, limits, usage);
      const response = responseOf(message, limits);
      if (response === undefined)
        return { status: 'failed', error: { code: 'PLUGIN_ERROR', message: 'the response is not valid HTTP' }, usage };
      return { status: 'succeeded', response, usage };
    }
    case 'failed': {
      const { code, stack, retryAfterMs } = message;
      return {
        status: 'failed',
        usage,
        error: {
          code: asFailureCode(code),
          message: message.message.slice(0, 8192),
          ...(stack === '' ? {} : { stack: stack.slice(0, 16_384) }),
          ...(code === 'RETRY_AFTER'
            ? { retryAfterMs: retryAfterMs >= 0 ? Math.min(retryAfterMs, maxRetryAfterMs) : 0 }
            : {}),
        },
      };
    }
  }
}

interface ClaimedResponse {
  status: number;
  headers: string;
  bodyEncoding: string;
  body: string;
}

function bodySize({ body, bodyEncoding }: ClaimedResponse): number {
  return bodyEncoding === 'base64' ? base64Bytes(body) : body.length;
}

/** What a handler answered before its run ended; `undefined` if that is too large, or no HTTP. */
export function answerOf(claimed: ClaimedResponse, limits: SandboxLimits): FlightAnswer | undefined {
  if (claimed.status !== 0) {
    const response = responseOf(claimed, limits);
    return response === undefined ? undefined : { response };
  }
  return claimed.body.length > limits.resultBytes
    ? undefined
    : { result: claimed.bodyEncoding === 'value' ? claimed.body : undefined };
}

/** A route's answer; `undefined` if it is too large or no HTTP. */
function responseOf(claimed: ClaimedResponse, limits: SandboxLimits): RouteResponse | undefined {
  const { status, bodyEncoding, body } = claimed;
  const headers = headersOf(claimed.headers);
  if (
    headers === undefined ||
    bodySize(claimed) > limits.resultBytes ||
    !Number.isInteger(status) ||
    status < 200 ||
    status > 599
  )
    return undefined;
  const encoding = bodyEncoding === 'base64' ? 'base64' : 'utf8';
  return { status, headers, body: bodyEncoding === '' || bodyEncoding === 'stream' ? null : { encoding, data: body } };
}

function tooLarge(size: number, limits: SandboxLimits, usage: SandboxUsage): RunOutcome {
  const message = `the result is ${size} bytes or more, the limit is ${limits.resultBytes}`;
  return { status: 'failed', error: { code: 'OUTPUT_LIMIT', message }, usage };
}

const seen = new Map<string, readonly [string, string][]>();

/**
 * `name\nvalue\n…` as pairs; `undefined` if one of them is no HTTP header. Most answers of a plugin carry the same
 * ones.
 */
function headersOf(text: string): [string, string][] | undefined {
  const known = seen.get(text);
  if (known !== undefined) return known.map(([name, value]) => [name, value]);
  const parts = text.split('\n');
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const name = parts[index] ?? '';
    const value = parts[index + 1] ?? '';
    if (!headerName.test(name) || !headerValue.test(value)) return undefined;
    pairs.push([name, value]);
  }
  if (text.length < 256) {
    if (seen.size >= 256) seen.clear();
    seen.set(
      text,
      pairs.map(([name, value]) => [name, value]),
    );
  }
  return pairs;
}

export function logOf({ timeMs, level, message, fields }: Extract<FromExecutor, { type: 'log' }>): SandboxLog {
  return {
    timeMs: Number.isFinite(timeMs) ? timeMs : 0,
    level: logLevels[level] ?? 'info',
    message,
    fields: fieldsOf(fields),
  };
}

function fieldsOf(text: string): Record<string, Json> | null {
  if (text === '') return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, Json>)
      : null;
  } catch {
    return null;
  }
}

const maxRegistrations = 1000;
const maxRegistrationsText = 1024 * 1024;

/** The registrations that an inspection found; `undefined` if what came is something else. */
export function registrationsOf(text: string): Registration[] | undefined {
  if (text.length > maxRegistrationsText) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list) || list.length > maxRegistrations || !list.every(isRegistration)) return undefined;
    return list;
  } catch {
    return undefined;
  }
}

function isRegistration(value: unknown): value is Registration {
  if (typeof value !== 'object' || value === null) return false;
  const each = value as Record<string, unknown>;
  const isTextList = (list: unknown): boolean => Array.isArray(list) && list.every((item) => typeof item === 'string');
  switch (each.kind) {
    case 'route':
      return (
        typeof each.path === 'string' &&
        isTextList(each.methods) &&
        (each.roles === null || isTextList(each.roles)) &&
        'auth' in each
      );
    case 'filter':
      return (
        typeof each.name === 'string' &&
        typeof each.priority === 'number' &&
        typeof each.timeoutMs === 'number' &&
        (each.onError === 'pass' || each.onError === 'fail')
      );
    case 'source':
      return typeof each.name === 'string' && isTextList(each.calls);
    case 'job':
      return typeof each.name === 'string' && (each.schedule === undefined || typeof each.schedule === 'string');
    case 'event':
    case 'lifecycle':
    case 'health':
      return typeof each.name === 'string';
    default:
      return false;
  }
}

export function textsOf(text: string): string[] {
  if (text.length > maxRegistrationsText) return [];
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list)
      ? list.filter((item): item is string => typeof item === 'string').map((item) => item.slice(0, 500))
      : [];
  } catch {
    return [];
  }
}
