/**
 * Judges settings in threads, so that no schema and no value holds up the program. Tenants take turns at the threads.
 */
import { Worker } from 'node:worker_threads';
import { FairGate, type Json, type JsonObject } from '@annex/kernel';
import { slowSettings, type ConfigReading } from './config-schema.js';
import type { JudgeRequest, Ready } from './config-thread.js';

/** Threads at once, and of one tenant. One is started when it is first needed and kept. */
const threads = 2;
const threadsPerTenant = 1;
/** Milliseconds after which a thread is ended: it stops by itself long before, unless the machine gives it no time. */
const killMs = 10_000;
const heapMb = 128;

const gate = new FairGate({ atOnce: threads, atOncePerKey: threadsPerTenant });
const idle: JudgeThread[] = [];

/**
 * As `applyConfig`, in a thread that can be ended. `tenant`: whose settings they are, which takes its turn with the
 * others.
 */
export function judgeConfig(schema: JsonObject, value: Json, tenant: string): Promise<ConfigReading> {
  return gate.run(tenant, async () => {
    const used = idle.pop();
    const reading = used && (await askAndKeep(used, { schema, value }));
    // A thread may be full of what others asked before; these settings are to blame only if a new one is lost too.
    if (reading !== undefined && reading !== 'lost') return reading;
    const anew = await askAndKeep(new JudgeThread(), { schema, value });
    return anew === 'lost'
      ? refused(`judging these settings needed more than ${heapMb} MiB of memory, so they were refused; shorten them.`)
      : anew;
  });
}

async function askAndKeep(thread: JudgeThread, request: JudgeRequest): Promise<ConfigReading | 'lost'> {
  const reading = await thread.ask(request);
  if (thread.isAlive) idle.push(thread);
  return reading === 'too long' ? refused(slowSettings()) : reading;
}

function refused(detail: string): ConfigReading {
  return { ok: false, errors: [{ pointer: '', code: 'CONFIG', detail }] };
}

/** One thread; gone for good once it was ended. It keeps no program running that has nothing else to do. */
class JudgeThread {
  isAlive = true;
  readonly #worker: Worker;
  /** Loading the judge counts for no settings. Resolves, too, when the thread is lost before. */
  readonly #ready: Promise<unknown>;
  #settle: ((answer: ConfigReading | 'lost') => void) | undefined;

  constructor() {
    // Beside the compiled file; in tests, which run the source, as built: a thread resolves no aliases.
    const file = new URL(
      import.meta.url.endsWith('.ts') ? '../../dist/schema/config-thread.js' : './config-thread.js',
      import.meta.url,
    );
    this.#worker = new Worker(file, {
      name: 'settings',
      workerData: { judges: true },
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
    });
    this.#worker.unref();
    this.#ready = new Promise((resolve) => {
      this.#worker.once('message', resolve);
      this.#worker.once('exit', resolve);
    });
    this.#worker.on('message', (answer: ConfigReading | Ready) => {
      if (answer !== 'ready') this.#settle?.(answer);
    });
    for (const event of ['error', 'messageerror', 'exit']) this.#worker.on(event, () => this.#lost());
  }

  async ask(request: JudgeRequest): Promise<ConfigReading | 'lost' | 'too long'> {
    const { promise: answered, resolve } = Promise.withResolvers<ConfigReading | 'lost' | 'too long'>();
    this.#settle = resolve;
    this.#worker.ref();
    await this.#ready;
    if (!this.isAlive) return 'lost';
    const timer = setTimeout(() => resolve('too long'), killMs);
    this.#worker.postMessage(request);
    const answer = await answered;
    clearTimeout(timer);
    this.#settle = undefined;
    this.#worker.unref();
    if (answer === 'too long') await this.#end();
    return answer;
  }

  async #end(): Promise<void> {
    this.isAlive = false;
    await this.#worker.terminate();
  }

  #lost(): void {
    this.isAlive = false;
    const at = idle.indexOf(this);
    if (at >= 0) idle.splice(at, 1);
    this.#settle?.('lost');
  }
}
