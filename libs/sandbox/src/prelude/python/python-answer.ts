import { base64Bytes, emission, handlerKinds } from '../emissions.js';
import { indexOf, SafeNumber, slice, toBase64 } from '../primordials.js';
import type { RunState } from '../run-state.js';
import { concatenate } from '../web/blob.js';
import { doRest, failPython, readerOf, type PythonRest } from './python-rest.js';

const routeKind = handlerKinds.indexOf('route');

/** What a handler in Python came to, as the text that it crosses with; see `_answer.py`. */
export class PythonAnswer {
  constructor(
    readonly text: string,
    readonly rest: PythonRest,
  ) {}
}

/**
 * Sends what a handler came to: `0` nothing, `=` a value as JSON, `#` a response, `~` one whose body comes in pieces,
 * `-` what it raised. `!`: the run was over already. `&` before one of them: something is to be done after it.
 */
export function answerPython(run: RunState, kind: number, { text, rest }: PythonAnswer): void {
  const hasWork = text[0] === '&';
  const answer = hasWork ? slice(text, 1) : text;
  const isStream = answer[0] === '~';
  if (!run.alive || run.answered || (!hasWork && !isStream)) {
    if (isStream || hasWork) rest.drop();
    else answerNow(run, kind, answer);
    return;
  }
  if (isStream && !run.ceilings.streams) {
    void answerWhole(run, answer, rest);
    return;
  }
  // Held before the answer is out, so that it does not pass for the run's end.
  run.hold();
  if (isStream) run.hold();
  answerNow(run, kind, answer);
  void doRest(run, rest, isStream);
}

function answerNow(run: RunState, kind: number, text: string): void {
  if (!run.alive || run.answered) return;
  const rest = slice(text, 1);
  switch (text[0]) {
    case '0':
      send(run, kind, { status: 204, headers: '', body: '', encoding: '', value: undefined });
      return;
    case '=':
      send(run, kind, { status: 200, headers: '', body: rest, encoding: 'utf8', value: rest });
      return;
    case '#':
    case '~':
      sendResponse(run, rest);
      return;
    case '-':
      failPython(run, rest);
      return;
    default:
      run.fail('PLUGIN_ERROR', 'the handler gave no answer');
  }
}

/** The caller takes no stream: the pieces are put together. */
async function answerWhole(run: RunState, answer: string, rest: PythonRest): Promise<void> {
  const reader = readerOf(run, rest);
  const pieces: Uint8Array[] = [];
  let size = 0;
  run.hold();
  while (run.alive && size <= run.ceilings.resultBytes) {
    const { done, value } = await reader.read();
    if (done) break;
    const piece = value as Uint8Array;
    pieces[pieces.length] = piece;
    size += piece.length;
  }
  if (run.alive && size > run.ceilings.resultBytes) {
    run.fail('OUTPUT_LIMIT', `the result is ${size} bytes or more, the limit is ${run.ceilings.resultBytes}`);
  }
  if (run.alive) {
    const parts = partsOf(slice(answer, 1));
    const body = toBase64(concatenate(pieces));
    send(run, routeKind, { ...parts, body, encoding: 'base64', value: undefined });
  }
  await doRest(run, rest, false);
}

interface Content {
  status: number;
  headers: string;
  body: string;
  encoding: string;
  value: string | undefined;
}

function send(run: RunState, kind: number, content: Content): void {
  const { status, headers, body, encoding, value } = content;
  const size = encoding === 'base64' ? base64Bytes(body) : body.length;
  if (size > run.ceilings.resultBytes) {
    run.fail('OUTPUT_LIMIT', `the result is ${size} bytes or more, the limit is ${run.ceilings.resultBytes}`);
    return;
  }
  run.answered = true;
  if (kind === routeKind) run.emit()(emission.response, run.key, status, 0, headers, body, encoding);
  else run.emit()(emission.value, run.key, value === undefined ? 0 : 1, 0, value ?? '', '', '');
}

function sendResponse(run: RunState, text: string): void {
  send(run, routeKind, { ...partsOf(text), value: undefined });
}

/** `status\nencoding\nlength of the headers\n`, the headers, the body. */
function partsOf(text: string): Pick<Content, 'status' | 'headers' | 'body' | 'encoding'> {
  let at = 0;
  const line = (): string => {
    const left = slice(text, at);
    const end = indexOf(left, '\n');
    at += end + 1;
    return slice(left, 0, end);
  };
  const status = SafeNumber(line());
  const encoding = line();
  const length = SafeNumber(line());
  const headers = slice(text, at, at + length);
  return { status, headers, body: slice(text, at + length), encoding };
}
