import { sandboxLimits } from '@annex/limits/sandbox';
import { argumentToJson, invalidArguments, plainJson } from './bytes-json.js';
import {
  bytesOf,
  defineProperty,
  freeze,
  fromBase64,
  isArray,
  isFiniteNumber,
  iterator,
  keys,
  lowerCase,
  parseJson,
  quote,
  record,
  toBase64,
  toJson,
} from './primordials.js';
import { textApartFrom } from './emissions.js';
import type { RunState } from './run-state.js';
import { isBlob } from './web/blob.js';
import { utf8Decode, utf8Encode } from './web/encoding.js';
import { isFormData } from './web/form-data.js';
import { checkHeaderName, Headers, headerListOf, headerValue, isHeaders } from './web/headers.js';
import { Response, readResponse } from './web/response.js';
import { isReadableStream } from './web/streams.js';
import { isUrlSearchParams } from './web/url.js';

interface Answer {
  status: number;
  url?: string;
  headers: [string, string][];
  body: { encoding: 'utf8' | 'base64'; data: string } | null;
}

/** `ctx.http`: outbound HTTP with small answers, next to the global `fetch`. */
export function makeHttp(run: RunState): object {
  async function request(url: unknown, given?: unknown, fixed?: Fixed): Promise<object> {
    const call = 'http.request';
    const init = readInit(call, given);
    if (typeof url === 'symbol') throw invalidArguments(call, 'the URL must be text or a URL, not a symbol');
    const method = fixed?.method ?? init.method ?? 'GET';
    if (typeof method !== 'string') throw invalidArguments(call, 'method must be text such as "GET"');
    const list = headerList(call, init.headers);
    const encoded = await encodeBody(call, fixed?.takesBody === true ? fixed.body : init.body, list);
    const text =
      `[{"method":${quote(method)},"url":${quote(`${url as string}`)},"headers":${pairsToJson(list)}` +
      `${queryPart(call, init.query)},"body":${bodyJson(encoded, textApart(encoded) !== '')}` +
      `${timeoutPart(call, init)}${redirectPart(call, init)}}]`;
    return answer(parseJson(await run.hostCall(call, text, textApart(encoded))) as Answer);
  }
  const plain = (method: string) => (url: unknown, init?: unknown) => request(url, init, { method, takesBody: false });
  const withBody = (method: string) => (url: unknown, body?: unknown, init?: unknown) =>
    request(url, init, { method, takesBody: true, body });
  return freeze({
    request,
    get: plain('GET'),
    head: plain('HEAD'),
    delete: plain('DELETE'),
    post: withBody('POST'),
    put: withBody('PUT'),
    patch: withBody('PATCH'),
  });
}

/** `ctx.plugins`: routes of other plugins, called and answered like HTTP. */
export function makePlugins(run: RunState): object {
  return freeze({
    async call(slug: unknown, path: unknown, given?: unknown): Promise<object> {
      const call = 'plugins.call';
      const init = readInit(call, given);
      const list = headerList(call, init.headers);
      const encoded = await encodeBody(call, init.body, list);
      const text =
        `[${argumentToJson(call, 'argument 1', slug)},${argumentToJson(call, 'argument 2', path)},` +
        `{"headers":${pairsToJson(list)}` +
        (init.method === undefined ? '' : `,"method":${argumentToJson(call, 'method', init.method)}`) +
        `${queryPart(call, init.query)},"body":${bodyJson(encoded)}${timeoutPart(call, init)}}]`;
      return answer(parseJson(await run.hostCall(call, text)) as Answer);
    },
  });
}

/** What `get`, `post` and the like have settled before `init` is looked at. */
interface Fixed {
  method: string;
  takesBody: boolean;
  body?: unknown;
}

interface EncodedBody {
  encoding: 'utf8' | 'base64';
  data: string;
}

/**
 * The options of a call. Text is refused before it is taken apart: three million characters would be as many members.
 */
function readInit(call: string, init: unknown): Record<string, unknown> {
  if (init === undefined || init === null) return record();
  if (typeof init !== 'object' || isArray(init))
    throw invalidArguments(call, 'the options must be an object such as { headers, query, timeoutMs }');
  return init as Record<string, unknown>;
}

function timeoutPart(call: string, { timeoutMs, timeout_ms }: Record<string, unknown>): string {
  const timeout = timeoutMs ?? timeout_ms;
  if (timeout === undefined || timeout === null) return '';
  if (typeof timeout !== 'number' || !isFiniteNumber(timeout))
    throw invalidArguments(call, 'timeoutMs must be a number of milliseconds');
  return `,"timeout_ms":${toJson(timeout)}`;
}

function redirectPart(call: string, { redirect }: Record<string, unknown>): string {
  if (redirect === undefined || redirect === null || redirect === 'follow') return '';
  if (redirect !== 'manual' && redirect !== 'error')
    throw invalidArguments(call, "redirect must be 'follow', 'manual' or 'error'");
  return `,"redirect":${quote(redirect)}`;
}

function bodyJson(body: EncodedBody | null, isApart = false): string {
  if (body === null) return 'null';
  return `{"encoding":${quote(body.encoding)},"data":${isApart ? 'null' : quote(body.data)}}`;
}

/** The body's text if it is so long that it stands apart from the arguments, else `''`. */
function textApart(body: EncodedBody | null): string {
  return body !== null && body.data.length >= textApartFrom ? body.data : '';
}

function answer({ status, headers, body, url }: Answer): object {
  const text = (): string => {
    if (body === null) return '';
    return body.encoding === 'utf8' ? body.data : utf8Decode(fromBase64(body.data));
  };
  const result = {
    status,
    ok: status >= 200 && status < 300,
    url,
    headers: new Headers(headers),
    text: async () => text(),
    json: async () => parseJson(text()),
    arrayBuffer: async () => {
      if (body === null) return new ArrayBuffer(0);
      return (body.encoding === 'base64' ? fromBase64(body.data) : utf8Encode(body.data)).buffer;
    },
  };
  return result;
}

function headerList(call: string, headers: unknown): [string, string][] {
  if (headers === undefined || headers === null) return [];
  if (typeof headers !== 'object')
    throw invalidArguments(call, 'headers must be an object, a list of pairs or Headers');
  if (isHeaders(headers) || (headers as { [Symbol.iterator]?: unknown })[iterator] !== undefined) {
    try {
      return pairsOf(new Headers(headers));
    } catch (error) {
      throw invalidArguments(
        call,
        `headers must be an object, a list of pairs or Headers: ${(error as Error).message}`,
        error,
      );
    }
  }
  const list: [string, string][] = [];
  const names = keys(headers);
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] as string;
    const value = (headers as Record<string, unknown>)[name];
    if (isArray(value)) {
      // Several values of one name are several fields.
      for (let at = 0; at < value.length; at += 1) addField(call, list, name, value[at]);
    } else if (value !== undefined && value !== null) {
      addField(call, list, name, value);
    }
  }
  return list;
}

function addField(call: string, list: [string, string][], name: string, value: unknown): void {
  try {
    checkHeaderName(name);
    add(list, lowerCase(name), headerValue(name, value));
  } catch (error) {
    throw invalidArguments(call, (error as Error).message, error);
  }
}

function pairsOf(headers: Headers): [string, string][] {
  const list: [string, string][] = [];
  const pairs = headerListOf(headers);
  for (let index = 0; index < pairs.length; index += 1) {
    const pair = pairs[index];
    if (pair !== undefined) add(list, pair[0], pair[1]);
  }
  return list;
}

function add(list: [string, string][], name: string, value: string): void {
  defineProperty(list, list.length, { value: [name, value], enumerable: true, configurable: true, writable: true });
}

function pairsToJson(list: [string, string][]): string {
  let text = '';
  for (let index = 0; index < list.length; index += 1) {
    const pair = list[index] as [string, string];
    text += `${index === 0 ? '' : ','}[${quote(pair[0])},${quote(pair[1])}]`;
  }
  return `[${text}]`;
}

function queryPart(call: string, query: unknown): string {
  if (query === undefined || query === null) return '';
  if (isUrlSearchParams(query)) return `,"query":${quote(query.toString())}`;
  return `,"query":${argumentToJson(call, 'query', query)}`;
}

function hasHeader(list: [string, string][], name: string): boolean {
  for (let index = 0; index < list.length; index += 1) if (list[index]?.[0] === name) return true;
  return false;
}

async function encodeBody(call: string, body: unknown, list: [string, string][]): Promise<EncodedBody | null> {
  if (body === undefined || body === null) return null;
  if (typeof body === 'string') return { encoding: 'utf8', data: body };
  const bytes = bytesOf(body);
  if (bytes !== undefined) return { encoding: 'base64', data: toBase64(bytes) };
  if (isUrlSearchParams(body) || isFormData(body) || isBlob(body) || isReadableStream(body)) {
    const parts = await readResponse(new Response(body), sandboxLimits.argumentChars);
    const type = parts.headers[0];
    if (type !== undefined && !hasHeader(list, 'content-type')) add(list, 'content-type', type[1]);
    return parts.body;
  }
  const text = plainJson(call, 'the body', body);
  if (!hasHeader(list, 'content-type')) add(list, 'content-type', 'application/json');
  return { encoding: 'utf8', data: text };
}
