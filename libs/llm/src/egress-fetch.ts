import { isAnnexError, type AnnexError, type Clock } from '@annex/kernel';
import { llmLimits } from '@annex/limits';

/** Outbound HTTP (`@annex/egress`). */
export interface LlmEgress {
  request(request: {
    method: string;
    url: string;
    headers?: [string, string][];
    body?: Uint8Array | string | null;
    allowHosts: readonly string[];
    timeoutMs?: number;
    maxResponseBytes?: number;
    redirect?: 'manual';
    signal?: AbortSignal;
    source?: string;
    tenant?: string;
  }): Promise<{ status: number; headers: [string, string][]; body: Uint8Array }>;
}

/** Time that must be left for a second try, in milliseconds. */
const minRetryMs = 2_000;

export interface EgressFetchOptions {
  egress: LlmEgress;
  /** The endpoint's base URL: no other host is asked. */
  baseUrl: string;
  apiKey: string | undefined;
  /** When all tries together are over, milliseconds since the epoch. */
  deadlineMs: number;
  clock: Clock;
  source: string;
  /** Whose share of the places it takes. */
  tenant: string;
  /** Told of the error with which a request did not come to an answer. */
  onFailure(error: AnnexError): void;
}

/**
 * A `fetch` for the client of the API that goes through an egress. It sends the few headers that an endpoint needs and
 * no others (the client would add what it finds in the environment), follows no redirect, and decides itself whether
 * the client may try again.
 */
export function egressFetch({
  egress,
  baseUrl,
  apiKey,
  deadlineMs,
  clock,
  source,
  tenant,
  onFailure,
}: EgressFetchOptions): typeof fetch {
  const allowHosts = [hostPattern(new URL(baseUrl))];
  return async (input, init) => {
    const headers: [string, string][] = [
      ['accept', 'application/json'],
      ['content-type', 'application/json'],
    ];
    if (apiKey !== undefined) headers.push(['authorization', `Bearer ${apiKey}`]);
    try {
      const answer = await egress.request({
        method: init?.method ?? 'GET',
        url: typeof input === 'string' ? input : input instanceof URL ? input.href : input.url,
        headers,
        body: typeof init?.body === 'string' ? init.body : null,
        allowHosts,
        timeoutMs: Math.max(1, deadlineMs - clock.now()),
        maxResponseBytes: llmLimits.answerBytes,
        redirect: 'manual',
        ...(init?.signal && { signal: init.signal }),
        source,
        tenant,
      });
      return asResponse(answer, deadlineMs - clock.now() > minRetryMs);
    } catch (thrown) {
      if (isAnnexError(thrown)) onFailure(thrown);
      throw thrown;
    }
  };
}

function asResponse(
  { status, headers, body }: { status: number; headers: [string, string][]; body: Uint8Array },
  hasTime: boolean,
): Response {
  const mayRetry = hasTime && (status === 408 || status === 409 || status >= 500);
  const kept = new Headers();
  for (const [name, value] of headers) {
    // Without the endpoint's own word on waiting the client waits half a second to a second, which is what there is
    // time for.
    if (name === 'content-type' || name === 'content-length' || (name.startsWith('retry-after') && !mayRetry))
      kept.append(name, value);
  }
  kept.set('x-should-retry', String(mayRetry));
  const hasBody = status >= 200 && ![204, 205, 304].includes(status);
  return new Response(hasBody ? Buffer.from(body) : null, { status: status < 200 ? 502 : status, headers: kept });
}

function hostPattern({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port === '' ? (protocol === 'https:' ? 443 : 80) : port}`;
}
