import { callTree, prepareCtx } from './ctx.js';
import { emission, type Emit } from './emissions.js';
import { handle } from './handling.js';
import { indirectEval, parseJson, record } from './primordials.js';
import type { Realm } from './realm.js';
import { fixStackTraces, removeUncountedMemory } from './removals.js';
import { failRun } from './run-failure.js';
import type { RunState } from './run-state.js';
import { Runs, type Profile } from './runs.js';
import { makeSdk, type Registry } from './sdk.js';
import { hostOf, Turn } from './turn.js';
import { installWebGlobals } from './web/install.js';

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
  return turnsOf(makeRealm(emitWaiting, emitApart, randomBase64, lazySource, callNames));
}

/** As {@link install}, without the dispatcher: for realms that change a part of it first. */
export function makeRealm(
  emitWaiting: Emit,
  emitApart: Emit,
  randomBase64: (bytes: number) => string,
  lazySource: (name: string) => string,
  callNames: string,
): Realm {
  const turn = new Turn(emitWaiting, emitApart);
  const web = installWebGlobals(hostOf(turn, randomBase64, lazySource));
  removeUncountedMemory();
  fixStackTraces();
  const registry: Registry = { handlers: record(), count: 0, open: false, describe: undefined };
  const realm: Realm = {
    turn,
    runs: new Runs(() => turn.emit, web.forgetTimer),
    registry,
    sdk: makeSdk(registry),
    web,
    makeCtx: prepareCtx(callTree(parseJson(callNames) as string[]), web),
    answer: undefined,
  };
  return realm;
}

/** The dispatcher: every way into the realm. */
export function turnsOf(realm: Realm): object {
  return { ...bundleTurns(realm), ...runTurns(realm) };
}

function enter({ runs, turn }: Realm, waiting: number, run: RunState | undefined): void {
  if (runs.answered !== undefined) runs.dropEnded();
  turn.begin(waiting, run);
}

/** The turns that make an isolate ready for a bundle's runs. */
function bundleTurns(realm: Realm): object {
  const { turn, runs, registry } = realm;
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
      enter(realm, waiting, undefined);
      if (startOver === 1) runs.profiles = record<Profile>();
      runs.profiles[id] = {
        fixed,
        tenantSlug: undefined,
        ceilings: { resultBytes, logLines, logBytes, hostCalls, hostCallsAtOnce, streams: streams === 1 },
      };
    },

    /** Runs a bundle's entry. `inspect` 1: also describes what it registers. */
    load(waiting: number, key: number, profileId: number, inspect: number, code: string): void {
      const run = runs.begin(key, profileId);
      enter(realm, waiting, run);
      registry.open = true;
      if (inspect === 1) registry.describe = (json) => turn.emit(emission.registration, key, 0, 0, json, '', '');
      try {
        const entry = indirectEval(`${code}\n//# sourceURL=plugin.js`) as (sdk: object) => unknown;
        entry(realm.sdk);
        turn.emit(emission.loaded, key, registry.count, 0, '', '', '');
      } catch (thrown) {
        failRun(run, thrown);
      }
      registry.open = false;
      registry.describe = undefined;
    },
  };
}

const noProfile = { fixed: '{}', tenantSlug: undefined };

/** The turns of a run, and of what it started. A run that has ended is not entered. */
function runTurns(realm: Realm): object {
  const { runs, web } = realm;
  return {
    /** Calls a handler. `code`: kind, content and index as `handlerCode` packs them; `head`: JSON texts, one a line. */
    invoke(waiting: number, key: number, profileId: number, code: number, head: string, content: string): void {
      const run = runs.byKey[key] ?? runs.begin(key, profileId);
      enter(realm, waiting, run);
      handle(realm, run, { profile: runs.profiles[profileId] ?? noProfile, code, head, content });
    },

    deliver(waiting: number, key: number, callId: number, ok: number, a: string, b: string): void {
      const run = runs.byKey[key];
      if (run === undefined) return;
      enter(realm, waiting, run);
      run.deliver(callId, ok === 1, a, b);
    },

    fireTimer(waiting: number, key: number, timerId: number): void {
      const run = runs.byKey[key];
      if (run === undefined) return;
      enter(realm, waiting, run);
      if (run.timers !== undefined) delete run.timers[timerId];
      try {
        web.fireTimer(timerId);
      } catch (thrown) {
        failRun(run, thrown);
      }
    },

    abort(waiting: number, key: number): void {
      const run = runs.byKey[key];
      if (run === undefined) return;
      enter(realm, waiting, run);
      run.aborted = true;
      run.abort?.();
      run.onCancel?.();
      run.wakeStream();
    },

    /** The reader of a streamed answer took so many bytes. */
    credit(waiting: number, key: number, bytes: number): void {
      const run = runs.byKey[key];
      if (run === undefined) return;
      enter(realm, waiting, run);
      run.addCredit(bytes);
    },

    /** Runs nothing of its own: what waits in the microtask queue runs, as part of this run. */
    flush(waiting: number, key: number): void {
      enter(realm, waiting, runs.byKey[key]);
    },

    forget(waiting: number, key: number): void {
      enter(realm, waiting, undefined);
      const run = runs.byKey[key];
      if (run !== undefined) runs.drop(run);
    },
  };
}
