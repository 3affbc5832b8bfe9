/** What a plugin asked of `ctx`, and what it was answered. */
import type { Broker, HostCallAnswer } from '@annex/broker';
import { findHostCall } from '@annex/host-api';
import type { Json } from '../context.js';

/** A call of `ctx` that left the sandbox; one that was refused is there too. */
export interface CtxCall {
  /** As docs/host-api.md names it, such as `kv.get`. Every way to send a request is `http.request`. */
  method: string;
  /** The arguments as they left the sandbox. Bytes are `{ $bytes }`, in base64. */
  args: Json[];
  /** What it answered; not there for one that failed. Values of secrets stand there as they are. */
  result?: Json;
  /** With which error it failed. */
  error?: { code: string; message: string };
}

/** What a call of `ctx` is answered instead of what memory says. */
export type CtxAnswer = { result: Json } | { error: { code: string; message: string } };

/** Answers calls of `ctx`; `undefined`: memory's answer stands. */
export type AnswerCtx = (call: Pick<CtxCall, 'method' | 'args'>) => CtxAnswer | undefined;

/**
 * The same broker, which tells each call that it answered. `instead`: answers in place of the broker, which makes the
 * call all the same, so that what it does and counts is there; a permission that is missing stays missing.
 */
export function recordedBroker<Identity>(
  broker: Broker<Identity>,
  { record, instead }: { record: (call: CtxCall) => void; instead?: AnswerCtx | undefined },
): Broker<Identity> {
  return {
    session(run) {
      const session = broker.session(run);
      return {
        usage: () => session.usage(),
        close: () => session.close(),
        async call(call) {
          const args = readArgs(call);
          const given = instead?.({ method: call.method, args });
          const own = await session.call(call);
          const answer = given === undefined || isDenied(own) ? own : answerOf(given);
          if (answer.ok) record({ method: call.method, args, result: readJson(answer.value) });
          else record({ method: call.method, args, error: { code: answer.code, message: answer.message } });
          return answer;
        },
      };
    },
  };
}

function isDenied(answer: HostCallAnswer): boolean {
  return !answer.ok && answer.code === 'PERMISSION_DENIED';
}

function answerOf(given: CtxAnswer): HostCallAnswer {
  return 'error' in given ? { ok: false, ...given.error } : { ok: true, value: JSON.stringify(given.result) };
}

/** A long body crosses beside the arguments. */
function readArgs({ method, args: json, text }: { method: string; args: string; text?: string }): Json[] {
  const args = readJson(json);
  if (text !== undefined) findHostCall(method)?.putText?.(args, text);
  return Array.isArray(args) ? args : [args];
}

/** A plugin may send what is no JSON; then the text itself is shown. */
function readJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
