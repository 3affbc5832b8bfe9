/** Starts the web part of the prelude in a real isolate, over a host that the spec plays. */
import { build } from 'esbuild';
import ivm from 'isolated-vm';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { buildLazyScript, lazyNames, preludeOptions } from '../../../../web-bundle.mjs';

/** Answers a host call with JSON text, or throws an error that may carry a `code`. */
export type Answer = (method: string, argsJson: string) => Promise<string>;

export interface WebIsolate {
  /**
   * Runs the body of an async function in the isolate and answers what it returned, by way of JSON; rejects with what
   * it threw.
   */
  run(body: string): Promise<unknown>;
  logs: { level: string; message: string; fields: string }[];
  /** Timers that were started and neither fired nor cleared: delays in milliseconds by id. */
  timers: Map<number, number>;
  /** Fires the pending timer with the smallest delay; false when there is none. */
  fireNext(): boolean;
  /** Bytes of random numbers the isolate asked for. */
  randomAsked: number[];
  stop(): void;
}

let scripts: Promise<{ main: string; lazy: Map<string, string> }> | undefined;

async function buildScripts(): Promise<{ main: string; lazy: Map<string, string> }> {
  const entry = fileURLToPath(new URL('./entry.ts', import.meta.url));
  const result = await build({ ...preludeOptions, entryPoints: [entry] });
  const lazy = new Map<string, string>();
  for (const name of lazyNames) lazy.set(name, await buildLazyScript(name));
  return { main: result.outputFiles[0]?.text ?? '', lazy };
}

/** A fresh isolate with the web globals installed. */
export async function startWebIsolate(answers: { host?: Answer; executor?: Answer } = {}): Promise<WebIsolate> {
  const { main, lazy } = await (scripts ??= buildScripts());
  const isolate = new ivm.Isolate({ memoryLimit: 128 });
  const context = isolate.createContextSync();
  const seen: Seen = { logs: [], timers: new Map(), randomAsked: [] };
  let stopped = false;
  const call: Call = (name, args) => {
    if (!stopped) context.evalSync(`${name}(${args.map((arg) => JSON.stringify(arg)).join(',')})`);
  };
  const run = openRuns(context);
  context.evalClosureSync(
    `globalThis.hostBridge = { start: $0, randomBase64: $1, startTimer: $2, clearTimer: $3, log: $4, lazySource: $5 }`,
    Object.values(hostCallbacks(seen, lazy, answering(answers, call))),
  );
  isolate.compileScriptSync(main, { filename: 'web.js' }).runSync(context);
  context.evalSync('globalThis.toText = JSON.stringify;');

  return {
    ...seen,
    run,
    fireNext() {
      let next: [number, number] | undefined;
      for (const entry of seen.timers) if (next === undefined || entry[1] < next[1]) next = entry;
      if (next === undefined) return false;
      seen.timers.delete(next[0]);
      call('webInternals.fireTimer', [next[0]]);
      return true;
    },
    stop() {
      if (stopped) return;
      stopped = true;
      isolate.dispose();
    },
  };
}

type Seen = Pick<WebIsolate, 'logs' | 'timers' | 'randomAsked'>;
/** Calls a function of the isolate. */
type Call = (name: string, args: (number | boolean | string)[]) => void;
type Start = (kind: 'host' | 'executor', id: number, method: string, argsJson: string) => void;

/** Answers calls as the spec says. */
function answering(answers: { host?: Answer; executor?: Answer }, call: Call): Start {
  const nobody: Answer = async (method) => {
    throw Object.assign(new Error(`nobody answers ${method}`), { code: 'UNKNOWN_METHOD' });
  };
  return (kind, id, method, argsJson) => {
    (answers[kind] ?? nobody)(method, argsJson).then(
      (value) => {
        call('deliver', [id, true, value, '']);
      },
      (error: unknown) => {
        call('deliver', [id, false, (error as Error).message, (error as { code?: string }).code ?? 'INTERNAL']);
      },
    );
  };
}

/** What the isolate may call, in the order of its arguments. */
function hostCallbacks(
  { logs, timers, randomAsked }: Seen,
  lazy: ReadonlyMap<string, string>,
  start: Start,
): Record<string, ivm.Callback> {
  return {
    start: new ivm.Callback(start, { ignored: true }),
    randomBase64: new ivm.Callback((bytes: number) => {
      randomAsked.push(bytes);
      return randomBytes(bytes).toString('base64');
    }),
    startTimer: new ivm.Callback((id: number, delayMs: number) => {
      timers.set(id, delayMs);
    }),
    clearTimer: new ivm.Callback((id: number) => {
      timers.delete(id);
    }),
    log: new ivm.Callback((level: string, message: string, fields: string) => {
      logs.push({ level, message, fields });
    }),
    lazySource: new ivm.Callback((name: string) => lazy.get(name) ?? ''),
  };
}

/** Runs bodies of async functions; what becomes of them is told to a global of the isolate. */
function openRuns(context: ivm.Context): WebIsolate['run'] {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  let lastRun = 0;
  const finished = new ivm.Callback(
    (id: number, ok: boolean, text: string) => {
      const run = waiting.get(id);
      waiting.delete(id);
      if (ok) {
        run?.resolve(text === '' ? undefined : JSON.parse(text));
        return;
      }
      const { name, message, code } = JSON.parse(text) as { name: string; message: string; code?: unknown };
      run?.reject(Object.assign(new Error(message), { name, code }));
    },
    { ignored: true },
  );
  context.global.setSync('finished', finished);
  return (body) => {
    const id = ++lastRun;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      context.evalSync(`(() => {
        const told = (error) => ({
          name: String(error?.name),
          message: String(error?.message ?? error),
          code: error?.code,
        });
        (async () => {
          try { finished(${id}, true, toText(await (async () => { ${body}\n })()) ?? ''); }
          catch (error) { finished(${id}, false, toText(told(error))); }
        })();
      })()`);
    });
  };
}
