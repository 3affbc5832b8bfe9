import { bytesOf, defineProperty, freeze, fromBase64, isArray, keys, lowerCase, parseJson, quote, SafeTypeError, toBase64, toJson } from './primordials.js';
import { maxArgsLength } from './emissions.js';
import type { RunState } from './run-state.js';
import { isBlob } from './web/blob.js';
import { utf8Decode, utf8Encode } from './web/encoding.js';
import { isFormData } from './web/form-data.js';
import { Headers, headerListOf, isHeaders } from './web/headers.js';
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
  async function request(url: unknown, init: Record<string, unknown> = {}): Promise<object> {
    const { method, headers, query, body, timeoutMs, timeout_ms } = init;
    const list = headerList(headers);
    const encoded = await encodeBody(body, list);
    const timeout = timeoutMs ?? timeout_ms;
    const text =
      `[{"method":${quote(typeof method === 'string' ? method : 'GET')},"url":${quote(`${url as string}`)},"headers":${pairsToJson(list)}` +
      (query === undefined || query === null ? '' : `,"query":${queryToJson(query)}`) +
      `,"body":${encoded === null ? 'null' : `{"encoding":${quote(encoded.encoding)},"data":${quote(encoded.data)}}`}` +
      (typeof timeout === 'number' ? `,"timeout_ms":${toJson(timeout)}` : '') +
      '}]';
    return answer(parseJson(await run.hostCall('http.request', text)) as Answer);
  }
  const plain = (method: string) => (url: unknown, init?: object) => request(url, { ...init, method });
  const withBody = (method: string) => (url: unknown, body?: unknown, init?: object) => request(url, { ...init, method, body });
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
    async call(slug: unknown, path: unknown, init: Record<string, unknown> = {}): Promise<object> {
      const { method, headers, query, body, timeoutMs, timeout_ms } = init ?? {};
      const list = headerList(headers);
      const encoded = await encodeBody(body, list);
      const timeout = timeoutMs ?? timeout_ms;
      const text =
        `[${toJson(slug) ?? 'null'},${toJson(path) ?? 'null'},{"headers":${pairsToJson(list)}` +
        (method === undefined ? '' : `,"method":${toJson(method) ?? 'null'}`) +
        (query === undefined || query === null ? '' : `,"query":${queryToJson(query)}`) +
        `,"body":${encoded === null ? 'null' : `{"encoding":${quote(encoded.encoding)},"data":${quote(encoded.data)}}`}` +
        (typeof timeout === 'number' ? `,"timeout_ms":${toJson(timeout)}` : '') +
        '}]';
      return answer(parseJson(await run.hostCall('plugins.call', text)) as Answer);
    },
  });
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

function headerList(headers: unknown): [string, string][] {
  if (headers === undefined || headers === null) return [];
  if (isHeaders(headers) || isArray(headers)) return pairsOf(new Headers(headers));
  if (typeof headers !== 'object') throw new SafeTypeError('headers must be an object, a list of pairs or Headers');
  const list: [string, string][] = [];
  const names = keys(headers);
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] as string;
    const value = (headers as Record<string, unknown>)[name];
    if (value !== undefined && value !== null) add(list, lowerCase(name), `${value as string}`);
  }
  return list;
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

function queryToJson(query: unknown): string {
  if (typeof query === 'string') return quote(query);
  if (isUrlSearchParams(query)) return quote(query.toString());
  return toJson(query) ?? '{}';
}

function hasHeader(list: [string, string][], name: string): boolean {
  for (let index = 0; index < list.length; index += 1) if (list[index]?.[0] === name) return true;
  return false;
}

async function encodeBody(
  body: unknown,
  list: [string, string][],
): Promise<{ encoding: 'utf8' | 'base64'; data: string } | null> {
  if (body === undefined || body === null) return null;
  if (typeof body === 'string') return { encoding: 'utf8', data: body };
  const bytes = bytesOf(body);
  if (bytes !== undefined) return { encoding: 'base64', data: toBase64(bytes) };
  if (isUrlSearchParams(body) || isFormData(body) || isBlob(body) || isReadableStream(body)) {
    const parts = await readResponse(new Response(body), maxArgsLength);
    const type = parts.headers[0];
    if (type !== undefined && !hasHeader(list, 'content-type')) add(list, 'content-type', type[1]);
    return parts.body;
  }
  const text = toJson(body);
  if (text === undefined) throw new SafeTypeError('the request body cannot be sent as JSON');
  if (!hasHeader(list, 'content-type')) add(list, 'content-type', 'application/json');
  return { encoding: 'utf8', data: text };
}
