import { sandboxLimits } from '@annex/limits/sandbox';
import { pumpStream } from './answer-stream.js';
import { base64Bytes, emission } from './emissions.js';
import {
  bytesOf,
  indexOf,
  isArray,
  isInteger,
  keys,
  lowerCase,
  SafeTypeError,
  quote,
  toBase64,
  toJson,
} from './primordials.js';
import { jsonText, lossText } from './json-loss.js';
import { headerListOf, isHeaders as isHeaderObject } from './web/headers.js';
import type { Response } from './web/response.js';
import { levelNumber, type RunState } from './run-state.js';
import type { WebInternals } from './web/install.js';

const jsonType = 'application/json; charset=utf-8';

const warnLevel = levelNumber('warn');

interface Draft {
  status: number;
  headers: string;
  contentType: string | undefined;
}

/**
 * Sends what a route handler returned: a JSON value, `[body, status]`, `[body, status, headers]`, bytes, or nothing
 * (204).
 */
export function answerRoute(run: RunState, value: unknown, web: WebInternals): void {
  const draft: Draft = { status: 200, headers: '', contentType: undefined };
  let body = value;
  if (isArray(value) && (value.length === 2 || value.length === 3) && isHeaders(value[2])) refuseTextStatus(value[1]);
  if (isArray(value) && (value.length === 2 || value.length === 3) && isStatus(value[1]) && isHeaders(value[2])) {
    body = value[0];
    draft.status = value[1];
    readHeaders(draft, value[2]);
    if (web.isResponse(body))
      throw new SafeTypeError('a handler returned [Response, status]; return the Response alone');
  }
  const bytes = bytesOf(body);
  if (bytes !== undefined) {
    send(run, draft, 'application/octet-stream', 'base64', bytes.length, toBase64(bytes));
  } else if (body === undefined || (body === null && hasNoBody(draft.status))) {
    if (draft.status === 200) draft.status = 204;
    send(run, draft, undefined, '', 0, '');
  } else if (
    typeof body === 'string' &&
    draft.contentType !== undefined &&
    indexOf(lowerCase(draft.contentType), 'json') < 0
  ) {
    send(run, draft, undefined, 'utf8', body.length, body);
  } else {
    const text = jsonText(body, 'the result');
    if (text === undefined) throw new SafeTypeError(`a handler returned a ${typeof body}, which is not JSON`);
    send(run, draft, jsonType, 'utf8', text.length, text);
  }
}

/** `[body, '404']` would be a list with status 200. */
function refuseTextStatus(status: unknown): void {
  if (typeof status !== 'string' || status.length !== 3 || !isStatus(+status)) return;
  throw new SafeTypeError(`the result holds at "/1" the status ${quote(status)} as text; write the number ${status}`);
}

/**
 * Sends the result of every other kind of handler. Nobody uses what a hook returns (`isUsed` false), which is often
 * there by accident: it is kept as JSON has it, and what JSON loses is a warning in the log.
 */
export function answerValue(run: RunState, value: unknown, isUsed: boolean): void {
  const text = value === undefined ? undefined : isUsed ? jsonText(value, 'the result') : looseText(run, value);
  if (value !== undefined && text === undefined)
    throw new SafeTypeError(`a handler returned a ${typeof value}, which is not JSON`);
  if (!fits(run, text?.length ?? 0)) return;
  if (!mayAnswer(run)) return;
  run.emit()(emission.value, run.key, text === undefined ? 0 : 1, 0, text ?? '', '', '');
}

function looseText(run: RunState, value: unknown): string | undefined {
  const text = toJson(value);
  const lost = text === undefined ? undefined : lossText(value, text, 'the result');
  if (lost !== undefined) run.log(warnLevel, `${lost}; it is kept without`, '');
  return text;
}

/** Sends a `Response`: a body that is a stream piece by piece where that may be, any other at once. */
export async function answerResponse(run: RunState, response: Response, web: WebInternals): Promise<void> {
  const streamed = run.ceilings.streams ? web.openResponse(response) : undefined;
  if (streamed !== undefined) {
    const draft: Draft = { status: streamed.status, headers: '', contentType: undefined };
    addPairs(draft, streamed.headers);
    // Held before the answer is out, so that it does not pass for the run's end.
    run.hold();
    send(run, draft, undefined, 'stream', 0, '');
    if (run.alive) await pumpStream(run, streamed.reader);
    return;
  }
  // One byte more than the limit may be read, so that the limit is noticed.
  const parts = web.readResponseNow(response) ?? (await web.readResponse(response, run.ceilings.resultBytes + 1));
  const draft: Draft = { status: parts.status, headers: '', contentType: undefined };
  addPairs(draft, parts.headers);
  const { body } = parts;
  if (body === null) send(run, draft, undefined, '', 0, '');
  else
    send(
      run,
      draft,
      undefined,
      body.encoding,
      body.encoding === 'base64' ? base64Bytes(body.data) : body.data.length,
      body.data,
    );
}

function addPairs(draft: Draft, pairs: readonly (readonly [string, string])[]): void {
  for (let index = 0; index < pairs.length; index += 1) {
    const pair = pairs[index];
    if (pair !== undefined) addHeader(draft, pair[0], pair[1]);
  }
}

function send(
  run: RunState,
  draft: Draft,
  defaultType: string | undefined,
  encoding: string,
  size: number,
  body: string,
): void {
  if (!fits(run, size) || !run.alive) return;
  if (draft.headers.length > sandboxLimits.headerChars) {
    run.fail(
      'OUTPUT_LIMIT',
      `the response headers are ${draft.headers.length} characters or more, the limit is ${sandboxLimits.headerChars}`,
    );
    return;
  }
  const type = defaultType !== undefined && draft.contentType === undefined ? `content-type\n${defaultType}\n` : '';
  if (!mayAnswer(run)) return;
  run.emit()(emission.response, run.key, draft.status, 0, type + draft.headers, body, encoding);
}

/** Whether the answer may be given: once, while the run lives. */
function mayAnswer(run: RunState): boolean {
  if (!run.alive || run.answered) return false;
  run.answered = true;
  return true;
}

function fits(run: RunState, size: number): boolean {
  if (size <= run.ceilings.resultBytes) return true;
  run.fail('OUTPUT_LIMIT', `the result is ${size} bytes or more, the limit is ${run.ceilings.resultBytes}`);
  return false;
}

/** Statuses that HTTP gives no body, and redirects, whose `null` means none. */
function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || (status >= 300 && status < 400);
}

function isStatus(value: unknown): value is number {
  return isInteger(value) && (value as number) >= 100 && (value as number) <= 599;
}

function isHeaders(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && value !== null);
}

function readHeaders(draft: Draft, headers: unknown): void {
  if (typeof headers !== 'object' || headers === null) return;
  if (isArray(headers)) {
    for (let index = 0; index < headers.length; index += 1) {
      const pair = headers[index] as unknown[];
      addHeader(draft, `${pair[0] as string}`, `${pair[1] as string}`);
    }
  } else if (isHeaderObject(headers)) {
    addPairs(draft, headerListOf(headers));
  } else {
    const names = keys(headers);
    for (let index = 0; index < names.length; index += 1) {
      const name = names[index] as string;
      const value = (headers as Record<string, unknown>)[name];
      if (isArray(value)) {
        for (let at = 0; at < value.length; at += 1) addHeader(draft, name, `${value[at] as string}`);
      } else if (value !== undefined && value !== null) {
        addHeader(draft, name, `${value as string}`);
      }
    }
  }
}

function addHeader(draft: Draft, name: string, value: string): void {
  // Past the limit nothing is added any more: the answer has failed, and a flood must not cost the run its time.
  if (draft.headers.length > sandboxLimits.headerChars) return;
  if (indexOf(name, '\n') >= 0 || indexOf(value, '\n') >= 0)
    throw new SafeTypeError('a response header contains a line break');
  const lower = lowerCase(name);
  if (lower === 'content-type') draft.contentType = value;
  draft.headers += `${lower}\n${value}\n`;
}
