/**
 * Starts programs through a small process that lives as long as this one: to start one itself, this process would have
 * to be copied first, with all its memory's tables, while nobody is served (ADR 0030).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import { childStreams } from './descriptors.js';
import type { Ending, StartOptions, Started } from './started.js';
import { launcherScript } from './launcher-script.js';
import { wantedNiceness } from './priority.js';

/** Number of the system call with which a process asks to end with its parent. */
const prctlCall: Record<string, number> = { x64: 157, arm64: 167 };
const readyWithinMs = 10_000;
/** Bytes that lead every connection and name it. */
const labelBytes = 16;

interface Running {
  pid: number | undefined;
  streams: Socket[];
  resolve(ending: Ending): void;
}

/** One launcher. When it dies, everything that it started dies with it, and whoever waits for that hears so. */
export class Launcher {
  /** Settled when it can start nothing any more. */
  readonly gone: Promise<void>;
  isGone = false;
  readonly #child: ChildProcess;
  readonly #control: Socket;
  readonly #name: string;
  readonly #running = new Map<number, Running>();
  readonly #ready = Promise.withResolvers<boolean>();
  #last = 0;
  #heard = '';

  private constructor(perl: string) {
    this.#name = `annex-launcher-${randomBytes(16).toString('hex')}`;
    const args = ['-e', launcherScript, String(process.pid), this.#name, String(prctlCall[process.arch] ?? 0)];
    this.#child = spawn(perl, args, { cwd: '/', env: {}, stdio: childStreams(), detached: true });
    this.#control = this.#child.stdio[3] as Socket;
    this.#child.stderr?.on('error', () => undefined).destroy();
    this.#control.setEncoding('latin1').on('data', (text: string) => this.#hear(text));
    this.#control.on('error', () => undefined);
    this.gone = new Promise((resolve) => {
      const end = (): void => {
        this.#end();
        resolve();
      };
      this.#control.once('close', end);
      this.#child.once('exit', end).once('error', end);
    });
    this.#child.unref();
  }

  /** `undefined`: there can be none here. */
  static async start(perl: string): Promise<Launcher | undefined> {
    const launcher = new Launcher(perl);
    const timer = setTimeout(() => launcher.#ready.resolve(false), readyWithinMs);
    const isReady = await launcher.#ready.promise;
    clearTimeout(timer);
    if (!isReady) {
      launcher.#child.kill('SIGKILL');
      return undefined;
    }
    launcher.#control.unref();
    return launcher;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  start(command: readonly string[], { streams, between = [], group, isOurs = false }: StartOptions): Started {
    const id = (this.#last += 1);
    const { promise: exited, resolve } = Promise.withResolvers<Ending>();
    const running: Running = { pid: undefined, streams: [], resolve };
    const kill = (): void => this.#order('kill', String(id));
    running.streams = streams.map((fd) => this.#connect(`${id}.${fd}`).on('error', kill));
    const where = [
      ...streams.map((fd) => `${fd}=${id}.${fd}`),
      ...between.map(([fd, pair]) => `${fd}=${pair.takeName()}`),
    ];
    this.#running.set(id, running);
    this.#control.ref();
    this.#order(
      'start',
      String(id),
      isOurs ? '' : String(wantedNiceness()),
      group?.folder ?? '',
      where.join(' '),
      ...command,
    );
    if (this.isGone) this.#end();
    return {
      get pid() {
        return running.pid;
      },
      streams: running.streams as Duplex[],
      exited,
      kill,
    };
  }

  #connect(label: string): Socket {
    const socket = connect({ path: `\0${this.#name}` });
    socket.write(label.padEnd(labelBytes));
    return socket;
  }

  #order(...words: string[]): void {
    if (this.isGone) return;
    const parts = words.flatMap((word) => {
      const bytes = Buffer.from(word);
      return [sizeOf(bytes.length), bytes];
    });
    const body = Buffer.concat(parts);
    this.#control.write(Buffer.concat([sizeOf(body.length), body]));
  }

  #hear(text: string): void {
    const lines = (this.#heard + text).split('\n');
    this.#heard = lines.pop() ?? '';
    for (const line of lines) {
      const [what, id, first, second] = line.split(' ');
      const running = this.#running.get(Number(id));
      if (what === 'ready') this.#ready.resolve(true);
      else if (what === 'started' && running !== undefined) running.pid = Number(first);
      else if (what === 'exited' && running !== undefined)
        this.#exited(Number(id), running, Number(first), Number(second));
    }
  }

  #exited(id: number, { resolve }: Running, code: number, signal: number): void {
    this.#running.delete(id);
    if (this.#running.size === 0) this.#control.unref();
    resolve({ code: code < 0 ? null : code, signal: signalName(signal) });
  }

  /** The kernel kills what it has started; programs that it has just begun to start end when their stream does. */
  #end(): void {
    this.isGone = true;
    this.#ready.resolve(false);
    this.#child.kill('SIGKILL');
    this.#control.destroy();
    for (const { streams, resolve } of this.#running.values()) {
      for (const stream of streams) stream.destroy();
      resolve({ code: null, signal: 'SIGKILL' });
    }
    this.#running.clear();
  }
}

function sizeOf(bytes: number): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bytes);
  return size;
}

function signalName(number: number): NodeJS.Signals | null {
  const entry = Object.entries(constants.signals).find(([, value]) => value === number);
  return (entry?.[0] as NodeJS.Signals | undefined) ?? null;
}
