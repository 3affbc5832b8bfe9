/**
 * Joins the engines: what plugin code is to run comes from a snapshot, runs in the sandbox, asks the broker, and is
 * written down. Route, filter, health check, event, job and lifecycle hook all go the same way through {@link
 * Execution.#execute}.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createBroker, type Broker } from '@annex/broker';
import { hostMethods, storageProblem, type HostResult } from '@annex/host-api';
import { secretUse } from '@annex/installations';
import {
  isAnnexError,
  jsonBytes,
  messageOf,
  newId,
  silentLogger,
  type Clock,
  type Id,
  type Json,
  type Logger,
} from '@annex/kernel';
import { ceilingOf, filterChainLimits, type OperatorCeilings } from '@annex/limits';
import { outcomeErrors, type AttemptOutcome, type EmitEvent, type RunStatus } from '@annex/runs';
import { deleteExpiredKv } from './rows/kv.js';
import type { Database } from '@annex/database';
import type { RouteRequest, RouteResponse, RunOutcome, Sandbox, SandboxError } from '@annex/sandbox';
import { atDepth, fromOutside, type Cause } from './cause.js';
import { passThroughFilters, type FilterAnswer, type FilterCall, type FilterEnding } from './filters/filter-chain.js';
import type { FilterHandler } from './filters/filter-points.js';
import type { TablesPort } from './host-calls/db.js';
import type { MailPort } from './host-calls/email.js';
import type { FilesPort } from './host-calls/files.js';
import { hostCallHandlers, type HostCallPorts } from './host-calls/handlers.js';
import { databaseTrouble, whileAvailable } from './host-calls/while-available.js';
import type { PluginRoutesPort } from './host-calls/plugins.js';
import type { CreateMasker, EgressPort, LlmPort, SecretsPort, SendWebhook, StartJob } from './host-calls/ports.js';
import type { RunIdentity } from './host-calls/run-identity.js';
import { askFiltered, promptOf } from './host-calls/llm.js';
import type { TemplatesPort } from './host-calls/templates.js';
import { SecretMasks } from './masking/secret-masks.js';
import { KvBrowser } from './reading/kv-browser.js';
import { LogTail } from './reading/log-tail.js';
import { RunReader } from './reading/run-reader.js';
import { CallKeeper } from './recording/call-keeper.js';
import { DayQuotas } from './recording/day-quotas.js';
import { RunRecorder } from './recording/run-recorder.js';
import { RunSink } from './recording/run-sink.js';
import { attemptOutcome, findHandler, whyNot, type AttemptRun } from './running/run-attempt.js';
import { beginInSandbox, nothingUsed, runInSandbox, type SandboxParts } from './running/run-in-sandbox.js';
import {
  exposedPlace,
  pollOutcome,
  type SourceCall,
  type SourceEnding,
  type SourceRunsPort,
  type SourceStart,
} from './running/source-runs.js';
import { RunScope, type RunStart } from './running/run-scope.js';
import { StackMaps } from './running/stack-map.js';
import { runTransform, type TransformCall, type TransformEnding } from './running/transforms.js';
import { InstallationSnapshots } from './snapshots/installation-snapshots.js';
import type { InstallationSnapshot, SnapshotLimits, SnapshotRoute } from './snapshots/snapshot.js';

/** A question to a language model that no handler asks. */
export interface ModelQuestion {
  snapshot: InstallationSnapshot;
  /** How far it lies from the outside world. */
  depth: number;
  prompt: string;
  system: string | null;
  model: string | null;
  timeoutMs: number;
  signal: AbortSignal;
}

export interface ExecutionOptions {
  database: Database;
  /** Made with `hostMethods` of {@link sandboxHostMethods}. */
  sandbox: Pick<Sandbox, 'begin' | 'evict'>;
  secrets: SecretsPort;
  /** Makes what masks secrets in what is kept. */
  createMasker: CreateMasker;
  egress: EgressPort;
  emit: EmitEvent;
  startJob: StartJob;
  /** Left out: `ctx.webhooks` answers `NOT_AVAILABLE`. */
  sendWebhook?: SendWebhook;
  /** Patterns of events that the operator keeps from plugins. Default: none. */
  reservedEvents?: readonly string[];
  /** Left out: runs of sources are left out. */
  sources?: SourceRunsPort;
  /** Left out: `ctx.llm` answers `NOT_AVAILABLE`. */
  llm?: LlmPort;
  /** Left out: `ctx.files` answers `NOT_AVAILABLE`. */
  files?: FilesPort;
  /** Left out: `ctx.templates` and `ctx.email` answer `NOT_AVAILABLE`. */
  templates?: TemplatesPort;
  /** Left out: `ctx.email` answers `NOT_AVAILABLE`. */
  mail?: MailPort;
  /** Left out: `ctx.db` answers `NOT_AVAILABLE`. */
  tables?: TablesPort;
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
  /** What brought the call about. Default: somebody outside. */
  cause?: Cause;
  /** Lowers the route's time limit, in milliseconds. */
  maxWallMs?: number;
  /** Its deadline is not behind this moment, in milliseconds since the epoch. */
  notAfterMs?: number;
  /**
   * The caller takes an answer that is a stream; it resolves when the stream begins. Default: a stream is read to its
   * end first.
   */
  takesStream?: boolean;
  /** Looks at the answer before the run is written down; what it says of it goes into the run's log as a warning. */
  onResponse?: (response: RouteResponse) => string | undefined;
}

/** How a call of a route ended. */
export interface RouteEnding {
  runId: Id<'run'>;
  outcome: RunOutcome;
  /** It has answered and goes on: a stream, or what the handler did not wait for. Default: it is over. */
  goesOn?: boolean;
}

/** A call of a filter or health check. */
interface ValueCall {
  snapshot: InstallationSnapshot;
  /** Place of the handler among the snapshot's registrations. */
  index: number;
  value: Json;
  user: Json;
  signal?: AbortSignal | undefined;
  cause?: Cause | undefined;
  /** Lowers the time it may take. Milliseconds. */
  wallMs?: number;
}

/** Time between two sweeps of what has run out in `kv`. */
const sweepMs = 60_000;
/** How long the end waits for recorded calls that are being written. */
const stopMs = 2_000;

export class Execution {
  readonly snapshots: InstallationSnapshots;
  /** Runs, logs and counts as the API shows them. */
  readonly reader: RunReader;
  /** Follows logs as they are written. */
  readonly tail: LogTail;
  /** What plugins keep in `ctx.kv`. */
  readonly kv: KvBrowser;
  /** Whether runs may be started for a tenant today. */
  readonly dayQuotas: DayQuotas;
  readonly #broker: Broker<RunIdentity>;
  readonly #masks: SecretMasks;
  readonly #sink: RunSink;
  readonly #keeper: CallKeeper;
  /** Runs of routes that have answered and go on. */
  readonly #goingOn = new Set<Promise<void>>();
  readonly #logger: Logger;
  readonly #recorder: RunRecorder;
  readonly #parts;
  readonly #sandboxed: SandboxParts;
  #sweep: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | undefined;

  constructor(private readonly options: ExecutionOptions) {
    const {
      database,
      sandbox,
      secrets,
      egress,
      createMasker,
      emit,
      startJob,
      clock,
      logger = silentLogger,
      ceilings = {},
      flushMs,
    } = options;
    this.#logger = logger;
    this.#masks = new SecretMasks(createMasker);
    this.snapshots = new InstallationSnapshots({
      database,
      clock,
      ceilings,
      onReplaced: (isolateKey) => sandbox.evict(isolateKey),
    });
    this.dayQuotas = new DayQuotas({ database, clock, logger });
    this.#sink = new RunSink({
      ...{ database, clock, logger, dayQuotas: this.dayQuotas },
      ...(flushMs !== undefined && { flushMs }),
    });
    this.tail = new LogTail({ database, clock, logger });
    this.#keeper = new CallKeeper({ database, clock, logger });
    this.reader = new RunReader({
      ...{ database, clock, snapshots: this.snapshots, sink: this.#sink, tail: this.tail, keeper: this.#keeper },
    });
    this.kv = new KvBrowser({
      database,
      findInstallation: (tenantId, name) => this.reader.installation(tenantId, name),
    });
    const handlers = hostCallHandlers({
      database,
      secrets,
      egress,
      emit,
      startJob,
      sendWebhook: options.sendWebhook,
      reservedEvents: options.reservedEvents,
      plugins: this.#pluginRoutes(),
      counts: this.#sink,
      onTransferred: ({ snapshot: { tenantId, installationId } }, bytes) =>
        this.#sink.use(tenantId, installationId, { egress_bytes: bytes }),
      llm: this.#llm(options.llm),
      files: options.files,
      templates: options.templates,
      mail: options.mail,
      tables: options.tables,
      clock,
    });
    this.#broker = createBroker(whileAvailable(handlers), { logger });
    this.#recorder = new RunRecorder({ sink: this.#sink, clock, keeper: this.#keeper, masks: this.#masks });
    this.#sandboxed = { sandbox, clock, logger };
    this.#parts = {
      ...{ broker: this.#broker, masks: this.#masks, sink: this.#sink, keeper: this.#keeper, clock },
      stacks: new StackMaps(),
    };
  }

  /** Begins to keep snapshots, to follow logs and to sweep. */
  async start(): Promise<void> {
    await this.snapshots.start();
    await this.tail.start();
    await this.dayQuotas.start();
    this.#sweep ??= setInterval(() => void this.#sweepKv(), sweepMs).unref();
  }

  /** Writes what waits to be written. Safe to call twice. Call it after whatever starts runs has stopped. */
  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      clearInterval(this.#sweep);
      await Promise.allSettled(this.#goingOn);
      await this.tail.stop();
      await this.dayQuotas.stop();
      await this.#sink.stop();
      await Promise.race([this.#keeper.settled(), sleep(stopMs, undefined, { ref: false })]);
      await this.snapshots.stop();
    })();
    return this.#stopping;
  }

  /** What waits to be written, and what was dropped because the database did not keep up: for metrics. */
  recording(): { rows: number; chars: number; dropped: number } {
    return this.#sink.stats();
  }

  /** Runs a route's handler and writes its run down. Never rejects: a run that could not start has failed too. */
  runRoute(call: RouteCall): Promise<RouteEnding> {
    return new Promise((resolve) => this.callRoute(call, resolve));
  }

  /**
   * As {@link Execution.runRoute}, without a promise: a warm route is called thousands of times a second. `onEnd` is
   * called once, maybe before this returns, and must not throw.
   */
  callRoute(call: RouteCall, onEnd: (ending: RouteEnding) => void): void {
    const { snapshot, route, onResponse } = call;
    const scope = new RunScope(this.#parts, this.#startOf(call), snapshot.registrations[route.index]?.kind ?? 'route');
    const judge = (response: RouteResponse): void => {
      const warning = onResponse?.(response);
      if (warning !== undefined)
        scope.log({ timeMs: this.options.clock.now(), level: 'warn', message: warning, fields: null });
    };
    let goingOn: PromiseWithResolvers<void> | undefined;
    // The caller has the answer as soon as it is there; what the handler did not wait for goes on, and is written down
    // when it is done.
    scope.onResponse = (response) => {
      goingOn = Promise.withResolvers();
      this.#goingOn.add(goingOn.promise);
      if (response.stream) scope.beginStream();
      judge(response);
      onEnd({
        runId: scope.runId,
        outcome: { status: 'succeeded', response, usage: nothingUsed },
        goesOn: true,
      });
    };
    beginInSandbox(this.#sandboxed, scope, {
      onEnd: (outcome) => {
        const response = outcome.status === 'succeeded' ? outcome.response : undefined;
        if (goingOn === undefined && response !== undefined) judge(response);
        const ended = this.#recordRoute(scope, outcome, response);
        if (goingOn === undefined) return onEnd(ended);
        this.#goingOn.delete(goingOn.promise);
        goingOn.resolve();
      },
    });
  }

  #startOf({ snapshot, route, request, user, signal, cause = fromOutside, ...rest }: RouteCall): RunStart {
    const { maxWallMs, notAfterMs, takesStream = false } = rest;
    const limits = withinMs(snapshot.limits('route'), maxWallMs);
    return {
      snapshot,
      index: route.index,
      kind: 'route',
      name: `${request.method} ${route.path}`,
      runId: newId('run', this.options.clock.now()),
      attempt: 1,
      cause,
      user,
      runLimits: limits.run,
      sandboxLimits: takesStream ? limits.streaming : limits.sandbox,
      notAfterMs,
      request,
      payload: undefined,
      signal,
      staged: false,
    };
  }

  /** Writes a route's run down; whoever called it is answered even if that fails. */
  #recordRoute(scope: RunScope, outcome: RunOutcome, response: RouteResponse | undefined): RouteEnding {
    try {
      return this.#recorder.record(scope, outcome, response === undefined ? undefined : { status: response.status });
    } catch (thrown) {
      this.#logger.error({ reason: messageOf(thrown), run: scope.runId }, 'a run could not be written down');
      return { runId: scope.runId, outcome };
    }
  }

  #llm(llm: LlmPort | undefined): HostCallPorts['llm'] {
    if (!llm) return undefined;
    return {
      llm,
      filters: { pass: (call) => this.passThroughFilters(call) },
      onUsed: ({ snapshot: { tenantId, installationId } }, { prompt_tokens, completion_tokens, total_tokens }) =>
        this.#sink.use(tenantId, installationId, {
          llm_calls: 1,
          llm_tokens: total_tokens,
          llm_prompt_tokens: prompt_tokens,
          llm_completion_tokens: completion_tokens,
        }),
    };
  }

  #pluginRoutes(): PluginRoutesPort {
    return {
      find: (tenantId, slug) => this.snapshots.get(tenantId, slug),
      run: async (call) => {
        const { runId, outcome } = await this.runRoute(call);
        return { runId, outcome, masker: this.#masks.of(call.snapshot.installationId) };
      },
    };
  }

  /**
   * Passes a value through every filter of a point in the tenant's enabled plugins and writes a run down for each. A
   * warm call reads nothing from the database. Throws `PAYLOAD_TOO_LARGE`, and `FILTER_FAILED` when a filter that may
   * not fail did.
   */
  passThroughFilters(call: FilterCall): Promise<FilterAnswer> {
    const { clock } = this.options;
    return passThroughFilters(
      {
        find: (tenantId, name) => this.snapshots.filters(tenantId, name),
        run: (handler, one, wallMs) => this.#runFilter(handler, one, wallMs),
        clock,
      },
      call,
    );
  }

  /** Runs the plugin's `health` handler; `undefined` when it has none. Never rejects. */
  async checkHealth(snapshot: InstallationSnapshot): Promise<{ runId: Id<'run'>; outcome: RunOutcome } | undefined> {
    const index = snapshot.registrations.findIndex(({ kind }) => kind === 'health');
    if (index < 0) return undefined;
    const { scope, outcome } = await this.#runValue(
      { snapshot, index, value: null, user: null },
      'lifecycle',
      'health',
    );
    const recorded = this.#recorder.record(scope, outcome, undefined);
    return { runId: recorded.runId, outcome: maskedResult(scope, recorded.outcome) };
  }

  /** Makes one attempt at a background run. Implements dispatch's `AttemptPort`. Never rejects. */
  async runAttempt(run: AttemptRun, signal: AbortSignal): Promise<AttemptOutcome> {
    let snapshot: InstallationSnapshot | undefined;
    try {
      snapshot = await this.#snapshotFor(run);
    } catch (thrown) {
      return platformFault(thrown);
    }
    const refused = whyNot(snapshot, run.kind);
    if (!snapshot || refused) return { status: 'failed', error: refused ?? missing(run), limits: {}, release: null };
    const waitMs = run.kind === 'lifecycle' ? undefined : this.dayQuotas.waitMs(run.tenantId);
    if (waitMs !== undefined)
      return { status: 'waiting', waitingFor: 'quota', delayMs: waitMs, limits: {}, release: null };
    const index = findHandler(snapshot, run);
    const source = isPoll(run) ? await this.#beginPoll(run, snapshot).catch(platformFault) : undefined;
    if (source && 'status' in source) return source;
    if (source && 'skip' in source)
      return {
        status: 'skipped',
        error: { code: 'SOURCE_PAUSED', message: source.skip },
        limits: {},
        release: snapshot.version,
      };
    const payload = source?.payload ?? run.payload;
    if (index < 0) return { status: 'failed', error: missing(run), limits: {}, release: snapshot.version };
    const limits = snapshot.limits(run.kind, run.name);
    const wallMs = Math.min(
      run.policy.timeoutMs ?? limits.run.wallMs,
      ceilingOf('wallMs', run.kind, this.options.ceilings),
    );
    const { scope, outcome } = await this.#execute({
      snapshot,
      index,
      kind: run.kind,
      name: run.name,
      runId: run.id,
      attempt: run.attempt,
      cause: atDepth(run.depth),
      user: null,
      runLimits: wallMs === limits.run.wallMs ? limits.run : { ...limits.run, wallMs },
      sandboxLimits: wallMs === limits.run.wallMs ? limits.sandbox : { ...limits.sandbox, wallMs },
      request: undefined,
      payload: payload === undefined ? undefined : JSON.stringify(payload),
      signal,
      staged: true,
    });
    const used = this.#recorder.count(scope, outcome);
    // A finished run shows its log: whoever waits for the run must find the lines.
    if (scope.logLines > 0 || scope.isRecorded) await this.#recorder.flushSoon(scope.tenantId);
    return source
      ? pollOutcome(scope, outcome, { limits: used, take: source.take })
      : attemptOutcome(scope, outcome, used);
  }

  /** `onInit` is of the release that shall take over, if there is one; all else of the active one. */
  async #snapshotFor({ tenantId, installationId, kind, name }: AttemptRun): Promise<InstallationSnapshot | undefined> {
    const next =
      kind === 'lifecycle' && name === 'init' ? await this.snapshots.getNext(tenantId, installationId) : undefined;
    return next ?? this.snapshots.getById(tenantId, installationId);
  }

  #beginPoll(run: AttemptRun, { slug, releaseId }: InstallationSnapshot): Promise<SourceStart> {
    const { sources } = this.options;
    return (
      sources?.begin({ ...run, plugin: slug, releaseId }) ?? Promise.resolve({ skip: 'There are no sources here.' })
    );
  }

  /**
   * Calls a source's handler for somebody who waits, such as the sender of a request, and writes the run down. What it
   * did takes effect when `finish` has written it. Never rejects.
   */
  async runSource(call: SourceCall): Promise<SourceEnding> {
    const { snapshot, name, request, payload, cause = fromOutside, signal, wallMs, finish } = call;
    const index = snapshot.registrations.findIndex((each) => each.kind === 'source' && each.name === name);
    const limits = withinMs(snapshot.limits('source', name), wallMs);
    const { scope, outcome } = await this.#execute({
      snapshot,
      index,
      kind: 'source',
      name,
      runId: newId('run', this.options.clock.now()),
      attempt: 1,
      cause,
      user: null,
      runLimits: limits.run,
      sandboxLimits: limits.sandbox,
      request,
      payload: payload === undefined ? undefined : JSON.stringify(payload),
      signal,
      staged: true,
      lane: 'foreground',
    });
    const ended = attemptOutcome(scope, outcome, scope.used(outcome.usage));
    let error = ended.status === 'failed' ? ended.error : { code: 'CANCELLED', message: 'The request was given up.' };
    let thrown: unknown;
    if (ended.status === 'succeeded') {
      const exposed = exposedPlace(outcome, ended.result);
      try {
        if (exposed !== undefined) throw outcomeErrors.error('SOURCE_REFUSED', exposed);
        const result = await finish(ended.result, { id: scope.runId, effects: ended.commit });
        this.#recorder.record(scope, outcome, result);
        return { runId: scope.runId, status: 'succeeded', result };
      } catch (caught) {
        thrown = caught;
        const fault = platformFault(caught);
        error =
          isAnnexError(caught) || fault.status !== 'failed'
            ? { code: isAnnexError(caught) ? caught.code : 'PLATFORM_ERROR', message: messageOf(caught) }
            : fault.error;
      }
    }
    const failed: RunOutcome = { status: 'failed', error: error as SandboxError, usage: outcome.usage };
    this.#recorder.record(scope, failed, undefined);
    return { runId: scope.runId, status: 'failed', error, ...(thrown !== undefined && { thrown }) };
  }

  /**
   * Runs one filter. What it answers goes on to other plugins, so secrets in it are masked as in everything that a
   * plugin hands out.
   */
  async #runFilter(
    { snapshot, index, registration }: FilterHandler,
    { value, user, signal, cause }: FilterCall,
    wallMs: number,
  ): Promise<FilterEnding> {
    const ended = await this.#runValue(
      { snapshot, index, value, user, signal, cause, wallMs },
      'filter',
      registration.name,
    );
    const { scope } = ended;
    let { outcome } = ended;
    let answered: Json | undefined;
    if (outcome.status === 'succeeded' && outcome.response === undefined && outcome.result !== undefined) {
      answered = JSON.parse(outcome.result) as Json;
      const max = scope.runLimits.resultBytes;
      const nested = storageProblem(answered)?.startsWith('nested') ? storageProblem(answered) : undefined;
      const problem = jsonBytes(answered) > max ? `larger than ${max} bytes, which is the limit` : nested;
      if (problem === undefined) answered = scope.mask(answered, 'The value');
      else
        outcome = {
          status: 'failed',
          error: { code: 'OUTPUT_LIMIT', message: `The value is ${problem}. Answer something smaller.` },
          usage: outcome.usage,
        };
    }
    const kept =
      answered !== undefined && outcome.status === 'succeeded' && jsonBytes(answered) <= filterChainLimits.keptBytes
        ? answered
        : undefined;
    const { runId, outcome: recorded } = this.#recorder.record(scope, outcome, kept);
    return recorded.status === 'failed'
      ? { runId, status: 'failed', error: { code: recorded.error.code, message: recorded.error.message } }
      : { runId, status: 'succeeded', value: answered };
  }

  /**
   * Asks a language model in the name of a plugin, without a handler of it: between the tenant's filters, and counted
   * as `ctx.llm` is. Throws what `ctx.llm` throws, and `LLM_UNAVAILABLE` where no model is joined.
   */
  askModel({
    snapshot,
    depth,
    prompt,
    system,
    model,
    timeoutMs,
    signal,
  }: ModelQuestion): Promise<HostResult<'llm.run'>> {
    const ports = this.#llm(this.options.llm);
    if (!ports) throw outcomeErrors.error('LLM_UNAVAILABLE', 'No language model is joined here.');
    const options = { ...(system !== null && { system }), ...(model !== null && { model }) };
    return askFiltered(ports, {
      snapshot,
      prompt: { ...promptOf(prompt, options), plugin: snapshot.slug },
      pass: {
        user: null,
        signal,
        deadlineMs: this.options.clock.now() + timeoutMs,
        cause: atDepth(depth),
      },
      onUsed: (usage) => ports.onUsed({ snapshot }, usage),
    });
  }

  /** Runs a transform of a webhook, as {@link runTransform} does. Never rejects. */
  runTransform(call: TransformCall): Promise<TransformEnding> {
    return runTransform({ ...this.#sandboxed, scope: this.#parts, recorder: this.#recorder }, call);
  }

  #runValue(
    { snapshot, index, value, user, signal, cause = fromOutside, wallMs }: ValueCall,
    kind: 'filter' | 'lifecycle',
    name: string,
  ): Promise<{ scope: RunScope; outcome: RunOutcome }> {
    const limits = snapshot.limits(kind);
    const shorter = { wallMs: Math.min(wallMs ?? limits.run.wallMs, limits.run.wallMs) };
    return this.#execute({
      snapshot,
      index,
      kind,
      name,
      runId: newId('run', this.options.clock.now()),
      attempt: 1,
      cause,
      user,
      runLimits: { ...limits.run, ...shorter },
      sandboxLimits: { ...limits.sandbox, ...shorter },
      request: undefined,
      payload: JSON.stringify(value),
      signal,
      staged: false,
    });
  }

  async #execute(start: RunStart): Promise<{ scope: RunScope; outcome: RunOutcome }> {
    const { snapshot, index } = start;
    const registration = snapshot.registrations[index];
    const scope = new RunScope(this.#parts, start, registration?.kind ?? 'route');
    return { scope, outcome: await runInSandbox(this.#sandboxed, scope) };
  }

  /** Counts a run that has ended, as {@link RunRecorder.countRun} does: dispatch says so of background runs. */
  countRun(run: Parameters<RunRecorder['countRun']>[0], status: RunStatus): void {
    this.#recorder.countRun(run, status);
  }

  /** Remembers that secrets of an installation were used for it, by their names. */
  usedSecrets(tenantId: Id<'tenant'>, installationId: Id<'installation'>, names: readonly string[]): void {
    this.#sink.noteUses(tenantId, installationId, names.map(secretUse));
  }

  async #sweepKv(): Promise<void> {
    try {
      for (const table of ['kv', 'shared_entries'] as const)
        await this.options.database.platform((tx) => deleteExpiredKv(tx, 5_000, table));
    } catch (thrown) {
      this.#logger.warn({ reason: messageOf(thrown) }, 'expired keys could not be swept');
    }
  }
}

/** A result that is shown to people of the tenant; one too deep to be looked through is left out. */
function maskedResult(scope: RunScope, outcome: RunOutcome): RunOutcome {
  if (outcome.status !== 'succeeded' || outcome.response !== undefined || outcome.result === undefined) return outcome;
  const result = JSON.parse(outcome.result) as Json;
  const shown = storageProblem(result)?.startsWith('nested')
    ? { omitted: 'nested too deep to be shown' }
    : scope.mask(result, 'The result');
  return { ...outcome, result: JSON.stringify(shown) };
}

function withinMs(limits: SnapshotLimits, maxWallMs: number | undefined): SnapshotLimits {
  if (maxWallMs === undefined || maxWallMs >= limits.run.wallMs) return limits;
  const wallMs = Math.max(1, Math.floor(maxWallMs));
  return {
    run: { ...limits.run, wallMs },
    sandbox: { ...limits.sandbox, wallMs },
    streaming: { ...limits.streaming, wallMs },
  };
}

function missing({ kind, name }: Pick<AttemptRun, 'kind' | 'name'>): { code: string; message: string } {
  return {
    code: 'HANDLER_MISSING',
    message:
      `The active release has no ${kind} handler ${name}. It was there when this run was made; deploy a release that ` +
      'has it, then replay the run.',
  };
}

/** A run of a source asks it for what is new; its `stop` is a lifecycle run. */
function isPoll({ kind }: Pick<AttemptRun, 'kind'>): boolean {
  return kind === 'source';
}

function platformFault(thrown: unknown): AttemptOutcome {
  const trouble = databaseTrouble(thrown);
  const message =
    trouble?.detail ?? (isAnnexError(thrown) ? thrown.detail : 'The run could not be prepared; it is tried again.');
  return { status: 'failed', error: { code: trouble?.code ?? 'PLATFORM_ERROR', message }, limits: {}, release: null };
}
