/**
 * What one attempt asks of the host, noted while somebody has its plugin recorded. It stands around the run's broker
 * session, so a run that is not recorded passes no line of it. Texts are noted as they cross; they are read, masked and
 * judged once, after the run.
 */
import type { BrokerSession, HostCall, HostCallAnswer } from '@annex/broker';
import { findHostCall, storageProblem } from '@annex/host-api';
import { isJsonObject, type Clock, type Json } from '@annex/kernel';
import { recordingLimits } from '@annex/limits';
import type { Masker } from '../host-calls/ports.js';
import type { RecordedCall } from '../rows/recorded-calls-row.js';

/** What recordings of one process hold together, in characters. */
export interface RecordingRoom {
  held: number;
}

interface NotedCall {
  method: string;
  args: string | undefined;
  text: string | undefined;
  answer: string | undefined;
  error: { code: string; message: string } | undefined;
  atMs: number;
  tookMs: number | null;
}

const methodChars = 100;
const messageChars = 2_000;
/** Headers that sign a caller in; their values are not kept. */
const signingHeader = /^(proxy-)?authorization$|cookie|token|secret|api-?key|password|signature/i;

export class CallRecording {
  /** Calls that had no room. */
  leftOut = 0;
  readonly #calls: NotedCall[] = [];
  #chars = 0;
  #ended = false;

  constructor(private readonly options: { clock: Clock; startedAtMs: number; room: RecordingRoom }) {}

  /** The same session, whose calls are noted. */
  around(session: BrokerSession): BrokerSession {
    return {
      usage: () => session.usage(),
      close: () => {
        session.close();
        this.#end();
      },
      call: (call) => this.#call(session, call),
    };
  }

  async #call(session: BrokerSession, call: HostCall): Promise<HostCallAnswer> {
    const noted = this.#note(call);
    const answer = await session.call(call);
    if (noted !== undefined) this.#answered(noted, answer);
    return answer;
  }

  #note({ method, args, text }: HostCall): NotedCall | undefined {
    if (this.#calls.length >= recordingLimits.calls || !this.#take(methodChars)) {
      this.leftOut += 1;
      return undefined;
    }
    const fits = this.#take(args.length + (text?.length ?? 0));
    const noted: NotedCall = {
      method: method.slice(0, methodChars),
      args: fits ? args : undefined,
      text: fits ? text : undefined,
      answer: undefined,
      error: undefined,
      atMs: this.#now(),
      tookMs: null,
    };
    this.#calls.push(noted);
    return noted;
  }

  /** An answer that comes after the end of the run is nobody's any more. */
  #answered(noted: NotedCall, answer: HostCallAnswer): void {
    if (this.#ended) return;
    noted.tookMs = this.#now() - noted.atMs;
    if (!answer.ok) noted.error = { code: answer.code, message: answer.message.slice(0, messageChars) };
    else if (this.#take(answer.value.length)) noted.answer = answer.value;
  }

  #take(chars: number): boolean {
    const { room } = this.options;
    if (chars > recordingLimits.callBytes || this.#chars + chars > recordingLimits.runBytes) return false;
    if (room.held + chars > recordingLimits.heldBytes) return false;
    this.#chars += chars;
    room.held += chars;
    return true;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.options.room.held -= this.#chars;
  }

  #now(): number {
    return Math.max(0, this.options.clock.now() - this.options.startedAtMs);
  }

  /** What is kept of the calls. `masker`: hides the secrets that the code has seen. Default: it has seen none. */
  calls(masker: Masker | undefined): RecordedCall[] {
    return this.#calls.map((noted) => keptCall(noted, masker));
  }
}

function keptCall(noted: NotedCall, masker: Masker | undefined): RecordedCall {
  const { method, error, atMs, tookMs } = noted;
  const mask = (text: string): string => (masker ? masker.text(text) : text);
  const args = readArgs(noted);
  const kept = args === undefined ? undefined : keptValue(args, masker);
  const call: RecordedCall = {
    method: mask(method),
    args: Array.isArray(kept) ? kept : null,
    at_ms: atMs,
    took_ms: tookMs,
  };
  const omitted: string[] = [];
  if (call.args === null) omitted.push('The arguments are larger than what is kept, or no JSON.');
  if (error) call.error = { code: error.code, message: mask(error.message) };
  else if (tookMs === null) omitted.push('The run ended before the answer.');
  else if (method === 'secrets.get') omitted.push('The value of a secret is never kept.');
  else {
    const answer = noted.answer === undefined ? undefined : keptValue(readJson(noted.answer), masker);
    if (answer === undefined) omitted.push('The answer is larger than what is kept.');
    else call.answer = answer;
  }
  if (omitted.length > 0) call.omitted = omitted.join(' ');
  return call;
}

function readArgs({ method, args: json, text }: NotedCall): Json | undefined {
  if (json === undefined) return undefined;
  const args = readJson(json);
  if (args !== undefined && text !== undefined) findHostCall(method)?.putText?.(args, text);
  return args;
}

function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** `undefined` for one that cannot be kept. */
function keptValue(value: Json | undefined, masker: Masker | undefined): Json | undefined {
  if (value === undefined || storageProblem(value)?.startsWith('nested')) return undefined;
  const shown = withoutSigning(value);
  return masker ? masker.json(shown) : shown;
}

/** A request or an answer of `http.request` without what signs in; anything else as it is. */
function withoutSigning(value: Json): Json {
  if (Array.isArray(value)) return value.map((each) => hideHeaders(each));
  return hideHeaders(value);
}

function hideHeaders(value: Json): Json {
  if (!isJsonObject(value) || !Array.isArray(value['headers'])) return value;
  const headers = value['headers'].map((pair) =>
    Array.isArray(pair) && typeof pair[0] === 'string' && signingHeader.test(pair[0]) ? [pair[0], '***'] : pair,
  );
  return { ...value, headers };
}
