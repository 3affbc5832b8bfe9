import type { Broker, BrokerSession } from '@annex/broker';
import { storageProblem } from '@annex/host-api';
import { pluginLogLevels, secretUse, type Use } from '@annex/installations';
import { tracedPart, type Clock, type Id, type Json, type Span } from '@annex/kernel';
import { limitAdvice, usageRecord, type RunKind, type RunLimits, type UsageRecord } from '@annex/limits';
import type {
  Bundle,
  HostCall,
  HostCallAnswer,
  Language,
  Lane,
  Registration,
  RouteRequest,
  RouteResponse,
  RunContext,
  RunRequest,
  SandboxError,
  SandboxLimits,
  SandboxLog,
  SandboxUsage,
} from '@annex/sandbox';
import { executionErrors } from '../errors.js';
import type { Cause } from '../cause.js';
import type { PeakLimit, RunEffect, RunIdentity } from '../host-calls/run-identity.js';
import { databaseTrouble } from '../host-calls/while-available.js';
import type { SecretMasks } from '../masking/secret-masks.js';
import type { CallKeeper } from '../recording/call-keeper.js';
import type { CallRecording } from '../recording/call-recording.js';
import type { RunSink } from '../recording/run-sink.js';
import type { InstallationSnapshot } from '../snapshots/snapshot.js';
import { mayHavePlaces, type StackMaps } from './stack-map.js';

/** What every run leans on. */
export interface ScopeParts {
  broker: Broker<RunIdentity>;
  masks: SecretMasks;
  /** Takes the lines that are kept. */
  sink: Pick<RunSink, 'log'>;
  clock: Clock;
  /** Keeps what recorded runs ask of the host. Default: nothing is kept. */
  keeper?: Pick<CallKeeper, 'begin'>;
  /** Names places of the bundle in log lines by the author's files. Default: they stay as they are. */
  stacks?: StackMaps;
}

/** Most lines of one run whose stack traces are translated. */
const maxTranslatedLines = 100;

/** One try at running a handler. */
export interface RunStart {
  snapshot: InstallationSnapshot;
  /** Place of the handler among the registrations. */
  index: number;
  kind: RunKind;
  name: string;
  runId: Id<'run'>;
  attempt: number;
  cause: Cause;
  user: Json;
  runLimits: RunLimits;
  sandboxLimits: SandboxLimits;
  /** Its deadline is not behind this moment, in milliseconds since the epoch. Default: none. */
  notAfterMs?: number | undefined;
  request: RouteRequest | undefined;
  payload: string | undefined;
  signal: AbortSignal | undefined;
  /** Whether effects wait for the run's success. */
  staged: boolean;
  /** Default: `background` when staged, else `foreground`. */
  lane?: Lane;
}

/**
 * Codes of host calls that say more about why a run failed than "the handler threw": when a handler lets such an error
 * through, the run's own error carries its code.
 */
const telling: ReadonlySet<string> = new Set([
  'PERMISSION_DENIED',
  'HTTP_LIMIT',
  'RATE_LIMITED',
  'EMIT_DEPTH',
  'CALL_DEPTH',
  'CALL_CYCLE',
  'QUEUE_FULL',
  'QUOTA_EXCEEDED',
  'STORAGE_UNAVAILABLE',
  'LLM_UNAVAILABLE',
  'MAIL_UNAVAILABLE',
  'OVERLOADED',
  'PLATFORM_ERROR',
]);
const maxFailures = 20;
/**
 * One run as the sandbox asks for it and as its host calls know it, in a single object because a warm route makes
 * thousands of them a second. What a run may not need (a broker session, a list of failures) is made when it is.
 */
export class RunScope implements RunRequest, RunIdentity {
  readonly snapshot: InstallationSnapshot;
  readonly runId: Id<'run'>;
  readonly lane: Lane;
  readonly tenantId: Id<'tenant'>;
  readonly installationId: Id<'installation'>;
  readonly isolateKey: string;
  readonly bundleSha256: string;
  readonly language: Language;
  readonly kind: RunKind;
  readonly name: string;
  readonly cause: Cause;
  readonly user: Json;
  readonly handler: { kind: Registration['kind']; index: number };
  readonly context: RunContext;
  readonly request: RouteRequest | undefined;
  readonly payload: string | undefined;
  readonly limits: SandboxLimits;
  /** Those of a stream once the answer is one. */
  runLimits: RunLimits;
  readonly signal: AbortSignal | undefined;
  readonly startedAtMs: number;
  deadlineMs: number;
  readonly effects: RunEffect[] | null;
  /** Told a route's answer when the run goes on after it. */
  onResponse: (response: RouteResponse) => void = () => undefined;
  /** Of language models, so far. */
  llmTokens = 0;
  /** Lines kept so far. */
  logLines = 0;
  /** What it asks of the host, while somebody has its plugin recorded. */
  recording: CallRecording | undefined = undefined;
  readonly attempt: number;
  /** Its span while it is traced. */
  span: Span | undefined = undefined;
  #session: BrokerSession | undefined;
  #failures: { code: string; message: string }[] | undefined;
  #peaks: Partial<Record<PeakLimit, number>> | undefined;
  #secretsUsed: Set<string> | undefined;
  #warned: Set<string> | undefined;
  #logging: Promise<void> | undefined;
  #translated = 0;

  constructor(
    private readonly parts: ScopeParts,
    start: RunStart,
    handlerKind: Registration['kind'],
  ) {
    const { snapshot } = start;
    this.snapshot = snapshot;
    this.runId = start.runId;
    this.attempt = start.attempt;
    // What is staged is an attempt at background work.
    this.lane = start.lane ?? (start.staged ? 'background' : 'foreground');
    this.tenantId = snapshot.tenantId;
    this.installationId = snapshot.installationId;
    this.isolateKey = snapshot.isolateKey;
    this.bundleSha256 = snapshot.bundleSha256;
    this.language = snapshot.language;
    this.kind = start.kind;
    this.name = start.name;
    this.cause =
      start.kind === 'filter'
        ? { ...start.cause, within: [...start.cause.within, snapshot.installationId] }
        : start.cause;
    this.user = start.user;
    this.handler = { kind: handlerKind, index: start.index };
    this.request = start.request;
    this.payload = start.payload;
    this.limits = start.sandboxLimits;
    this.runLimits = start.runLimits;
    this.signal = start.signal;
    this.startedAtMs = parts.clock.now();
    this.deadlineMs = Math.min(this.startedAtMs + start.sandboxLimits.wallMs, start.notAfterMs ?? Infinity);
    this.effects = start.staged ? [] : null;
    this.context = {
      tenant: snapshot.tenant,
      user: start.user,
      plugin: snapshot.plugin,
      run: { id: start.runId, kind: start.kind, name: start.name, attempt: start.attempt, deadlineMs: this.deadlineMs },
      permissions: snapshot.permissions,
      config: snapshot.config,
      refToken: snapshot.refToken,
    };
  }

  get callChain(): readonly string[] {
    return [...this.cause.callers, this.snapshot.slug];
  }

  async loadBundle(): Promise<Bundle> {
    try {
      return await this.snapshot.loadBundle();
    } catch (thrown) {
      throw databaseTrouble(thrown) ?? thrown;
    }
  }

  hostCall(call: HostCall): Promise<HostCallAnswer> {
    // It comes out of an executor's stream, where no span is active.
    const { span } = this;
    if (span === undefined) return this.#answer(call);
    return span.within(() => tracedPart(`ctx.${call.method}`, {}, () => this.#answer(call)));
  }

  async #answer(call: HostCall): Promise<HostCallAnswer> {
    this.#session ??= this.#openSession();
    const answer = await this.#session.call(call);
    if (!answer.ok && telling.has(answer.code)) {
      this.#failures ??= [];
      // The last ones: it is the last that a handler lets through.
      if (this.#failures.length >= maxFailures) this.#failures.shift();
      this.#failures.push({ code: answer.code, message: answer.message });
    }
    return answer;
  }

  #openSession(): BrokerSession {
    const { broker, keeper } = this.parts;
    const session = broker.session({
      identity: this,
      grants: this.snapshot.grants,
      secretsDeclared: this.snapshot.secrets,
      quotas: this.runLimits,
      ...(this.signal && { signal: this.signal }),
    });
    if (keeper === undefined || !this.isRecorded) return session;
    this.recording = keeper.begin(this.startedAtMs);
    return this.recording.around(session);
  }

  /** Whether somebody had its plugin recorded when it began. */
  get isRecorded(): boolean {
    return this.snapshot.recordingUntilMs > this.startedAtMs;
  }

  log(line: SandboxLog): void {
    if (pluginLogLevels.indexOf(line.level) < pluginLogLevels.indexOf(this.snapshot.logLevel)) return;
    if (this.logLines >= this.runLimits.logLines) return;
    this.logLines += 1;
    const text = line.fields === null ? '' : JSON.stringify(line.fields);
    const isTrace = this.#translated < maxTranslatedLines && (mayHavePlaces(line.message) || mayHavePlaces(text));
    if (!isTrace && this.#logging === undefined) {
      this.#keep(line, text);
      return;
    }
    // Lines keep their order: what comes after a trace waits for it.
    const logging = (this.#logging ?? Promise.resolve()).then(async () => {
      await this.#translateAndKeep(line, text, isTrace);
      if (this.#logging === logging) this.#logging = undefined;
    });
    this.#logging = logging;
  }

  /** Pending while lines wait for the translation of a stack trace. Never rejects. */
  get logging(): Promise<void> | undefined {
    return this.#logging;
  }

  async #translateAndKeep(line: SandboxLog, text: string, isTrace: boolean): Promise<void> {
    const { stacks } = this.parts;
    const { snapshot } = this;
    // Transforms have a bundle and a source map of their own.
    if (!isTrace || stacks === undefined || this.bundleSha256 !== snapshot.bundleSha256) {
      this.#keep(line, text);
      return;
    }
    this.#translated += 1;
    const translate = (given: string): Promise<string> =>
      stacks.translate(given, this.bundleSha256, () => snapshot.loadSourceMap());
    const message = await translate(line.message);
    const fields = mayHavePlaces(text) ? (JSON.parse(await translate(text)) as SandboxLog['fields']) : line.fields;
    this.#keep({ ...line, message, fields }, text);
  }

  #keep({ timeMs, level, message, fields }: SandboxLog, text: string): void {
    const masker = this.parts.masks.of(this.installationId);
    const kept =
      fields === null
        ? null
        : storageProblem(fields)?.startsWith('nested')
          ? { omitted: 'nested too deep to be kept' }
          : fields;
    const line = {
      runId: this.runId,
      installationId: this.installationId,
      plugin: this.snapshot.slug,
      timeMs,
      level,
      message: masker ? masker.text(message) : message,
      fields: masker && kept !== null ? masker.json(kept) : kept,
    };
    this.parts.sink.log(this.tenantId, line, 128 + message.length + text.length);
  }

  noteUse(limit: PeakLimit, amount: number): void {
    this.#peaks ??= {};
    this.#peaks[limit] = Math.max(this.#peaks[limit] ?? 0, amount);
  }

  usedSecret(name: string): void {
    (this.#secretsUsed ??= new Set()).add(name);
  }

  sawSecret(value: string): Promise<void> {
    return this.parts.masks.saw(this.installationId, value);
  }

  mask(value: Json, what: string): Json {
    const masker = this.parts.masks.of(this.installationId);
    if (!masker) return value;
    const masked = masker.json(value);
    if (JSON.stringify(masked) === JSON.stringify(value)) return value;
    this.#warned ??= new Set();
    if (!this.#warned.has(what) && this.#warned.size < 20) {
      this.#warned.add(what);
      this.log({
        timeMs: this.parts.clock.now(),
        level: 'warn',
        message: `${what} held a secret; it was kept masked. Read the secret with ctx.secrets.get where you need it.`,
        fields: null,
      });
    }
    return masked;
  }

  checkName(name: string, what: string): void {
    const masker = this.parts.masks.of(this.installationId);
    if (!masker || masker.text(name) === name) return;
    throw executionErrors.error(
      'SECRET_EXPOSED',
      `${what} holds a secret, and it would be kept in plain sight. Derive a name from it instead, such as a digest.`,
    );
  }

  /** The run's error with the code that tells most, its words masked. */
  explain(error: SandboxError): { code: string; message: string } {
    const told =
      error.code === 'PLUGIN_ERROR' ? this.#failures?.find(({ message }) => message === error.message) : undefined;
    const masker = this.parts.masks.of(this.installationId);
    const advice = limitAdvice[error.code];
    const message = advice === undefined ? error.message : `${error.message}. ${advice}`;
    return { code: told?.code ?? error.code, message: masker ? masker.text(message) : message };
  }

  /** The answer streams from now on: the limits of streams hold. */
  beginStream(): void {
    const { streamMs, streamCpuMs, streamBytes } = this.runLimits;
    this.runLimits = { ...this.runLimits, wallMs: streamMs, cpuMs: streamCpuMs, resultBytes: streamBytes };
    this.deadlineMs = this.parts.clock.now() + streamMs;
  }

  /** Ends the run's host calls. Safe to call twice. */
  close(): void {
    this.#session?.close();
  }

  /** Whether it is a call of a route that asked nothing of the host, logged nothing and saw no secret. */
  get isPlain(): boolean {
    return (
      this.kind === 'route' &&
      this.effects === null &&
      this.#session === undefined &&
      this.logLines === 0 &&
      this.#peaks === undefined &&
      this.#secretsUsed === undefined &&
      this.llmTokens === 0
    );
  }

  /** What it used of what an admin said yes to: permissions that let at least one call through, and secrets. */
  get uses(): Use[] {
    const permissions: readonly Use[] = this.#session?.usage().permissionsUsed ?? [];
    return [...permissions, ...[...(this.#secretsUsed ?? [])].map(secretUse)];
  }

  /** What the run used beside what it was allowed. */
  used(usage: SandboxUsage): UsageRecord {
    const calls = this.#session?.usage() ?? { hostCalls: usage.hostCalls };
    const { wallMs, cpuMs, memoryMb, resultBytes, logLines, logBytes } = usage;
    const body = this.request?.body;
    if (body) this.noteUse('requestBytes', Buffer.byteLength(body.data, body.encoding));
    if (this.payload !== undefined && (this.kind === 'event' || this.kind === 'job'))
      this.noteUse('payloadBytes', Buffer.byteLength(this.payload));
    return usageRecord(this.runLimits, {
      wallMs,
      cpuMs,
      memoryMb,
      resultBytes,
      logLines,
      logBytes,
      ...calls,
      llmTokens: this.llmTokens,
      ...this.#peaks,
    });
  }
}
