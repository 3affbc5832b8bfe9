import { sandboxLimits } from '@annex/limits/sandbox';
import { textApartFrom } from '../emissions.js';
import type { PreludeHost } from '../host.js';
import { authorFrames } from '../stack-frames.js';
import { onSignalAbort } from './abort.js';
import { takeBody } from './body.js';
import type { BodyText } from './body.js';
import type { HeaderPair } from './headers.js';
import { ArrayPrototypePush, JSONParse, PromiseCtor, PromisePrototypeThen, quote } from './primordials.js';
import { Request, requestState } from './request.js';
import type { RequestState } from './request.js';
import { createResponse } from './response.js';
import type { Response } from './response.js';
import { parseAbsoluteUrl, withoutFragment } from './url.js';
import { requireArguments } from './webidl.js';

let hostCall: PreludeHost['hostCall'] = () => new PromiseCtor(() => undefined);

/** Joins `fetch` to the host. */
export function connectFetch(host: PreludeHost): void {
  hostCall = host.hostCall;
}

/**
 * Fetch §5.6, as the host call `http.request`. Rejects with a TypeError that keeps the host's `code`, or with the
 * signal's reason. With
 * `redirect: 'manual'` the answer is the redirect itself, its status and `Location` readable, as in other servers'
 * runtimes: there is no page here that a filtered response (`opaqueredirect`) would have to be kept from.
 */
export async function fetch(input: unknown, init: unknown = undefined): Promise<Response> {
  requireArguments(arguments.length, 1, 'fetch');
  if (typeof input === 'string' && input.length > sandboxLimits.urlChars)
    throw new TypeError(
      `fetch failed: the URL is ${input.length} characters long, at most ${sandboxLimits.urlChars} are taken`,
    );
  const request = requestState(new Request(input, init));
  const signal = request.signal;
  if (signal?.aborted === true) {
    const stream = request.body?.stream ?? null;
    if (stream !== null && !stream.locked) void stream.cancel(signal.reason);
    throw signal.reason;
  }
  const scheme = parseAbsoluteUrl(request.url)?.scheme;
  if (scheme !== 'http' && scheme !== 'https')
    throw new TypeError(`fetch: the scheme of ${request.url.slice(0, 200)} is not supported; use http or https`);
  const body = request.body === null ? null : await takeBody(request.body);
  const apart = body !== null && body.data.length >= textApartFrom ? body.data : '';
  const answer = hostCall('http.request', requestArguments(request, body, apart !== ''), apart);
  return await new PromiseCtor<Response>((resolve, reject) => {
    const undo =
      signal === null
        ? null
        : onSignalAbort(signal, () => {
            reject(signal.reason);
          });
    PromisePrototypeThen(
      answer,
      (text) => {
        undo?.();
        try {
          resolve(responseOf(request, text));
        } catch (error) {
          reject(error);
        }
      },
      (error) => {
        undo?.();
        reject(networkError(error));
      },
    );
  });
}

/** The argument list as JSON text, put together from quoted strings so that no `toJSON` of the plugin takes part. */
function requestArguments(request: RequestState, body: BodyText | null, isApart: boolean): string {
  let headers = '';
  for (let i = 0; i < request.headers.length; i++) {
    const pair = request.headers[i];
    if (pair !== undefined) headers += `${headers === '' ? '' : ','}[${quote(pair[0])},${quote(pair[1])}]`;
  }
  const target = `"method":${quote(request.method)},"url":${quote(withoutFragment(request.url))}`;
  let text = `[{${target},"headers":[${headers}],"body":`;
  text += body === null ? 'null' : `{"encoding":${quote(body.encoding)},"data":${isApart ? 'null' : quote(body.data)}}`;
  if (request.redirect !== 'follow') text += `,"redirect":${quote(request.redirect)}`;
  if (request.timeoutMs !== undefined) text += `,"timeout_ms":${request.timeoutMs}`;
  return `${text}}]`;
}

function responseOf(request: RequestState, text: string): Response {
  const answer = JSONParse(text) as { status: number; headers: HeaderPair[]; url: string; body: BodyText | null };
  const headers: HeaderPair[] = [];
  for (let i = 0; i < answer.headers.length; i++) {
    const pair = answer.headers[i];
    if (pair !== undefined) ArrayPrototypePush(headers, [pair[0].toLowerCase(), pair[1]]);
  }
  const empty = request.method === 'HEAD' || answer.status === 204 || answer.status === 205 || answer.status === 304;
  const url = withoutFragment(answer.url);
  const redirected = url !== withoutFragment(request.url);
  if (redirected && request.redirect === 'error') throw new TypeError('fetch failed: the server redirected');
  return createResponse(
    { status: answer.status, headers, body: empty ? null : (answer.body ?? { encoding: 'utf8', data: '' }) },
    { url, redirected, signal: request.signal },
  );
}

function networkError(error: unknown): unknown {
  const { message, code } = error as { message?: unknown; code?: unknown };
  const failure = new TypeError(typeof message === 'string' ? `fetch failed: ${message}` : 'fetch failed', {
    cause: error,
  });
  // The place of the call, not of its answer.
  const frames = authorFrames((error as { stack?: unknown }).stack);
  if (frames !== '')
    Object.defineProperty(failure, 'stack', {
      value: `TypeError: ${failure.message}${frames}`,
      writable: true,
      configurable: true,
    });
  if (typeof code === 'string')
    Object.defineProperty(failure, 'code', { value: code, writable: true, configurable: true, enumerable: false });
  return failure;
}
