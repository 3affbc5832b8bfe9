/**
 * One compiler as its parent sees it: a confined process, its engine behind walls of its own, and the one package that
 * they check. Both are killed when the report is there, and when they took too much.
 */
import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { messageOf, type Logger } from '@annex/kernel';
import { bundleLimits } from '@annex/limits';
import type { EntryInspection, PackageBundle, PackageReport } from '@annex/manifest';
import { confinedFlags, launchConfined, type ConfinedProgram, type Launched } from '../confinement/launch.js';
import type { ConfinementReport } from '../confinement/confine-self.js';
import { foreignDescriptors, openDescriptors } from '../confinement/descriptors.js';
import { launchRooted } from '../confinement/launch-rooted.js';
import { Between, type Started } from '../confinement/start-process.js';
import type { SandboxTier } from '../confinement/tier.js';
import type { LentUser } from '../confinement/users.js';
import { esbuildVersion, type CompilerFiles } from './compiler-files.js';
import { addressSpaceMb, maxReportBytes, maxScripts, type CompilerLimits } from './limits.js';
import type { CheckSettings, FromCompiler } from './messages.js';
import { unpackReport } from './report.js';
import { isList, isRecord, isText } from './report-shapes.js';
import { encodeMessage, MessageReader } from './wire.js';

/** How the check of a package ended. */
export type CheckEnd =
  | { kind: 'report'; report: PackageReport }
  /** It used up its processor time, its time or its memory. */
  | { kind: 'cpu' | 'wall' | 'memory' }
  /** The process or its engine ended by itself. */
  | { kind: 'crashed' }
  /** Somebody ended it; the package may be sound. */
  | { kind: 'lost' }
  /** It said what no honest compiler says. */
  | { kind: 'hostile'; reason: string };

export interface CheckJob {
  bytes: Uint8Array;
  settings: CheckSettings;
  limits: CompilerLimits;
  /** Runs a script once, without `ctx`. What it throws ends the check and is thrown on. */
  inspect(bundle: PackageBundle): Promise<EntryInspection>;
}

interface Underway {
  job: CheckJob;
  inspections: Map<string, EntryInspection>;
  /** Scripts that it asked to be tried out. */
  asked: number;
  startedAt: number;
  resolve(end: CheckEnd): void;
  reject(thrown: unknown): void;
}

export interface CompilerProcessOptions {
  files: CompilerFiles;
  tier: SandboxTier;
  /** Whom its processes run as: the program, and its engine if that is apart. */
  users: readonly LentUser[];
  logger: Logger;
}

const watchEveryMs = 50;
/**
 * Exit codes of the program itself: it gave up. Any other end came from outside or from the kernel, and a helper may
 * have turned it into a code.
 */
const ownExits = [0, 7, 70];
/** After so much processor time the kernel ends an engine whose parent is gone, in seconds. */
const engineCpuS = 60;
/** More than the memory after which the parent ends it, with a better word than V8 has. */
const heapMb = 3072;
/** Kernel ticks a second in /proc/<pid>/stat, on every Linux that Node runs on. */
const ticksPerSecond = 100;

export class CompilerProcess {
  /** Settled when it is confined and may be given a package; rejects when it is not, or did not start. */
  readonly ready: Promise<void>;
  /** Settled when both processes are gone. */
  readonly exited: Promise<unknown>;
  isReady = false;
  isOver = false;
  readonly #launched: Launched;
  /** `undefined`: the engine runs inside the process, as WebAssembly. */
  readonly #engine: Started | undefined;
  readonly #options: CompilerProcessOptions;
  readonly #program: ConfinedProgram;
  readonly #readiness = Promise.withResolvers<void>();
  #underway: Underway | undefined;
  #watcher: NodeJS.Timeout | undefined;
  #cpuAtStartMs = 0;

  constructor(options: CompilerProcessOptions) {
    this.#options = options;
    const { files, tier, users } = options;
    const [own, apart] = users;
    if (own === undefined) throw new Error('a compiler without a user');
    this.#program = programOf(files, apart === undefined);
    const between: [Between, Between] = [new Between(), new Between()];
    this.#launched = launchConfined(this.#program, {
      tier,
      user: own,
      addressSpaceMb,
      between: apart === undefined ? [] : between,
    });
    this.#engine = apart && this.#startEngine(apart, between);
    const ends = [this.#launched.exited, this.#engine?.exited];
    this.exited = Promise.all(ends).finally(() => users.forEach((user) => user.giveBack()));
    this.ready = this.#readiness.promise;
    this.ready.catch(() => undefined);
    this.#listen();
  }

  /** Checks one package. To be called once, when it is ready. */
  check(job: CheckJob): Promise<CheckEnd> {
    return new Promise((resolve, reject) => {
      this.#underway = { job, inspections: new Map(), asked: 0, startedAt: performance.now(), resolve, reject };
      if (this.isOver) return this.#end({ kind: 'lost' });
      this.#cpuAtStartMs = this.#cpuMs();
      this.#watcher = setInterval(() => this.#look(), watchEveryMs);
      this.#send({ type: 'check', settings: job.settings }, [job.bytes]);
    });
  }

  /** Ends both processes. A check under way is lost. */
  kill(): void {
    this.#end({ kind: 'lost' });
  }

  get pids(): number[] {
    return [this.#launched.pid, ...(this.#engine?.pid === undefined ? [] : [this.#engine.pid])];
  }

  #startEngine(user: LentUser, between: [Between, Between]): Started {
    const { files, tier } = this.#options;
    return launchRooted(engineProgram(files), {
      tier,
      user,
      addressSpaceMb,
      cpuS: engineCpuS,
      between,
    });
  }

  #listen(): void {
    const { stream } = this.#launched;
    const reader = new MessageReader(
      { maxHeadBytes: maxReportBytes, maxRestBytes: (head) => this.#maxRestBytes(head) },
      ({ head, rest }) => this.#take(head, rest),
    );
    stream.on('data', (chunk: Buffer) => {
      if (this.isOver) return;
      try {
        reader.push(chunk);
      } catch (thrown) {
        this.#end({ kind: 'hostile', reason: messageOf(thrown) });
      }
    });
    stream.on('error', () => undefined);
    void this.#launched.exited.then(({ code }) =>
      this.#end(code !== null && ownExits.includes(code) ? { kind: 'crashed' } : { kind: 'lost' }),
    );
    void this.#engine?.exited.then(({ code }) => {
      // The process hears of it too and reports a package that the engine could not bear; only a loss is no package's
      // fault.
      if (code === null) this.#end({ kind: 'lost' });
    });
  }

  /** How much may come with a message; it is judged before it comes. */
  #maxRestBytes(head: unknown): number {
    if (this.#underway === undefined || !isRecord(head)) return 0;
    if (head['type'] === 'inspect') return bundleLimits.scriptBytes;
    return head['type'] === 'report'
      ? this.#underway.job.settings.packageLimits.maxUnpackedBytes +
          maxScripts * (bundleLimits.scriptBytes + bundleLimits.sourceMapBytes)
      : 0;
  }

  #take(head: unknown, rest: Buffer): void {
    if (!isRecord(head)) throw new TypeError('a message is an object');
    switch (head['type'] as FromCompiler['type']) {
      case 'ready':
        this.#settleReady(head['confinement'], head['seen']);
        return;
      case 'inspect':
        void this.#inspect(rest);
        return;
      case 'report': {
        if (this.#underway === undefined) throw new TypeError('a report that nobody asked for');
        const { job, inspections } = this.#underway;
        this.#end({ kind: 'report', report: unpackReport(head['report'], rest, { ...job.settings, inspections }) });
        return;
      }
      default:
        throw new TypeError('a message of no kind');
    }
  }

  #settleReady(confinement: unknown, seen: unknown): void {
    if (this.isReady) throw new TypeError('ready twice');
    const faults = this.#confinementFaults(confinement, seen);
    if (faults.length > 0) {
      this.#readiness.reject(new Error(faults.join('; ')));
      this.#end({ kind: 'lost' });
      return;
    }
    this.isReady = true;
    this.#launched.settled();
    this.#readiness.resolve();
  }

  #confinementFaults(confinement: unknown, seen: unknown): string[] {
    if (!isRecord(confinement) || !isList(seen)) return ['it does not say how it is confined'];
    const { flags, held, environment, uid, descriptors, status } = confinement as unknown as ConfinementReport;
    const { tier } = this.#options;
    const missing = confinedFlags(this.#program).filter((flag) => !flags.includes(flag));
    return [
      ...(missing.length > 0 ? [`flags missing: ${missing.join(' ')}`] : []),
      ...(held.length > 0 ? [`permissions held: ${held.join(' ')}`] : []),
      ...(environment.length > 0 ? [`environment variables present: ${environment.join(' ')}`] : []),
      ...(tier.noNewPrivileges && status['NoNewPrivs'] !== '1' ? ['it may gain privileges'] : []),
      ...(tier.fewSystemCalls && status['Seccomp'] !== '2' ? ['it may make any system call'] : []),
      ...(tier.ownUser && uid === process.getuid?.() ? ['it runs as the same user as its parent'] : []),
      ...foreignDescriptors(descriptors, openDescriptors(), this.#engine ? 4 : 2).map(
        (each) => `a descriptor that leads to ${each}`,
      ),
      ...(seen.length > 0 ? [`it can read ${seen.filter((each) => isText(each, 100)).join(', ')}`] : []),
    ];
  }

  async #inspect(code: Buffer): Promise<void> {
    const underway = this.#underway;
    if (underway === undefined || this.isOver) return;
    underway.asked += 1;
    if (underway.asked > maxScripts) return this.#end({ kind: 'hostile', reason: 'too many scripts to try out' });
    const sha256 = createHash('sha256').update(code).digest('hex');
    try {
      const outcome = await underway.job.inspect({ code: code.toString('utf8'), sha256, sourceMap: '' });
      underway.inspections.set(sha256, outcome);
      if (!this.isOver) this.#send({ type: 'inspected', outcome });
    } catch (thrown) {
      this.#underway = undefined;
      this.#end({ kind: 'lost' });
      underway.reject(thrown);
    }
  }

  #send(head: unknown, rest: readonly Uint8Array[] = []): void {
    for (const part of encodeMessage(head, rest)) this.#launched.stream.write(part);
  }

  #look(): void {
    if (this.#underway === undefined) return;
    const { job, startedAt } = this.#underway;
    if (this.#cpuMs() - this.#cpuAtStartMs > job.limits.cpuMs) this.#end({ kind: 'cpu' });
    else if (performance.now() - startedAt > job.limits.wallMs) this.#end({ kind: 'wall' });
    else if (this.#rssBytes() > job.limits.rssBytes) this.#end({ kind: 'memory' });
  }

  #cpuMs(): number {
    // After the name in brackets, which may hold anything: user and system time are the 12th and 13th fields.
    return this.#sum('stat', (text) => {
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
    });
  }

  #rssBytes(): number {
    return this.#sum('statm', (text) => Number(text.split(' ')[1]) * 4096);
  }

  #sum(file: string, read: (text: string) => number): number {
    let sum = 0;
    for (const pid of this.pids) {
      try {
        sum += read(readFileSync(`/proc/${pid}/${file}`, 'latin1'));
      } catch {
        // Not Linux, or it has just ended.
      }
    }
    return sum;
  }

  #end(end: CheckEnd): void {
    if (this.isOver && this.#underway === undefined) return;
    clearInterval(this.#watcher);
    this.isOver = true;
    this.#launched.kill();
    this.#engine?.kill();
    this.#readiness.reject(
      new Error(`it ended before it was ready${this.#launched.complaints() && `: ${this.#launched.complaints()}`}`),
    );
    const underway = this.#underway;
    this.#underway = undefined;
    if (end.kind === 'hostile')
      this.#options.logger.warn({ reason: end.reason }, 'a compiler broke the protocol and was ended');
    underway?.resolve(end);
  }
}

function programOf({ node, folder, wasm }: CompilerFiles, isEngineInside: boolean): ConfinedProgram {
  // What the kernel says about it, which it reads before it gives up the right to read anything.
  const aboutItself = process.platform === 'linux' ? ['/proc/self'] : [];
  const program = {
    node,
    file: join(folder, 'compiler.mjs'),
    readable: [folder, ...aboutItself],
    flags: [`--max-old-space-size=${heapMb}`],
  };
  return isEngineInside ? { ...program, args: [wasm] } : program;
}

/** The engine as a program of its own: reads orders from its input, opens no file. */
export function engineProgram({ engine }: Pick<CompilerFiles, 'engine'>): { file: string; args: string[] } {
  return { file: engine, args: [`--service=${esbuildVersion}`, '--ping'] };
}
