import { randomBytes } from 'node:crypto';
import type {
  InspectOutcome,
  RouteResponse,
  RunOutcome,
  RunRequest,
  SandboxErrorCode,
  SandboxLimits,
  SandboxUsage,
  StreamLimits,
} from '../sandbox.js';
import { StreamCut, type AnswerStream } from './answer-stream.js';

/** What a handler answered, whose run goes on. */
export type FlightAnswer = { response: RouteResponse } | { response?: undefined; result: string | undefined };

/** Who is in an executor, and who is billed for it. */
export interface FlightOwner {
  tenantId: string;
  installationId: string;
}

/** So long after its deadline a run is waited for because nobody read what its executor said, in milliseconds. */
const longestUnheardMs = 5000;

/** One run, or one inspection, from the call to its outcome. */
export class Flight {
  seat = -1;
  nonce = 0;
  readonly startedAt: number;
  deadline: number;
  /** Set when the outcome is out and only the executor's last word is awaited. */
  overdueAt: number | undefined;
  isOver = false;
  /** The executor holds it. */
  isSent = false;
  hostCalls = 0;
  /** Names of the calls that have not been answered. */
  readonly callsUnderWay = new Map<number, string>();
  /** The handler's answer; the run goes on. */
  answer: FlightAnswer | undefined;
  /** The body of a route's answer, when it is a stream. */
  stream: AnswerStream | undefined;
  logLines = 0;
  logBytes = 0;
  /** Those of its first turn; the turns of a stream keep no executor from answering. */
  readonly turnLimits: SandboxLimits;
  /** Told once, when the flight has its outcome. */
  onOver: () => void = () => undefined;

  constructor(
    readonly owner: FlightOwner,
    public limits: SandboxLimits,
    readonly nowMs: number,
    readonly job: FlightJob,
  ) {
    this.startedAt = nowMs;
    this.turnLimits = limits;
    this.deadline = nowMs + limits.wallMs;
  }

  /** The answer streams from now on, under limits of its own. */
  beginStream(stream: AnswerStream, { wallMs, cpuMs, bytes }: StreamLimits, nowMs: number): void {
    this.stream = stream;
    this.limits = { ...this.limits, wallMs, cpuMs, resultBytes: bytes };
    this.deadline = nowMs + wallMs;
  }

  /** Whether its executor may have said its last word, where nobody reads that one now. */
  isExcused(nowMs: number): boolean {
    return nowMs - this.deadline < longestUnheardMs;
  }

  /** Nobody read its executor from `sinceMs` on: so long it was not silent, as far as its deadline allows. */
  excuse(sinceMs: number, nowMs: number): void {
    if (this.overdueAt === undefined) return;
    const later = this.overdueAt + nowMs - Math.max(sinceMs, this.overdueAt);
    this.overdueAt = Math.max(this.overdueAt, Math.min(later, this.deadline + longestUnheardMs));
  }

  fail(code: SandboxErrorCode, message: string, nowMs: number): void {
    this.settle(nowMs, (usage) => ({ status: 'failed', error: { code, message }, usage }));
  }

  /**
   * Its time is over: a handler that has answered has succeeded, and what it did not wait for is cut off. A stream is
   * answered at its end only.
   */
  expire(nowMs: number): void {
    const { answer } = this;
    if (answer === undefined || this.stream !== undefined)
      this.fail('TIMEOUT', `the run took longer than ${this.limits.wallMs} ms`, nowMs);
    else this.settle(nowMs, (usage) => ({ status: 'succeeded', ...answer, usage }));
  }

  /** Gives the outcome, once. */
  settle(nowMs: number, make: (usage: SandboxUsage) => RunOutcome): void {
    if (this.isOver) return;
    this.isOver = true;
    if (this.callsUnderWay.size > 0) this.#tellCutOff();
    const outcome = atItsLimit(
      this.limits,
      make({
        wallMs: nowMs - this.startedAt,
        cpuMs: 0,
        memoryMb: 0,
        resultBytes: 0,
        logLines: this.logLines,
        logBytes: this.logBytes,
        hostCalls: this.hostCalls,
      }),
    );
    this.stream?.finish(
      outcome.status === 'failed' ? new StreamCut(outcome.error.code, outcome.error.message) : undefined,
    );
    if (this.job.type === 'run') this.job.resolve(outcome);
    else if (outcome.status === 'failed') this.job.resolve({ ok: false, error: outcome.error });
    this.onOver();
  }

  /** Says which calls the run's end cut off, so that nobody takes them for done. */
  #tellCutOff(): void {
    if (this.job.type !== 'run') return;
    const names = [...new Set(this.callsUnderWay.values())]
      .slice(0, 10)
      .map((name) => `ctx.${name.slice(0, 64)}`)
      .join(', ');
    const message =
      `The run ended before ${this.callsUnderWay.size} of its calls were answered, so they may not have taken ` +
      `effect: ${names}`;
    this.job.request.log({ timeMs: Date.now(), level: 'warn', message, fields: null });
  }
}

/**
 * A run that a limit ended has used at least that much. What was measured says less: a heap is sampled before it grows,
 * and the line or the result that did not fit is not counted.
 */
function atItsLimit(limits: SandboxLimits, outcome: RunOutcome): RunOutcome {
  if (outcome.status !== 'failed') return outcome;
  const { usage } = outcome;
  const atLeast = (name: keyof SandboxLimits & keyof SandboxUsage): RunOutcome => ({
    ...outcome,
    usage: { ...usage, [name]: Math.max(usage[name], limits[name]) },
  });
  switch (outcome.error.code) {
    case 'MEMORY_LIMIT':
      return atLeast('memoryMb');
    case 'CPU_LIMIT':
      return atLeast('cpuMs');
    case 'TIMEOUT':
      return atLeast('wallMs');
    case 'LOG_LIMIT':
      return atLeast(usage.logLines >= limits.logLines ? 'logLines' : 'logBytes');
    case 'OUTPUT_LIMIT':
      return outcome.error.message.startsWith('the result') ? atLeast('resultBytes') : outcome;
    default:
      return outcome;
  }
}

export type FlightJob =
  | { type: 'run'; request: RunRequest; resolve(outcome: RunOutcome): void }
  | { type: 'inspect'; code: string; resolve(outcome: InspectOutcome): void };

const pool = Buffer.alloc(4096);
let at = pool.length;

/** 32 bits that nobody can guess. */
export function newNonce(): number {
  if (at + 4 > pool.length) {
    randomBytes(pool.length).copy(pool);
    at = 0;
  }
  const value = pool.readUInt32LE(at);
  at += 4;
  return value;
}
