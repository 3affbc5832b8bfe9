/**
 * Renders Liquid templates in threads that are ended when they take too long, so that no template holds up the program.
 */
import { Worker } from 'node:worker_threads';
import { didYouMean, FairGate, quote, type Stoppable } from '@annex/kernel';
import { templateErrors } from './errors.js';
import { endings, isMarkup, requireTemplate, templatesFolder } from './find-template.js';
import { templateLimits } from './limits.js';
import type { Ready, RenderAnswer, RenderRequest } from './render-thread.js';

/** Templates of one release: texts by their path below `templates/`. */
export type TemplateFiles = Readonly<Record<string, string>>;

export interface RenderOptions {
  files: TemplateFiles;
  /** A file of these, its ending may be left out. */
  name: string;
  data: object;
  /** Whose it is: tenants take turns at the threads, and none gets all. */
  tenant: string;
  /** Gives up waiting for a turn. */
  signal?: AbortSignal;
}

/** Threads at once, and of one tenant. One is started when it is first needed and kept. */
const threads = 2;
const threadsPerTenant = 1;

export class TemplateRenderer implements Stoppable {
  readonly #gate = new FairGate({ atOnce: threads, atOncePerKey: threadsPerTenant });
  readonly #idle: RenderThread[] = [];
  readonly #busy = new Set<RenderThread>();
  #stopped = false;
  #nextId = 1;

  /**
   * The text. Throws `TEMPLATE_NOT_FOUND`, `TEMPLATE_INVALID` and `TEMPLATE_LIMIT`; the last two name file and line
   * where they are known.
   */
  async render({ files, name, data, tenant, signal }: RenderOptions): Promise<string> {
    const file = requireTemplate(Object.keys(files), name);
    const json = JSON.stringify(data);
    if (Buffer.byteLength(json) > templateLimits.dataBytes) {
      throw limitReached(
        file,
        undefined,
        `its data has ${Buffer.byteLength(json)} bytes of JSON; the limit is ${templateLimits.dataBytes}`,
      );
    }
    return this.#gate.run(tenant, () => this.#renderIn(files, file, json), signal);
  }

  /** Ends the threads. Safe to call twice. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#idle.splice(0), ...this.#busy].map((thread) => thread.end()));
  }

  async #renderIn(files: TemplateFiles, file: string, data: string): Promise<string> {
    if (this.#stopped) throw new Error('templates are no longer rendered: the program stops');
    const thread = this.#idle.pop() ?? new RenderThread();
    this.#busy.add(thread);
    const { renderMs, work, outputChars, sourceBytes } = templateLimits;
    const answer = await thread.ask(
      {
        id: this.#nextId++,
        files: { ...files },
        name: file,
        data,
        markup: isMarkup(file),
        endings,
        folder: templatesFolder,
        limits: { renderMs, work, outputChars, parseChars: sourceBytes },
      },
      templateLimits.killMs,
    );
    this.#busy.delete(thread);
    if (thread.alive && !this.#stopped) this.#idle.push(thread);
    if (answer === 'too long') throw limitReached(file, undefined, `it took longer than ${templateLimits.killMs} ms`);
    if (answer === 'lost')
      throw limitReached(file, undefined, `it needed more memory than ${templateLimits.heapMb} MiB`);
    if (answer.ok) return answer.text;
    const where = requireTemplate(Object.keys(files), answer.file ?? file);
    const missing = /^ENOENT: Failed to lookup "(.*?)" in/s.exec(answer.message)?.[1];
    if (missing !== undefined) {
      throw templateErrors.error(
        'TEMPLATE_INVALID',
        `${place(where, answer.line)}: there is no template ${quote(missing)} to put in.${didYouMean(missing, Object.keys(files))}`,
        {
          extra: { template: where, ...(answer.line !== undefined && { line: answer.line }) },
        },
      );
    }
    if (answer.limit) throw limitReached(where, answer.line, inOurWords(answer.message));
    throw templateErrors.error('TEMPLATE_INVALID', `${place(where, answer.line)}: ${answer.message.slice(0, 300)}.`, {
      extra: { template: where, ...(answer.line !== undefined && { line: answer.line }) },
    });
  }
}

/** One thread; gone for good once it was ended. */
class RenderThread {
  alive = true;
  readonly #worker: Worker;
  /** Loading Liquid counts for no template. Resolves, too, when the thread is lost before. */
  readonly #ready: Promise<unknown>;
  #settle: ((answer: RenderAnswer | 'lost') => void) | undefined;

  constructor() {
    const { heapMb } = templateLimits;
    // Beside its source in tests, beside the compiled file else.
    const file = new URL(
      import.meta.url.endsWith('.ts') ? './render-thread.ts' : './render-thread.js',
      import.meta.url,
    );
    this.#worker = new Worker(file, {
      name: 'templates',
      env: {},
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
    });
    this.#worker.unref();
    this.#ready = new Promise((resolve) => {
      this.#worker.once('message', resolve);
      this.#worker.once('exit', resolve);
    });
    this.#worker.on('message', (answer: RenderAnswer | Ready) => {
      if (answer !== 'ready') this.#answer(answer);
    });
    this.#worker.on('error', () => this.#lost());
    this.#worker.on('exit', () => this.#lost());
  }

  async ask(request: RenderRequest, limitMs: number): Promise<RenderAnswer | 'lost' | 'too long'> {
    let timer: NodeJS.Timeout | undefined;
    const answered = new Promise<RenderAnswer | 'lost'>((resolve) => (this.#settle = resolve));
    this.#worker.ref();
    await this.#ready;
    if (!this.alive) return 'lost';
    const late = new Promise<'too long'>((resolve) => (timer = setTimeout(() => resolve('too long'), limitMs)));
    this.#worker.postMessage(request);
    const answer = await Promise.race([answered, late]);
    clearTimeout(timer);
    this.#settle = undefined;
    this.#worker.unref();
    if (answer === 'too long') await this.end();
    return answer;
  }

  async end(): Promise<void> {
    this.alive = false;
    await this.#worker.terminate();
  }

  #answer(answer: RenderAnswer | 'lost'): void {
    this.#settle?.(answer);
  }

  #lost(): void {
    this.alive = false;
    this.#answer('lost');
  }
}

function place(file: string, line: number | undefined): string {
  return `templates/${file}${line === undefined ? '' : `, line ${line}`}`;
}

function limitReached(file: string, line: number | undefined, why: string): Error {
  return templateErrors.error(
    'TEMPLATE_LIMIT',
    `Rendering ${quote(place(file, line), 300)} was ended: ${why}. Let the template do less, or prepare the data in the plugin.`,
    {
      extra: { template: file, ...(line !== undefined && { line }) },
    },
  );
}

function inOurWords(message: string): string {
  const { renderMs, work, outputChars, sourceBytes } = templateLimits;
  if (/render limit/i.test(message)) return `it took longer than ${renderMs} ms`;
  if (/parse length/i.test(message)) return `its source is longer than ${sourceBytes} characters`;
  if (/output limit/i.test(message)) return `it made more than ${outputChars} characters`;
  if (/call stack/i.test(message)) return 'its parts include each other too deeply';
  return `its loops and filters made more than ${work} characters and list items`;
}
