import { Worker, type ResourceLimits } from 'node:worker_threads';
import { FairGate } from './control.js';

/** What a thread says once, when it may be asked. A word in a type: a thread's file need import nothing of it. */
export type ThreadReady = 'ready';

export interface ThreadPoolOptions {
  /** The program of a thread: it says {@link ThreadReady}, then answers each message with one. */
  file: URL;
  /** Shown for the thread by debuggers and `ps`. */
  name: string;
  workerData?: unknown;
  resourceLimits: ResourceLimits;
  /** Milliseconds after which a thread that has not answered is ended. Waiting for a turn and loading do not count. */
  killMs: number;
}

/** Instead of an answer. `lost`: the thread ended by itself, mostly for want of memory. */
export type NoAnswer = 'lost' | 'too long';

/** Threads at once, and of one tenant. One is started when it is first needed and kept. */
const threads = 2;
const threadsPerTenant = 1;

/**
 * Threads for what strangers wrote and what may never come to an end: each can be ended, tenants take turns at them,
 * and
 * they keep no program running that has nothing else to do.
 */
export class ThreadPool<Request, Answer> {
  readonly #gate = new FairGate({ atOnce: threads, atOncePerKey: threadsPerTenant });
  readonly #idle: Thread<Request, Answer>[] = [];
  readonly #busy = new Set<Thread<Request, Answer>>();
  readonly #options: ThreadPoolOptions;
  #isStopped = false;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
  }

  /**
   * The answer of a thread, or why there is none. `anew`: once more in a new thread when a used one was lost, which may
   * have been full of what others asked before. Rejects with the signal's reason when that fires before the turn.
   */
  ask(
    request: Request,
    { tenant, signal, anew = false }: { tenant: string; signal?: AbortSignal | undefined; anew?: boolean },
  ): Promise<Answer | NoAnswer> {
    return this.#gate.run(
      tenant,
      async () => {
        const used = this.#idle.pop();
        const answer = await this.#askOf(used ?? this.#start(), request);
        return answer === 'lost' && used && anew ? this.#askOf(this.#start(), request) : answer;
      },
      signal,
    );
  }

  /** Ends the threads; whoever waits is answered `lost`. Safe to call twice. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([...this.#idle.splice(0), ...this.#busy].map((thread) => thread.end()));
  }

  #start(): Thread<Request, Answer> {
    if (this.#isStopped) throw new Error(`no thread for ${this.#options.name} is started any more: the program stops`);
    const thread = new Thread<Request, Answer>(this.#options);
    thread.onLost = () => {
      const at = this.#idle.indexOf(thread);
      if (at >= 0) this.#idle.splice(at, 1);
    };
    return thread;
  }

  async #askOf(thread: Thread<Request, Answer>, request: Request): Promise<Answer | NoAnswer> {
    this.#busy.add(thread);
    const answer = await thread.ask(request);
    this.#busy.delete(thread);
    if (thread.isAlive && !this.#isStopped) this.#idle.push(thread);
    return answer;
  }
}

/** One thread; gone for good once it was ended. */
class Thread<Request, Answer> {
  isAlive = true;
  onLost: () => void = () => undefined;
  readonly #worker: Worker;
  readonly #killMs: number;
  /** Loading the program counts for no request. Resolves, too, when the thread is lost before. */
  readonly #ready: Promise<unknown>;
  #settle: ((answer: Answer | NoAnswer) => void) | undefined;

  constructor({ file, name, workerData, resourceLimits, killMs }: ThreadPoolOptions) {
    this.#killMs = killMs;
    this.#worker = new Worker(file, {
      name,
      workerData,
      env: {},
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits,
    });
    this.#worker.unref();
    this.#ready = new Promise((resolve) => {
      this.#worker.once('message', resolve);
      this.#worker.once('exit', resolve);
    });
    this.#worker.on('message', (answer: Answer | ThreadReady) => {
      if (answer !== 'ready') this.#settle?.(answer);
    });
    for (const event of ['error', 'messageerror', 'exit']) this.#worker.on(event, () => this.#lost());
  }

  async ask(request: Request): Promise<Answer | NoAnswer> {
    const { promise: answered, resolve } = Promise.withResolvers<Answer | NoAnswer>();
    this.#settle = resolve;
    this.#worker.ref();
    await this.#ready;
    if (!this.isAlive) return 'lost';
    const timer = setTimeout(() => resolve('too long'), this.#killMs);
    this.#worker.postMessage(request);
    const answer = await answered;
    clearTimeout(timer);
    this.#settle = undefined;
    this.#worker.unref();
    if (answer === 'too long') await this.end();
    return answer;
  }

  async end(): Promise<void> {
    this.isAlive = false;
    await this.#worker.terminate();
  }

  #lost(): void {
    this.isAlive = false;
    this.onLost();
    this.#settle?.('lost');
  }
}
