/**
 * One executor as its parent sees it: a child process, the stream to it, and the runs it holds. Everything that arrives
 * is checked against the table of runs in flight; when the process ends, every run in that table gets its outcome at
 * once.
 */
import { isAnnexError, messageOf, type Logger } from '@annex/kernel';
import { readFileSync } from 'node:fs';
import type { ConfinementReport } from '../confinement/confine-self.js';
import { hasCrashed, type Launched } from '../confinement/launch.js';
import type { Ending } from '../confinement/start-process.js';
import type { ExecutorSettings } from '../isolate/executor.js';
import { handlerKinds } from '../prelude/emissions.js';
import type { HostCallAnswer, KillReport, Lane, RunRequest, SandboxErrorCode } from '../sandbox.js';
import { FrameReader, FrameWriter, type Frame } from '../wire/frames.js';
import {
  handlerCode,
  readFromExecutor,
  writeToExecutor,
  type FromExecutor,
  type ToExecutor,
} from '../wire/messages.js';
import { sandboxLimits } from '@annex/limits/sandbox';
import { Allowance } from './allowance.js';
import { AnswerStream } from './answer-stream.js';
import { newNonce, type Flight, type FlightOwner } from './flight.js';
import { answerOf, asFailureCode, logOf, outcomeOf, registrationsOf, textsOf, usageOf } from './results.js';
import type { Profiles } from './profiles.js';
import { Seats } from './seats.js';

/** The largest message an executor may send, in bytes; a larger one ends it. */
const maxFrameBytes = 48 * 1024 * 1024;
/** An executor that has been sent more is replaced. */
const maxHeldBundles = 256;
const maxHeldProfiles = 2048;
/** Messages that nobody asked for, in the life of one executor. */
const maxUnknownReplies = 5000;
/** Messages about no run that it may send between two pings. */
const maxSmallTalk = 1000;
/**
 * So many runs leave in one write. A write that wakes the executor costs about what a run costs; but while it works on
 * the first of them, this thread reads the next requests.
 */
const runsPerWrite = 4;
/** A process that has ended is known to have within this time after its stream was closed. */
const exitAfterStreamMs = 2000;

export interface ExecutorEvents {
  onReady(executor: ProcessExecutor): void;
  /** The first executor made the prelude's code cache; later ones are given it. */
  onPreludeCache(cache: string): void;
  /** A run has its outcome, or the executor's last word about it came. */
  onIdleSeat(executor: ProcessExecutor): void;
  onExit(executor: ProcessExecutor): void;
  onKill(report: KillReport): void;
}

export interface ProcessExecutorOptions {
  launched: Launched;
  settings: ExecutorSettings;
  profiles: Profiles;
  events: ExecutorEvents;
  logger: Logger;
  now(): number;
}

/** Why the parent ended an executor. */
export type KillCause = KillReport['reason'] | 'stopped' | 'retired' | 'relieved';

export class ProcessExecutor {
  /** Settled when the process is gone. */
  readonly exited: Promise<Ending>;
  readonly startedAt: number;
  /** Runs it holds, those whose outcome is out but whose end it has not confirmed included. */
  readonly flights = new Seats();
  state: 'starting' | 'ready' | 'dead' = 'starting';
  /** Takes no new runs; ended when the last one is over. */
  isDraining = false;
  tenantKey: string | undefined;
  /** Whose work it does, once it has a tenant. */
  lane: Lane = 'foreground';
  lastUsedAt: number;
  runs = 0;
  isolates = 0;
  discards = 0;
  rssBytes = 0;
  /** What of it is not pages of the program, which all executors share. */
  ownBytes = 0;
  unknownReplies = 0;
  confinement: ConfinementReport | undefined;
  pingSentAt: number | undefined;
  /** Runs whose time is over and whose end it has not confirmed: it gets no new ones meanwhile. */
  overdue = 0;
  readonly #options: ProcessExecutorOptions;
  readonly #writer = new FrameWriter();
  readonly #allowance: Allowance;
  /** Nothing of it is read until its allowance is above zero again. */
  #rest: NodeJS.Timeout | undefined;
  readonly #heldBundles = new Set<string>();
  readonly #bundlesUnderWay = new Map<string, Promise<void>>();
  /** Profiles that it was sent, with the isolate's key of each. */
  readonly #heldProfiles = new Map<number, string>();
  #isFlushing = false;
  /** Runs that wait for the next write. */
  #unsentRuns = 0;
  #busy: number[] = [];
  /** Messages about no run that it may still send before the next ping. */
  #smallTalkLeft = maxSmallTalk;
  #kill: { cause: KillCause; culprits: Map<Flight, SandboxErrorCode> } | undefined;
  #sequence = 0;
  /** Whose run it was given last. */
  #lastOwner: FlightOwner | undefined;
  /** Its stream is closed, and its end is awaited. */
  #leaving: NodeJS.Timeout | undefined;

  constructor(options: ProcessExecutorOptions) {
    const { launched, now } = options;
    this.#options = options;
    this.startedAt = now();
    this.lastUsedAt = this.startedAt;
    this.#allowance = new Allowance({
      bytesPerSecond: sandboxLimits.executorBytesPerSecond,
      burstBytes: sandboxLimits.executorBurstBytes,
      now,
    });
    const reader = new FrameReader(maxFrameBytes, (frame) => this.#read(frame));
    launched.stream.on('data', (chunk: Buffer) => {
      if (this.state === 'dead') return;
      try {
        reader.push(chunk);
      } catch (thrown) {
        this.#faulty(messageOf(thrown));
      }
    });
    launched.stream.on('error', () => this.#lostStream());
    launched.stream.on('close', () => this.#lostStream());
    this.exited = launched.exited;
    void launched.exited.then((ending) => this.#ended(ending));
    this.#send({ type: 'configure', settings: JSON.stringify(options.settings) });
  }

  /** The program's process. */
  get pid(): number {
    return this.#options.launched.pid;
  }

  /** Whether nothing that it says is read now: its silence is no sign of anything. */
  get isUnheard(): boolean {
    return this.#rest !== undefined;
  }

  /**
   * Since when it holds streams and nothing else. `undefined`: it holds none, or a run whose answer somebody waits for.
   */
  get streamsSince(): number | undefined {
    let since: number | undefined;
    for (const { stream, startedAt } of this.flights) {
      if (stream === undefined) return undefined;
      since = Math.min(since ?? startedAt, startedAt);
    }
    return since;
  }

  /** Takes a flight in. Its bundle is sent first when the executor does not hold it. */
  accept(flight: Flight): void {
    this.flights.seat(flight);
    flight.nonce = newNonce();
    this.runs += 1;
    this.lastUsedAt = this.#options.now();
    this.#lastOwner = flight.owner;
    const { job, limits } = flight;
    if (job.type === 'inspect') {
      flight.isSent = true;
      const { seat, nonce } = flight;
      this.#send({ type: 'inspect', seat, nonce, code: job.code, wallMs: limits.wallMs, memoryMb: limits.memoryMb });
    } else if (this.#heldBundles.has(job.request.bundleSha256)) {
      this.#sendRun(flight, job.request);
    } else {
      void this.#fetchBundle(job.request).then(
        () => this.#sendRun(flight, job.request),
        (thrown: unknown) => {
          this.#options.logger.error(
            { reason: messageOf(thrown), runId: job.request.runId },
            'a bundle could not be loaded',
          );
          if (isAnnexError(thrown) && thrown.code === 'OVERLOADED')
            flight.fail('OVERLOADED', thrown.detail, this.#options.now());
          else flight.fail('EXECUTOR_LOST', 'the bundle could not be loaded', this.#options.now());
          this.#forget(flight);
        },
      );
    }
  }

  #fetchBundle(request: RunRequest): Promise<void> {
    const { bundleSha256 } = request;
    const known = this.#bundlesUnderWay.get(bundleSha256);
    if (known !== undefined) return known;
    const loading = request.loadBundle().then(({ code }) => {
      if (this.#heldBundles.size >= maxHeldBundles) this.isDraining = true;
      this.#heldBundles.add(bundleSha256);
      this.#send({ type: 'bundle', sha256: bundleSha256, code });
    });
    const done = loading.finally(() => this.#bundlesUnderWay.delete(bundleSha256));
    this.#bundlesUnderWay.set(bundleSha256, done);
    return done;
  }

  #sendRun(flight: Flight, request: RunRequest): void {
    if (flight.isOver || this.state === 'dead') {
      this.#forget(flight);
      return;
    }
    flight.isSent = true;
    const { context, handler, payload } = request;
    const profile = this.#options.profiles.of(request);
    const isHeld = this.#heldProfiles.has(profile.id);
    if (!isHeld) {
      if (this.#heldProfiles.size >= maxHeldProfiles) this.isDraining = true;
      this.#heldProfiles.set(profile.id, request.isolateKey);
    }
    let head = JSON.stringify({ user: context.user, run: context.run });
    let content = payload === undefined ? 0 : 3;
    if (request.request !== undefined) {
      const { method, url, headers, params, query, body } = request.request;
      head += `\n${JSON.stringify({ method, url, headers, params, query })}`;
      content = body === null ? 0 : body.encoding === 'utf8' ? 1 : 2;
    }
    this.#send({
      type: 'run',
      seat: flight.seat,
      nonce: flight.nonce,
      profileId: profile.id,
      profile: isHeld ? '' : profile.text,
      code: handlerCode(handlerKinds.indexOf(handler.kind), content, handler.index),
      head,
      content: request.request?.body?.data ?? payload ?? '',
    });
  }

  cancel(flight: Flight): void {
    if (flight.isSent) this.#send({ type: 'cancel', seat: flight.seat, nonce: flight.nonce });
    else if (flight.isOver) this.#forget(flight);
  }

  evict(prefix: string): void {
    this.#send({ type: 'evict', prefix });
  }

  ping(): void {
    this.#sequence += 1;
    this.#smallTalkLeft = maxSmallTalk;
    this.pingSentAt = this.#options.now();
    this.#send({ type: 'ping', sequence: this.#sequence });
  }

  /** Ends the process, at once. `culprits` get the code given, every other run `EXECUTOR_LOST`. */
  kill(cause: KillCause, culprits: Map<Flight, SandboxErrorCode> = new Map()): void {
    if (this.state === 'dead') return;
    this.#kill ??= { cause, culprits };
    this.#gone();
  }

  /**
   * Flights whose turn goes on, as far as the executor said or its process name shows: that one tells an isolate, and
   * of its flights those are meant that wait for no host call, if there are any.
   */
  suspects(): Flight[] {
    const sent = [...this.flights].filter(({ isSent }) => isSent);
    const busy = sent.filter(({ seat }) => this.#busy.includes(seat));
    const marked = this.pingSentAt === undefined ? undefined : this.#markedIsolate();
    if (marked === undefined) return busy;
    const inside = sent.filter(({ job }) => job.type === 'run' && job.request.isolateKey === marked);
    const computing = inside.filter(({ callsUnderWay }) => callsUnderWay.size === 0);
    return [...new Set([...busy, ...(computing.length > 0 ? computing : inside)])];
  }

  /**
   * Those to blame for what the process did: the suspects; when there are none, whoever did not wait for a host call.
   */
  blamed(): Flight[] {
    const suspects = this.suspects();
    if (suspects.length > 0) return suspects;
    return [...this.flights].filter((flight) => flight.isSent && flight.callsUnderWay.size === 0);
  }

  /** The key of the isolate that the executor was waiting for when it last had a chance to say so (Linux). */
  #markedIsolate(): string | undefined {
    try {
      const name = /^annex-exec (\d+)$/.exec(readFileSync(`/proc/${this.pid}/comm`, 'utf8').trim());
      return name === null ? undefined : this.#heldProfiles.get(Number(name[1]));
    } catch {
      return undefined;
    }
  }

  /** Reads the resident size from the kernel; where there is no /proc, the executor's own word stands. */
  sampleRss(): void {
    try {
      const [, resident, shared] = readFileSync(`/proc/${this.pid}/statm`, 'latin1').split(' ').map(Number);
      this.rssBytes = (resident ?? 0) * 4096;
      this.ownBytes = this.rssBytes - (shared ?? 0) * 4096;
    } catch {
      // Not Linux, or it has just ended.
    }
  }

  /** Counts a large message that it sent or was sent, and reads no more of it while it has had more than its part. */
  #charge(bytes: number): void {
    if (bytes < sandboxLimits.largeMessageBytes) return;
    const { now, launched } = this.#options;
    const waitMs = this.#allowance.take(bytes);
    if (waitMs < 1 || this.#rest !== undefined || this.state === 'dead') return;
    launched.stream.pause();
    const since = now();
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      // Its silence meanwhile was ours.
      if (this.pingSentAt !== undefined) this.pingSentAt += now() - Math.max(since, this.pingSentAt);
      for (const flight of this.flights) flight.excuse(since, now());
      launched.stream.resume();
    }, waitMs);
  }

  #send(message: ToExecutor): void {
    if (this.state === 'dead') return;
    writeToExecutor(this.#writer, message);
    if (message.type === 'run' && (this.#unsentRuns += 1) >= runsPerWrite) this.#flush();
    else this.#flushSoon();
  }

  /** Once per round of the event loop. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    this.#unsentRuns = 0;
    const chunk = this.#writer.take();
    if (chunk === undefined || this.state === 'dead') return;
    this.#options.launched.stream.write(chunk);
    this.#charge(chunk.length);
  }

  #read(frame: Frame): void {
    if (this.state === 'dead') return;
    this.#charge(frame.end - frame.at);
    const message = readFromExecutor(frame);
    switch (message.type) {
      case 'ready':
        if (this.state !== 'starting') return this.#drop();
        this.confinement = JSON.parse(message.report) as ConfinementReport;
        this.state = 'ready';
        this.#options.launched.settled();
        this.#options.events.onReady(this);
        return;
      case 'prelude':
        if (this.tenantKey === undefined && this.runs === 0 && this.state === 'starting')
          this.#options.events.onPreludeCache(message.cache);
        else this.#drop();
        return;
      case 'pong':
        if (message.sequence !== this.#sequence || this.pingSentAt === undefined) return this.#drop();
        this.pingSentAt = undefined;
        this.isolates = message.isolates;
        this.discards = message.discards;
        if (process.platform !== 'linux') this.rssBytes = this.ownBytes = message.rssMb * 2 ** 20;
        return;
      case 'busy':
        this.#busy = message.seats;
        return this.#smallTalk();
      default:
        break;
    }
    const flight = this.flights.at(message.seat);
    if (flight === undefined || flight.nonce !== message.nonce) {
      this.#drop();
      return;
    }
    this.#readAbout(flight, message);
  }

  #readAbout(flight: Flight, message: Exclude<FromExecutor, { type: 'ready' | 'prelude' | 'pong' | 'busy' }>): void {
    const { now } = this.#options;
    switch (message.type) {
      case 'call':
        if (!flight.isOver) this.#hostCall(flight, message);
        return;
      case 'log':
        if (!flight.isOver) this.#log(flight, message);
        return;
      case 'stuck':
        this.kill('unresponsive', new Map([[flight, asFailureCode(message.code)]]));
        return;
      case 'inspected': {
        if (flight.job.type !== 'inspect' || flight.isOver) return;
        const registrations = registrationsOf(message.registrations);
        if (registrations === undefined) {
          flight.fail('PLUGIN_ERROR', 'what the entry registers is not understood', now());
        } else {
          flight.isOver = true;
          flight.job.resolve({ ok: true, registrations, warnings: textsOf(message.warnings) });
          flight.onOver();
        }
        this.#forget(flight);
        return;
      }
      case 'answered':
        this.#answered(flight, message);
        return;
      case 'chunk':
        this.#chunk(flight, message);
        return;
      case 'succeeded':
      case 'responded':
      case 'failed':
        if (message.type === 'failed' && message.code === 'MEMORY_LIMIT') this.isDraining = true;
        flight.settle(now(), ({ wallMs }) => {
          const outcome = outcomeOf(message, flight.limits, usageOf(message.usage, wallMs));
          return outcome.status === 'succeeded' && flight.answer !== undefined
            ? { ...outcome, ...flight.answer }
            : outcome;
        });
        this.#forget(flight);
        return;
    }
  }

  /** A handler has answered and its run goes on. Only the first answer counts. */
  #answered(flight: Flight, message: Extract<FromExecutor, { type: 'answered' }>): void {
    if (flight.isOver) return;
    if (flight.answer !== undefined || flight.job.type !== 'run') return this.#drop();
    const answer = answerOf(message, flight.limits);
    const isStream = message.bodyEncoding === 'stream';
    const limits = flight.limits.stream;
    if (answer === undefined || (isStream && (limits === undefined || answer.response === undefined))) {
      this.#faulty('it told an answer that is none', [flight]);
      return;
    }
    flight.answer = answer;
    const { response } = answer;
    if (response === undefined) return;
    if (isStream && limits !== undefined) {
      const { seat, nonce } = flight;
      const stream = new AnswerStream({
        maxBytes: limits.bytes,
        idleMs: limits.idleMs,
        onCredit: (bytes) => {
          if (!flight.isOver) this.#send({ type: 'credit', seat, nonce, bytes });
        },
        onAbandoned: () => this.cancel(flight),
      });
      flight.beginStream(stream, limits, this.#options.now());
      response.stream = stream;
    }
    flight.job.request.onResponse?.(response);
  }

  #chunk(flight: Flight, { data, isLast }: Extract<FromExecutor, { type: 'chunk' }>): void {
    if (flight.isOver) return;
    if (flight.stream?.add(Buffer.from(data, 'base64'), isLast) !== true)
      this.#faulty('it sent more of a stream than it may', [flight]);
  }

  #hostCall(flight: Flight, { callId, method, args, text }: Extract<FromExecutor, { type: 'call' }>): void {
    const { job, limits } = flight;
    flight.hostCalls += 1;
    if (
      job.type !== 'run' ||
      flight.hostCalls > limits.hostCalls ||
      flight.callsUnderWay.size >= limits.hostCallsAtOnce
    ) {
      this.#drop();
      return;
    }
    flight.callsUnderWay.set(callId, method);
    const reply = (answer: HostCallAnswer): void => {
      flight.callsUnderWay.delete(callId);
      if (flight.isOver || !this.flights.has(flight)) return;
      const { seat, nonce } = flight;
      if (answer.ok) this.#send({ type: 'answer', seat, nonce, callId, ok: true, a: answer.value, b: '' });
      else this.#send({ type: 'answer', seat, nonce, callId, ok: false, a: answer.code, b: answer.message });
    };
    job.request.hostCall(text === '' ? { method, args } : { method, args, text }).then(reply, (thrown: unknown) => {
      this.#options.logger.error({ method: method.slice(0, 64), reason: messageOf(thrown) }, 'a host call threw');
      reply({ ok: false, code: 'INTERNAL', message: 'the host call failed' });
    });
  }

  #log(flight: Flight, message: Extract<FromExecutor, { type: 'log' }>): void {
    flight.logLines += 1;
    flight.logBytes += message.message.length + message.fields.length;
    if (
      flight.job.type !== 'run' ||
      flight.logLines > flight.limits.logLines ||
      flight.logBytes > flight.limits.logBytes
    ) {
      this.#drop();
      return;
    }
    flight.job.request.log(logOf(message));
  }

  /** A word about no run is free as long as it is one of those that an honest executor has cause for. */
  #smallTalk(): void {
    if (this.#smallTalkLeft < 1) this.#drop();
    else this.#smallTalkLeft -= 1;
  }

  /** Counts a message that nobody asked for. A few come late; many are an attack on this process. */
  #drop(): void {
    this.unknownReplies += 1;
    if (this.unknownReplies > maxUnknownReplies)
      this.#faulty(`more than ${maxUnknownReplies} messages that nobody asked for`);
  }

  /** Forgets a flight; its seat may be used again. */
  #forget(flight: Flight): void {
    if (!this.flights.has(flight)) return;
    this.flights.leave(flight);
    if (flight.overdueAt !== undefined) this.overdue -= 1;
    this.lastUsedAt = this.#options.now();
    this.#options.events.onIdleSeat(this);
  }

  /** Ends an executor that does what none does: whoever is to blame is billed as for a hang. */
  #faulty(reason: string, culprits = this.blamed()): void {
    if (this.state === 'dead') return;
    this.#options.logger.warn({ pid: this.pid, reason }, 'an executor broke the protocol and was ended');
    this.kill('hostile', new Map(culprits.map((flight) => [flight, 'EXECUTOR_LOST'])));
  }

  /** Its stream is closed: it has ended, and how is known in a moment, or it only closed the stream to its parent. */
  #lostStream(): void {
    if (this.state === 'dead') return;
    // What came while this process was busy is read before the verdict.
    this.#leaving ??= setTimeout(() => setImmediate(() => this.#faulty('it closed its stream')), exitAfterStreamMs);
  }

  #ended(ending: Ending): void {
    if (this.state === 'dead') return;
    const { code, signal, outOfMemory = false } = ending;
    const complaints = this.#options.launched.complaints();
    this.#options.logger.warn({ pid: this.pid, code, signal, outOfMemory, complaints }, 'an executor ended by itself');
    // A process that could not go on could not because of the run whose turn was under way.
    if (outOfMemory) this.kill('memory', new Map(this.blamed().map((flight) => [flight, 'MEMORY_LIMIT'])));
    else if (hasCrashed(ending))
      this.kill('crashed', new Map(this.blamed().map((flight) => [flight, 'EXECUTOR_LOST'])));
    // Nothing in an executor ends it while it has runs.
    else if (code !== null && this.state === 'ready' && this.flights.size > 0) this.#faulty(`it ended with ${code}`);
    else this.#gone();
  }

  /** The process has ended, or is being ended: every run it held has its outcome now. */
  #gone(): void {
    if (this.state === 'dead') return;
    const wasReady = this.state === 'ready';
    const kill = this.#kill ?? { cause: 'stopped', culprits: new Map<Flight, SandboxErrorCode>() };
    this.state = 'dead';
    clearTimeout(this.#leaving);
    clearTimeout(this.#rest);
    const { launched, now, events } = this.#options;
    launched.kill();
    launched.stream.destroy();
    const nowMs = now();
    const billed = new Map<string, FlightOwner>();
    for (const flight of this.flights) {
      const code = kill.culprits.get(flight);
      if (code !== undefined) billed.set(`${flight.owner.tenantId} ${flight.owner.installationId}`, flight.owner);
      if (code === undefined) flight.fail('EXECUTOR_LOST', 'the executor that ran this was lost', nowMs);
      else flight.fail(code, killText(code, kill.cause, flight), nowMs);
    }
    // An executor that breaks the protocol between two runs does so for the last one.
    if (kill.cause === 'hostile' && this.flights.size === 0 && this.#lastOwner !== undefined)
      billed.set('', this.#lastOwner);
    this.flights.clear();
    if (kill.cause !== 'stopped' && kill.cause !== 'retired' && kill.cause !== 'relieved') {
      for (const owner of billed.values()) events.onKill({ ...owner, reason: kill.cause, atMs: Date.now() });
    }
    if (!wasReady && (this.#kill === undefined || this.#kill.cause === 'crashed'))
      this.#options.logger.error(
        { pid: this.pid, complaints: launched.complaints() },
        'an executor ended before it was ready',
      );
    events.onExit(this);
  }

  get killCause(): KillCause | undefined {
    return this.#kill?.cause;
  }
}

function killText(code: SandboxErrorCode, cause: KillCause, { limits }: Flight): string {
  if (code === 'CPU_LIMIT')
    return `the run used more than ${limits.cpuMs} ms of processor time and could only be stopped by force`;
  if (cause === 'relieved')
    return 'the executors together had no memory left, and the one that ran this had most of it';
  if (code === 'OVERLOADED')
    return 'the stream gave way: another tenant waited for an executor, and all of them were taken';
  if (cause === 'crashed')
    return 'the executor that ran this could not go on and ended; the operator’s log has its last words';
  if (code === 'EXECUTOR_LOST') return 'the executor that ran this broke the protocol with its host and was ended';
  if (code === 'MEMORY_LIMIT')
    return `the run needed more memory than its executor may have; its heap limit is ${limits.memoryMb} MB`;
  return `the run took longer than ${limits.wallMs} ms and could only be stopped by force`;
}
