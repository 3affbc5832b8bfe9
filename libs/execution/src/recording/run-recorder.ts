import type { Clock, Id, Json } from '@annex/kernel';
import type { RunKind, UsageRecord } from '@annex/limits';
import { plainUntilMs, type FinishedRun, type RunStatus } from '@annex/runs';
import type { RunOutcome, SandboxError } from '@annex/sandbox';
import type { RunScope } from '../running/run-scope.js';
import type { SecretMasks } from '../masking/secret-masks.js';
import type { CallKeeper } from './call-keeper.js';
import type { RunSink } from './run-sink.js';
import { attemptAmounts, runAmounts, seriesOfAttempt, seriesOfRun } from './usage-amounts.js';

export interface RunRecorderOptions {
  sink: RunSink;
  clock: Clock;
  keeper: CallKeeper;
  masks: SecretMasks;
}

/** Writes down what runs did and used, in the batches of a {@link RunSink}. */
export class RunRecorder {
  readonly #sink: RunSink;
  readonly #clock: Clock;
  readonly #keeper: CallKeeper;
  readonly #masks: SecretMasks;

  constructor({ sink, clock, keeper, masks }: RunRecorderOptions) {
    this.#sink = sink;
    this.#clock = clock;
    this.#keeper = keeper;
    this.#masks = masks;
  }

  /** Writes a run down that began and ended here; answers it with its error explained. */
  record(scope: RunScope, outcome: RunOutcome, result: Json | undefined): { runId: Id<'run'>; outcome: RunOutcome } {
    if (this.#recordPlain(scope, outcome)) return { runId: scope.runId, outcome };
    const error = outcome.status === 'failed' ? scope.explain(outcome.error) : undefined;
    const run: FinishedRun = {
      id: scope.runId,
      installationId: scope.installationId,
      plugin: scope.snapshot.slug,
      release: scope.snapshot.version,
      kind: scope.kind as FinishedRun['kind'],
      name: scope.name,
      ordinal: 0,
      status: error === undefined ? 'succeeded' : error.code === 'CANCELLED' ? 'cancelled' : 'failed',
      limits: this.count(scope, outcome),
      depth: scope.cause.depth,
      startedAtMs: scope.startedAtMs,
      finishedAtMs: this.#clock.now(),
    };
    if (result !== undefined) run.result = result;
    if (error !== undefined) run.error = error;
    this.#sink.run(scope.tenantId, run);
    this.countRun(scope, run.status);
    if (error === undefined || outcome.status !== 'failed') return { runId: scope.runId, outcome };
    return {
      runId: scope.runId,
      outcome: {
        ...outcome,
        error: { ...outcome.error, code: error.code as SandboxError['code'], message: error.message },
      },
    };
  }

  /** Writes a call down in few words, if there are no more to be said of it. */
  #recordPlain(scope: RunScope, outcome: RunOutcome): boolean {
    if (outcome.status !== 'succeeded' || outcome.response === undefined || !scope.isPlain) return false;
    const { usage, response } = outcome;
    const finishedAtMs = this.#clock.now();
    const tookMs = finishedAtMs - scope.startedAtMs;
    if (!Number.isInteger(tookMs) || tookMs < 0 || tookMs >= plainUntilMs || usage.wallMs >= plainUntilMs) return false;
    if (response.stream || usage.hostCalls > 0 || usage.logLines > 0 || usage.logBytes > 0) return false;
    const { snapshot, request } = scope;
    this.#sink.call(scope.tenantId, {
      id: scope.runId,
      installationId: scope.installationId,
      plugin: snapshot.slug,
      release: snapshot.version,
      name: scope.name,
      depth: scope.cause.depth,
      status: response.status,
      limits: scope.runLimits,
      startedAtMs: scope.startedAtMs,
      finishedAtMs,
      wallMs: usage.wallMs,
      cpuMs: usage.cpuMs,
      memoryMb: usage.memoryMb,
      resultBytes: usage.resultBytes,
      requestBytes: request?.body ? Buffer.byteLength(request.body.data, request.body.encoding) : 0,
    });
    return true;
  }

  /**
   * Counts a run that has ended, however many attempts it took. Dispatch says so of background runs; what began and
   * ended in one call is counted here. A webhook of the tenant's own belongs to no installation and is not counted.
   */
  countRun(
    {
      tenantId,
      installationId,
      kind,
      name,
    }: { tenantId: Id<'tenant'>; installationId: Id<'installation'> | null; kind: RunKind; name: string },
    status: RunStatus,
  ): void {
    if (installationId === null) return;
    this.#sink.use(tenantId, installationId, {
      ...runAmounts(kind, status),
      ...seriesOfRun(kind, name, status),
    });
  }

  /** Counts what one attempt used. */
  count(scope: RunScope, outcome: RunOutcome): UsageRecord {
    const used = scope.used(outcome.usage);
    if (scope.isRecorded) this.#keeper.keep(scope, scope.recording, this.#masks.of(scope.installationId));
    const { uses } = scope;
    if (uses.length > 0) this.#sink.noteUses(scope.tenantId, scope.installationId, uses);
    const code = outcome.status === 'failed' ? scope.explain(outcome.error).code : undefined;
    this.#sink.use(scope.tenantId, scope.installationId, {
      ...attemptAmounts(used),
      ...seriesOfAttempt(scope.kind, used.wall_ms.used, code),
    });
    return used;
  }

  /** Waits until a tenant's log lines and recorded calls are written, but not for a database that does not answer. */
  async flushSoon(tenantId: Id<'tenant'>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, 2_000)));
    await Promise.race([Promise.all([this.#sink.flushTenant(tenantId), this.#keeper.settled()]), limit]);
    clearTimeout(timer);
  }
}
