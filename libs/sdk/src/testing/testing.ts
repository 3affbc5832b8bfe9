/**
 * `@annex/sdk/testing`: runs a plugin as Annex does. The package check, the sandbox, the broker with its permissions
 * and limits, masking and the table of retries are the real ones; the network, PostgreSQL and the queue are replaced by
 * what the test says and memory.
 */
import { createBroker } from '@annex/broker';
import {
  attemptOutcome,
  dbHandlers,
  emailHandlers,
  fileHandlers,
  flowHandlers,
  httpHandlers,
  llmHandlers,
  webhookHandlers,
  pollOutcome,
  atDepth,
  RunScope,
  SecretMasks,
  StackMaps,
  templateHandlers,
  type InstallationSnapshot,
  type RunIdentity,
  type RunStart,
  type ScopeParts,
  type SourceTakes,
} from '@annex/execution';
import {
  compileEventPattern,
  eventErrors,
  eventForHandler,
  eventSources,
  hookGate,
  Mapper,
  MappingTrial,
  readEvent,
  soundFilter,
  type EventInput,
} from '@annex/events';
import { handlersNotAvailable, hostMethods, type HostHandlers, type PermissionName } from '@annex/host-api';
import { newId, systemClock, type Id, type Json } from '@annex/kernel';
import type { PackageMapping } from '@annex/manifest';
import { nextAttempt, retryPolicyFor } from '@annex/runs';
import type { RunKind } from '@annex/limits';
import type { TenantTransaction } from '@annex/database';
import type { Registration, RouteRequest, RunOutcome, Sandbox } from '@annex/sandbox';
import { growingMasker } from '@annex/vault';
import type { EventSeverity, JsonInput, LlmMessage, User } from '../context.js';
import type { EventAlert } from '../index.js';
import { answeredHttp, type AnswerHttp, type OutboundRequest } from './answered-http.js';
import { answeredLlm } from './answered-llm.js';
import { controlledBroker } from './controlled-broker.js';
import type { EmittedEvent } from './emitted-event.js';
import { HandlerFailed } from './handler-failed.js';
import { MemoryFiles, memoryFilesPort } from './memory-files.js';
import { MemoryKv, memoryKvHandlers, memorySharedHandlers } from './memory-kv.js';
import { MemoryTables, memoryTablesPort } from './memory-tables.js';
import { openPackage } from './open-package.js';
import { recordedBroker, type AnswerCtx, type CtxCall } from './recorded-calls.js';
import { createTestClock, snapshotAt, type TestClock } from './test-clock.js';
import { folderTemplates, rememberedMail, templates, type PluginMail } from './package-mail.js';
import { admitRequest, bodyBytes, problem, readResponse, writeRequest, type RequestInit } from './route-call.js';
import { enterSandbox, leaveSandbox } from './shared-sandbox.js';
import { TestSettings } from './test-settings.js';
import { TestSource } from './test-source.js';

export { closeSandbox } from './shared-sandbox.js';
export type { EmittedEvent } from './emitted-event.js';
export { HandlerFailed } from './handler-failed.js';
export type { AnswerHttp, OutboundAnswer, OutboundRequest } from './answered-http.js';
export { FixturesInvalid, httpFixtures, type HttpFixture } from './http-fixtures.js';
export type { AnswerCtx, CtxAnswer, CtxCall } from './recorded-calls.js';
export type { TestClock } from './test-clock.js';
export type { MemoryFile, MemoryFiles } from './memory-files.js';
export type { MemoryKv } from './memory-kv.js';
export type { MemoryTables } from './memory-tables.js';
export type { PluginMail } from './package-mail.js';
export type { RequestInit } from './route-call.js';
export { TestSettings } from './test-settings.js';
export { TestSource, type SourceGiven } from './test-source.js';

export interface OpenPluginOptions {
  /** Values of secrets. Every one that the manifest requires must be there. */
  secrets?: Record<string, string>;
  /** The tenant's settings; defaults of the manifest's schema are filled in. */
  config?: { [key: string]: Json };
  /** Permissions that an admin said yes to. Default: all that the manifest asks for. */
  grants?: 'all' | readonly PermissionName[];
  /** Answers every request that the plugin sends. Default: nobody does, and they fail with `EGRESS_CONNECT`. */
  http?: AnswerHttp;
  /**
   * Answers `ctx.llm.run` with a text. Default: nobody does, and it fails with `LLM_NOT_CONFIGURED`. The plugin's own
   * filters are not asked; `TestPlugin.filter` does that.
   */
  llm?: (request: { messages: LlmMessage[]; model: string | undefined }) => string | Promise<string>;
  /**
   * Asked for an answer by each call of `ctx`, as it leaves the sandbox; `undefined`: memory's answer stands. The call
   * is made in memory either way, so that what it does can be looked at. A permission that is missing stays missing.
   */
  answers?: AnswerCtx;
  /** Default: slug `test`. */
  tenant?: { slug?: string; name?: string };
  /** Patterns of events that the operator keeps from plugins (`ANNEX_RESERVED_EVENTS`). Default: none. */
  reservedEvents?: readonly string[];
  /** Who calls routes. Default: the tenant's owner. `null`: nobody signed in. */
  user?: User | null;
  /**
   * The time at which the plugin begins. Then `Date` and `Temporal.Now` stand still in its code too, until the test
   * moves `TestPlugin.clock`. Default: the machine's clock.
   */
  clock?: Date | string | number;
  /**
   * Milliseconds since the epoch, for what runs out in `ctx.kv` and for the time of events, where no `clock` is given.
   * Code in the sandbox has a clock of its own.
   */
  now?: () => number;
}

/** A job that the plugin started with `ctx.jobs.runNow`. It is not run; `TestPlugin.job` does that. */
export interface StartedJob {
  runId: string;
  name: string;
  payload: Json;
}

/** A line of `ctx.log` or `console`, secrets masked. */
export interface LogLine {
  level: 'debug' | 'info' | 'warn' | 'error';
  message: string;
  fields: Record<string, Json> | null;
}

/** A handler that ran. */
export interface PluginRun {
  kind: RunKind;
  /** Such as `GET /notes`, or the name of an event or job. */
  name: string;
  attempt: number;
  status: 'succeeded' | 'failed';
  /** As the run would show it. */
  error?: { code: string; message: string };
  /** What it used of each limit, and how much it may use, by the names of docs/limits.md. */
  limits: Record<string, { used: number; max: number }>;
}

/** Of one attempt at background work. */
export interface AttemptOptions {
  /** What `ctx.run.attempt` shows. Default 1. */
  attempt?: number;
}

/** Of an event that is handed in. */
export interface EventOptions extends AttemptOptions {
  /** Default: a fresh one. */
  id?: string;
  subject?: string;
  source?: string;
  /** Default `info`. */
  severity?: EventSeverity;
  tags?: readonly string[];
  attributes?: Record<string, string | number | boolean>;
  /** What mappings made of it before: the type that it came with, and its alert. Default: nothing. */
  rawType?: string;
  alert?: EventAlert;
  /** Only the hook that was registered under this name or pattern. Default: every one that subscribes. */
  handler?: string;
  /** How many emits lie between it and the outside world, 0 to 10. Default 0. */
  depth?: number;
}

/** An event that mappings are asked about. */
export interface MapInput extends Omit<EventOptions, keyof AttemptOptions | 'handler' | 'depth' | 'rawType' | 'alert'> {
  type: string;
  /** Default `{}`. */
  data?: JsonInput;
}

/** What a package's mappings make of an event. */
export interface MappedTestEvent {
  type: string;
  subject: string | null;
  data: Json;
  severity: EventSeverity;
  tags: string[];
  /** `<slug>.<mapping>/<rule>`; `null`: no rule took it. */
  mappedFrom: string | null;
  /** The type that it came with; `null`: it kept it. */
  rawType: string | null;
  /** Why nobody would get it; `null`: it goes through. */
  suppressedBy: { reason: 'window' | 'silence' | 'resolved' | 'unmapped'; rule: string; alert: string | null } | null;
  /** The alert that it belongs to, or `null`. */
  alert: EventAlert | null;
  /** Events that would be made before or after it. */
  makes: Pick<MappedTestEvent, 'type' | 'subject' | 'data' | 'severity' | 'tags' | 'alert'>[];
}

const owner: User = { id: 'usr_test', email: 'owner@tenant.test', role: 'owner' };

/**
 * Packs a folder, checks it as an upload would, and opens it as an enabled plugin.
 * Throws `PACKAGE_INVALID`, `GRANT_INVALID`, `CONFIG_INVALID` or `REQUIREMENTS_MISSING` with every fault in the message
 * and in `errors`.
 * @example
 * await using plugin = await openPlugin(import.meta.dirname, { secrets: { API_KEY: 'k' }, clock: '2026-01-31' })
 * const [counted] = await plugin.event('order.paid', { total: 12 })
 */
export async function openPlugin(folder: string, options: OpenPluginOptions = {}): Promise<TestPlugin> {
  const { secrets = {}, config = {}, grants = 'all', tenant: { slug = 'test', name = 'Test' } = {} } = options;
  const { reservedEvents = [] } = options;
  const sandbox = await enterSandbox();
  try {
    const { snapshot, mappings } = await openPackage(
      folder,
      { secrets, config, grants, tenant: { slug, name }, reservedEvents },
      sandbox,
    );
    return new TestPlugin(sandbox, snapshot, options, { folder, mappings });
  } catch (thrown) {
    leaveSandbox();
    throw thrown;
  }
}

/** A question that a plugin asked by itself. */
export interface AskedAgent {
  /** The file of `agents/` without its ending. */
  agent: string;
  data: Json;
  /** What the agent would have been asked. */
  prompt: string;
}

/**
 * A plugin that is installed and enabled in memory. Its handlers run in the sandbox; what they do outside is recorded
 * here.
 * @example
 * const bodyOf = async (plugin: TestPlugin) => (await plugin.request('GET', '/notes')).json()
 */
export class TestPlugin implements AsyncDisposable {
  /**
   * Events emitted, oldest first. They are not handed to the plugin's own hooks; {@link TestPlugin.event} does that.
   */
  readonly emitted: EmittedEvent[] = [];
  /** Requests that left the sandbox, oldest first. */
  readonly requests: OutboundRequest[] = [];
  readonly startedJobs: StartedJob[] = [];
  /** What the plugin counted with `ctx.analytics.track`, oldest first. */
  readonly tracked: { name: string; props: { [key: string]: Json } }[] = [];
  readonly logs: LogLine[] = [];
  /** Handlers that ran, in the order in which they ended. */
  readonly runs: PluginRun[] = [];
  readonly kv: MemoryKv;
  readonly files: MemoryFiles;
  /** Mails that the plugin sent, oldest first. */
  readonly mails: PluginMail[] = [];
  readonly tables: MemoryTables;
  /** The tenant's settings, as far as the plugin watches them. */
  readonly settings: TestSettings;
  /** What the plugin asked agents with `ctx.agents.send`, oldest first. Nobody answers. */
  readonly asked: AskedAgent[] = [];
  /** Calls of `ctx` that left the sandbox, in the order of their answers; those that were refused too. */
  readonly calls: CtxCall[] = [];
  readonly #sources = new Map<string, TestSource>();
  readonly #shared = new Map<string, MemoryKv>();
  readonly #reservedEvents: readonly string[];
  readonly #user: User | null;
  readonly #clock: TestClock | undefined;
  readonly #now: () => number;
  readonly #parts: ScopeParts;
  readonly #folder: string;
  readonly #mappings: MappingTrial;
  #open = true;
  #lastIsolate: string | undefined;

  /** Made by {@link openPlugin}. */
  constructor(
    private readonly sandbox: Pick<Sandbox, 'run' | 'evict'>,
    private readonly snapshot: InstallationSnapshot,
    options: OpenPluginOptions,
    { folder, mappings }: { folder: string; mappings: readonly PackageMapping[] },
  ) {
    const { secrets = {}, http, llm, reservedEvents, user = owner, clock } = options;
    this.#folder = folder;
    const named = mappings.map((each) => ({ ...each, name: `${snapshot.slug}.${each.name}`, plugin: snapshot.slug }));
    this.#mappings = new MappingTrial(new Mapper(named));
    this.#clock = clock === undefined ? undefined : createTestClock(clock);
    const now = this.#clock ? this.#clock.now : (options.now ?? (() => systemClock.now()));
    this.#user = user;
    this.#reservedEvents = reservedEvents ?? [];
    this.#now = now;
    this.kv = new MemoryKv({ now });
    this.files = new MemoryFiles({ now });
    this.tables = new MemoryTables({ now });
    this.settings = new TestSettings({
      patterns: snapshot.manifest.watch ?? [],
      tell: (change) => this.#lifecycle('config_change', change),
    });
    this.#parts = {
      broker: controlledBroker(
        recordedBroker(createBroker(this.#handlers({ secrets, http, llm, reservedEvents })), {
          record: (call) => void this.calls.push(call),
          instead: options.answers,
        }),
        options,
      ),
      masks: new SecretMasks(growingMasker),
      sink: {
        log: (_tenantId, { level, message, fields }) =>
          void this.logs.push({ level, message, fields: fields as LogLine['fields'] }),
      },
      clock: systemClock,
      stacks: new StackMaps(),
    };
  }

  /** What the package calls itself; its routes are at `/ext/<slug>`. */
  get slug(): string {
    return this.snapshot.slug;
  }

  /** The plugin's time. Throws `TypeError` for one that was opened without `clock`. */
  get clock(): TestClock {
    if (this.#clock) return this.#clock;
    throw new TypeError('The plugin has the clock of the machine. Give openPlugin a clock: { clock: "2026-01-31" }.');
  }

  /** What the entry registered, in the order of its calls. */
  get handlers(): readonly Registration[] {
    return this.snapshot.registrations;
  }

  /**
   * Calls a route. `path` is what follows `/ext/<slug>`, with a query if there is one. Unknown paths, methods, callers
   * and roles are answered as the platform does; signatures of `hmac` routes are not looked at. Rejects with {@link
   * HandlerFailed} when the handler fails.
   */
  async request(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const user = init.user === undefined ? this.#user : init.user;
    const admitted = admitRequest(this.snapshot, { method, path: path.split('?', 1)[0] ?? '/', user });
    if (admitted.refused) return admitted.refused;
    const { route, params } = admitted;
    const request = writeRequest(this.snapshot.slug, method, path, init, params);
    const { requestBytes } = this.snapshot.limits('route').run;
    if (bodyBytes(request) > requestBytes)
      return problem(413, 'PAYLOAD_TOO_LARGE', `The body is larger than ${requestBytes} bytes, which is the limit.`);
    const { scope, outcome } = await this.#run({
      index: route.index,
      kind: 'route',
      name: `${method} ${route.path}`,
      request,
      user,
    });
    if (outcome.status === 'succeeded' && outcome.response) return readResponse(outcome.response);
    throw await this.#failure(scope, outcome, 1);
  }

  /**
   * Hands an event to every hook that subscribes to it and answers what they returned, in the order of their
   * registration. All of them run; then the first failure rejects, as {@link HandlerFailed}. Nobody subscribes: `[]`.
   * Throws `EVENT_INVALID` for what no event may be.
   */
  async event(
    type: string,
    data: JsonInput = {},
    { depth = 0, attempt = 1, handler, rawType = undefined, alert = undefined, ...given }: EventOptions = {},
  ): Promise<(Json | undefined)[]> {
    const event = readTestEvent({ type, data: plain(data), ...plainObject(given) });
    const handed = {
      ...event,
      id: event.id ?? newId('event'),
      source: event.source ?? eventSources.testEvent,
      time: new Date(this.#now()).toISOString(),
    };
    const mapped = { rawType: rawType ?? null, mappedFrom: null, alert: alert ?? null };
    const payload = eventForHandler({ ...handed, ...mapped, depth, causedBy: null });
    const passes = hookGate({ ...handed, ...mapped });
    return this.#runAll(
      (registration) =>
        registration.kind === 'event' &&
        (handler === undefined || registration.name === handler) &&
        [type, rawType ?? type].some(compileEventPattern(registration.name)) &&
        (registration.where === undefined || passes(soundFilter(registration.where))),
      { kind: 'event', payload: JSON.stringify(payload), depth, attempt },
    );
  }

  /**
   * Tells what the package's mappings make of an event; nobody gets it. What they remember of earlier events counts, by
   * the plugin's time. Throws `EVENT_INVALID` for what no event may be.
   * @example
   * const { type, suppressedBy } = plugin.map({ type: 'pod-restart', source: 'kubernetes', subject: 'web-1' })
   */
  map(event: MapInput): MappedTestEvent {
    const { data = {}, ...given } = event;
    const read = readTestEvent({ ...plainObject(given), data: plain(data) });
    const nowMs = this.#now();
    const incoming = {
      ...read,
      ...{ id: read.id ?? newId('event'), source: read.source ?? eventSources.testEvent },
      time: new Date(nowMs).toISOString(),
    };
    const { event: made, ...rest } = this.#mappings.take(incoming, nowMs);
    const { type, subject, severity, tags } = made;
    return { type, subject, data: made.data, severity, tags, ...rest };
  }

  /**
   * Runs a job and answers its result. Rejects with {@link HandlerFailed}. Throws `TypeError` for a job that the plugin
   * does not have.
   */
  async job(name: string, payload: JsonInput = null, { attempt = 1 }: AttemptOptions = {}): Promise<Json | undefined> {
    const index = this.snapshot.registrations.findIndex(
      (registration) => registration.kind === 'job' && registration.name === name,
    );
    if (index < 0) throw new TypeError(`The plugin ${this.snapshot.slug} has no job ${name}.`);
    return this.#attempt({ index, kind: 'job', name, payload: JSON.stringify(payload), attempt });
  }

  /**
   * Passes a value through the plugin's filter of a name. One that fails leaves the value as it was, or rejects if it
   * says `on_error: 'fail'`.
   */
  async filter(name: string, value: JsonInput): Promise<Json> {
    const given = plain(value);
    const index = this.snapshot.registrations.findIndex(
      (registration) => registration.kind === 'filter' && registration.name === name,
    );
    const filter = this.snapshot.registrations[index];
    if (filter?.kind !== 'filter') return given;
    const { scope, outcome } = await this.#run({
      index,
      kind: 'filter',
      name,
      payload: JSON.stringify(given),
      timeoutMs: filter.timeoutMs,
    });
    if (outcome.status === 'failed' && filter.onError === 'fail') throw await this.#failure(scope, outcome, 1);
    if (outcome.status === 'failed' || outcome.response !== undefined || outcome.result === undefined) return given;
    return JSON.parse(outcome.result) as Json;
  }

  /**
   * Runs the handlers of a lifecycle hook. `config_change` takes the setting that changed; `revision` is 1 and
   * `previous` null when left out.
   */
  async lifecycle(name: 'init', init?: { reason?: 'enable' | 'upgrade'; attempt?: number }): Promise<void>;
  async lifecycle(name: 'install' | 'reload' | 'shutdown' | 'uninstall'): Promise<void>;
  async lifecycle(
    name: 'config_change',
    change: { key: string; value: JsonInput; op: 'set' | 'delete'; revision?: number; previous?: JsonInput },
  ): Promise<void>;
  lifecycle(name: string, change?: object): Promise<void> {
    return this.#lifecycle(name, change);
  }

  async #lifecycle(name: string, change?: object): Promise<void> {
    const given: Record<string, object> = {
      init: { reason: 'enable', attempt: 1 },
      config_change: { revision: 1, previous: null },
    };
    await this.#runAll((registration) => registration.kind === 'lifecycle' && registration.name === name, {
      kind: 'lifecycle',
      payload: name in given || change ? JSON.stringify({ ...given[name], ...change }) : undefined,
    });
  }

  /**
   * A source of the plugin, the same one at each call. Throws `TypeError` for one that the plugin does not have.
   */
  source(name: string): TestSource {
    const known = this.#sources.get(name);
    if (known) return known;
    const { registrations, manifest, slug } = this.snapshot;
    const index = registrations.findIndex((each) => each.kind === 'source' && each.name === name);
    const declared = manifest.sources?.find((each) => each.name === name);
    if (index < 0 || !declared) throw new TypeError(`The plugin ${slug} has no source ${name}.`);
    const source = new TestSource({
      slug,
      declared,
      reservedEvents: this.#reservedEvents,
      run: ({ payload, request }, take) =>
        this.#attemptSource(
          {
            index,
            kind: 'source',
            name,
            ...(payload !== undefined && { payload: JSON.stringify(payload) }),
            ...(request && { request: writeRequest(slug, 'POST', '/', request, {}) }),
          },
          take,
        ),
      emit: (event) => {
        if (this.emitted.some(({ id }) => id === event.id)) return false;
        this.emitted.push(event);
        return true;
      },
    });
    this.#sources.set(name, source);
    return source;
  }

  /**
   * A shared state that the plugin declares: its own, or another plugin's, which the test fills. Throws `TypeError` for
   * one that it does not declare.
   */
  shared(name: string): MemoryKv {
    const { manifest, slug } = this.snapshot;
    if (!manifest.shared?.some((each) => each.name === name))
      throw new TypeError(`The plugin ${slug} declares no shared state ${name}.`);
    const state = this.#shared.get(name) ?? new MemoryKv({ now: this.#now });
    this.#shared.set(name, state);
    return state;
  }

  /** Runs the plugin's health check and answers what it said; rejects when it is not well. */
  async health(): Promise<Json | undefined> {
    const [said] = await this.#runAll(({ kind }) => kind === 'health', { kind: 'lifecycle', payload: 'null' });
    return said;
  }

  /** Ends the plugin's isolate. Safe to call twice. */
  close(): Promise<void> {
    if (this.#open) {
      this.#open = false;
      this.sandbox.evict(this.snapshot.isolateKey);
      leaveSandbox();
    }
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #runAll(
    wanted: (registration: Registration) => boolean,
    start: Omit<Start, 'index' | 'name'>,
  ): Promise<(Json | undefined)[]> {
    const matching = this.snapshot.registrations.flatMap((registration, index) =>
      wanted(registration) && 'name' in registration ? [{ name: registration.name, index }] : [],
    );
    const endings = await Promise.allSettled(matching.map((handler) => this.#attempt({ ...start, ...handler })));
    return endings.map((ending) => {
      if (ending.status === 'rejected') throw ending.reason;
      return ending.value;
    });
  }

  /** One attempt at background work: its effects take place only when it ends well. */
  async #attempt(start: Start): Promise<Json | undefined> {
    const { scope, outcome } = await this.#run({ ...start, staged: true });
    const ending = attemptOutcome(scope, outcome, scope.used(outcome.usage));
    if (ending.status !== 'succeeded') {
      const error =
        ending.status === 'failed' ? ending : { error: { code: 'CANCELLED', message: 'The run was cancelled.' } };
      throw await this.#failed(scope, error, start.attempt ?? 1, outcome);
    }
    await ending.commit?.(nowhere);
    return ending.result;
  }

  /** One call of a source: what it gave takes effect only when all of it may. */
  async #attemptSource(start: Start, take: (answer: Json | undefined) => SourceTakes): Promise<void> {
    const { scope, outcome } = await this.#run({ ...start, staged: true });
    const ending = pollOutcome(scope, outcome, { limits: scope.used(outcome.usage), take });
    if (ending.status === 'succeeded') return ending.commit?.(nowhere);
    const error =
      ending.status === 'failed' ? ending : { error: { code: 'CANCELLED', message: 'The run was cancelled.' } };
    throw await this.#failed(scope, error, 1, outcome);
  }

  async #run({
    index,
    kind,
    name,
    payload,
    request,
    user = null,
    attempt = 1,
    depth = 0,
    staged = false,
    timeoutMs,
  }: Start): Promise<{ scope: RunScope; outcome: RunOutcome }> {
    if (!this.#open) throw new Error('The plugin was closed.');
    const snapshot = this.#snapshotNow();
    const limits = snapshot.limits(kind, name);
    const wallMs = Math.min(timeoutMs ?? limits.run.wallMs, limits.run.wallMs);
    const start: RunStart = {
      snapshot,
      index,
      kind,
      name,
      runId: newId('run'),
      attempt,
      cause: atDepth(depth),
      user: user as Json,
      runLimits: { ...limits.run, wallMs },
      sandboxLimits: { ...limits.sandbox, wallMs },
      request,
      payload,
      signal: undefined,
      staged,
    };
    for (let tries = 1; ; tries += 1) {
      const scope = new RunScope(this.#parts, start, snapshot.registrations[index]?.kind ?? 'route');
      try {
        const outcome = await this.sandbox.run(scope);
        // Nothing of the plugin ran: on a busy machine an executor takes longer to start than a run may take.
        if (isUnbegun(outcome) && tries < maxTries) continue;
        this.runs.push(runOf(scope, attempt, outcome));
        return { scope, outcome };
      } finally {
        scope.close();
      }
    }
  }

  /** At another time the code is loaded anew, and the isolate of the time before is of no more use. */
  #snapshotNow(): InstallationSnapshot {
    if (!this.#clock) return this.snapshot;
    const at = snapshotAt(this.snapshot, this.#clock.now());
    if (at.isolateKey !== this.#lastIsolate && this.#lastIsolate !== undefined) this.sandbox.evict(this.#lastIsolate);
    this.#lastIsolate = at.isolateKey;
    return at;
  }

  #failure(scope: RunScope, outcome: RunOutcome, attempt: number): Promise<HandlerFailed> {
    const error =
      outcome.status === 'failed'
        ? scope.explain(outcome.error)
        : { code: 'PLUGIN_ERROR', message: 'the handler gave no response' };
    return this.#failed(scope, { error }, attempt, outcome);
  }

  async #failed(
    scope: RunScope,
    { error, retryAfterMs }: { error: { code: string; message: string }; retryAfterMs?: number },
    attempts: number,
    outcome: RunOutcome,
  ): Promise<HandlerFailed> {
    const { kind, name, snapshot } = scope;
    const job = kind === 'job' ? snapshot.manifest.jobs.find((each) => each.name === name) : undefined;
    const next = nextAttempt({
      kind,
      policy: retryPolicyFor(kind, job?.retry ?? undefined),
      attempts,
      platformFailures: 1,
      error: { code: error.code, ...(retryAfterMs !== undefined && { retryAfterMs }) },
      random: () => 0.5,
    });
    const stack = outcome.status === 'failed' ? outcome.error.stack : undefined;
    const placed =
      stack && (await this.#parts.stacks?.translate(stack, snapshot.bundleSha256, () => snapshot.loadSourceMap()));
    return new HandlerFailed(error.code, error.message, `${kind} ${name}`, next, placed);
  }

  /**
   * What an agent of the package would be asked about an event. Throws `TEMPLATE_INVALID` and the like.
   * @example
   * const text = await plugin.prompt('triage', { type: 'pod.restart', source: 'k8s', subject: 'web-1', data: {} })
   */
  async prompt(agent: string, event: EventInput | MapInput): Promise<string> {
    const { subject = null, data = null } = event;
    return this.#render(agent, { ...event, subject, data });
  }

  #prompt(agent: string, data: Json): Promise<string> {
    const { slug } = this.snapshot;
    return this.#render(agent, { type: 'webhook.send', source: `annex:plugin/${slug}`, subject: agent, data });
  }

  #render(agent: string, event: object): Promise<string> {
    const terms = this.snapshot.webhooks.find(({ name }) => name === agent)?.agent;
    if (!terms) throw new TypeError(`The package has no agents/${agent}.yaml.`);
    return templates.render({ files: { 'prompt.txt': terms.prompt }, name: 'prompt.txt', data: event, tenant: 'test' });
  }

  #handlers({
    secrets = {},
    http,
    llm,
    reservedEvents,
  }: Pick<OpenPluginOptions, 'secrets' | 'http' | 'llm' | 'reservedEvents'>): HostHandlers<RunIdentity> {
    const loadTemplates = folderTemplates(this.#folder);
    const files = memoryFilesPort(
      this.files,
      (type, data, source) => void this.emitted.push(fileEvent({ type, data, source })),
    );
    return {
      ...handlersNotAvailable(hostMethods, 'openPlugin of @annex/sdk/testing does not serve it.'),
      'secrets.get': async ([name], { identity }) => {
        const value = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
        if (value === undefined) return null;
        await identity.sawSecret(value);
        return value;
      },
      'secrets.has': ([name]) => Object.hasOwn(secrets, name),
      ...httpHandlers({
        egress: answeredHttp(http, (request) => void this.requests.push(request)),
        secrets: {
          readForRef: () =>
            Promise.resolve(
              new Map(Object.entries(secrets).map(([name, value]) => [name, { value, allowedHosts: [] }])),
            ),
        },
      }),
      'analytics.track': ([name, props]) => {
        this.tracked.push({ name, props: props ?? {} });
        return null;
      },
      ...memoryKvHandlers(this.kv),
      ...memorySharedHandlers((name) => this.shared(name)),
      ...fileHandlers(files),
      ...templateHandlers(templates, loadTemplates),
      ...emailHandlers({ mail: rememberedMail(this.mails), templates, loadTemplates, files }),
      ...dbHandlers(memoryTablesPort(this.tables)),
      ...llmHandlers({
        llm: answeredLlm(llm),
        filters: { pass: ({ value }) => Promise.resolve({ value, runs: [] }) },
        onUsed: () => undefined,
      }),
      ...askHandlers(async ({ name, payload }) => {
        this.asked.push({ agent: name, data: payload, prompt: await this.#prompt(name, payload) });
      }),
      ...flowHandlers({
        reservedEvents,
        database: { forTenant: (tenantId: Id<'tenant'>) => ({ tenantId, transaction: (work) => work(nowhere) }) },
        emit: (_tx, { id = newId('event'), type, source, subject = null, data, ...labels }) => {
          const duplicate = this.emitted.some((event) => event.id === id);
          const { severity = 'info', tags = [], attributes = {} } = labels;
          if (!duplicate) this.emitted.push({ id, type, source, subject, data, severity, tags, attributes });
          return Promise.resolve({ eventId: id, runs: [], duplicate });
        },
        startJob: (_tx, { runId, job, payload }) => {
          this.startedJobs.push({ runId, name: job.name, payload });
          return Promise.resolve({ status: 'queued' });
        },
      }),
    };
  }
}

/** The event that tells of a file. */
function fileEvent({ type, data, source }: { type: string; data: object; source: string }): EmittedEvent {
  const labels = { severity: 'info' as const, tags: [], attributes: {} };
  return { id: newId('event'), type, source, subject: null, data: data as Json, ...labels };
}

/** `ctx.agents.send` as a server makes it, told to `ask`. */
function askHandlers(
  ask: (question: { name: string; payload: Json }) => Promise<void>,
): Pick<HostHandlers<RunIdentity>, 'agents.send'> {
  const database = { forTenant: (tenantId: Id<'tenant'>) => ({ tenantId, transaction: atOnce }) };
  return { 'agents.send': webhookHandlers(database, (_tx, question) => ask(question))['agents.send'] };
}

const atOnce = <T>(work: (tx: typeof nowhere) => Promise<T>): Promise<T> => work(nowhere);

/** The event, or every fault of it. */
function readTestEvent(body: { [key: string]: Json }): EventInput {
  const reading = readEvent(body);
  if (reading.ok) return reading.event;
  const detail = reading.errors.map((fault) => `${fault.pointer} ${fault.detail}`).join('\n');
  throw eventErrors.error('EVENT_INVALID', detail, { errors: reading.errors });
}

/** How often a run is begun that got no executor in time. */
const maxTries = 12;

function isUnbegun(outcome: RunOutcome): boolean {
  return outcome.status === 'failed' && outcome.error.code === 'OVERLOADED';
}

function runOf(scope: RunScope, attempt: number, outcome: RunOutcome): PluginRun {
  const used = Object.entries(scope.used(outcome.usage)).map(([name, { used: count, max }]) => [
    name,
    { used: count, max },
  ]);
  return {
    kind: scope.kind,
    name: scope.name,
    attempt,
    status: outcome.status,
    ...(outcome.status === 'failed' && { error: scope.explain(outcome.error) }),
    limits: Object.fromEntries(used) as PluginRun['limits'],
  };
}

/** Effects of a run here take place in memory; nothing looks at the transaction. */
const nowhere = { afterCommit: (work: () => void) => work() } as TenantTransaction;

/** What is left of a value after crossing as JSON. */
function plain(value: JsonInput): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

/** Without the members that are `undefined`. */
function plainObject(given: object): { [key: string]: Json } {
  return JSON.parse(JSON.stringify(given)) as { [key: string]: Json };
}

interface Start {
  index: number;
  kind: RunKind;
  name: string;
  payload?: string | undefined;
  request?: RouteRequest;
  user?: User | null;
  attempt?: number;
  depth?: number;
  staged?: boolean;
  timeoutMs?: number;
}
