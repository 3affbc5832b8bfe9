/**
 * The executors of one parent: blank ones are kept ready, a tenant gets one (or several while it is busy), an idle one
 * is retired, and when room runs out the tenant that was quiet longest gives way. A process never serves a second
 * tenant.
 */
import type { ConfinementReport } from '../confinement/confine-self.js';
import type { ExecutorFiles } from './executor-files.js';
import { executorProgram } from './executor-program.js';
import { launchConfined } from '../confinement/launch.js';
import type { SandboxTier } from '../confinement/tier.js';
import { lendUser, sweptUsers } from '../confinement/users.js';
import { errors } from '../errors.js';
import type { PoolOptions } from '../options.js';
import type { Bundle, InspectOutcome, Lane, RunOutcome, RunRequest, Sandbox, SandboxStats } from '../sandbox.js';
import { Flight } from './flight.js';
import { ProcessExecutor, type ExecutorEvents } from './process-executor.js';
import { Profiles } from './profiles.js';
import { Watch } from './watch.js';

const watchEveryMs = 20;
const careEveryMs = 1000;
/** Between two looks at the memory of all executors while runs are under way. */
const relieveEveryMs = 100;
const exitWithinMs = 5000;
const refillAfterMs = 25;
/** Runs in flight in one executor before its tenant gets another. */
const crowd = 24;
const maxStartFailures = 5;
/** So long a run waits for one that ends by itself before streams are cut for it. */
const streamPatienceMs = 250;
/** So long a stream goes on whoever waits: else those who stream would cut each other without end. */
const streamMinMs = 2000;

interface Waiting {
  flight: Flight;
  key: string;
  lane: Lane;
}

/** Executors that are started whatever memory the others have. */
const fewestExecutors = 4;
/** Memory of its own that an executor is reckoned with at least, in bytes. */
const executorBytes = 32 * 2 ** 20;
/** Beyond so many times their memory, executors with runs go as well. */
const farBeyond = 1.25;

/** Part of all executors that is kept for the other lane, one at least, once that has been used. */
const keptFor: Record<Lane, number> = { foreground: 0.25, background: 0.125 };

export class ExecutorPool implements Sandbox, ExecutorEvents {
  readonly #options: PoolOptions;
  readonly #files: ExecutorFiles;
  readonly #tier: SandboxTier;
  readonly #executors = new Set<ProcessExecutor>();
  readonly #byTenant = new Map<string, Set<ProcessExecutor>>();
  readonly #runsOfTenant = new Map<string, number>();
  readonly #profiles = new Profiles();
  readonly #watch: Watch;
  readonly #kills: Record<string, number> = {};
  /** Lanes that have been used. */
  readonly #lanes = new Set<Lane>();
  /** Executors that were ended and are not gone yet. */
  readonly #exiting = new Set<Promise<unknown>>();
  #waiting: Waiting[] = [];
  #watcher: NodeJS.Timeout | undefined;
  #refilling: NodeJS.Timeout | undefined;
  readonly #carer: NodeJS.Timeout;
  #preludeCache = '';
  #starts = 0;
  #startFailures = 0;
  #relievedAt = 0;
  #flightCount = 0;
  #stopped: Promise<void> | undefined;
  #onFirstReady: (() => void) | undefined;
  #onQuiet: (() => void) | undefined;

  constructor(options: PoolOptions, files: ExecutorFiles, tier: SandboxTier) {
    this.#options = options;
    this.#files = files;
    this.#tier = tier;
    this.#watch = new Watch(options);
    this.#carer = setInterval(() => this.#care(), careEveryMs);
    this.#carer.unref();
  }

  /** Starts the first blank executors; done when one is ready. Throws `EXECUTOR_START_FAILED`. */
  async start(): Promise<void> {
    const ready = new Promise<void>((resolve) => (this.#onFirstReady = resolve));
    this.#keepBlanks();
    if (this.#executors.size === 0) this.#launch();
    await ready;
    if (this.#startFailures >= maxStartFailures) {
      throw errors.error(
        'EXECUTOR_START_FAILED',
        `${maxStartFailures} executors in a row ended before they were ready; see the log for what they said`,
      );
    }
  }

  run(request: RunRequest): Promise<RunOutcome> {
    return new Promise((resolve) => this.begin(request, resolve));
  }

  begin(request: RunRequest, resolve: (outcome: RunOutcome) => void): void {
    if (this.#stopped !== undefined) throw errors.error('SANDBOX_STOPPED', 'the sandbox takes no more runs');
    const { tenantId, installationId, limits, signal, lane = 'foreground' } = request;
    const flight = new Flight({ tenantId, installationId }, limits, performance.now(), {
      type: 'run',
      request,
      resolve,
    });
    const running = this.#runsOfTenant.get(tenantId) ?? 0;
    if (running >= this.#options.maxRunsPerTenant) {
      flight.fail(
        'OVERLOADED',
        `the tenant has ${running} runs under way, the limit is ${this.#options.maxRunsPerTenant}`,
        performance.now(),
      );
      return;
    }
    if (signal?.aborted) {
      flight.fail('CANCELLED', 'the run was cancelled before it began', performance.now());
      return;
    }
    this.#runsOfTenant.set(tenantId, running + 1);
    const onAbort = signal === undefined ? undefined : () => this.#cancel(flight);
    if (onAbort !== undefined) signal?.addEventListener('abort', onAbort, { once: true });
    this.#board(flight, () => {
      if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
      const left = (this.#runsOfTenant.get(tenantId) ?? 1) - 1;
      if (left === 0) this.#runsOfTenant.delete(tenantId);
      else this.#runsOfTenant.set(tenantId, left);
    });
    this.#lanes.add(lane);
    this.#place({ flight, lane, key: `${lane} ${this.#options.isolation === 'shared' ? '' : tenantId}` });
  }

  inspect(
    bundle: Bundle,
    { wallMs = 5000, memoryMb = this.#options.usualMemoryMb }: { wallMs?: number; memoryMb?: number } = {},
  ): Promise<InspectOutcome> {
    if (this.#stopped !== undefined)
      return Promise.reject(errors.error('SANDBOX_STOPPED', 'the sandbox takes no more runs'));
    return new Promise((resolve) => {
      const limits = {
        wallMs,
        cpuMs: wallMs,
        memoryMb,
        resultBytes: 0,
        logLines: 0,
        logBytes: 0,
        hostCalls: 0,
        hostCallsAtOnce: 0,
      };
      const flight = new Flight({ tenantId: '', installationId: '' }, limits, performance.now(), {
        type: 'inspect',
        code: bundle.code,
        resolve,
      });
      this.#board(flight, () => undefined);
      this.#place({ flight, lane: 'foreground', key: `inspection ${this.#starts} ${Math.random()}` });
    });
  }

  evict(isolateKeyPrefix: string): void {
    this.#profiles.forget(isolateKeyPrefix);
    for (const executor of this.#executors) if (executor.tenantKey !== undefined) executor.evict(isolateKeyPrefix);
  }

  stats(): SandboxStats {
    const nowMs = performance.now();
    const executors = [...this.#executors];
    for (const executor of executors) executor.sampleRss();
    return {
      executors: executors.map((executor) => ({
        pid: executor.pid,
        tenantId: /^(?:fore|back)ground (.+)$/.exec(executor.tenantKey ?? '')?.[1] ?? null,
        lane: executor.tenantKey === undefined ? null : executor.lane,
        rssBytes: executor.rssBytes,
        isolates: executor.isolates,
        runs: executor.flights.size,
        ageMs: Math.round(nowMs - executor.startedAt),
      })),
      blankReady: executors.filter(isBlank).length,
      starts: this.#starts,
      kills: { ...this.#kills },
      waiting: this.#waiting.length,
    };
  }

  /** Whether every executor that was ended so far is really gone, after some time if need be. */
  async allKilledExit(): Promise<boolean> {
    const exits = Promise.all(this.#exiting).then(() => true);
    return Promise.race([exits, new Promise<false>((resolve) => setTimeout(resolve, exitWithinMs, false).unref())]);
  }

  /** What the ready executors reported about their confinement. */
  confinements(): ConfinementReport[] {
    return [...this.#executors].flatMap(({ confinement }) => confinement ?? []);
  }

  stop(graceMs = 5000): Promise<void> {
    this.#stopped ??= this.#end(graceMs);
    return this.#stopped;
  }

  async #end(graceMs: number): Promise<void> {
    clearInterval(this.#carer);
    clearTimeout(this.#refilling);
    if (this.#flightCount > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, graceMs);
        this.#onQuiet = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    for (const { flight } of this.#waiting.splice(0))
      flight.fail('EXECUTOR_LOST', 'the sandbox was stopped', performance.now());
    for (const executor of [...this.#executors]) executor.kill('stopped');
    clearInterval(this.#watcher);
    this.#watcher = undefined;
    if (!(await this.allKilledExit())) this.#options.logger.error({}, 'an executor did not end although it was killed');
    // Where everything that an executor started ends with it, the sweep finds nothing, and may as well come later.
    if (!this.#tier.ownProcesses) await sweptUsers();
  }

  #board(flight: Flight, onOver: () => void): void {
    this.#flightCount += 1;
    this.#watcher ??= setInterval(() => this.#lookAround(), watchEveryMs);
    flight.onOver = () => {
      this.#flightCount -= 1;
      onOver();
      if (this.#flightCount === 0) this.#onQuiet?.();
    };
  }

  #cancel(flight: Flight): void {
    for (const executor of this.#executors) {
      if (!executor.flights.has(flight)) continue;
      if (flight.isSent) executor.cancel(flight);
      else flight.fail('CANCELLED', 'the run was cancelled before it began', performance.now());
      return;
    }
    flight.fail('CANCELLED', 'the run was cancelled before it began', performance.now());
    this.#waiting = this.#waiting.filter((each) => each.flight !== flight);
  }

  /** Gives a flight to an executor, or lets it wait for one. */
  #place(waiting: Waiting): void {
    const executor = this.#executorFor(waiting);
    if (executor === undefined) {
      this.#waiting.push(waiting);
      this.#keepBlanks();
      return;
    }
    if (waiting.flight.job.type === 'inspect') executor.isDraining = true;
    executor.accept(waiting.flight);
  }

  #executorFor({ key, lane }: Waiting): ProcessExecutor | undefined {
    const own = this.#byTenant.get(key);
    let best: ProcessExecutor | undefined;
    let count = 0;
    if (own !== undefined) {
      for (const executor of own) {
        if (executor.isDraining || executor.overdue > 0 || executor.state !== 'ready') continue;
        count += 1;
        if (best === undefined || executor.flights.size < best.flights.size) best = executor;
      }
    }
    if (best !== undefined && (best.flights.size < crowd || count >= this.#options.maxExecutorsPerTenant)) return best;
    if (this.#isLaneFull(lane)) return best;
    for (const executor of this.#executors) if (isBlank(executor)) return this.#assign(executor, key, lane);
    return best;
  }

  /** Whether a lane has as many executors as leave room for the other. */
  #isLaneFull(lane: Lane): boolean {
    const other = lane === 'foreground' ? 'background' : 'foreground';
    if (!this.#lanes.has(other)) return false;
    const capacity = this.#capacity();
    if (capacity < 2) return false;
    let count = 0;
    for (const executor of this.#executors) if (executor.tenantKey !== undefined && executor.lane === lane) count += 1;
    return count >= capacity - Math.max(1, Math.floor(capacity * keptFor[other]));
  }

  /** How many executors there may be, if those that are there stay as large as they are. */
  #capacity(): number {
    const { maxExecutors, executorsMemoryMb } = this.#options;
    const more = Math.floor((executorsMemoryMb * 2 ** 20 - this.#ownBytes()) / executorBytes);
    const first = this.#lacksLane() ? 1 : 0;
    return Math.min(maxExecutors, Math.max(fewestExecutors, this.#executors.size + Math.max(more, first)));
  }

  /** Whether a lane that is used has no executor, and none comes for it: the other's may have grown over its part. */
  #lacksLane(): boolean {
    const served = new Set<Lane>();
    let blanks = 0;
    for (const { tenantKey, lane } of this.#executors) {
      if (tenantKey === undefined) blanks += 1;
      else served.add(lane);
    }
    return this.#lanes.size - served.size > blanks;
  }

  /** What all executors have to themselves, in bytes. */
  #ownBytes(): number {
    let bytes = 0;
    for (const { ownBytes } of this.#executors) bytes += Math.max(ownBytes, executorBytes);
    return bytes;
  }

  /** Executors grow; together they stay within their memory: whoever is quiet goes, far beyond it the largest. */
  #relieve(nowMs: number): void {
    this.#relievedAt = nowMs;
    const budget = this.#options.executorsMemoryMb * 2 ** 20;
    while (this.#executors.size > fewestExecutors && this.#ownBytes() > budget && this.#retireQuietest());
    if (this.#ownBytes() <= budget * farBeyond || this.#executors.size <= fewestExecutors) return;
    const [largest] = [...this.#executors].sort((a, b) => b.ownBytes - a.ownBytes);
    if (largest === undefined) return;
    this.#options.logger.warn(
      {
        pid: largest.pid,
        ownMb: Math.round(largest.ownBytes / 2 ** 20),
        limitMb: budget / 2 ** 20,
        runs: largest.flights.size,
      },
      'the executors together had no memory left; the largest one was ended, with its runs',
    );
    largest.kill('relieved', new Map([...largest.flights].map((flight) => [flight, 'OVERLOADED'])));
  }

  #assign(executor: ProcessExecutor, key: string, lane: Lane): ProcessExecutor {
    executor.tenantKey = key;
    executor.lane = lane;
    let own = this.#byTenant.get(key);
    if (own === undefined) this.#byTenant.set(key, (own = new Set()));
    own.add(executor);
    // Starting a process takes time that the run which took this one is not to wait for.
    this.#refilling ??= setTimeout(() => {
      this.#refilling = undefined;
      this.#keepBlanks();
    }, refillAfterMs);
    return executor;
  }

  /** Starts executors until enough are blank, and makes room for those that runs wait for. */
  #keepBlanks(): void {
    if (this.#stopped !== undefined || this.#startFailures >= maxStartFailures) return;
    let coming = 0;
    for (const executor of this.#executors) if (executor.tenantKey === undefined) coming += 1;
    for (const lane of this.#lanes)
      if (this.#isLaneFull(lane) && this.#waiting.some((each) => each.lane === lane)) this.#makeRoom(lane);
    const waitingKeys = new Set(this.#waiting.filter(({ lane }) => !this.#isLaneFull(lane)).map(({ key }) => key)).size;
    const wanted = waitingKeys + (this.#isMemoryShort() ? 0 : this.#options.blankExecutors);
    for (; coming < wanted; coming += 1) {
      while (this.#executors.size >= this.#capacity()) if (!(coming < waitingKeys && this.#makeRoom())) return;
      this.#launch();
    }
  }

  #isMemoryShort(): boolean {
    const limit = process.constrainedMemory();
    const available = process.availableMemory();
    return available < Math.max(256 * 2 ** 20, (limit > 0 && limit < 2 ** 50 ? limit : 0) * 0.1);
  }

  /** Room for a run that waits: whoever is quiet goes, else whoever only streams. */
  #makeRoom(lane?: Lane): boolean {
    return this.#retireQuietest(lane) || this.#cutOldestStreams(lane);
  }

  /**
   * Ends the executor that holds nothing but streams, the one whose oldest has run longest: a stream may go on for
   * minutes, and executors are so few that a handful of them would keep every other tenant out.
   */
  #cutOldestStreams(lane?: Lane): boolean {
    const nowMs = performance.now();
    const hasWaited = (each: Waiting): boolean =>
      (lane === undefined || each.lane === lane) && nowMs - each.flight.startedAt >= streamPatienceMs;
    if (!this.#waiting.some(hasWaited)) return false;
    let chosen: ProcessExecutor | undefined;
    let since = nowMs - streamMinMs;
    for (const executor of this.#executors) {
      if (executor.state !== 'ready' || (lane !== undefined && executor.lane !== lane)) continue;
      const { streamsSince } = executor;
      if (streamsSince === undefined || streamsSince > since) continue;
      since = streamsSince;
      chosen = executor;
    }
    chosen?.kill('retired', new Map([...chosen.flights].map((flight) => [flight, 'OVERLOADED'])));
    return chosen !== undefined;
  }

  /** Ends the executor without runs whose tenant was quiet longest. `lane`: only one of these. */
  #retireQuietest(lane?: Lane): boolean {
    let quietest: ProcessExecutor | undefined;
    for (const executor of this.#executors) {
      if (
        executor.tenantKey === undefined ||
        executor.flights.size > 0 ||
        executor.state !== 'ready' ||
        (lane !== undefined && executor.lane !== lane)
      )
        continue;
      if (quietest === undefined || executor.lastUsedAt < quietest.lastUsedAt) quietest = executor;
    }
    quietest?.kill('retired');
    return quietest !== undefined;
  }

  #launch(): void {
    const { hostMethods, maxIsolates, executorRssMb, usualMemoryMb, optimize, logger } = this.#options;
    const user = lendUser();
    // All users are lent or being swept: the next look around tries again.
    if (user === undefined) return;
    this.#starts += 1;
    const program = executorProgram(this.#files, { optimize });
    const launched = launchConfined(program, {
      tier: this.#tier,
      user,
      addressSpaceMb: addressSpaceMb(maxIsolates, this.#files.python !== undefined),
      memoryMb: Math.ceil(executorRssMb * 1.25),
    });
    void launched.exited.then(() => user.giveBack());
    const settings = {
      callNames: hostMethods,
      maxIsolates,
      softRssMb: executorRssMb * 0.6,
      spareMemoryMb: usualMemoryMb,
      graceMs: 250,
      preludeCache: this.#preludeCache,
    };
    this.#executors.add(
      new ProcessExecutor({
        launched,
        settings,
        profiles: this.#profiles,
        events: this,
        logger,
        now: () => performance.now(),
      }),
    );
  }

  onReady(): void {
    this.#startFailures = 0;
    this.#onFirstReady?.();
    this.#placeWaiting();
  }

  onPreludeCache(cache: string): void {
    if (this.#preludeCache === '') this.#preludeCache = cache;
  }

  #placeWaiting(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting.splice(0);
    for (const each of waiting) if (!each.flight.isOver) this.#place(each);
  }

  onIdleSeat(executor: ProcessExecutor): void {
    const { recycleAfterRuns, recycleAfterDiscards } = this.#options;
    if (executor.runs >= recycleAfterRuns || executor.discards >= recycleAfterDiscards) executor.isDraining = true;
    if (executor.isDraining && executor.flights.size === 0) executor.kill('retired');
    else if (this.#waiting.length > 0) this.#placeWaiting();
  }

  onExit(executor: ProcessExecutor): void {
    this.#executors.delete(executor);
    const { exited } = executor;
    void exited.then(() => this.#exiting.delete(exited));
    this.#exiting.add(exited);
    if (executor.tenantKey !== undefined) {
      const own = this.#byTenant.get(executor.tenantKey);
      own?.delete(executor);
      if (own?.size === 0) this.#byTenant.delete(executor.tenantKey);
    }
    const cause = executor.killCause ?? 'lost';
    if (cause !== 'retired' && cause !== 'stopped') this.#kills[cause] = (this.#kills[cause] ?? 0) + 1;
    if (executor.confinement === undefined) {
      this.#startFailures += 1;
      if (this.#startFailures >= maxStartFailures) this.#onFirstReady?.();
    }
    setImmediate(() => {
      this.#keepBlanks();
      // A lane that was full may have room now, and a blank one may stand ready.
      this.#placeWaiting();
    });
  }

  onKill(report: Parameters<PoolOptions['onKill']>[0]): void {
    this.#options.logger.warn({ ...report }, 'an executor was killed because of a plugin');
    this.#options.onKill(report);
  }

  #lookAround(): void {
    const nowMs = performance.now();
    let flights = 0;
    for (const executor of [...this.#executors]) {
      if (executor.state !== 'dead') this.#watch.look(executor, nowMs);
      flights += executor.flights.size;
    }
    if (nowMs - this.#relievedAt >= relieveEveryMs) this.#relieve(nowMs);
    if (this.#waiting.length > 0) this.#expireWaiting(nowMs);
    if (this.#flightCount === 0 && flights === 0) {
      clearInterval(this.#watcher);
      this.#watcher = undefined;
    }
  }

  #expireWaiting(nowMs: number): void {
    this.#waiting = this.#waiting.filter(({ flight }) => {
      if (flight.isOver) return false;
      if (nowMs < flight.deadline) return true;
      flight.fail('OVERLOADED', `no executor became free within ${flight.limits.wallMs} ms`, nowMs);
      return false;
    });
    this.#keepBlanks();
  }

  /** Once a second: retires what is idle or old. */
  #care(): void {
    const nowMs = performance.now();
    const { idleMs, recycleAfterMs } = this.#options;
    for (const executor of [...this.#executors]) {
      if (executor.state !== 'ready') continue;
      if (nowMs - executor.startedAt > recycleAfterMs) executor.isDraining = true;
      if (nowMs - executor.lastUsedAt <= 2 * careEveryMs) executor.sampleRss();
      const isIdle = executor.tenantKey !== undefined && nowMs - executor.lastUsedAt > idleMs;
      if (executor.flights.size === 0 && (isIdle || executor.isDraining)) executor.kill('retired');
    }
    if (this.#isMemoryShort()) this.#retireQuietest();
    this.#relieve(nowMs);
    this.#startFailures = Math.max(0, this.#startFailures - 1);
    this.#keepBlanks();
  }
}

function isBlank(executor: ProcessExecutor): boolean {
  return executor.tenantKey === undefined && executor.state === 'ready' && !executor.isDraining;
}

/**
 * V8 reserves about 0.8 GB of addresses for each isolate, and the process about 1.5 GB; resident memory is watched
 * apart.
 */
function addressSpaceMb(maxIsolates: number, hasPython: boolean): number {
  // V8 guards a WebAssembly memory by reserving all that an index may reach.
  return hasPython ? 4000 + 17_000 * (maxIsolates + 2) : 2500 + 850 * (maxIsolates + 2);
}
