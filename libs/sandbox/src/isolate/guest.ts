/**
 * One isolate with the prelude in it. The only file that enters plugin code by isolated-vm's calls. Turns go in through
 * captured functions with strings and numbers; one callback comes out with strings and numbers. Promises, objects and
 * errors of plugin code never cross.
 */
import { randomBytes } from 'node:crypto';
import type ivm from 'isolated-vm';
import type { Addon } from './addon.js';
import { bootPython, pythonHeapMb, pythonScript, type PythonParts } from './python-guest.js';
import type { TurnGuard } from './turn-guard.js';

/** The prelude's text and V8's code cache for it. Only the platform's own code is ever cached. */
export interface PreludeScript {
  code: string;
  cache?: ivm.ExternalCopy<ArrayBuffer>;
}

export type Emission = (kind: number, run: number, n: number, m: number, a: string, b: string, c: string) => void;

export interface GuestOptions {
  addon: Addon;
  /** Ends turns that are waited for. */
  guard: TurnGuard;
  prelude: PreludeScript;
  /** V8 heap limit in megabytes; at least 8. */
  memoryMb: number;
  /** JSON list of host-call names. */
  callNames: string;
  lazySource(name: string): string;
  /** The interpreter that runs the handlers. Left out: they are JavaScript. */
  python?: PythonParts | undefined;
  /** V8 lost control over the isolate; only ending the process helps. */
  onCatastrophe(): void;
}

const turnNames = ['profile', 'load', 'invoke', 'deliver', 'fireTimer', 'abort', 'credit', 'flush', 'forget'] as const;
export type TurnName = (typeof turnNames)[number];
/** The first one is filled in here: whether the turn is waited for. */
export type TurnArgs = [waiting: 0 | 1, ...(string | number | undefined)[]];

type TurnReference = ivm.Reference<(...args: TurnArgs) => void>;

/** How a turn ended that did not end by itself. */
export type TurnFailure = 'timeout' | 'memory' | 'disposed';

/**
 * `failed`: it was stopped. `unhandled`: it ended by itself and left a rejected promise that nobody handles; text
 * chosen by the plugin.
 */
export interface TurnResult {
  failed?: TurnFailure;
  unhandled?: string;
}

const ended: TurnResult = {};
const timedOut: TurnResult = { failed: 'timeout' };
const maxUnhandledText = 1024;

export class Guest {
  /** Receives what the isolate emits. */
  onEmission: Emission = () => undefined;
  readonly #isolate: ivm.Isolate;
  readonly #turns: Record<TurnName, TurnReference>;
  readonly #guard: TurnGuard;
  /** Its number with the guard, from its first turn that is waited for. */
  #guardNumber: number | undefined;

  constructor(options: GuestOptions) {
    const { addon, guard, prelude, memoryMb, callNames, lazySource, python, onCatastrophe } = options;
    this.#guard = guard;
    this.#isolate = new addon.Isolate({
      memoryLimit: python === undefined ? Math.max(8, Math.ceil(memoryMb)) : pythonHeapMb,
      onCatastrophicError: onCatastrophe,
    });
    const context = this.#isolate.createContextSync();
    const script = this.#isolate.compileScriptSync(prelude.code, {
      filename: 'annex',
      ...(prelude.cache === undefined ? {} : { cachedData: prelude.cache }),
    });
    const install = script.runSync(context, { reference: true }) as ivm.Reference<(...args: unknown[]) => object>;
    // A callback must never throw: its error would carry this process's paths into the isolate.
    const emit: Emission = (...emission) => {
      try {
        this.onEmission(...emission);
      } catch (thrown) {
        // A fault of ours: it ends this process, outside of the isolate's call.
        setImmediate(() => {
          throw thrown;
        });
      }
    };
    const dispatcher = install.applySync(
      undefined,
      [
        new addon.Callback(emit, { sync: true }),
        new addon.Callback(emit, { ignored: true }),
        new addon.Callback(randomBase64, { sync: true }),
        new addon.Callback((name: unknown) => (typeof name === 'string' ? lazySource(name) : ''), { sync: true }),
        callNames,
        ...(python === undefined ? [] : [pythonScript(this.#isolate, context, python) as never]),
      ],
      { result: { reference: true } },
    ) as ivm.Reference<Record<TurnName, (...args: TurnArgs) => void>>;
    if (python !== undefined) bootPython(addon, dispatcher, python, memoryMb);
    const turns: Partial<Record<TurnName, TurnReference>> = {};
    for (const name of turnNames) turns[name] = dispatcher.getSync(name, { reference: true }) as TurnReference;
    this.#turns = turns as Record<TurnName, TurnReference>;
    script.release();
  }

  /** Processor time that the isolate has used, in nanoseconds; `undefined` once it is gone. */
  cpuNs(): number | undefined {
    try {
      return Number(this.#isolate.cpuTime);
    } catch {
      return undefined;
    }
  }

  /** Runs a turn while this thread waits, for `limitMs` by the clock at most. */
  enter(turn: TurnName, args: TurnArgs, limitMs: number): TurnResult {
    const guard = this.#guard;
    this.#guardNumber ??= guard.admit(this.#isolate);
    args[0] = 1;
    guard.begin(this.#guardNumber, limitMs);
    try {
      this.#turns[turn].applySync(undefined, args);
    } catch (thrown) {
      return guard.end() ? timedOut : this.#classify(thrown);
    }
    return guard.end() ? timedOut : ended;
  }

  /**
   * Runs a turn on a thread of its own, until {@link dispose} if need be. Turns of one isolate run in the order of the
   * calls.
   */
  async enterApart(turn: TurnName, args: TurnArgs): Promise<TurnResult> {
    try {
      args[0] = 0;
      await this.#turns[turn].apply(undefined, args);
      return ended;
    } catch (thrown) {
      return this.#classify(thrown);
    }
  }

  /**
   * What isolated-vm throws after a turn. The dispatcher itself never throws, so what is neither a stop nor a disposed
   * isolate is a rejection that plugin code left unhandled: isolated-vm hands on its message. (It reads that message
   * outside of the turn's time limit; a getter that loops there is ended by the watch over the turn.)
   */
  #classify(thrown: unknown): TurnResult {
    const text = thrown instanceof Error ? thrown.message : thrown;
    const message = typeof text === 'string' ? text : '';
    if (this.#isolate.isDisposed) return { failed: message.includes('memory limit') ? 'memory' : 'disposed' };
    return { unhandled: message.slice(0, maxUnhandledText) };
  }

  /** Heap in use, in megabytes; `undefined` when the isolate is gone. Waits for the turn that is under way. */
  async heapMb(): Promise<number | undefined> {
    try {
      const statistics = await this.#isolate.getHeapStatistics();
      return (statistics.used_heap_size + statistics.externally_allocated_size) / 2 ** 20;
    } catch {
      return undefined;
    }
  }

  /** Ends the isolate and whatever it runs, where V8 can. Safe to call twice. */
  dispose(): void {
    this.onEmission = () => undefined;
    if (this.#guardNumber !== undefined) this.#guard.dismiss(this.#guardNumber);
    this.#guardNumber = undefined;
    try {
      this.#isolate.dispose();
    } catch {
      // Already gone, for instance after its heap limit.
    }
  }
}

function randomBase64(bytes: unknown): string {
  const wanted = typeof bytes === 'number' && bytes >= 0 ? Math.min(65_536, Math.trunc(bytes)) : 0;
  return randomBytes(wanted).toString('base64');
}
