/** `ctx.http` without a network: requests pass the checks that need none, then the test's own function answers. */
import type { EgressPort } from '@annex/execution';
import { createEgress, egressErrors, lookUpHost, type AllowHosts } from '@annex/egress';
import { isAnnexError, messageOf, quote } from '@annex/kernel';

/** A request that left the sandbox. */
export interface OutboundRequest {
  method: string;
  /** Absolute, query included. */
  url: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  /** Text of the body; bytes that are no text appear as U+FFFD. `null` when there is none. */
  body: string | null;
  /** The body read as JSON. Throws `SyntaxError`. */
  json(): unknown;
}

/** What a server answers. An object as body is sent as JSON. */
export interface OutboundAnswer {
  /** Default 200. */
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** Stands in for every server. What it throws reaches the plugin as `EGRESS_CONNECT`, as if no server were there. */
export type AnswerHttp = (request: OutboundRequest) => OutboundAnswer | Promise<OutboundAnswer>;

/**
 * An egress that dials nothing. URL, scheme, host, port and literal addresses are refused as in production; names are
 * not resolved and redirects not followed. Each request that passes goes to `record`, then to `answer`.
 */
export function answeredHttp(answer: AnswerHttp | undefined, record: (request: OutboundRequest) => void): EgressPort {
  const { checkUrl } = createEgress();
  return {
    async request({
      method,
      url,
      headers = [],
      body = null,
      allowHosts,
      timeoutMs = 10_000,
      maxResponseBytes,
      signal,
    }) {
      const refused = checkUrl(url, allowHosts);
      if (refused) throw refused;
      checkPort(url, allowHosts);
      const request = outbound(method, url, headers, body);
      record(request);
      if (!answer) {
        throw egressErrors.error(
          'EGRESS_CONNECT',
          `Nobody answers ${method} ${url}: give openPlugin an http function that does.`,
        );
      }
      const bytesOf = async () => respond(await asked(answer, request), url);
      const response = await unlessOver(bytesOf(), { timeoutMs, signal, url });
      if (maxResponseBytes !== undefined && response.body.byteLength > maxResponseBytes) {
        throw egressErrors.error(
          'HTTP_LIMIT',
          `The response's body is larger than ${maxResponseBytes} bytes, which is the limit. Ask for less, such as ` +
            'a page or a range.',
        );
      }
      return response;
    },
  };
}

/** In production this waits for the addresses, since an operator may open the port of one. */
function checkPort(text: string, allowHosts: AllowHosts): void {
  const { hostname, port, protocol } = new URL(text);
  const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  if (lookUpHost(allowHosts, hostname, number) !== 'port') return;
  throw egressErrors.error(
    'EGRESS_PORT',
    `Port ${number} of ${quote(hostname)} is not allowed: http.allow opens 80 and 443 unless it names a port. Add ` +
      `${quote(`${hostname}:${number}`)} to http.allow.`,
  );
}

function outbound(
  method: string,
  url: string,
  headers: [string, string][],
  body: Uint8Array | string | null,
): OutboundRequest {
  const text = body === null || typeof body === 'string' ? body : new TextDecoder().decode(body);
  const merged: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    merged[key] = merged[key] === undefined ? value : `${merged[key]}, ${value}`;
  }
  return { method, url, headers: merged, body: text, json: () => JSON.parse(text ?? '') as unknown };
}

async function asked(answer: AnswerHttp, request: OutboundRequest): Promise<OutboundAnswer> {
  try {
    return await answer(request);
  } catch (thrown) {
    if (isAnnexError(thrown)) throw thrown;
    throw egressErrors.error(
      'EGRESS_CONNECT',
      `No connection to ${quote(new URL(request.url).host)}: ${messageOf(thrown)}`,
      { cause: thrown },
    );
  }
}

function respond(
  { status = 200, headers = {}, body }: OutboundAnswer,
  url: string,
): { status: number; headers: [string, string][]; url: string; body: Uint8Array } {
  const list = Object.entries(headers).map(([name, value]): [string, string] => [name.toLowerCase(), String(value)]);
  if (body === undefined || body === null) return { status, headers: list, url, body: new Uint8Array() };
  if (typeof body === 'string') return { status, headers: list, url, body: Buffer.from(body) };
  if (body instanceof Uint8Array) return { status, headers: list, url, body };
  if (!list.some(([name]) => name === 'content-type')) list.push(['content-type', 'application/json']);
  return { status, headers: list, url, body: Buffer.from(JSON.stringify(body)) };
}

async function unlessOver<T>(
  work: Promise<T>,
  { timeoutMs, signal, url }: { timeoutMs: number; signal: AbortSignal | undefined; url: string },
): Promise<T> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), timeoutMs);
  const ends = signal ? AbortSignal.any([timeout.signal, signal]) : timeout.signal;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_resolve, reject) => {
        ends.addEventListener('abort', () => {
          reject(
            timeout.signal.aborted
              ? egressErrors.error(
                  'EGRESS_TIMEOUT',
                  `No complete answer within ${timeoutMs} ms. Allow more time (timeoutMs) or ask for less.`,
                )
              : egressErrors.error('EGRESS_ABORTED', `The request to ${quote(new URL(url).host)} was given up.`),
          );
        });
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
