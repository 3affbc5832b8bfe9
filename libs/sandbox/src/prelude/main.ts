import { answerResponse, answerRoute, answerValue } from './answer.js';
import { callTree, prepareCtx } from './ctx.js';
import { emission, handlerKinds, maxTimerStarts, type Emit } from './emissions.js';
import type { PreludeHost } from './host.js';
import { indexOf, indirectEval, parseJson, record, SafeError, SafePromise, slice } from './primordials.js';
import { fixStackTraces, removeUncountedMemory } from './removals.js';
import { failRun } from './run-failure.js';
import { hostError, levelNumber, RunState, type RunCeilings } from './run-state.js';
import { makeSdk, type Registry } from './sdk.js';
import { installWebGlobals } from './web/install.js';

interface Profile {
  /** JSON of what `ctx` shows of tenant, plugin, permissions and config. */
  fixed: string;
  ceilings: RunCeilings;
}

const routeKind = handlerKinds.indexOf('route');
const eventKind = handlerKinds.indexOf('event');
const lifecycleKind = handlerKinds.indexOf('lifecycle');

/** A handler that is told something, and whose result nobody waits for. */
function isHookKind(kind: number): boolean {
  return kind === eventKind || kind === lifecycleKind;
}

/**
 * Prepares a fresh realm and answers the dispatcher, the only way in. Each of its functions is one timed turn of one
 * run; its first argument says whether the executor waits for the turn (1) or goes on meanwhile (0), which decides how
 * callbacks leave.
 */
export function install(
  emitWaiting: Emit,
  emitApart: Emit,
  randomBase64: (bytes: number) => string,
  lazySource: (name: string) => string,
  callNames: string,
): object {
  const runs = record<RunState>();
  const registry: Registry = { handlers: record(), count: 0, open: false, describe: undefined };
  let profiles = record<Profile>();
  let emit: Emit = emitApart;
  let current: RunState | undefined;
  /** Runs that have answered, as a list; looked through at the next turn. */
  let answered: RunState | undefined;
  let timerStarts = 0;
  const currentEmit = (): Emit => emit;

  const nobody = (what: string): Error => hostError('NO_RUN', `${what} works only while a handler runs`);
  const host: PreludeHost = {
    hostCall: (method, args) =>
      current === undefined ? SafePromise.reject(nobody(method)) : current.hostCall(method, args),
    executorCall: (method, args) =>
      current === undefined ? SafePromise.reject(nobody(method)) : current.executorCall(method, args),
    randomBase64: (bytes) => randomBase64(bytes),
    startTimer: (id, delayMs, isPlatforms) => {
      if (current === undefined || !current.alive) return;
      timerStarts += 1;
      if (timerStarts > maxTimerStarts)
        throw hostError('RATE_LIMITED', `more than ${maxTimerStarts} timers were started at a stretch`);
      current.timers ??= record<true>();
      current.timers[id] = true;
      emit(emission.startTimer, current.key, id, delayMs, isPlatforms ? 'platform' : '', '', '');
    },
    clearTimer: (id) => {
      if (current === undefined) return;
      if (current.timers !== undefined) delete current.timers[id];
      emit(emission.clearTimer, current.key, id, 0, '', '', '');
    },
    log: (level, message, fields) => current?.log(levelNumber(level), message, fields),
    lazySource: (name) => lazySource(name),
  };
  const web = installWebGlobals(host);
  removeUncountedMemory();
  fixStackTraces();
  const sdk = makeSdk(registry);
  const makeCtx = prepareCtx(callTree(parseJson(callNames) as string[]), web);

  function enter(waiting: number, run: RunState | undefined): void {
    if (answered !== undefined) dropEnded();
    emit = waiting === 1 ? emitWaiting : emitApart;
    current = run;
    timerStarts = 0;
  }

  function begin(key: number, profileId: number): RunState {
    const profile = profiles[profileId];
    if (profile === undefined) throw new SafeError('no such profile');
    const run = new RunState(key, profile.ceilings, currentEmit);
    runs[key] = run;
    return run;
  }

  async function settle(run: RunState, kind: number, value: unknown): Promise<void> {
    try {
      const result = await value;
      if (kind !== routeKind) answerValue(run, result, !isHookKind(kind));
      else if (web.isResponse(result)) await answerResponse(run, result, web);
      else answerRoute(run, result, web);
    } catch (thrown) {
      failRun(run, thrown);
    }
    run.nextAnswered = answered;
    answered = run;
  }

  /**
   * Drops the runs that have answered and started nothing that still goes on. Looked at between turns, when no
   * microtask waits: the executor judges at the same moment by the same facts, so a run ends on both sides without a
   * word.
   */
  function dropEnded(): void {
    let run = answered;
    answered = undefined;
    while (run !== undefined) {
      const next: RunState | undefined = run.nextAnswered;
      if (!run.alive || run.isQuiet) {
        drop(run);
      } else {
        run.nextAnswered = answered;
        answered = run;
      }
      run = next;
    }
  }

  /** Forgets a run; its timers will never fire. */
  function drop(run: RunState): void {
    run.alive = false;
    if (run.timers !== undefined) for (const id in run.timers) web.forgetTimer(+id);
    delete runs[run.key];
  }

  return {
    /** What the runs that name this profile have in common. `startOver` 1: forgets all others. */
    profile(
      waiting: number,
      id: number,
      startOver: number,
      fixed: string,
      resultBytes: number,
      logLines: number,
      logBytes: number,
      hostCalls: number,
      hostCallsAtOnce: number,
      streams: number,
    ): void {
      enter(waiting, undefined);
      if (startOver === 1) profiles = record<Profile>();
      profiles[id] = {
        fixed,
        ceilings: { resultBytes, logLines, logBytes, hostCalls, hostCallsAtOnce, streams: streams === 1 },
      };
    },

    /** Runs a bundle's entry. `inspect` 1: also describes what it registers. */
    load(waiting: number, key: number, profileId: number, inspect: number, code: string): void {
      const run = begin(key, profileId);
      enter(waiting, run);
      registry.open = true;
      if (inspect === 1) registry.describe = (json) => emit(emission.registration, key, 0, 0, json, '', '');
      try {
        const entry = indirectEval(`${code}\n//# sourceURL=plugin.js`) as (sdk: object) => unknown;
        entry(sdk);
        emit(emission.loaded, key, registry.count, 0, '', '', '');
      } catch (thrown) {
        failRun(run, thrown);
      }
      registry.open = false;
      registry.describe = undefined;
    },

    /** Calls a handler. `code`: kind, content and index as `handlerCode` packs them; `head`: JSON texts, one a line. */
    invoke(waiting: number, key: number, profileId: number, code: number, head: string, content: string): void {
      const run = runs[key] ?? begin(key, profileId);
      enter(waiting, run);
      const kind = code & 7;
      const contentKind = (code >>> 3) & 3;
      const index = code >>> 5;
      const handler = registry.handlers[index];
      if (handler === undefined || handler.kind !== handlerKinds[kind]) {
        run.fail(
          'PLUGIN_ERROR',
          `the plugin registered no ${handlerKinds[kind] ?? 'handler'} as number ${index}; its entry registers differently from when it was uploaded`,
        );
        drop(run);
        return;
      }
      try {
        const line = indexOf(head, '\n');
        const ctx = makeCtx(run, {
          fixed: profiles[profileId]?.fixed ?? '{}',
          run: line < 0 ? head : slice(head, 0, line),
          request: line < 0 ? '' : slice(head, line + 1),
          body: content,
          bodyEncoding: contentKind === 1 ? 'utf8' : contentKind === 2 ? 'base64' : '',
        });
        void settle(run, kind, call(handler, ctx, contentKind === 3 ? content : undefined));
      } catch (thrown) {
        failRun(run, thrown);
        drop(run);
      }
    },

    deliver(waiting: number, key: number, callId: number, ok: number, a: string, b: string): void {
      const run = runs[key];
      if (run === undefined) return;
      enter(waiting, run);
      run.deliver(callId, ok === 1, a, b);
    },

    fireTimer(waiting: number, key: number, timerId: number): void {
      const run = runs[key];
      if (run === undefined) return;
      enter(waiting, run);
      if (run.timers !== undefined) delete run.timers[timerId];
      try {
        web.fireTimer(timerId);
      } catch (thrown) {
        failRun(run, thrown);
      }
    },

    abort(waiting: number, key: number): void {
      const run = runs[key];
      if (run === undefined) return;
      enter(waiting, run);
      run.aborted = true;
      run.abort?.();
      run.onCancel?.();
      run.wakeStream();
    },

    /** The reader of a streamed answer took so many bytes. */
    credit(waiting: number, key: number, bytes: number): void {
      const run = runs[key];
      if (run === undefined) return;
      enter(waiting, run);
      run.addCredit(bytes);
    },

    /** Runs nothing of its own: what waits in the microtask queue runs, as part of this run. */
    flush(waiting: number, key: number): void {
      enter(waiting, runs[key]);
    },

    forget(waiting: number, key: number): void {
      enter(waiting, undefined);
      const run = runs[key];
      if (run !== undefined) drop(run);
    },
  };

  function call(
    handler: { kind: string; name: string; run: (...args: unknown[]) => unknown },
    ctx: object,
    payload: string | undefined,
  ): unknown {
    const { kind, name, run } = handler;
    const second = payload === undefined ? undefined : parseJson(payload);
    if (kind === 'route') return run(ctx);
    if (kind === 'lifecycle' && name === 'config_change') {
      const change = (second ?? {}) as { key?: unknown; value?: unknown; op?: unknown };
      return run(ctx, change.key, change.value, change.op);
    }
    return run(ctx, second);
  }
}
