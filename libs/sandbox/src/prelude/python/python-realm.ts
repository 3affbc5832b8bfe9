import type { CtxTexts } from '../ctx.js';
import { emission } from '../emissions.js';
import { parseJson, SafeError, SafePromise, slice, toJson } from '../primordials.js';
import type { Realm } from '../realm.js';
import type { RunState } from '../run-state.js';
import { registerPythonJob, type Registry } from '../sdk.js';
import { startInternalTimer } from '../web/timers.js';
import { PythonAnswer } from './python-answer.js';
import { overMark, PythonAnswers } from './python-answers.js';
import type { PythonRest } from './python-rest.js';
import type { Pyodide, PythonFunction } from './runtime-types.js';

type Description = [kind: string, name: string, options: Record<string, unknown>];

/** What an entry came to, as `load` in `_entry.py` says. */
interface Loaded {
  registrations?: Description[];
  faults?: unknown[];
  error?: [code: string, message: string, stack: string, delayMs: number];
}

/** What stands for `ctx` in a realm of Python, which makes its own: the run and its texts. */
interface PythonCtx {
  run: RunState;
  texts: CtxTexts;
}

/** Leads a message that is a JSON list of `[path, line, column, code, detail]`. */
const faultsMark = 'PYTHON_FAULTS ';

type Sdk = Record<string, (...args: unknown[]) => void>;

/** Python reads what a source is told to do by itself, and initializes first where it shall. */
function sourceHandlers(calls: unknown, handler: (ctx: PythonCtx) => Promise<PythonAnswer>): object {
  const handlers: Record<string, (ctx: PythonCtx) => unknown> = {};
  for (const call of calls as string[]) {
    handlers[call] =
      call === 'initialize'
        ? (ctx) => ((parseJson(ctx.texts.body) as { call: unknown }).call === call ? handler(ctx) : undefined)
        : handler;
  }
  return handlers;
}

/** Handlers in Python, as the prelude sees them, and the functions that Python calls. */
export class PythonRealm {
  readonly #realm: Realm;
  readonly #python: Pyodide;
  readonly #load: PythonFunction;
  readonly #invoke: PythonFunction;
  readonly #piece: PythonFunction;
  readonly #work: PythonFunction;
  readonly #drop: PythonFunction;
  readonly #answers = new PythonAnswers();

  /** Hands the platform's functions over; the interpreter must be in its place. */
  constructor(realm: Realm, python: Pyodide, randomBase64: (bytes: number) => string) {
    this.#realm = realm;
    this.#python = python;
    const entry = (name: string): PythonFunction =>
      python.runPython(`from annex import _entry; _entry.${name}`) as PythonFunction;
    const wake = entry('wake');
    wake(
      (key: number, method: string, args: string, text: string) => this.#call(key, method, args, text),
      (key: number, level: number, message: string, fields: string) => this.#log(key, level, message, fields),
      (key: number, delayMs: number) => this.#sleep(key, delayMs),
      (key: number, id: number, method: string, args: string, text: string) => {
        void this.#begin(key, id, method, args, text);
      },
      (key: number) => this.#answers.poll(this.#runOf(key)),
      (key: number, delayMs: number) => this.#answers.next(this.#runOf(key), delayMs),
      randomBase64,
    );
    this.#load = entry('load');
    this.#invoke = entry('invoke');
    this.#piece = entry('piece');
    this.#work = entry('work');
    this.#drop = entry('drop');
  }

  /** Runs a package's entry and registers what it registered. Throws what is wrong with it. */
  load(sdk: Sdk, registry: Registry, packageText: string): void {
    const loaded = parseJson(this.#load(packageText, registry.describe !== undefined) as string) as Loaded;
    if (loaded.faults !== undefined) throw new SafeError(slice(faultsMark + (toJson(loaded.faults) ?? ''), 0, 8000));
    if (loaded.error !== undefined) {
      const [, message, stack] = loaded.error;
      const error = new SafeError(message);
      error.stack = stack;
      throw error;
    }
    (loaded.registrations ?? []).forEach((description, index) => this.#register(sdk, registry, { description, index }));
  }

  #register(sdk: Sdk, registry: Registry, { description, index }: { description: Description; index: number }): void {
    const [kind, name, options] = description;
    const handler = (ctx: PythonCtx): Promise<PythonAnswer> => this.#run(ctx, index);
    if (kind === 'lifecycle') {
      const names: Record<string, string> = {
        init: 'onInit',
        install: 'onInstall',
        config_change: 'onConfigChange',
        reload: 'onReload',
        shutdown: 'onShutdown',
        uninstall: 'onUninstall',
      };
      sdk[names[name] ?? '']?.(handler);
    } else if (kind === 'job') {
      registerPythonJob(registry, name, options['schedule'], (ctx) => handler(ctx as PythonCtx));
    } else if (kind === 'health') {
      sdk.health?.(name, handler);
    } else if (kind === 'source') {
      sdk.source?.(name, sourceHandlers(options['calls'], handler));
    } else {
      sdk[kind]?.(name, options, handler);
    }
  }

  async #run({ run, texts }: PythonCtx, index: number): Promise<PythonAnswer> {
    const { profile, run: head, request, body, bodyEncoding } = texts;
    run.onDrop = () => run.endCalls();
    const isPayload = bodyEncoding === '' && request === '';
    try {
      const text = await this.#enter(
        run,
        this.#invoke,
        index,
        profile.fixed,
        head,
        request,
        isPayload ? '' : body,
        bodyEncoding,
        isPayload ? body : '',
      );
      return new PythonAnswer(text, this.#restOf(run));
    } finally {
      this.#answers.drop(run.key);
    }
  }

  /** Calls Python on a stack of its own. What it raises is in its answer. */
  async #enter(run: RunState, work: PythonFunction, ...args: unknown[]): Promise<string> {
    try {
      return (await work.callPromising(run.key, ...args)) as string;
    } catch (thrown) {
      // Nothing that Python raises gets here: the interpreter itself has come to its end.
      const turn = this.#realm.turn;
      const isDeep = thrown instanceof RangeError;
      turn.emit(emission.broken, run.key, 0, 0, '', '', '');
      throw new SafeError(
        isDeep
          ? 'RecursionError: the interpreter’s own stack is used up; nest data and calls less deeply'
          : 'the Python interpreter came to its end in this run',
      );
    }
  }

  #restOf(run: RunState): PythonRest {
    return {
      piece: () => this.#enter(run, this.#piece),
      work: () => this.#enter(run, this.#work),
      drop: () => {
        this.#answers.drop(run.key);
        void this.#enter(run, this.#drop);
      },
    };
  }

  #runOf(key: number): RunState | undefined {
    return this.#realm.runs.byKey[key];
  }

  /** Never rejects: `+` and JSON, `-`, a code and a message, or that the run is over. */
  async #call(key: number, method: string, args: string, text: string): Promise<string> {
    const run = this.#runOf(key);
    if (run === undefined || !run.alive) return overMark;
    try {
      return `+${await run.hostCall(method, args, text)}`;
    } catch (thrown) {
      if (!run.alive) return overMark;
      const { code, message } = thrown as { code?: string; message?: string };
      return `-${code ?? 'PLUGIN_ERROR'}\n${message ?? ''}`;
    }
  }

  /** A call whose answer waits until the run takes it: the call's number, a line break, and what `#call` answers. */
  async #begin(key: number, id: number, method: string, args: string, text: string): Promise<void> {
    const run = this.#runOf(key);
    if (run !== undefined) this.#answers.open(run);
    const answer = await this.#call(key, method, args, text);
    if (run !== undefined) this.#answers.add(run, `${id}\n${answer}`);
  }

  #log(key: number, level: number, message: string, fields: string): void {
    const run = this.#runOf(key);
    if (run === undefined) return;
    const most = run.ceilings.logBytes;
    run.log(level, message.length > most ? slice(message, 0, most + 1) : message, fields);
  }

  #sleep(key: number, delayMs: number): Promise<string> {
    const run = this.#runOf(key);
    if (run === undefined || !run.alive) return SafePromise.resolve(overMark);
    return new SafePromise((resolve) => {
      const previous = run.onDrop;
      run.onDrop = () => {
        previous?.();
        resolve(overMark);
      };
      startInternalTimer(delayMs, () => {
        run.onDrop = previous;
        resolve('+');
      });
    });
  }

  /** Bytes of memory that the interpreter has. */
  get memoryBytes(): number {
    return this.#python._module.HEAP8.length;
  }
}
