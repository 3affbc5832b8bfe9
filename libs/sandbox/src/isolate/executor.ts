/**
 * The program inside an executor: takes runs, enters isolates, sends results. It owns nothing and trusts nobody below
 * it; the parent watches it from outside and kills it when it no longer answers.
 */
import { assertNever } from '@annex/kernel';
import type { FromExecutor, Profile, RunAddress, RunMessage, ToExecutor } from '../wire/messages.js';
import type { Addon } from './addon.js';
import type { PreludeScript, TurnFailure } from './guest.js';
import { GuestRun, type GuestIsolate } from './guest-run.js';
import type { IsolateEvents } from './warm-isolate.js';
import { cpuText, failure, memoryText, wallText, type RunEnd } from './run-end.js';
import { WarmIsolates } from './warm-isolates.js';
import type { PythonParts } from './python-guest.js';
import { makePreludeCache } from './prelude-cache.js';
import {
  credit,
  deliver,
  takeEmission,
  takeUnhandled,
  tellPendingTimers,
  type EffectParts,
  type Inspection,
} from './run-effects.js';
import type { TurnGuard } from './turn-guard.js';
import { expire, watchTurn, type TurnFindings } from './turn-watch.js';

/** Set by the parent before anything else, as JSON. */
export interface ExecutorSettings {
  callNames: string[];
  /** Warm isolates kept at most; the least recently used idle one goes first. */
  maxIsolates: number;
  /** Resident memory above which idle isolates are given up, in megabytes. */
  softRssMb: number;
  /** Heap limit of the isolate that is kept ready, in megabytes. */
  spareMemoryMb: number;
  /** How long a stopped turn may take to end before it is reported as stuck, in milliseconds. */
  graceMs: number;
  /**
   * V8's code cache of the prelude, base64, made by an earlier executor of the same parent; '' for none: then this one
   * makes it.
   */
  preludeCache: string;
}

export interface ExecutorParts {
  addon: Addon;
  /** Ends turns that this thread waits for. */
  guard: TurnGuard;
  prelude: PreludeScript;
  lazySource(name: string): string;
  /** Given in an executor of Python. */
  python?: PythonParts | undefined;
  /** JSON of what this process found out about its confinement. */
  report(): string;
  send(message: FromExecutor): void;
  /** Milliseconds on a clock that only goes forward. */
  now(): number;
}

const tickMs = 20;
const ticksPerMemoryLook = 10;
/** While an isolate is in a turn this long, further runs go to a second isolate of the same key. */
const longTurnMs = 50;
const overflowSuffix = ' (second)';
/** Profiles that one isolate remembers; beyond, it starts over. */
const maxProfiles = 16;

export class Executor implements IsolateEvents<GuestRun>, EffectParts {
  readonly #parts: ExecutorParts;
  #settings: ExecutorSettings = {
    callNames: [],
    maxIsolates: 12,
    softRssMb: 320,
    spareMemoryMb: 100,
    graceMs: 250,
    preludeCache: '',
  };
  readonly #bundles = new Map<string, string>();
  readonly #profiles = new Map<number, Profile>();
  readonly #runs = new Map<number, GuestRun>();
  readonly #bySeat = new Map<number, GuestRun>();
  readonly #isolates: WarmIsolates;
  readonly #inspections = new Map<GuestRun, Inspection>();
  #lastKey = 0;
  #discards = 0;
  #ticker: NodeJS.Timeout | undefined;
  #ticks = 0;
  #lastBusy = '';

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
    const { addon, guard, prelude, lazySource, python } = parts;
    this.#isolates = new WarmIsolates({
      addon,
      guard,
      prelude,
      lazySource,
      python,
      events: this,
      onCatastrophe: () => this.#catastrophe(),
    });
  }

  now(): number {
    return this.#parts.now();
  }

  processCpuMs(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }

  send(message: FromExecutor): void {
    this.#parts.send(message);
  }

  inspectionOf(run: GuestRun): Inspection | undefined {
    return this.#inspections.get(run);
  }

  handle(message: ToExecutor): void {
    switch (message.type) {
      case 'run':
        this.#start(message);
        return;
      case 'answer': {
        const run = this.#find(message);
        if (run?.isolate !== undefined && run.hostCallsUnderWay?.delete(message.callId) === true)
          deliver(run.isolate, run, message);
        return;
      }
      case 'cancel':
        this.#cancel(message);
        return;
      case 'credit': {
        const run = this.#find(message);
        if (run?.isolate !== undefined) credit(run.isolate, run, message.bytes);
        return;
      }
      case 'bundle':
        this.#bundles.set(message.sha256, message.code);
        return;
      case 'evict':
        this.#isolates.evict(message.prefix);
        return;
      case 'ping':
        this.#pong(message.sequence);
        return;
      case 'inspect':
        this.#inspect(message);
        return;
      case 'configure':
        this.#configure(message.settings);
        return;
      default:
        assertNever(message);
    }
  }

  #configure(settings: string): void {
    this.#settings = JSON.parse(settings) as ExecutorSettings;
    const { prelude, addon, python } = this.#parts;
    const { preludeCache } = this.#settings;
    if (python !== undefined) {
      this.#isolates.configure(this.#settings);
      this.send({ type: 'ready', report: this.#parts.report() });
      return;
    }
    const cache = preludeCache === '' ? makePreludeCache(prelude.code) : Buffer.from(preludeCache, 'base64');
    prelude.cache = new addon.ExternalCopy(new Uint8Array(cache).buffer);
    this.#isolates.configure(this.#settings);
    if (preludeCache === '') this.send({ type: 'prelude', cache: cache.toString('base64') });
    this.send({ type: 'ready', report: this.#parts.report() });
  }

  #pong(sequence: number): void {
    const rssMb = process.memoryUsage.rss() / 2 ** 20;
    this.send({ type: 'pong', sequence, isolates: this.#isolates.size, discards: this.#discards, rssMb });
  }

  #start(message: RunMessage): void {
    const { profileId } = message;
    if (message.profile !== '') this.#profiles.set(profileId, JSON.parse(message.profile) as Profile);
    const profile = this.#profiles.get(profileId);
    if (profile === undefined) throw new Error(`no profile ${profileId}`);
    this.#lastKey += 1;
    const run = new GuestRun(this.#lastKey, profile, message, this.now());
    this.#register(run);
    this.#place(run);
  }

  #register(run: GuestRun): void {
    this.#runs.set(run.key, run);
    this.#bySeat.set(run.seat, run);
    this.#ticker ??= setInterval(() => this.#tick(), tickMs);
  }

  /** Gives a run to the warm isolate of its key, or makes one. */
  #place(run: GuestRun): void {
    const { sha256 } = run.profile;
    let { isolateKey } = run.profile;
    let isolate = this.#isolates.get(isolateKey);
    if ((isolate?.inTurn?.forMs ?? 0) > longTurnMs) {
      // A long turn, of a job for instance, holds up no other run of its plugin.
      isolateKey += overflowSuffix;
      isolate = this.#isolates.get(isolateKey);
    }
    if (isolate?.sha256 !== sha256) {
      const code = this.#bundles.get(sha256);
      if (code === undefined) {
        run.end = failure('EXECUTOR_LOST', 'the executor does not hold the bundle');
        this.#finish(run);
        return;
      }
      isolate = this.#isolates.open(isolateKey, sha256, run.limits.memoryMb);
      this.#listen(isolate);
    }
    run.isolate = isolate;
    isolate.runs.set(run.key, run);
    if (isolate.state === 'ready') {
      this.#invoke(isolate, run);
    } else {
      isolate.waiting.push(run);
      if (isolate.state === 'empty') this.#load(isolate, run, false);
    }
  }

  #listen(isolate: GuestIsolate): void {
    isolate.guest.onEmission = (kind, runKey, n, m, a, b, c) => {
      const run = this.#runs.get(runKey);
      if (run === undefined || run.over || run.isolate !== isolate) return;
      const isEnd = takeEmission(this, isolate, run, [kind, n, m, a, b, c]);
      if (!isEnd) return;
      // The end of the turn comes next and finishes the run, which need not be the turn's own: another may have
      // resolved its promise.
      if (isolate.isInTurn) isolate.ended.push(run);
      else setImmediate(() => this.#finishIfIdle(run));
    };
  }

  #load(isolate: GuestIsolate, run: GuestRun, isInspection: boolean): void {
    isolate.state = 'loading';
    this.#introduce(isolate, run);
    isolate.enter(run, 'load', [
      0,
      run.key,
      run.profileId,
      isInspection ? 1 : 0,
      this.#bundles.get(isolate.sha256) ?? '',
    ]);
  }

  #invoke(isolate: GuestIsolate, run: GuestRun): void {
    isolate.lastUsedAt = run.deadline - run.limits.wallMs;
    if (!isolate.profiles.has(run.profileId)) this.#introduce(isolate, run);
    isolate.enter(run, 'invoke', [0, run.key, run.profileId, run.code, run.head, run.content]);
  }

  /** Tells an isolate a profile before the first run that uses it. */
  #introduce(isolate: GuestIsolate, { profileId, profile }: GuestRun): void {
    const { resultBytes, logLines, logBytes, hostCalls, hostCallsAtOnce, stream } = profile.limits;
    const isFull = isolate.profiles.size >= maxProfiles;
    if (isFull) isolate.profiles.clear();
    isolate.profiles.add(profileId);
    isolate.enterQuietly('profile', [
      0,
      profileId,
      isFull ? 1 : 0,
      profile.fixed,
      resultBytes,
      logLines,
      logBytes,
      hostCalls,
      hostCallsAtOnce,
      stream === undefined ? 0 : 1,
    ]);
  }

  #finishIfIdle(run: GuestRun): void {
    if (run.end !== undefined && !run.over && run.isolate?.isInTurn !== true) this.#conclude(run);
  }

  /**
   * The run has its end. What it started and did not wait for is waited for here; who called it gets the answer
   * meanwhile.
   */
  #conclude(run: GuestRun): void {
    const { end, seat, nonce } = run;
    if (end === undefined || end.type === 'failed' || run.isQuiet) {
      this.#finish(run);
    } else if (!run.answerSent) {
      run.answerSent = true;
      if (end.type === 'responded') {
        const { status, headers, bodyEncoding, body } = end;
        this.send({ type: 'answered', seat, nonce, status, headers, bodyEncoding, body });
      } else {
        this.send({
          type: 'answered',
          seat,
          nonce,
          status: 0,
          headers: '',
          bodyEncoding: end.hasValue ? 'value' : '',
          body: end.value,
        });
      }
    }
  }

  #find({ seat, nonce }: RunAddress): GuestRun | undefined {
    const run = this.#bySeat.get(seat);
    return run !== undefined && run.nonce === nonce && !run.over ? run : undefined;
  }

  onTurnEnd(isolate: GuestIsolate, run: GuestRun, unhandled?: string): void {
    if (run.over || isolate.state === 'dead' || run.isolate !== isolate) return;
    if (isolate.isBroken) {
      this.onTurnFailure(isolate, run, 'disposed');
      return;
    }
    if (unhandled !== undefined) {
      takeUnhandled(run, unhandled, this);
      return;
    }
    if (run.cpuMs > run.limits.cpuMs) run.end = failure('CPU_LIMIT', cpuText(run));
    if (isolate.state === 'loading') {
      this.#loaded(isolate, run);
      return;
    }
    run.invoked = true;
    if (run.end !== undefined) this.#conclude(run);
    if (isolate.ended.length > 0) this.#finishEnded(isolate);
  }

  /** Finishes the runs that ended in another run's turn, unless a turn of their own is still to come. */
  #finishEnded(isolate: GuestIsolate): void {
    for (const run of isolate.ended.splice(0)) {
      if (run.over) continue;
      if (isolate.hasTurnOf(run)) isolate.ended.push(run);
      else this.#conclude(run);
    }
  }

  /** The entry has run, or failed to: those who waited for it go on, or fail as it did. */
  #loaded(isolate: GuestIsolate, loader: GuestRun): void {
    const waiting = isolate.waiting.splice(0);
    const inspection = this.#inspections.get(loader);
    if (inspection !== undefined) {
      this.#inspected(isolate, loader, inspection);
      return;
    }
    if (loader.end === undefined && isolate.hasEntry) {
      isolate.state = 'ready';
      isolate.sampleHeap();
      this.#isolates.refill();
      for (const run of waiting) if (!run.over) this.#invoke(isolate, run);
      return;
    }
    const end = loader.end ?? failure('PLUGIN_ERROR', 'the entry did not finish');
    this.#isolates.drop(isolate);
    for (const run of waiting) {
      run.end = end;
      this.#finish(run);
    }
  }

  onTurnFailure(isolate: GuestIsolate, culprit: GuestRun | undefined, failed: TurnFailure): void {
    if (isolate.state === 'dead') return;
    this.#discards += 1;
    // What the run had already said stands only if it said that it failed.
    if (culprit !== undefined && !culprit.over && culprit.end?.type !== 'failed')
      culprit.end = this.#endOf(isolate, culprit, failed);
    this.#isolates.drop(isolate);
    for (const run of [...isolate.runs.values()]) {
      if (run.over) continue;
      if (run !== culprit && !run.invoked && !this.#inspections.has(run)) {
        // Its handler has not been entered yet: it starts over in a fresh isolate.
        run.end = undefined;
        isolate.runs.delete(run.key);
        this.#place(run);
        continue;
      }
      if (run !== culprit)
        run.end = failure(
          'EXECUTOR_LOST',
          'another run of the same plugin had to be stopped, and their isolate with it',
        );
      this.#finish(run);
    }
  }

  #endOf(isolate: GuestIsolate, run: GuestRun, failed: TurnFailure): RunEnd {
    const code = isolate.stop?.code;
    if (code !== undefined) return failure(code, code === 'CPU_LIMIT' ? cpuText(run) : wallText(run));
    switch (failed) {
      case 'memory':
      case 'disposed':
        return failure('MEMORY_LIMIT', memoryText(run));
      case 'timeout':
        return this.now() >= run.deadline - 5 ? failure('TIMEOUT', wallText(run)) : failure('CPU_LIMIT', cpuText(run));
      default:
        return assertNever(failed);
    }
  }

  #finish(run: GuestRun): void {
    if (run.over) return;
    let end = run.end ?? failure('PLUGIN_ERROR', 'the run ended without a result');
    const { isQuiet } = run;
    tellPendingTimers(run, this);
    run.close();
    this.#runs.delete(run.key);
    if (this.#bySeat.get(run.seat) === run) this.#bySeat.delete(run.seat);
    if (this.#inspections.size > 0) this.#inspections.delete(run);
    const { isolate, seat, nonce } = run;
    if (isolate !== undefined) {
      // What filled the memory may still be held by the module, and would fail every run to come.
      if (end.type === 'failed' && end.code === 'MEMORY_LIMIT') this.#isolates.retire(isolate);
      isolate.runs.delete(run.key);
      // The isolate still knows a run that did not end by its own word, or that something goes on of.
      if (isolate.state === 'ready' && !(run.endedItself && isQuiet)) isolate.enterQuietly('forget', [0, run.key]);
      if (isolate.runs.size === 0) this.#isolates.dropIfLeaving(isolate);
    }
    if (run.cancelAt !== undefined && end.type === 'failed') end = failure('CANCELLED', 'the run was cancelled');
    const usage = {
      cpuMs: run.cpuMs,
      memoryMb: isolate?.heapMb ?? 0,
      resultBytes: run.stream?.bytes ?? (end.type === 'failed' ? 0 : end.bytes),
      logLines: run.logLines,
      logBytes: run.logBytes,
      hostCalls: run.hostCalls,
    };
    if (end.type !== 'failed' && run.answerSent) {
      this.send({ type: 'succeeded', hasValue: false, value: '', seat, nonce, usage });
    } else if (end.type === 'responded') {
      const { status, headers, bodyEncoding, body } = end;
      this.send({ type: 'responded', seat, nonce, status, headers, bodyEncoding, body, usage });
    } else {
      this.send({ ...end, seat, nonce, usage });
    }
  }

  #cancel(message: RunAddress): void {
    const run = this.#find(message);
    if (run === undefined || run.cancelAt !== undefined) return;
    run.cancelAt = this.now();
    if (run.isolate?.state === 'ready') run.isolate.enter(run, 'abort', [0, run.key]);
  }

  #tick(): void {
    const nowMs = this.now();
    const { graceMs, softRssMb } = this.#settings;
    const findings: TurnFindings = { busy: [], stuck: [] };
    for (const isolate of this.#isolates.all()) {
      watchTurn(isolate, nowMs, graceMs, findings);
      if (isolate.state === 'ready' && (isolate.inTurn?.forMs ?? 0) > longTurnMs)
        for (const run of isolate.takeUnstarted()) this.#place(run);
    }
    this.#isolates.forgetGone();
    for (const run of this.#runs.values()) if (expire(run, nowMs)) this.#finish(run);
    for (const { run, code } of findings.stuck) this.send({ type: 'stuck', seat: run.seat, nonce: run.nonce, code });
    const busy = findings.busy.join();
    if (busy !== this.#lastBusy) {
      this.#lastBusy = busy;
      this.send({ type: 'busy', seats: findings.busy });
    }
    this.#ticks += 1;
    if (this.#ticks % ticksPerMemoryLook === 0 && process.memoryUsage.rss() > softRssMb * 2 ** 20)
      this.#isolates.dropQuietest();
    if (this.#runs.size === 0 && !this.#isolates.someLeave) {
      clearInterval(this.#ticker);
      this.#ticker = undefined;
    }
  }

  /** V8 lost control over an isolate. Its thread is gone for good; the parent ends this process. */
  #catastrophe(): void {
    for (const isolate of this.#isolates.all()) {
      const run = isolate.inTurn?.run;
      if (run !== undefined)
        this.send({ type: 'stuck', seat: run.seat, nonce: run.nonce, code: isolate.stop?.code ?? 'MEMORY_LIMIT' });
    }
  }

  #inspect({ seat, nonce, code, wallMs, memoryMb }: Extract<ToExecutor, { type: 'inspect' }>): void {
    this.#lastKey += 1;
    const name = `inspection ${this.#lastKey}`;
    const limits = {
      wallMs,
      // One limit, so that an entry that never ends has one answer.
      cpuMs: Infinity,
      memoryMb,
      resultBytes: 0,
      logLines: 1000,
      logBytes: 262_144,
      hostCalls: 100,
      hostCallsAtOnce: 100,
    };
    const profile = { isolateKey: name, sha256: name, limits, fixed: '{}' };
    const order = { seat, nonce, profileId: 0, code: 2, head: '', content: '' };
    const run = new GuestRun(this.#lastKey, profile, order, this.now());
    this.#bundles.set(name, code);
    this.#inspections.set(run, { registrations: [], warnings: new Set() });
    this.#register(run);
    const isolate = this.#isolates.open(name, name, memoryMb);
    this.#listen(isolate);
    run.isolate = isolate;
    isolate.runs.set(run.key, run);
    this.#load(isolate, run, true);
  }

  #inspected(isolate: GuestIsolate, run: GuestRun, { registrations, warnings }: Inspection): void {
    if (run.end !== undefined || !isolate.hasEntry) {
      run.end ??= failure('PLUGIN_ERROR', 'the entry did not finish');
      this.#finish(run);
      return;
    }
    const { seat, nonce } = run;
    const list = JSON.stringify([...warnings].slice(0, 50));
    this.send({ type: 'inspected', seat, nonce, registrations: `[${registrations.join(',')}]`, warnings: list });
    run.close();
    this.#runs.delete(run.key);
  }
}
