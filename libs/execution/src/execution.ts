/**
 * Joins the engines: what plugin code is to run comes from a snapshot, runs in the sandbox, asks the broker, and is written down. Route,
 * filter, health check, event, job and lifecycle hook all go the same way through {@link Execution.#execute}.
 */
import { createBroker, type Broker } from '@annex/broker';
import { hostMethods } from '@annex/host-api';
import { isAnnexError, messageOf, newId, silentLogger, type Clock, type Id, type Json, type Logger } from '@annex/kernel';
import { ceilingOf, type OperatorCeilings, type RunKind, type UsageRecord } from '@annex/lifecycle';
import { deleteExpiredKv, type Database, type EmitEvent, type FinishedRun } from '@annex/persistence';
import type { RouteRequest, RunOutcome, Sandbox, SandboxError, SandboxUsage } from '@annex/sandbox';
import { hostCallHandlers } from './host-calls/handlers.js';
import type { CreateMasker, EgressPort, SecretsPort, StartJob } from './host-calls/ports.js';
import type { RunIdentity } from './host-calls/run-identity.js';
import { SecretMasks } from './masking/secret-masks.js';
import { LogTail } from './reading/log-tail.js';
import { RunReader } from './reading/run-reader.js';
import { RunSink } from './recording/run-sink.js';
import { attemptOutcome, findHandler, whyNot, type AttemptOutcome, type AttemptRun } from './running/attempts.js';
import { RunScope, type RunStart } from './running/run-scope.js';
import { InstallationSnapshots } from './snapshots/installation-snapshots.js';
import type { InstallationSnapshot, SnapshotRoute } from './snapshots/snapshot.js';

export interface ExecutionOptions {
  database: Database;
  /** Made with `hostMethods` of {@link sandboxHostMethods}. */
  sandbox: Pick<Sandbox, 'run' | 'evict'>;
  secrets: SecretsPort;
  /** Makes what masks secrets in what is kept. */
  createMasker: CreateMasker;
  egress: EgressPort;
  emit: EmitEvent;
  startJob: StartJob;
  clock: Clock;
  logger?: Logger;
  /** The operator's word on limits. Default: the catalogue's. */
  ceilings?: OperatorCeilings;
  /** How long finished runs, log lines and counts may wait before they are written. Milliseconds, default 250. */
  flushMs?: number;
}

/** The names of the host calls that a sandbox must offer for {@link Execution}: every row of the table. */
export const sandboxHostMethods: readonly string[] = hostMethods;

/** A call of a route. */
export interface RouteCall {
  snapshot: InstallationSnapshot;
  route: SnapshotRoute;
  request: RouteRequest;
  /** What `ctx.user` shows: who calls, or `null`. */
  user: Json;
  /** Fires when the caller has gone away. */
  signal?: AbortSignal;
  /** How often the request came through this platform already. Default 0. */
  hops?: number;
  /** How deep the call lies in a chain of events; a route called from outside is at 0. */
  depth?: number;
}

/** A call of a filter or health check. */
export interface ValueCall {
  snapshot: InstallationSnapshot;
  /** Place of the handler among the snapshot's registrations. */
  index: number;
  value: Json;
  user: Json;
  signal?: AbortSignal;
  depth?: number;
}

/** Time between two sweeps of what has run out in `kv`. */
const sweepMs = 60_000;

export class Execution {
  readonly snapshots: InstallationSnapshots;
  /** Runs, logs and counts as the API shows them. */
  readonly reader: RunReader;
  /** Follows logs as they are written. */
  readonly tail: LogTail;
  readonly #broker: Broker<RunIdentity>;
  readonly #masks: SecretMasks;
  readonly #sink: RunSink;
  readonly #logger: Logger;
  readonly #parts;
  #sweep: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | undefined;

  constructor(private readonly options: ExecutionOptions) {
    const { database, sandbox, secrets, egress, createMasker, emit, startJob, clock, logger = silentLogger, ceilings = {}, flushMs } = options;
    this.#logger = logger;
    this.#masks = new SecretMasks(createMasker);
    this.snapshots = new InstallationSnapshots({ database, clock, ceilings, onReplaced: (isolateKey) => sandbox.evict(isolateKey) });
    this.#sink = new RunSink({ database, clock, logger, ...(flushMs !== undefined && { flushMs }) });
    this.tail = new LogTail({ database, clock, logger });
    this.reader = new RunReader({ database, snapshots: this.snapshots, sink: this.#sink, tail: this.tail, clock });
    this.#broker = createBroker(hostCallHandlers({ database, secrets, egress, emit, startJob, clock }), { logger });
    this.#parts = { broker: this.#broker, masks: this.#masks, sink: this.#sink, clock };
  }

  /** Begins to keep snapshots, to follow logs and to sweep. */
  async start(): Promise<void> {
    await this.snapshots.start();
    await this.tail.start();
    this.#sweep ??= setInterval(() => void this.#sweepKv(), sweepMs).unref();
  }

  /** Writes what waits to be written. Safe to call twice. Call it after whatever starts runs has stopped. */
  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      clearInterval(this.#sweep);
      await this.tail.stop();
      await this.#sink.stop();
      await this.snapshots.stop();
    })();
    return this.#stopping;
  }

  /** What waits to be written, and what was dropped because the database did not keep up: for metrics. */
  recording(): { rows: number; chars: number; dropped: number } {
    return this.#sink.stats();
  }

  /** Runs a route's handler and writes its run down. Never rejects: a run that could not start has failed too. */
  async runRoute({ snapshot, route, request, user, signal, hops = 0, depth = 0 }: RouteCall): Promise<{ runId: Id<'run'>; outcome: RunOutcome }> {
    const limits = snapshot.limits('route');
    const { scope, outcome } = await this.#execute({
      snapshot,
      index: route.index,
      kind: 'route',
      name: `${request.method} ${route.path}`,
      runId: newId('run', this.options.clock.now()),
      attempt: 1,
      depth,
      hops,
      user,
      runLimits: limits.run,
      sandboxLimits: limits.sandbox,
      request,
      payload: undefined,
      signal,
      staged: false,
    });
    const response = outcome.status === 'succeeded' ? outcome.response : undefined;
    return this.#record(scope, outcome, response === undefined ? undefined : { status: response.status });
  }

  /** Runs a filter with a value and writes its run down; the outcome's `result` is the JSON text of what it answered. Never rejects. */
  async runFilter(call: ValueCall): Promise<{ runId: Id<'run'>; outcome: RunOutcome }> {
    const registration = call.snapshot.registrations[call.index];
    const own = registration?.kind === 'filter' ? { name: registration.name, timeoutMs: registration.timeoutMs } : { name: '', timeoutMs: 0 };
    return this.#runValue(call, 'filter', own.name, own.timeoutMs);
  }

  /** Runs the plugin's `health` handler; `undefined` when it has none. Never rejects. */
  async checkHealth(snapshot: InstallationSnapshot): Promise<{ runId: Id<'run'>; outcome: RunOutcome } | undefined> {
    const index = snapshot.registrations.findIndex(({ kind }) => kind === 'health');
    return index < 0 ? undefined : this.#runValue({ snapshot, index, value: null, user: null }, 'lifecycle', 'health', 0);
  }

  /** Makes one attempt at a background run. Implements dispatch's `AttemptPort`. Never rejects. */
  async runAttempt(run: AttemptRun, signal: AbortSignal): Promise<AttemptOutcome> {
    let snapshot: InstallationSnapshot | undefined;
    try {
      snapshot = await this.snapshots.getById(run.tenantId, run.installationId);
    } catch (thrown) {
      return platformFault(thrown);
    }
    const refused = whyNot(snapshot, run.kind);
    if (!snapshot || refused) return { status: 'failed', error: refused ?? missing(run), limits: {}, release: null };
    const index = findHandler(snapshot, run);
    if (index < 0) return { status: 'failed', error: missing(run), limits: {}, release: snapshot.version };
    const limits = snapshot.limits(run.kind, run.name);
    const wallMs = Math.min(run.policy.timeoutMs ?? limits.run.wallMs, ceilingOf('wallMs', run.kind, this.options.ceilings));
    const { scope, outcome } = await this.#execute({
      snapshot,
      index,
      kind: run.kind,
      name: run.name,
      runId: run.id,
      attempt: run.attempt,
      depth: run.depth,
      hops: 0,
      user: null,
      runLimits: wallMs === limits.run.wallMs ? limits.run : { ...limits.run, wallMs },
      sandboxLimits: wallMs === limits.run.wallMs ? limits.sandbox : { ...limits.sandbox, wallMs },
      request: undefined,
      payload: run.payload === undefined ? undefined : JSON.stringify(run.payload),
      signal,
      staged: true,
    });
    const used = this.#count(scope, outcome);
    // A finished run shows its log: whoever waits for the run must find the lines.
    if (scope.logLines > 0) await this.#flushSoon(scope.tenantId);
    return attemptOutcome(scope, outcome, used);
  }

  async #runValue({ snapshot, index, value, user, signal, depth = 0 }: ValueCall, kind: 'filter' | 'lifecycle', name: string, timeoutMs: number): Promise<{ runId: Id<'run'>; outcome: RunOutcome }> {
    const limits = snapshot.limits(kind);
    const wallMs = timeoutMs > 0 ? Math.min(timeoutMs, limits.run.wallMs) : limits.run.wallMs;
    const { scope, outcome } = await this.#execute({
      snapshot,
      index,
      kind,
      name,
      runId: newId('run', this.options.clock.now()),
      attempt: 1,
      depth,
      hops: 0,
      user,
      runLimits: { ...limits.run, wallMs },
      sandboxLimits: { ...limits.sandbox, wallMs },
      request: undefined,
      payload: JSON.stringify(value),
      signal,
      staged: false,
    });
    return this.#record(scope, outcome, undefined);
  }

  async #execute(start: RunStart): Promise<{ scope: RunScope; outcome: RunOutcome }> {
    const { snapshot, index } = start;
    const registration = snapshot.registrations[index];
    const scope = new RunScope(this.#parts, start, registration?.kind ?? 'route');
    let outcome: RunOutcome;
    try {
      outcome = await this.options.sandbox.run(scope);
    } catch (thrown) {
      // The sandbox rejects only while it stops.
      this.#logger.warn({ reason: messageOf(thrown), run: scope.runId }, 'a run could not be started');
      outcome = { status: 'failed', error: { code: 'OVERLOADED', message: 'This process is shutting down. Try again.' }, usage: nothingUsed };
    }
    scope.close();
    if (outcome.status === 'failed') this.#tellStack(scope, outcome.error);
    return { scope, outcome };
  }

  /** The stack goes into the run's log, where the plugin's developer looks, and nowhere else. */
  #tellStack(scope: RunScope, { stack, message }: SandboxError): void {
    if (stack === undefined || stack === '') return;
    scope.log({ timeMs: this.options.clock.now(), level: 'error', message: `Uncaught: ${message}`, fields: { stack } });
  }

  /** Writes a run down that began and ended here; answers it with its error explained. */
  #record(scope: RunScope, outcome: RunOutcome, result: Json | undefined): { runId: Id<'run'>; outcome: RunOutcome } {
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
      limits: this.#count(scope, outcome),
      depth: scope.depth,
      startedAtMs: scope.startedAtMs,
      finishedAtMs: this.options.clock.now(),
    };
    if (result !== undefined) run.result = result;
    if (error !== undefined) run.error = error;
    this.#sink.run(scope.tenantId, run);
    if (error === undefined || outcome.status !== 'failed') return { runId: scope.runId, outcome };
    return { runId: scope.runId, outcome: { ...outcome, error: { ...outcome.error, code: error.code as SandboxError['code'], message: error.message } } };
  }

  #count(scope: RunScope, outcome: RunOutcome): UsageRecord {
    const used = scope.used(outcome.usage);
    this.#sink.use(scope.tenantId, scope.installationId, {
      runs: 1,
      [runsOf[scope.kind]]: 1,
      failed_runs: outcome.status === 'failed' ? 1 : 0,
      wall_ms: used.wall_ms.used,
      cpu_ms: used.cpu_ms.used,
      host_calls: used.host_calls.used,
      http_calls: used.http_calls.used,
      emits: used.emits.used,
      log_lines: used.log_lines.used,
    });
    return used;
  }

  /** Waits until a tenant's log lines are written, but not for a database that does not answer. */
  async #flushSoon(tenantId: Id<'tenant'>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, 2_000)));
    await Promise.race([this.#sink.flushTenant(tenantId), limit]);
    clearTimeout(timer);
  }

  async #sweepKv(): Promise<void> {
    try {
      await this.options.database.platform((tx) => deleteExpiredKv(tx, 5_000));
    } catch (thrown) {
      this.#logger.warn({ reason: messageOf(thrown) }, 'expired keys could not be swept');
    }
  }
}

const nothingUsed: SandboxUsage = { wallMs: 0, cpuMs: 0, memoryMb: 0, resultBytes: 0, logLines: 0, logBytes: 0, hostCalls: 0 };

/** Names of the counts by kind. */
const runsOf: Record<RunKind, string> = {
  route: 'route_runs',
  event: 'event_runs',
  job: 'job_runs',
  webhook: 'webhook_runs',
  filter: 'filter_runs',
  lifecycle: 'lifecycle_runs',
};

function missing({ kind, name }: Pick<AttemptRun, 'kind' | 'name'>): { code: string; message: string } {
  return { code: 'HANDLER_MISSING', message: `The active release has no ${kind} handler ${name}. It was there when this run was made; deploy a release that has it, then replay the run.` };
}

function platformFault(thrown: unknown): AttemptOutcome {
  const message = isAnnexError(thrown) ? thrown.detail : 'The run could not be prepared; it is tried again.';
  return { status: 'failed', error: { code: 'PLATFORM_ERROR', message }, limits: {}, release: null };
}
