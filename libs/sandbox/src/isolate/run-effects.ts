/**
 * What a run may do to the world outside its isolate, checked against its limits once more: answer, call, log, set a
 * timer.
 */
import { sandboxLimits } from '@annex/limits/sandbox';
import { answerCryptoCall, isHeavyCryptoCall } from './web-crypto.js';
import { base64Bytes, emission } from '../prelude/emissions.js';
import type { FromExecutor } from '../wire/messages.js';
import { RunCompression } from './compression.js';
import type { GuestIsolate, GuestRun, RunTimer } from './guest-run.js';
import { failure, memoryText, type RunEnd } from './run-end.js';

type HostCallMessage = Extract<FromExecutor, { type: 'call' }>;

/** `debug`, as a number of the wire. */
const debugLevel = 0;
/** `error`. */
const errorLevel = 3;
const headerName = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
// Visible characters, space, tab and bytes above ASCII (RFC 9110 §5.5).
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What an inspection collects. */
export interface Inspection {
  registrations: string[];
  warnings: Set<string>;
}

export interface EffectParts {
  send(message: FromExecutor): void;
  /** Milliseconds on a clock that only goes forward. */
  now(): number;
  inspectionOf(run: GuestRun): Inspection | undefined;
}

/** Takes one emission of an isolate. Answers whether the run has an end now. */
export function takeEmission(
  parts: EffectParts,
  isolate: GuestIsolate,
  run: GuestRun,
  [kind, n, m, a, b, c]: [kind: number, n: number, m: number, a: string, b: string, c: string],
): boolean {
  switch (kind) {
    case emission.response:
      run.endedItself = true;
      run.end ??= responseEnd(run, n, a, b, c);
      if (c === 'stream') beginStream(run, parts);
      return true;
    case emission.chunk:
      return takeChunk(run, n, m === 1, a, parts);
    case emission.value:
      run.endedItself = true;
      run.end ??= valueEnd(run, n === 1, a);
      return true;
    case emission.failure:
      run.endedItself = true;
      if (run.end?.type !== 'failed') run.end = failureEnd(run, a, b, c, n);
      return true;
    case emission.hostCall: {
      const inspection = parts.inspectionOf(run);
      if (inspection === undefined) startHostCall(run, { callId: n, method: a, args: b, text: c }, parts);
      else
        inspection.warnings.add(
          `the entry calls ${a.slice(0, 64)} while it loads; host calls work only inside handlers`,
        );
      return false;
    }
    case emission.hold:
      run.isHeld = n === 1;
      return n === 0 && run.end !== undefined;
    case emission.refusal:
      noteRefusal(run, a, b);
      return false;
    case emission.executorCall:
      startExecutorCall(isolate, run, n, a, b);
      return false;
    case emission.log:
      return takeLog(run, n, a, b, parts);
    case emission.startTimer:
      startTimer(isolate, run, n, m, a === '');
      return false;
    case emission.clearTimer:
      clearTimeout(run.timers?.get(n)?.timeout);
      run.timers?.delete(n);
      return false;
    case emission.registration:
      parts.inspectionOf(run)?.registrations.push(a);
      return false;
    case emission.broken:
      isolate.isBroken = true;
      return false;
    case emission.loaded:
      isolate.hasEntry = true;
      return false;
    default:
      return false;
  }
}

/** Tells the head of a streamed answer at once: its parts follow in the same turn. */
function beginStream(run: GuestRun, parts: EffectParts): void {
  const { end, seat, nonce } = run;
  const { stream } = run.limits;
  if (end?.type !== 'responded' || run.stream !== undefined) return;
  if (stream === undefined) {
    run.end = failure('PLUGIN_ERROR', 'the answer may not be a stream here');
    return;
  }
  run.beginStream(stream, parts.now());
  run.answerSent = true;
  parts.send({
    type: 'answered',
    seat,
    nonce,
    status: end.status,
    headers: end.headers,
    bodyEncoding: 'stream',
    body: '',
  });
}

/** Passes a part of a streamed answer on. Answers whether the run has an end now that it had not before. */
function takeChunk(run: GuestRun, claimed: number, isLast: boolean, data: string, parts: EffectParts): boolean {
  const { stream, seat, nonce } = run;
  if (stream === undefined || stream.isEnded || run.end?.type === 'failed') return false;
  const bytes = base64Bytes(data);
  // The isolate keeps the window too; what gets here beyond it comes from a broken isolate.
  if (bytes !== claimed || bytes > stream.credit || (bytes === 0 && !isLast)) {
    run.end = failure('PLUGIN_ERROR', 'the stream of the answer sent more than its reader had taken');
    return true;
  }
  stream.bytes += bytes;
  if (stream.bytes > run.limits.resultBytes) {
    run.end = failure(
      'OUTPUT_LIMIT',
      `the stream of the answer is more than ${run.limits.resultBytes} bytes, which is the limit`,
    );
    return true;
  }
  stream.credit -= bytes;
  stream.lastAt = parts.now();
  stream.isEnded = isLast;
  parts.send({ type: 'chunk', seat, nonce, isLast, data });
  return false;
}

/** Enters the isolate with what the reader of a streamed answer took. */
export function credit(isolate: GuestIsolate, run: GuestRun, bytes: number): void {
  if (run.over || run.stream === undefined || run.isolate !== isolate || isolate.state === 'dead') return;
  run.stream.credit += bytes;
  isolate.enter(run, 'credit', [0, run.key, bytes]);
}

/** Enters the isolate with the answer to a call. */
export function deliver(
  isolate: GuestIsolate,
  run: GuestRun,
  answer: { callId: number; ok: boolean; a: string; b: string },
): void {
  if (run.over || run.isolate !== isolate || isolate.state === 'dead') return;
  isolate.enter(run, 'deliver', [0, run.key, answer.callId, answer.ok ? 1 : 0, answer.a, answer.b]);
}

/** What V8 throws where isolated-vm refuses bytes for a buffer, because the heap limit is reached. */
const buffersRefused = 'Array buffer allocation failed';

function failureEnd(run: GuestRun, code: string, message: string, stack: string, retryAfterMs: number): RunEnd {
  if (code === 'MEMORY_LIMIT' || (code === 'PLUGIN_ERROR' && message === buffersRefused))
    return failure('MEMORY_LIMIT', memoryText(run));
  return { type: 'failed', code, message, stack, retryAfterMs };
}

function responseEnd(run: GuestRun, status: number, headers: string, body: string, bodyEncoding: string): RunEnd {
  const bytes = bodyEncoding === 'base64' ? base64Bytes(body) : Buffer.byteLength(body);
  if (bytes > run.limits.resultBytes) return tooLarge(bytes, run.limits.resultBytes);
  if (headers.length > sandboxLimits.headerChars) return tooManyHeaders(headers.length);
  const wrong = headers === lastGoodHeaders ? undefined : wrongHeader(headers);
  if (wrong !== undefined) return failure('PLUGIN_ERROR', wrong);
  lastGoodHeaders = headers;
  if (!(status >= 200 && status <= 599))
    return failure('PLUGIN_ERROR', `the response status ${status} is not between 200 and 599`);
  return { type: 'responded', status, headers, bodyEncoding, body, bytes };
}

let lastGoodHeaders = '';

/** What is wrong with the first header that HTTP does not allow, as a sentence. */
function wrongHeader(headers: string): string | undefined {
  const parts = headers.split('\n');
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const name = parts[index] ?? '';
    const value = parts[index + 1] ?? '';
    const shown = JSON.stringify(name.slice(0, 64));
    if (!headerName.test(name)) return `the response header ${shown} has no valid name`;
    if (headerValue.test(value)) continue;
    const character = /[^\t\x20-\x7e\x80-\xff]/.exec(value)?.[0] ?? '';
    const code = `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
    return (
      `the response header ${shown} contains the character ${code}, and headers carry bytes; encode it, for example ` +
      'with encodeURIComponent'
    );
  }
  return undefined;
}

function valueEnd(run: GuestRun, hasValue: boolean, value: string): RunEnd {
  const bytes = Buffer.byteLength(value);
  return bytes > run.limits.resultBytes
    ? tooLarge(bytes, run.limits.resultBytes)
    : { type: 'succeeded', hasValue, value, bytes };
}

function tooManyHeaders(size: number): RunEnd {
  return failure(
    'OUTPUT_LIMIT',
    `the response headers are ${size} characters, the limit is ${sandboxLimits.headerChars}`,
  );
}

function tooLarge(size: number, limit: number): RunEnd {
  return failure('OUTPUT_LIMIT', `the result is ${size} bytes, the limit is ${limit}`);
}

function startHostCall(
  run: GuestRun,
  { callId, method, args, text }: Pick<HostCallMessage, 'callId' | 'method' | 'args' | 'text'>,
  parts: EffectParts,
): void {
  const { hostCalls, hostCallsAtOnce } = run.limits;
  run.hostCalls += 1;
  const underWay = (run.hostCallsUnderWay ??= new Set());
  // The isolate keeps these limits too; what gets here beyond them comes from a broken isolate.
  if (
    run.hostCalls > hostCalls ||
    underWay.size >= hostCallsAtOnce ||
    args.length + text.length > sandboxLimits.argumentChars
  )
    return;
  underWay.add(callId);
  parts.send({ type: 'call', seat: run.seat, nonce: run.nonce, callId, method, args, text });
}

function startExecutorCall(isolate: GuestIsolate, run: GuestRun, callId: number, method: string, args: string): void {
  run.executorCallsUnderWay += 1;
  const answered = answerExecutorCall(run, method, args);
  answered.then(
    (value) => {
      run.executorCallsUnderWay -= 1;
      // It has used up its time, which the next look at it says.
      if (run.cpuMs > run.limits.cpuMs) return;
      deliver(isolate, run, { callId, ok: true, a: value, b: '' });
    },
    (thrown: unknown) => {
      run.executorCallsUnderWay -= 1;
      const { code, message } = (thrown ?? {}) as { code?: unknown; message?: unknown };
      const a = typeof code === 'string' ? code : 'OperationError';
      deliver(isolate, run, {
        callId,
        ok: false,
        a,
        b: typeof message === 'string' ? message : 'the operation failed',
      });
    },
  );
}

/** What this process answers itself: cryptography and compression. */
function answerExecutorCall(run: GuestRun, method: string, args: string): Promise<string> {
  if (method.startsWith('compression.')) {
    const compression = (run.compression ??= new RunCompression());
    return inOrder(() => billed(run, () => compression.answer(method, args)));
  }
  return isHeavyCryptoCall(method)
    ? inOrder(() => billed(run, () => answerCryptoCall(method, args)))
    : answerCryptoCall(method, args);
}

let lastInOrder: Promise<unknown> = Promise.resolve();

/** Work that computes for long takes its turn, so that no more than one core is busy with it. */
function inOrder<T>(work: () => Promise<T>): Promise<T> {
  const done = lastInOrder.then(work);
  lastInOrder = done.catch(() => undefined);
  return done;
}

/**
 * Bills work of this process to a run: by the clock, or by the process's own time where that is less because the
 * machine is busy.
 */
async function billed<T>(run: GuestRun, work: () => Promise<T>): Promise<T> {
  if (run.over) throw new Error('the run has ended');
  const startedAt = performance.now();
  const before = process.cpuUsage();
  try {
    return await work();
  } finally {
    const { user, system } = process.cpuUsage(before);
    run.cpuMs += Math.min(performance.now() - startedAt, (user + system) / 1000);
  }
}

const maxRefusals = 16;

function noteRefusal(run: GuestRun, message: string, stack: string): void {
  const refusals = (run.refusals ??= new Map());
  for (const oldest of refusals.keys()) if (refusals.size >= maxRefusals) refusals.delete(oldest);
  refusals.set(message.slice(0, 4096), stack.slice(0, 4096));
}

/** Logs a rejection that nobody handled, of which V8 tells the message only; that of a refused call with its stack. */
export function takeUnhandled(run: GuestRun, message: string, parts: EffectParts): void {
  let fields = '';
  for (const [refusal, stack] of run.refusals ?? [])
    if (message.endsWith(refusal.slice(0, message.length))) fields = JSON.stringify({ stack });
  takeLog(run, errorLevel, `Uncaught (in promise): ${message}`, fields, parts);
}

/** Passes a log line on. Answers whether the log is full and the run over. */
export function takeLog(run: GuestRun, level: number, message: string, fields: string, parts: EffectParts): boolean {
  const { logLines, logBytes } = run.limits;
  run.logLines += 1;
  run.logBytes += Buffer.byteLength(message) + Buffer.byteLength(fields);
  if (run.logLines > logLines || run.logBytes > logBytes) {
    const limit = run.logLines > logLines ? `${logLines} lines` : `${logBytes} bytes`;
    run.end ??= failure('LOG_LIMIT', `the run logged more than ${limit}`);
    return true;
  }
  parts.send({ type: 'log', seat: run.seat, nonce: run.nonce, timeMs: Date.now(), level, message, fields });
  return false;
}

/**
 * Says that timers of the plugin's own will never fire, because the run is over: it waits for calls and for
 * `ctx.waitUntil`, not for timers. A line for debugging, since a guard against waiting too long is often left behind on
 * purpose.
 */
export function tellPendingTimers(run: GuestRun, parts: EffectParts): void {
  if (run.timers === undefined || run.end === undefined || run.end.type === 'failed') return;
  let count = 0;
  for (const { isPlugins } of run.timers.values()) if (isPlugins) count += 1;
  if (count === 0) return;
  const what = count === 1 ? 'A timer was' : `${count} timers were`;
  takeLog(
    run,
    debugLevel,
    `${what} still pending when the run ended, and will not fire. Await what has to happen, or give its promise to ` +
      'ctx.waitUntil.',
    '',
    parts,
  );
}

function startTimer(isolate: GuestIsolate, run: GuestRun, timerId: number, delayMs: number, isPlugins: boolean): void {
  const timers = (run.timers ??= new Map<number, RunTimer>());
  if (timers.size >= sandboxLimits.timers) return;
  clearTimeout(timers.get(timerId)?.timeout);
  const fire = (): void => {
    timers.delete(timerId);
    if (!run.over && isolate.state === 'ready') isolate.enter(run, 'fireTimer', [0, run.key, timerId]);
  };
  timers.set(timerId, { timeout: setTimeout(fire, delayMs), isPlugins });
}
