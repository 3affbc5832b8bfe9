import { answerResponse, answerRoute, answerValue } from './answer.js';
import type { CtxTexts } from './ctx.js';
import { handlerKinds } from './emissions.js';
import { indexOf, parseJson, slice } from './primordials.js';
import type { Realm } from './realm.js';
import { failRun } from './run-failure.js';
import type { RunState } from './run-state.js';
import type { Handler } from './sdk.js';

const routeKind = handlerKinds.indexOf('route');
const eventKind = handlerKinds.indexOf('event');
const lifecycleKind = handlerKinds.indexOf('lifecycle');

/** A handler that is told something, and whose result nobody waits for. */
function isHookKind(kind: number): boolean {
  return kind === eventKind || kind === lifecycleKind;
}

/** What a handler is called with. */
interface Invocation {
  /** What the runs of its profile have in common. */
  profile: CtxTexts['profile'];
  /** Kind, content and index, as `handlerCode` packs them. */
  code: number;
  /** JSON texts, one a line. */
  head: string;
  content: string;
}

/** Calls a handler; its answer follows when it has one. Never throws. */
export function handle(realm: Realm, run: RunState, { profile, code, head, content }: Invocation): void {
  const kind = code & 7;
  const contentKind = (code >>> 3) & 3;
  const index = code >>> 5;
  const handler = realm.registry.handlers[index];
  if (handler === undefined || handler.kind !== handlerKinds[kind]) {
    run.fail(
      'PLUGIN_ERROR',
      `the plugin registered no ${handlerKinds[kind] ?? 'handler'} as number ${index}; ` +
        'its entry registers differently from when it was uploaded',
    );
    realm.runs.drop(run);
    return;
  }
  try {
    const line = indexOf(head, '\n');
    const ctx = realm.makeCtx(run, {
      profile,
      run: line < 0 ? head : slice(head, 0, line),
      request: line < 0 ? '' : slice(head, line + 1),
      body: content,
      bodyEncoding: contentKind === 1 ? 'utf8' : contentKind === 2 ? 'base64' : '',
    });
    void settle(realm, run, kind, call(handler, ctx, contentKind === 3 ? content : undefined));
  } catch (thrown) {
    failRun(run, thrown);
    realm.runs.drop(run);
  }
}

/** What a change of a setting says. */
type ChangeField = 'key' | 'value' | 'op' | 'revision' | 'previous' | 'scope' | 'first_sync';

function call({ kind, name, run }: Handler, ctx: object, payload: string | undefined): unknown {
  const second = payload === undefined ? undefined : parseJson(payload);
  if (kind === 'route') return run(ctx);
  if (kind === 'lifecycle' && name === 'config_change') {
    const change = (second ?? {}) as Record<ChangeField, unknown>;
    const { revision, previous, scope } = change;
    const more = scope === undefined ? undefined : { scope, firstSync: change.first_sync === true };
    return run(ctx, change.key, change.value, change.op, { revision, previous, ...more });
  }
  return run(ctx, second);
}

/** Sends what the handler's result comes to, or what it threw. */
async function settle({ web, runs, answer }: Realm, run: RunState, kind: number, value: unknown): Promise<void> {
  try {
    const result = await value;
    if (answer?.(run, kind, result) === true) {
      // Sent as it came.
    } else if (kind !== routeKind) answerValue(run, result, !isHookKind(kind));
    else if (web.isResponse(result)) await answerResponse(run, result, web);
    else answerRoute(run, result, web);
  } catch (thrown) {
    failRun(run, thrown);
  }
  runs.settled(run);
}
