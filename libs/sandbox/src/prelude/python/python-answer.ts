import { base64Bytes, emission, handlerKinds } from '../emissions.js';
import { indexOf, parseJson, slice, SafeNumber } from '../primordials.js';
import type { RunState } from '../run-state.js';

const routeKind = handlerKinds.indexOf('route');

/** What a handler in Python came to, as the text that it crosses with; see `_entry.py`. */
export class PythonAnswer {
  constructor(readonly text: string) {}
}

/**
 * Sends what a handler came to: `0` nothing, `=` a value as JSON, `#` a response, `-` what it raised. `!`: the run was
 * over already.
 */
export function answerPython(run: RunState, kind: number, { text }: PythonAnswer): void {
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
      sendResponse(run, rest);
      return;
    case '-': {
      const [code, message, stack, delayMs] = parseJson(rest) as [string, string, string, number];
      run.fail(code, message, stack, delayMs);
      return;
    }
    default:
      run.fail('PLUGIN_ERROR', 'the handler gave no answer');
  }
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

/** `status\nencoding\nlength of the headers\n`, the headers, the body. */
function sendResponse(run: RunState, text: string): void {
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
  send(run, routeKind, { status, headers, body: slice(text, at + length), encoding, value: undefined });
}
