/**
 * The program inside an executor: takes runs, enters isolates, sends results. It owns nothing and trusts nobody below it; the parent
 * watches it from outside and kills it when it no longer answers.
 */
import { assertNever } from '@annex/kernel';
import { answerCryptoCall } from '../child/web-crypto.js';
import { emission, maxArgsLength } from '../prelude/emissions.js';
import type { FromExecutor, RunAddress, RunMessage, ToExecutor } from '../wire/messages.js';
import { Guest, type Addon, type PreludeScript, type TurnFailure } from './guest.js';
import { failure, GuestRun, type RunEnd } from './guest-run.js';
import { Lane, type LaneEvents } from './lane.js';

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
}

export interface ExecutorParts {
  addon: Addon;
  prelude: PreludeScript;
  lazySource(name: string): string;
  send(message: FromExecutor): void;
  /** Milliseconds on a clock that only goes forward. */
  now(): number;
}

const tickMs = 20;
const busyAfterMs = 60;
const maxTimersPerRun = 1000;
const headerName = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
// Visible characters, space, tab and bytes above ASCII (RFC 9110 §5.5).
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;

export class Executor implements LaneEvents {
  readonly #parts: ExecutorParts;
  #settings: ExecutorSettings = { callNames: [], maxIsolates: 12, softRssMb: 320, spareMemoryMb: 100, graceMs: 250 };
  #callNames = '[]';
  readonly #bundles = new Map<string, string>();
  readonly #texts = new Map<string, { id: number; text: string }>();
  readonly #runs = new Map<number, GuestRun>();
  readonly #bySlot = new Map<number, GuestRun>();
  readonly #lanes = new Map<string, Lane>();
  readonly #dying = new Set<Lane>();
  readonly #inspections = new Map<number, { registrations: string[]; warnings: Set<string> }>();
  #spare: Guest | undefined;
  #lastKey = 0;
  #discards = 0;
  #ticker: NodeJS.Timeout | undefined;
  #lastBusy = '';

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
  }

  now(): number {
    return this.#parts.now();
  }

  handle(message: ToExecutor): void {
    switch (message.type) {
      case 'configure':
        this.#settings = JSON.parse(message.settings) as ExecutorSettings;
        this.#callNames = JSON.stringify(this.#settings.callNames);
        this.#spare ??= this.#makeGuest(this.#settings.spareMemoryMb);
        return;
      case 'bundle':
        this.#bundles.set(message.sha256, message.code);
        return;
      case 'run':
        this.#start(message);
        return;
      case 'answer':
        this.#answer(message);
        return;
      case 'cancel':
        this.#cancel(message);
        return;
      case 'evict':
        this.#evict(message.prefix);
        return;
      case 'ping':
        this.#parts.send({
          type: 'pong',
          sequence: message.sequence,
          isolates: this.#lanes.size,
          discards: this.#discards,
          rssMb: process.memoryUsage.rss() / 2 ** 20,
        });
        return;
      case 'inspect':
        this.#inspect(message);
        return;
      default:
        assertNever(message);
    }
  }

  #makeGuest(memoryMb: number): Guest {
    return new Guest({
      addon: this.#parts.addon,
      prelude: this.#parts.prelude,
      memoryMb,
      callNames: this.#callNames,
      lazySource: this.#parts.lazySource,
      onCatastrophe: () => this.#catastrophe(),
    });
  }

  #takeGuest(memoryMb: number): Guest {
    const spare = this.#spare;
    if (spare === undefined || memoryMb !== this.#settings.spareMemoryMb) return this.#makeGuest(memoryMb);
    this.#spare = undefined;
    setImmediate(() => {
      this.#spare ??= this.#makeGuest(this.#settings.spareMemoryMb);
    });
    return spare;
  }

  #begin(message: Omit<RunMessage, 'type'>): GuestRun {
    this.#lastKey += 1;
    const run = new GuestRun(this.#lastKey, message, this.now());
    this.#runs.set(run.key, run);
    this.#bySlot.set(run.slot, run);
    this.#ticker ??= setInterval(() => this.#tick(), tickMs);
    return run;
  }

  #start(message: RunMessage): void {
    const { isolateKey, settings, settingsId } = message;
    if (settings !== '') this.#texts.set(isolateKey, { id: settingsId, text: settings });
    this.#place(this.#begin(message));
  }

  /** Gives a run to the warm isolate of its key, or makes one. */
  #place(run: GuestRun): void {
    const { isolateKey, sha256 } = run.message;
    let lane = this.#lanes.get(isolateKey);
    if (lane !== undefined && lane.sha256 !== sha256) {
      this.#lanes.delete(isolateKey);
      this.#retire(lane);
      lane = undefined;
    }
    if (lane === undefined) {
      const code = this.#bundles.get(sha256);
      if (code === undefined) {
        run.end = failure('EXECUTOR_LOST', 'the executor does not hold the bundle');
        this.#finish(run);
        return;
      }
      this.#makeRoom();
      lane = new Lane(isolateKey, sha256, this.#takeGuest(run.limits.memoryMb), this);
      this.#listen(lane);
      this.#lanes.set(isolateKey, lane);
    }
    run.lane = lane;
    lane.runs.set(run.key, run);
    lane.lastUsedAt = this.now();
    if (lane.state === 'ready') {
      this.#invoke(lane, run);
    } else {
      lane.waiting.push(run);
      if (lane.state === 'empty') this.#load(lane, run, 0);
    }
  }

  #load(lane: Lane, run: GuestRun, inspect: number): void {
    lane.state = 'loading';
    const { limits } = run;
    lane.enter(run, 'load', [
      run.key,
      inspect,
      this.#bundles.get(lane.sha256) ?? '',
      limits.resultBytes,
      limits.logLines,
      limits.logBytes,
      limits.hostCalls,
      limits.hostCallsAtOnce,
    ]);
  }

  #invoke(lane: Lane, run: GuestRun): void {
    const { kind, index, settingsId, runText, request, bodyEncoding, body, payload } = run.message;
    const { limits } = run;
    const held = this.#texts.get(lane.key);
    const settings = lane.settingsId === settingsId || held?.id !== settingsId ? '' : held.text;
    if (settings !== '') lane.settingsId = settingsId;
    lane.enter(run, 'invoke', [
      run.key,
      kind,
      index,
      settingsId,
      settings,
      runText,
      request,
      bodyEncoding,
      body,
      payload,
      limits.resultBytes,
      limits.logLines,
      limits.logBytes,
      limits.hostCalls,
      limits.hostCallsAtOnce,
    ]);
  }

  #listen(lane: Lane): void {
    lane.guest.onEmission = (kind, key, n, m, a, b, c) => {
      const run = this.#runs.get(key);
      if (run === undefined || run.over || run.lane !== lane) return;
      switch (kind) {
        case emission.response:
          run.end ??= this.#response(run, n, a, b, c);
          break;
        case emission.value:
          run.end ??= this.#value(run, n === 1, a);
          break;
        case emission.failure:
          run.endedItself = true;
          run.end ??= { type: 'failed', code: a, message: b, stack: c, retryAfterMs: n };
          break;
        case emission.hostCall:
          this.#hostCall(run, n, a, b);
          return;
        case emission.executorCall:
          this.#executorCall(lane, run, n, a, b);
          return;
        case emission.log:
          this.#log(run, n, a, b);
          return;
        case emission.startTimer:
          this.#startTimer(lane, run, n, m);
          return;
        case emission.clearTimer:
          clearTimeout(run.timers.get(n));
          run.timers.delete(n);
          return;
        case emission.registration:
          this.#inspections.get(run.key)?.registrations.push(a);
          return;
        case emission.loaded:
          lane.hasEntry = true;
          return;
        default:
          return;
      }
      if (lane.inTurn === undefined) setImmediate(() => this.#settleIfOver(run));
    };
  }

  #settleIfOver(run: GuestRun): void {
    if (run.end !== undefined && !run.over && run.lane?.inTurn === undefined) this.#finish(run);
  }

  #response(run: GuestRun, status: number, headers: string, body: string, bodyEncoding: string): RunEnd {
    const size = bodyEncoding === 'base64' ? Math.floor((body.length * 3) / 4) : Buffer.byteLength(body);
    if (size > run.limits.resultBytes) return tooLarge(size, run.limits.resultBytes);
    const parts = headers.split('\n');
    for (let index = 0; index + 1 < parts.length; index += 2) {
      const name = parts[index] ?? '';
      if (!headerName.test(name) || !headerValue.test(parts[index + 1] ?? '')) {
        return failure('PLUGIN_ERROR', `the response header ${JSON.stringify(name.slice(0, 64))} is not a valid HTTP header`);
      }
    }
    if (!(status >= 200 && status <= 599)) return failure('PLUGIN_ERROR', `the response status ${status} is not between 200 and 599`);
    return { type: 'responded', status, headers, bodyEncoding, body };
  }

  #value(run: GuestRun, hasValue: boolean, value: string): RunEnd {
    const size = Buffer.byteLength(value);
    if (size > run.limits.resultBytes) return tooLarge(size, run.limits.resultBytes);
    return { type: 'succeeded', hasValue, value };
  }

  #hostCall(run: GuestRun, callId: number, method: string, args: string): void {
    if (this.#inspections.has(run.key)) {
      this.#inspections.get(run.key)?.warnings.add(`the entry calls ${method.slice(0, 64)} while it loads; host calls work only inside handlers`);
      return;
    }
    run.hostCalls += 1;
    if (run.hostCalls > run.limits.hostCalls || args.length > maxArgsLength || run.hostCallsUnderWay.size >= run.limits.hostCallsAtOnce) return;
    run.hostCallsUnderWay.add(callId);
    this.#parts.send({ type: 'call', slot: run.slot, nonce: run.nonce, callId, method, args });
  }

  #executorCall(lane: Lane, run: GuestRun, callId: number, method: string, args: string): void {
    void answerCryptoCall(method, args).then(
      (value) => this.#deliver(lane, run, callId, 1, value, ''),
      (thrown: unknown) => {
        const { code, message } = (thrown ?? {}) as { code?: unknown; message?: unknown };
        this.#deliver(lane, run, callId, 0, typeof code === 'string' ? code : 'OperationError', typeof message === 'string' ? message : 'failed');
      },
    );
  }

  #deliver(lane: Lane, run: GuestRun, callId: number, ok: number, a: string, b: string): void {
    if (run.over || run.lane !== lane || lane.state === 'dead') return;
    lane.enter(run, 'deliver', [run.key, callId, ok, a, b]);
  }

  #answer({ slot, nonce, callId, ok, a, b }: Extract<ToExecutor, { type: 'answer' }>): void {
    const run = this.#find({ slot, nonce });
    if (run?.lane === undefined || !run.hostCallsUnderWay.delete(callId)) return;
    this.#deliver(run.lane, run, callId, ok ? 1 : 0, a, b);
  }

  #find({ slot, nonce }: RunAddress): GuestRun | undefined {
    const run = this.#bySlot.get(slot);
    return run !== undefined && run.nonce === nonce && !run.over ? run : undefined;
  }

  #log(run: GuestRun, level: number, message: string, fields: string): void {
    run.logLines += 1;
    run.logBytes += Buffer.byteLength(message) + Buffer.byteLength(fields);
    if (run.logLines > run.limits.logLines) run.end ??= failure('LOG_LIMIT', `the run logged more than ${run.limits.logLines} lines`);
    else if (run.logBytes > run.limits.logBytes) run.end ??= failure('LOG_LIMIT', `the run logged more than ${run.limits.logBytes} bytes`);
    else this.#parts.send({ type: 'log', slot: run.slot, nonce: run.nonce, timeMs: Date.now(), level, message, fields });
  }

  #startTimer(lane: Lane, run: GuestRun, timerId: number, delayMs: number): void {
    if (run.timers.size >= maxTimersPerRun) return;
    clearTimeout(run.timers.get(timerId));
    const fire = (): void => {
      run.timers.delete(timerId);
      if (!run.over && lane.state === 'ready') lane.enter(run, 'fireTimer', [run.key, timerId]);
    };
    run.timers.set(timerId, setTimeout(fire, delayMs));
  }

  onTurnEnd(lane: Lane, run: GuestRun): void {
    if (run.over || lane.state === 'dead' || run.lane !== lane) return;
    if (run.cpuMs > run.limits.cpuMs) run.end = failure('CPU_LIMIT', cpuText(run));
    if (lane.state === 'loading') {
      this.#loaded(lane, run);
      return;
    }
    run.invoked = true;
    if (run.end !== undefined) this.#finish(run);
  }

  /** The entry has run, or failed to: those who waited for it go on, or fail as it did. */
  #loaded(lane: Lane, loader: GuestRun): void {
    const waiting = lane.waiting.splice(0);
    const inspection = this.#inspections.get(loader.key);
    if (inspection !== undefined) {
      this.#inspected(lane, loader, inspection);
      return;
    }
    if (loader.end === undefined && lane.hasEntry) {
      lane.state = 'ready';
      this.#sampleHeap(lane);
      for (const run of waiting) if (!run.over) this.#invoke(lane, run);
      return;
    }
    const end = loader.end ?? failure('PLUGIN_ERROR', 'the entry did not finish');
    this.#drop(lane);
    for (const run of waiting) {
      run.end = end;
      this.#finish(run);
    }
  }

  onTurnFailure(lane: Lane, culprit: GuestRun | undefined, failed: TurnFailure): void {
    if (lane.state === 'dead') {
      if (lane.inTurn === undefined) this.#dying.delete(lane);
      return;
    }
    this.#discards += 1;
    if (culprit !== undefined && !culprit.over) {
      // What the run had already said stands only if it said that it failed.
      if (culprit.end?.type !== 'failed') culprit.end = this.#endOf(lane, culprit, failed);
    }
    this.#drop(lane);
    for (const run of [...lane.runs.values()]) {
      if (run === culprit) {
        this.#finish(run);
      } else if (!run.over && (lane.waiting.includes(run) || !run.invoked)) {
        this.#again(run);
      } else if (!run.over) {
        run.end = failure('EXECUTOR_LOST', 'another run of the same plugin had to be stopped, and their isolate with it');
        this.#finish(run);
      }
    }
  }

  /** Starts a run over in a fresh isolate: its handler has not been entered yet. */
  #again(run: GuestRun): void {
    run.lane = undefined;
    run.end = undefined;
    this.#place(run);
  }

  #endOf(lane: Lane, run: GuestRun, failed: TurnFailure): RunEnd {
    if (lane.stop !== undefined) return failure(lane.stop.code, lane.stop.code === 'CPU_LIMIT' ? cpuText(run) : wallText(run));
    switch (failed) {
      case 'memory':
        return failure('MEMORY_LIMIT', `the isolate needed more than ${run.limits.memoryMb} MB of heap`);
      case 'timeout':
        return this.now() >= run.deadline - 5 ? failure('TIMEOUT', wallText(run)) : failure('CPU_LIMIT', cpuText(run));
      case 'disposed':
        return failure('MEMORY_LIMIT', `the isolate was stopped; it had a limit of ${run.limits.memoryMb} MB of heap`);
      case 'broken':
        return failure('PLUGIN_ERROR', 'the handler left its isolate in a state that cannot be used');
      default:
        return assertNever(failed);
    }
  }

  /** Takes an isolate out of service. */
  #drop(lane: Lane): void {
    if (this.#lanes.get(lane.key) === lane) this.#lanes.delete(lane.key);
    lane.state = 'dead';
    lane.guest.dispose();
    if (lane.inTurn !== undefined) this.#dying.add(lane);
  }

  /** Lets an isolate finish its runs, then drops it. */
  #retire(lane: Lane): void {
    if (lane.isIdle) this.#drop(lane);
    else this.#dying.add(lane);
  }

  #finish(run: GuestRun): void {
    if (run.over) return;
    const end = run.end ?? failure('PLUGIN_ERROR', 'the run ended without a result');
    run.close();
    this.#runs.delete(run.key);
    if (this.#bySlot.get(run.slot) === run) this.#bySlot.delete(run.slot);
    const { lane } = run;
    if (lane !== undefined) {
      lane.runs.delete(run.key);
      // The isolate itself still knows a run that did not end by its own word.
      if (lane.state === 'ready' && end.type === 'failed' && !run.endedItself) lane.enterQuietly('forget', [run.key]);
      if (lane.state !== 'dead' && this.#lanes.get(lane.key) !== lane && lane.runs.size === 0) this.#drop(lane);
    }
    this.#parts.send({ ...(run.cancelAt !== undefined && end.type === 'failed' ? failure('CANCELLED', 'the run was cancelled') : end), slot: run.slot, nonce: run.nonce, usage: {
      wallMs: this.now() - run.startedAt,
      cpuMs: run.cpuMs,
      memoryMb: lane?.heapMb ?? 0,
      resultBytes: end.type === 'succeeded' ? Buffer.byteLength(end.value) : end.type === 'responded' ? Buffer.byteLength(end.body) : 0,
      logLines: run.logLines,
      logBytes: run.logBytes,
      hostCalls: run.hostCalls,
    } });
  }

  #cancel(message: RunAddress): void {
    const run = this.#find(message);
    if (run === undefined || run.cancelAt !== undefined) return;
    run.cancelAt = this.now();
    if (run.lane?.state === 'ready') run.lane.enter(run, 'abort', [run.key]);
  }

  #evict(prefix: string): void {
    for (const [key, lane] of this.#lanes) {
      if (!key.startsWith(prefix)) continue;
      this.#lanes.delete(key);
      this.#retire(lane);
    }
    for (const key of this.#texts.keys()) if (key.startsWith(prefix) && !this.#lanes.has(key)) this.#texts.delete(key);
  }

  #makeRoom(): void {
    while (this.#lanes.size >= this.#settings.maxIsolates && this.#dropOldestIdle());
  }

  #dropOldestIdle(): boolean {
    let oldest: Lane | undefined;
    for (const lane of this.#lanes.values()) {
      if (lane.isIdle && (oldest === undefined || lane.lastUsedAt < oldest.lastUsedAt)) oldest = lane;
    }
    if (oldest !== undefined) this.#drop(oldest);
    return oldest !== undefined;
  }

  #sampleHeap(lane: Lane): void {
    lane.heapSampledAt = this.now();
    void lane.guest.heapMb().then((heapMb) => {
      if (heapMb !== undefined) lane.heapMb = heapMb;
    });
  }

  #tick(): void {
    const now = this.now();
    const busy: number[] = [];
    for (const lane of [...this.#lanes.values(), ...this.#dying]) this.#watchTurn(lane, now, busy);
    for (const run of this.#runs.values()) {
      const inTurn = run.lane?.inTurn?.run === run;
      if (run.over || inTurn) continue;
      if (now >= run.deadline) {
        run.end ??= failure('TIMEOUT', wallText(run));
        this.#finish(run);
      } else if (run.cancelAt !== undefined && now - run.cancelAt >= 250) {
        run.end ??= failure('CANCELLED', 'the run was cancelled');
        this.#finish(run);
      }
    }
    const key = busy.join();
    if (key !== this.#lastBusy) {
      this.#lastBusy = key;
      this.#parts.send({ type: 'busy', slots: busy.slice(0, 1024) });
    }
    if (process.memoryUsage.rss() > this.#settings.softRssMb * 2 ** 20) this.#dropOldestIdle();
    if (this.#runs.size === 0 && this.#dying.size === 0) {
      clearInterval(this.#ticker);
      this.#ticker = undefined;
    }
  }

  #watchTurn(lane: Lane, now: number, busy: number[]): void {
    const turn = lane.inTurn;
    if (turn === undefined) {
      if (lane.state === 'dead') this.#dying.delete(lane);
      else if (lane.runs.size > 0 && now - lane.heapSampledAt > 1000) this.#sampleHeap(lane);
      return;
    }
    const { run } = turn;
    if (turn.forMs > busyAfterMs && run !== undefined) busy.push(run.slot);
    if (run === undefined || run.over) {
      if (lane.stop === undefined && lane.state === 'dead') lane.stop = { code: 'TIMEOUT', at: now, reported: false };
    } else if (lane.stop === undefined) {
      const cpuLeftMs = run.limits.cpuMs - run.cpuMs;
      const isCancelled = run.cancelAt !== undefined && now - run.cancelAt >= 250;
      if (turn.forMs >= cpuLeftMs && turn.processCpuMs >= cpuLeftMs) lane.stop = { code: 'CPU_LIMIT', at: now, reported: false };
      else if (now >= run.deadline) lane.stop = { code: 'TIMEOUT', at: now, reported: false };
      else if (isCancelled) lane.stop = { code: 'CANCELLED', at: now, reported: false };
      if (lane.stop !== undefined) lane.guest.dispose();
    }
    if (lane.stop !== undefined && !lane.stop.reported && now - lane.stop.at >= this.#settings.graceMs && run !== undefined) {
      lane.stop.reported = true;
      this.#parts.send({ type: 'stuck', slot: run.slot, nonce: run.nonce, code: lane.stop.code });
    }
  }

  #catastrophe(): void {
    for (const lane of [...this.#lanes.values(), ...this.#dying]) {
      const run = lane.inTurn?.run;
      if (run !== undefined) this.#parts.send({ type: 'stuck', slot: run.slot, nonce: run.nonce, code: lane.stop?.code ?? 'MEMORY_LIMIT' });
    }
  }

  #inspect(message: Extract<ToExecutor, { type: 'inspect' }>): void {
    const limits = {
      wallMs: message.wallMs,
      cpuMs: message.wallMs,
      memoryMb: message.memoryMb,
      resultBytes: 0,
      logLines: 1000,
      logBytes: 262_144,
      hostCalls: 100,
      hostCallsAtOnce: 100,
    };
    const sha256 = `inspect ${this.#lastKey + 1}`;
    this.#bundles.set(sha256, message.code);
    const run = this.#begin({ ...message, isolateKey: sha256, sha256, kind: 2, index: 0, settingsId: 0, settings: '', runText: '', request: '', bodyEncoding: '', body: '', payload: undefined, limits });
    this.#inspections.set(run.key, { registrations: [], warnings: new Set() });
    const lane = new Lane(sha256, sha256, this.#makeGuest(message.memoryMb), this);
    this.#listen(lane);
    this.#lanes.set(sha256, lane);
    run.lane = lane;
    lane.runs.set(run.key, run);
    this.#load(lane, run, 1);
  }

  #inspected(lane: Lane, run: GuestRun, { registrations, warnings }: { registrations: string[]; warnings: Set<string> }): void {
    if (run.end === undefined && lane.hasEntry) {
      this.#parts.send({
        type: 'inspected',
        slot: run.slot,
        nonce: run.nonce,
        registrations: `[${registrations.join(',')}]`,
        warnings: JSON.stringify([...warnings].slice(0, 50)),
      });
      run.close();
    } else {
      run.end ??= failure('PLUGIN_ERROR', 'the entry did not finish');
      this.#finish(run);
    }
  }
}

function tooLarge(size: number, limit: number): RunEnd {
  return failure('OUTPUT_LIMIT', `the result is ${size} bytes, the limit is ${limit}`);
}

function cpuText(run: GuestRun): string {
  return `the run used ${Math.round(run.cpuMs)} ms of processor time, the limit is ${run.limits.cpuMs}`;
}

function wallText(run: GuestRun): string {
  return `the run took longer than ${run.limits.wallMs} ms`;
}

